/** The life of a job as a table: which trigger leads from which state to which (JOB-1 to JOB-30). Pure. */

import type { JobState } from '../../shared/jobs/vocabulary.ts';

/** What its owner does. */
export type Command = 'resume' | 'suspend' | 'cancel' | 'complete' | 'restart';

/** What happens to it. */
export type Happening =
  | 'turn'
  | 'connected'
  | 'sliceOver'
  | 'done'
  | 'recoverableError'
  | 'fatalError'
  | 'retryDelayOver'
  | 'noProgress'
  | 'printerLost'
  | 'printerBack'
  | 'rejected'
  | 'inactive'
  | 'spoolerStarted';

export type Trigger = Command | Happening;

type Edges = Partial<Readonly<Record<JobState, JobState>>>;

/** Every new job is in it (JOB-4, JOB-10). */
export const FIRST_STATE: JobState = 'SUSPENDED';

const fromAllButFinal = (to: JobState): Edges => ({
  QUEUED: to,
  CONNECTING: to,
  TRANSFERRING: to,
  SUSPENDED: to,
  ERROR: to,
  TRANSIENT_ERROR: to,
  TRANSFERRED: to,
});

const EDGES: Readonly<Record<Trigger, Edges>> = {
  // JOB-11, JOB-18, JOB-20, JOB-22; one that is on its way goes on.
  resume: { ...fromAllButFinal('QUEUED'), CONNECTING: 'CONNECTING', TRANSFERRING: 'TRANSFERRING' },
  // JOB-24.
  suspend: fromAllButFinal('SUSPENDED'),
  // JOB-23.
  cancel: fromAllButFinal('CANCELLED'),
  // JOB-21, JOB-26: a print job is an upload.
  complete: { TRANSFERRED: 'ACKNOWLEDGED' },
  // JOB-187; whether it was printing at all is its caller's to know.
  restart: fromAllButFinal('QUEUED'),
  // JOB-13.
  turn: { QUEUED: 'CONNECTING' },
  // JOB-14.
  connected: { CONNECTING: 'TRANSFERRING' },
  // JOB-15. One whose printer is paused while it connects waits for another turn, too.
  sliceOver: { CONNECTING: 'QUEUED', TRANSFERRING: 'QUEUED' },
  // JOB-16.
  done: { TRANSFERRING: 'TRANSFERRED' },
  // JOB-14, JOB-17.
  recoverableError: { CONNECTING: 'TRANSIENT_ERROR', TRANSFERRING: 'TRANSIENT_ERROR' },
  fatalError: { CONNECTING: 'ERROR', TRANSFERRING: 'ERROR' },
  // JOB-18.
  retryDelayOver: { TRANSIENT_ERROR: 'QUEUED' },
  // JOB-19.
  noProgress: { TRANSIENT_ERROR: 'ERROR' },
  // JOB-28. One that is just connecting is lost like any other.
  printerLost: { QUEUED: 'TRANSIENT_ERROR', CONNECTING: 'TRANSIENT_ERROR', TRANSFERRING: 'TRANSIENT_ERROR' },
  // JOB-29.
  printerBack: { TRANSIENT_ERROR: 'QUEUED' },
  // JOB-73: a file was found invalid.
  rejected: fromAllButFinal('ERROR'),
  // JOB-30.
  inactive: fromAllButFinal('CANCELLED'),
  // JOB-31, JOB-117: what was on its way when the spooler ended begins again.
  spoolerStarted: { CONNECTING: 'QUEUED', TRANSFERRING: 'QUEUED' },
};

export const TRIGGERS: readonly Trigger[] = Object.keys(EDGES) as Trigger[];

/** The state that follows; undefined where the trigger means nothing in this state. */
export function next(state: JobState, trigger: Trigger): JobState | undefined {
  return EDGES[trigger][state];
}

/** Nothing leads out of it (JOB-8, JOB-9, JOB-27). */
export function isFinal(state: JobState): boolean {
  return state === 'ACKNOWLEDGED' || state === 'CANCELLED';
}
