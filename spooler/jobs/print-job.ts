/** One job that lives: its record, changed one change at a time and written through, and what was printed of it. */

import { SpoolError } from '../../shared/index.ts';
import { Lanes } from '../events/lanes.ts';
import type { Store, Change as StoreChange } from '../store/store.ts';
import type { Job, JobError, Printed } from './job.ts';
import { isFinal, next, type Trigger } from './job-machine.ts';
import { encodeJob, JOB_PREFIX, type JobRecord } from './job-record.ts';

/** What a change makes of a job; undefined: nothing is to be changed. Throws what refuses it. */
export type Change = (job: Job) => Job | undefined;

export interface PrintJobParts {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Called after each change, once it is in the store. */
  changed(job: PrintJob, before: Job): void;
}

export class PrintJob {
  /** Bytes of each file; whoever prints changes it in place. */
  readonly printed: Printed;
  readonly #parts: PrintJobParts;
  readonly #turn = new Lanes(1);
  #job: Job;

  constructor(parts: PrintJobParts, { job, printed }: JobRecord) {
    this.#parts = parts;
    this.#job = job;
    this.printed = printed;
  }

  get job(): Job {
    return this.#job;
  }

  /** Work that no change comes between: what it returns, or rejects with. It may not call `change` itself. */
  alone<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.#turn.run(work);
  }

  /**
   * Changes it: what the store refuses has not happened. Resolves with what it is then. Rejects with what `make` throws,
   * and as the store does.
   */
  change(make: Change): Promise<Job> {
    return this.#turn.run(() => this.changeNow(make));
  }

  /** The same, for work that is alone. */
  async changeNow(make: Change): Promise<Job> {
    const before = this.#job;
    const made = make(before);
    if (made === undefined) return before;
    const after = { ...made, changedAt: this.#parts.wallClock() };
    await this.#write(after);
    this.#job = after;
    this.#parts.changed(this, before);
    return this.#job;
  }

  /** Whether the trigger has led anywhere. Rejects as the store does. */
  async trigger(trigger: Trigger, error?: JobError): Promise<boolean> {
    let led = false;
    await this.change((job) => {
      const after = triggered(job, trigger, error);
      led = after !== undefined && after.state !== job.state;
      return led ? after : undefined;
    });
    return led;
  }

  /** Writes down how much was printed, and what belongs to it. Rejects as the store does. */
  save(...more: readonly StoreChange[]): Promise<void> {
    return this.#turn.run(() => this.#write(this.#job, more));
  }

  async #write(job: Job, more: readonly StoreChange[] = []): Promise<void> {
    const record = encodeJob({ job, printed: this.printed });
    await this.#parts.store.write([...more, { put: [JOB_PREFIX + job.id, record] }]);
  }
}

/** The job after the trigger; undefined where it means nothing now. An error stays until the job leaves its error. */
export function triggered(job: Job, trigger: Trigger, error?: JobError): Job | undefined {
  const state = next(job.state, trigger);
  if (state === undefined) return undefined;
  const isError = state === 'ERROR' || state === 'TRANSIENT_ERROR';
  const ended = state === 'TRANSFERRED' || state === 'ERROR';
  const notification = state === job.state || !ended ? job.notification : { ...job.notification, told: false };
  const restarted = trigger === 'restart' || (job.restarted && state !== 'TRANSFERRED');
  return { ...job, state, restarted, error: isError ? (error ?? job.error) : undefined, notification };
}

/** What a client does to a job. Throws `BG_E_INVALID_STATE` where the trigger means nothing now. */
export function commanded(job: Job, trigger: Trigger, error?: JobError): Job {
  const after = triggered(job, trigger, error);
  if (!after) throw new SpoolError('BG_E_INVALID_STATE', { input: `${trigger}: the job is ${job.state}` });
  return after;
}

/** Throws `BG_E_INVALID_STATE` (JOB-27, JOB-47, JOB-92). */
export function checkLives(job: Job): void {
  if (isFinal(job.state)) throw new SpoolError('BG_E_INVALID_STATE', { input: `the job is ${job.state}` });
}
