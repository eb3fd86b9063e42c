/** What `spoolpipe/publisher` offers on every platform. */

export {
  type ArgumentsOf,
  type Code,
  defineEventClass,
  type EventClass,
  type EventMethods,
  type Guid,
  guid,
  type LibraryDocument,
  type Outcome,
  SpoolError,
} from '../shared/index.ts';
export type { ConnectionStats } from './connection.ts';
export type { ConnectionOptions } from './connection-options.ts';
export {
  type DeadLetter,
  EventCatalogue,
  type InstalledEventClass,
  type InstalledSubscription,
  type PersistentSubscription,
  type PropertyBag,
  type SubscriptionProperties,
} from './events/event-catalogue.ts';
export { createPublisher, Publisher, type PublisherOptions } from './events/event-publisher.ts';
export { Recorder } from './events/recorder.ts';
export { Transaction } from './events/transaction.ts';
export type { Loss } from './loss.ts';
export type { Dial, Gap, ListenerOptions } from './notification-listener.ts';
export type { OnProblem, Problem } from './problem.ts';
export type { ReconnectPolicy } from './reconnect.ts';
