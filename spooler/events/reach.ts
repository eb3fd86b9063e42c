/** Whether an event reaches a subscription, parameter filters aside (EVC-95 to EVC-97, EVC-102, EVC-105). Pure. */

import type { Subscription } from './subscription.ts';
import type { EventOrigin } from './subscription-index.ts';

/** Whether the subscription means the event: what it names is the event's. */
export function means(subscription: Subscription, origin: EventOrigin): boolean {
  const { eventClass, interface: iid, method, publisherId } = subscription;
  return (
    (eventClass === undefined || eventClass === origin.eventClass) &&
    (publisherId === undefined || publisherId === origin.publisherId) &&
    (iid === undefined || iid === origin.interface) &&
    (method === undefined || method === origin.method)
  );
}

/** Whether it is called at all now: it is enabled, and its user logged on where it is per user. */
export function isInForce({ enabled, perUser, user }: Subscription, isLoggedOn: (user: string) => boolean): boolean {
  return enabled && (!perUser || user === undefined || isLoggedOn(user));
}
