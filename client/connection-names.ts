/** What every library offers that connects to a spooler. */

export { type Code, type Guid, guid, SpoolError } from '../shared/index.ts';
export type { ConnectionStats } from './connection.ts';
export type { ConnectionOptions } from './connection-options.ts';
export type { Loss } from './loss.ts';
export type { OnProblem, Problem } from './problem.ts';
