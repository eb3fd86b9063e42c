/** What `spoolpipe/subscriber` offers on every platform. */

export {
  type ArgumentsOf,
  type Code,
  defineEventClass,
  type EventClass,
  type EventMethods,
  FilterError,
  type Guid,
  guid,
  type LibraryDocument,
  SpoolError,
} from '../shared/index.ts';
export type { ConnectionStats } from './connection.ts';
export type { ConnectionOptions } from './connection-options.ts';
export { ClassRegistration } from './events/class-registration.ts';
export {
  type DeadLetter,
  EventCatalogue,
  type InstalledEventClass,
  type InstalledSubscription,
  type PersistentSubscription,
  type PropertyBag,
  type SubscriptionProperties,
} from './events/event-catalogue.ts';
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
export type { Loss } from './loss.ts';
export type { Dial, Gap, ListenerOptions } from './notification-listener.ts';
export type { OnProblem, Problem } from './problem.ts';
export type { ReconnectPolicy } from './reconnect.ts';
