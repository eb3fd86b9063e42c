/** What `spoolpipe/subscriber` offers on every platform. */

export { FilterError } from '../shared/index.ts';
export * from './connection-names.ts';
export { ClassRegistration } from './events/class-registration.ts';
export * from './events/event-names.ts';
export type { EventSink, Releasable } from './events/event-sink.ts';
export {
  type ClassSpecification,
  type ClassSubscriptionSpecification,
  createSubscriber,
  type ObjectOf,
  Subscriber,
  type SubscriptionSpecification,
} from './events/event-subscriber.ts';
export type { EventScope } from './events/subscription-request.ts';
export { TransientSubscription } from './events/transient-subscription.ts';
export type { Dial, Gap, ListenerOptions } from './listener-options.ts';
export type { ReconnectPolicy } from './reconnect.ts';
