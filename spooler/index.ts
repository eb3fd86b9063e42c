/**
 * `spoolpipe/spooler`: run a spooler inside a program.
 *
 * ```ts
 * const server = await serve({ port: 0 });
 * console.log(server.url);
 * await server.close();
 * ```
 */

export type { MethodLookup } from '../shared/events/event-call.ts';
export type { Totals } from '../shared/index.ts';
export type { Activator } from './activation/activator.ts';
export { ClassService, type ClassServiceOptions } from './activation/class-service.ts';
export { type ClassEntry, ClassTable, type CommandClass, type ModuleClass } from './activation/class-table.ts';
export { ALL_RIGHTS, type Identity, type Rights } from './core/identity.ts';
export type { Observer, SpoolerEvent } from './core/observer.ts';
export type { Answer, Caller, Service, ServiceFactory, ServiceHost } from './core/service.ts';
export type { Accepted, Peer } from './core/session.ts';
export type { SpoolerOptions } from './core/spooler.ts';
export {
  createEventSystem,
  type EmbeddedEventSystem,
  type EmbeddedEventSystemOptions,
} from './embedded-event-system.ts';
export { createJobSystem, type EmbeddedJobSystem, type EmbeddedJobSystemOptions } from './embedded-job-system.ts';
export {
  createPersistentRegistrations,
  type EmbeddedPersistentRegistrations,
} from './embedded-persistent-registrations.ts';
export { createSpooler, type EmbeddedSpooler } from './embedded-spooler.ts';
export type { EventLog, EventReport } from './events/event-log.ts';
export type { RoleTable } from './events/event-security.ts';
export type { EventSystemOptions } from './events/event-system.ts';
export { type EventsFile, parseEventsFile } from './events/events-file.ts';
export type {
  EventControl,
  EventObjectCollection,
  FilteringMethods,
  FiringControl,
  MultiInterfaceEventControl,
  MultiInterfacePublisherFilter,
  PublisherFilter,
} from './events/publisher-filter.ts';
export type { QueueLimits } from './events/queue.ts';
export type { Fate } from './events/result.ts';
export type { Subscription } from './events/subscription.ts';
export type { CommandLine } from './jobs/job.ts';
export type { JobClasses, JobSystemOptions } from './jobs/job-system.ts';
export type { CallableObject } from './objects/callable-object.ts';
export type { PersistentRegistrationsOptions } from './persistence/persistent-registrations.ts';
export { MemoryStore } from './store/memory-store.ts';
export { openStore } from './store/open-store.ts';
export type { Change, EntriesOptions, Entry, Store } from './store/store.ts';
export { checkStore, compactStore, type StoreReport } from './store/store-care.ts';
export type { StoreOptions } from './store/store-options.ts';
export { TokenTable } from './tokens.ts';
export { type ServeOptions, type Server, serve } from './ws-server.ts';
