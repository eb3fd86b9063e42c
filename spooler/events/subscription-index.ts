/**
 * Subscriptions by what they are for, so that an event finds its own without looking at any other: one look for each way
 * in which a subscription can be meant (EVC-95 to EVC-98).
 */

import type { Guid } from '../../shared/index.ts';
import type { Subscription } from './subscription.ts';

/** What an event is, for those who look for it. */
export interface EventOrigin {
  readonly eventClass: Guid;
  readonly interface: Guid;
  readonly method: string;
  readonly publisherId?: string | undefined;
}

export class SubscriptionIndex {
  readonly #places = new Map<string, Set<Subscription>>();

  add(subscription: Subscription): void {
    const key = keyOf(subscription);
    const place = this.#places.get(key);
    if (place) place.add(subscription);
    else this.#places.set(key, new Set([subscription]));
  }

  delete(subscription: Subscription): void {
    const key = keyOf(subscription);
    const place = this.#places.get(key);
    if (place?.delete(subscription) && place.size === 0) this.#places.delete(key);
  }

  /** Those that mean the event, in the order of their making; disabled ones too. */
  find({ eventClass, interface: iid, method, publisherId }: EventOrigin): readonly Subscription[] {
    const found: ReadonlySet<Subscription>[] = [];
    const interfaces: readonly string[] = [iid, ''];
    const scopes = [`class ${eventClass}`, 'any', ...(publisherId === undefined ? [] : [`publisher ${publisherId}`])];
    for (const scope of scopes) {
      for (const meantInterface of interfaces) {
        for (const meantMethod of [method, '']) {
          const place = this.#places.get(placeKey(scope, meantInterface, meantMethod));
          if (place) found.push(place);
        }
      }
    }
    return found.flatMap((place) => [...place]).sort(byOrder);
  }
}

function keyOf({ eventClass, publisherId, interface: iid, method }: Subscription): string {
  const scope =
    eventClass !== undefined ? `class ${eventClass}` : publisherId !== undefined ? `publisher ${publisherId}` : 'any';
  return placeKey(scope, iid ?? '', method ?? '');
}

/** The scope comes last: a publisher ID may be any text. */
function placeKey(scope: string, iid: string, method: string): string {
  return `${iid} ${method} ${scope}`;
}

function byOrder(one: Subscription, other: Subscription): number {
  return one.order - other.order;
}
