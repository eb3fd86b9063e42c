/**
 * What a job calls: a call like that of an event (EVC-81), so that one object can serve both. The job in it is as the
 * method `job` of the service `jobs` answers it, a copy of the receiver's own (JOB-50 to JOB-54).
 */

import type { MethodDescription } from '../events/event-class.ts';
import { type Guid, guid } from '../guid.ts';

/** The type of a callback object's registration, and the event class of its calls. */
export const JOB_CALLBACK: Guid = guid('6a1ad6c2-5b0b-4d5c-9f2b-7c0d86c1a7e1');

/** Stands for IBackgroundCopyCallback to IBackgroundCopyCallback3: one interface, every method implemented (JOB-53). */
export const IID_JOB_CALLBACK: Guid = guid('6a1ad6c2-5b0b-4d5c-9f2b-7c0d86c1a7e2');

const job = { name: 'job', type: 'json' } as const;
const file = { name: 'file', type: 'u32' } as const;

export const JOB_CALLBACK_METHODS = [
  { name: 'jobTransferred', parameters: [job] },
  { name: 'jobError', parameters: [job, { name: 'error', type: 'json' }] },
  { name: 'jobModification', parameters: [job, { name: 'discarded', type: 'boolean' }] },
  { name: 'fileTransferred', parameters: [job, file] },
  { name: 'fileRangesTransferred', parameters: [job, file, { name: 'ranges', type: 'json' }] },
] as const satisfies readonly MethodDescription[];

export type JobCallbackMethod = (typeof JOB_CALLBACK_METHODS)[number]['name'];

/** For whoever reads calls: undefined where the call is no job's. */
export function jobCallbackMethod(eventClass: Guid, iid: Guid, method: string): MethodDescription | undefined {
  if (eventClass !== JOB_CALLBACK || iid !== IID_JOB_CALLBACK) return undefined;
  return JOB_CALLBACK_METHODS.find(({ name }) => name === method);
}
