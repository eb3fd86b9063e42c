/** Ends jobs that nobody has touched for long (JOB-30). The machine's clock counts only while there is no spooler: it may be set. */

import type { Cancel, Clock } from '../../shared/index.ts';
import { INACTIVITY_TIME } from './job.ts';
import type { JobTable } from './job-table.ts';

export interface InactivityParts {
  readonly clock: Clock;
  readonly jobs: JobTable;
  readonly fault: (reason: unknown) => void;
}

/** Milliseconds between two looks. */
const SWEEP_TIME = 3_600_000;

export class Inactivity {
  readonly #parts: InactivityParts;
  #cancel: Cancel | undefined;

  constructor(parts: InactivityParts) {
    this.#parts = parts;
  }

  /** There is a job: somebody has to look, until there is none. */
  watch(): void {
    this.#cancel ??= this.#parts.clock.after(SWEEP_TIME, () => {
      this.#cancel = undefined;
      this.#sweep();
      if (this.#parts.jobs.size > 0) this.watch();
    });
  }

  close(): void {
    this.#cancel?.();
  }

  #sweep(): void {
    const { clock, jobs, fault } = this.#parts;
    const until = clock.now() - INACTIVITY_TIME;
    for (const { print, touchedAt } of jobs.values()) if (touchedAt < until) print.trigger('inactive').catch(fault);
  }
}
