/** Who is told of a job (JOB-50 to JOB-57), as a program writes it and as the spooler calls it. */

import type { EventClassDescription } from '../../shared/index.ts';
import { IID_JOB_CALLBACK, JOB_CALLBACK, JOB_CALLBACK_METHODS } from '../../shared/jobs/job-callback.ts';
import type { FileRange, JobDescription, JobError } from './job-description.ts';
import type { PrintJob } from './print-job.ts';

/**
 * A callback object, or an object of a callback class. What it does not want it leaves out: that is a success (JOB-53). The
 * methods may be async and are called one after another; `job.description` is the job as it was then. What one returns is
 * its HRESULT where it is a whole number, and nothing else means anything. One that throws is reported and has failed:
 * `jobTransferred`, `jobError` and `fileTransferred` are called again after the job's minimum retry delay (JOB-130,
 * JOB-131). Any of them may come twice (JOB-111).
 */
export interface JobCallback {
  /** Everything is printed; the job stays until it is completed (JOB-55). */
  jobTransferred?(job: PrintJob): unknown;
  /** The job is in its error, and needs somebody; what mends by itself is not told (JOB-56). */
  jobError?(job: PrintJob, error: JobError): unknown;
  /**
   * Something has changed, but for what the other two say (JOB-57). May be lost (JOB-58): `discarded` says that some were,
   * and nothing more is told before `job.refresh()` (JOB-193).
   */
  jobModification?(job: PrintJob, discarded: boolean): unknown;
  /** A document is spooled: now it can be validated, with `job.setValidationState` (JOB-70). */
  fileTransferred?(job: PrintJob, file: number): unknown;
  /** Bytes of a document were spooled. May be lost (JOB-58). */
  fileRangesTransferred?(job: PrintJob, file: number, ranges: readonly FileRange[]): unknown;
  /** It is called no more; once. */
  release?(): unknown;
}

/** The calls of jobs are those of this event class: the objects of a class can serve both. */
export const JOB_CALLBACK_CLASS: EventClassDescription = {
  name: 'JobCallback',
  clsid: JOB_CALLBACK,
  interfaces: [{ name: 'IBackgroundCopyCallback3', iid: IID_JOB_CALLBACK, methods: JOB_CALLBACK_METHODS }],
};

interface Call {
  readonly job: JobDescription;
}

/** What is called by name with named arguments, for a callback; `jobOf` makes the job of a description. */
export function sinkOf(callback: JobCallback, jobOf: (description: JobDescription) => PrintJob): object {
  return {
    jobTransferred: ({ job }: Call) => callback.jobTransferred?.(jobOf(job)),
    jobError: ({ job, error }: Call & { error: JobError }) => callback.jobError?.(jobOf(job), error),
    jobModification: ({ job, discarded }: Call & { discarded: boolean }) =>
      callback.jobModification?.(jobOf(job), discarded),
    fileTransferred: ({ job, file }: Call & { file: number }) => callback.fileTransferred?.(jobOf(job), file),
    fileRangesTransferred: ({ job, file, ranges }: Call & { file: number; ranges: readonly FileRange[] }) =>
      callback.fileRangesTransferred?.(jobOf(job), file, ranges),
    release: () => callback.release?.(),
  };
}
