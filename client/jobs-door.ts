/** What `spoolpipe/jobs` offers on every platform. */

export { type Code, type Guid, guid, SpoolError } from '../shared/index.ts';
export {
  type Failure,
  GUID_NULL,
  JOB_STATES,
  JOB_STATUS,
  type JobState,
  NOTIFY,
  type PrinterReason,
} from '../shared/jobs/vocabulary.ts';
export type { ConnectionStats } from './connection.ts';
export type { ConnectionOptions } from './connection-options.ts';
export { ClassRegistration } from './events/class-registration.ts';
export type { JobCallback } from './jobs/job-callback.ts';
export type {
  FileDescription,
  FileRange,
  JobDescription,
  JobError,
  JobProgress,
  PrinterDescription,
  PrinterSettings,
  ScriptedFailure,
} from './jobs/job-description.ts';
export { createJobs, type JobSpecification, Jobs } from './jobs/jobs.ts';
export type { Content } from './jobs/pieces.ts';
export { type JobProperties, PrintJob } from './jobs/print-job.ts';
export { Printers } from './jobs/printers.ts';
export type { Loss } from './loss.ts';
export type { Dial, Gap, ListenerOptions } from './notification-listener.ts';
export type { OnProblem, Problem } from './problem.ts';
export type { ReconnectPolicy } from './reconnect.ts';
