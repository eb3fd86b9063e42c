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
export { createSpooler, type EmbeddedSpooler } from './embedded-spooler.ts';
export type { CallableObject } from './objects/callable-object.ts';
export { TokenTable } from './tokens.ts';
export { type ServeOptions, type Server, serve } from './ws-server.ts';
