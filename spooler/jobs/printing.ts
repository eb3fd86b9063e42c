/**
 * A printer at work, simulated on the clock: who gets a turn (JOB-36), a page at a time, until the job is printed, its
 * time slice is over, or something happens to the printer.
 */

import { type Cancel, type Clock, hresultOf } from '../../shared/index.ts';
import type { JobState } from '../../shared/jobs/vocabulary.ts';
import { errorOfFailure, isSpooled, nextFile, withFile } from './job.ts';
import { type PrintJob, triggered } from './print-job.ts';
import { afterPrinting, obstacle, type Printer, type ScriptedFailure } from './printer.ts';

export interface PrintingParts {
  readonly clock: Clock;
  /** The printer as it is now. */
  printer(): Printer;
  /** Its jobs. */
  jobs(): Iterable<PrintJob>;
  /** Whether the file is where it was spooled. */
  isThere(job: PrintJob, file: number): Promise<boolean>;
  /** Bytes of the job were printed. */
  progressed(job: PrintJob): void;
  /** How far the printer's script has come. */
  counted(failures: readonly ScriptedFailure[]): void;
  /** What happens to the printer now, and what is left of its script. */
  happened(failures: readonly ScriptedFailure[], now: ScriptedFailure): Promise<void>;
  fault(reason: unknown): void;
}

/** Milliseconds of printing between two times that it is written down. */
const SAVE_TIME = 1_000;
/** Milliseconds after a fault, such as a store that refuses. */
const PAUSE_AFTER_FAULT = 1_000;

export class Printing {
  readonly #parts: PrintingParts;
  #current: PrintJob | undefined;
  /** When each had its last turn, as a count. */
  readonly #turns = new WeakMap<PrintJob, number>();
  #lastTurn = 0;
  #interrupt: () => void = () => {};
  #isClosed = false;

  constructor(parts: PrintingParts) {
    this.#parts = parts;
  }

  get current(): PrintJob | undefined {
    return this.#current;
  }

  /** Something has changed: perhaps somebody can be given a turn, perhaps the one that has it may not go on. */
  wake(): void {
    if (this.#isClosed) return;
    const current = this.#current;
    if (current) {
      if (current.job.state !== 'CONNECTING' && current.job.state !== 'TRANSFERRING') this.#interrupt();
      return;
    }
    const job = this.#next();
    if (!job) return;
    this.#current = job;
    this.#turns.set(job, ++this.#lastTurn);
    this.#turn(job)
      .catch((reason: unknown) => {
        this.#parts.fault(reason);
        return this.#wait(PAUSE_AFTER_FAULT);
      })
      .finally(() => {
        this.#current = undefined;
        this.wake();
      });
  }

  close(): void {
    this.#isClosed = true;
    this.#interrupt();
  }

  /** Whoever has the highest priority, and of those the one that has waited longest (JOB-36, JOB-188). */
  #next(): PrintJob | undefined {
    if (this.#parts.printer().reasons.includes('paused')) return undefined;
    let best: PrintJob | undefined;
    for (const job of this.#parts.jobs()) if (isWaiting(job) && (!best || this.#precedes(job, best))) best = job;
    return best;
  }

  #precedes(one: PrintJob, other: PrintJob): boolean {
    const byPriority = one.job.priority - other.job.priority;
    if (byPriority !== 0) return byPriority > 0;
    const byTurn = (this.#turns.get(one) ?? 0) - (this.#turns.get(other) ?? 0);
    return byTurn === 0 ? one.job.number < other.job.number : byTurn < 0;
  }

  async #turn(job: PrintJob): Promise<void> {
    const { clock } = this.#parts;
    if (!(await job.trigger('turn'))) return;
    await this.#wait(this.#parts.printer().connectTime);
    if (stateOf(job) !== 'CONNECTING' || this.#isClosed) return;
    if (await this.#isObstructed(job)) return;
    const lost = await this.#lostFile(job);
    if (lost !== undefined) {
      // It can be written again (JOB-72).
      job.printed[lost] = 0;
      const error = { hresult: hresultOf('BG_E_RECORD_DELETED'), reason: 'file', file: lost } as const;
      const gone = { size: undefined, told: false, valid: false };
      return void (await job.change((now) => triggered(withFile(now, lost, gone), 'fatalError', error)));
    }
    if (!(await job.trigger('connected'))) return;
    const end = clock.now() + this.#parts.printer().timeSlice;
    let saved = clock.now();
    while (stateOf(job) === 'TRANSFERRING' && !this.#isClosed) {
      if (nextFile(job.job, job.printed) === undefined) return void (await job.trigger('done'));
      if (!isSpooled(job.job) || (clock.now() >= end && this.#isAnotherDue(job))) {
        return void (await job.trigger('sliceOver'));
      }
      if (!(await this.#page(job))) continue;
      if (await this.#isObstructed(job)) return;
      if (clock.now() - saved < SAVE_TIME) continue;
      saved = clock.now();
      await job.save();
    }
  }

  /** Prints a page of the next file; false where it was interrupted: then nothing of it counts. */
  async #page(job: PrintJob): Promise<boolean> {
    const { bytesPerPage, bytesPerSecond } = this.#parts.printer();
    const file = nextFile(job.job, job.printed) ?? 0;
    const done = job.printed[file] ?? 0;
    const bytes = Math.min(bytesPerPage, (job.job.files[file]?.size ?? 0) - done);
    const isWhole = await this.#wait((bytes / bytesPerSecond) * 1000);
    // Whoever was restarted meanwhile has no page; one whose file was taken away has none either.
    if (!isWhole || (job.printed[file] ?? 0) !== done || job.job.files[file]?.size === undefined) return false;
    job.printed[file] = done + bytes;
    this.#parts.progressed(job);
    const { failures, now } = afterPrinting(this.#parts.printer().failures, bytes);
    if (now?.reason === 'blocked') await job.trigger('fatalError', errorOfFailure('blocked'));
    if (now) await this.#parts.happened(failures, now);
    else this.#parts.counted(failures);
    return true;
  }

  /** Whether the printer does not let the job go on. */
  async #isObstructed(job: PrintJob): Promise<boolean> {
    const reason = obstacle(this.#parts.printer());
    if (reason === undefined) return false;
    // JOB-16: what was the last page is printed, whatever the printer does now.
    if (stateOf(job) === 'TRANSFERRING' && nextFile(job.job, job.printed) === undefined) return false;
    if (reason === 'paused') await job.trigger('sliceOver');
    else await job.trigger('recoverableError', errorOfFailure(reason));
    return true;
  }

  async #lostFile(job: PrintJob): Promise<number | undefined> {
    for (const index of job.job.files.keys()) if (!(await this.#parts.isThere(job, index))) return index;
    return undefined;
  }

  #isAnotherDue(current: PrintJob): boolean {
    for (const job of this.#parts.jobs())
      if (job !== current && isWaiting(job) && job.job.priority >= current.job.priority) return true;
    return false;
  }

  /** True when the time has passed, false when it was interrupted. */
  #wait(milliseconds: number): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    if (milliseconds === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      let cancel: Cancel = () => {};
      const end = (isWhole: boolean): void => {
        cancel();
        this.#interrupt = () => {};
        resolve(isWhole);
      };
      this.#interrupt = () => end(false);
      cancel = this.#parts.clock.after(milliseconds, () => end(true));
    });
  }
}

/** As it is now: others change it meanwhile. */
function stateOf({ job }: PrintJob): JobState {
  return job.state;
}

function isWaiting({ job }: PrintJob): boolean {
  return job.state === 'QUEUED' && isSpooled(job);
}
