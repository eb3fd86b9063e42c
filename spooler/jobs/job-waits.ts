/** What a job in a transient error waits for: another try, or the end of its patience (JOB-33 to JOB-35). */

import type { Cancel, Clock } from '../../shared/index.ts';
import type { PrintJob } from './print-job.ts';

export interface JobWaitsParts {
  /** Monotonic: setting the machine's clock changes nothing (JOB-35). */
  readonly clock: Clock;
  fault(reason: unknown): void;
}

export class JobWaits {
  readonly #job: PrintJob;
  readonly #parts: JobWaitsParts;
  /** Since when nothing was printed, in spite of trying. */
  #stuckSince: number | undefined;
  #isWaiting = false;
  #cancels: Cancel[] = [];

  constructor(job: PrintJob, parts: JobWaitsParts) {
    this.#job = job;
    this.#parts = parts;
  }

  /** The job has changed, or is there from now on. */
  changed(): void {
    const isWaiting = this.#job.job.state === 'TRANSIENT_ERROR';
    if (isWaiting === this.#isWaiting) return;
    this.#isWaiting = isWaiting;
    this.#stop();
    if (isWaiting) this.#wait();
  }

  /** Something was printed, or somebody has seen to it: patience begins anew. */
  progressed(): void {
    this.#stuckSince = undefined;
  }

  close(): void {
    this.#stop();
  }

  #wait(): void {
    const { clock } = this.#parts;
    const { minimumRetryDelay, noProgressTimeout } = this.#job.job;
    this.#stuckSince ??= clock.now();
    const patience = this.#stuckSince + noProgressTimeout * 1000 - clock.now();
    // JOB-33, JOB-34: no timeout, or one that a delay outlasts, makes every error final at once.
    if (patience <= 0 || minimumRetryDelay > noProgressTimeout) return this.#trigger('noProgress');
    this.#cancels = [
      clock.after(patience, () => this.#trigger('noProgress')),
      clock.after(minimumRetryDelay * 1000, () => this.#trigger('retryDelayOver')),
    ];
  }

  #trigger(trigger: 'noProgress' | 'retryDelayOver'): void {
    this.#job.trigger(trigger).catch((reason: unknown) => this.#parts.fault(reason));
  }

  #stop(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
  }
}
