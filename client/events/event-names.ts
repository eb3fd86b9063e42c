/** What publishers and subscribers are both offered: event classes, and what the spooler's event system has. */

export {
  type ArgumentsOf,
  defineEventClass,
  type EventClass,
  type EventMethods,
  type LibraryDocument,
} from '../../shared/index.ts';
export {
  type DeadLetter,
  EventCatalogue,
  type InstalledEventClass,
  type InstalledSubscription,
  type PersistentSubscription,
  type PropertyBag,
  type SubscriptionProperties,
} from './event-catalogue.ts';
