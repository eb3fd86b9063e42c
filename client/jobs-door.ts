/** What `spoolpipe/jobs` offers on every platform. */

export {
  type Failure,
  GUID_NULL,
  JOB_STATES,
  JOB_STATUS,
  type JobState,
  NOTIFY,
  type PrinterReason,
} from '../shared/jobs/vocabulary.ts';
export * from './connection-names.ts';
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
export type { Dial, Gap, ListenerOptions } from './listener-options.ts';
export type { ReconnectPolicy } from './reconnect.ts';
