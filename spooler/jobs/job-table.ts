/** Which jobs a spooler has: those that are not over, and of those that are the ones it remembers. */

import { type Guid, nameKey, SpoolError } from '../../shared/index.ts';
import type { JobHistory } from './job-history.ts';
import type { JobNotifier } from './job-notifier.ts';
import type { JobWaits } from './job-waits.ts';
import type { PrintJob } from './print-job.ts';

/** One job with what is done for it. */
export interface JobEntry {
  readonly print: PrintJob;
  readonly notifier: JobNotifier;
  readonly waits: JobWaits;
  /** When somebody or something changed it last, on the monotonic clock. */
  touchedAt: number;
}

export class JobTable {
  readonly #jobs = new Map<Guid, JobEntry>();
  readonly #over: JobHistory<JobEntry>;

  constructor(over: JobHistory<JobEntry>) {
    this.#over = over;
  }

  /** Of those that are not over; so with `values`, `list` and `of`. */
  get size(): number {
    return this.#jobs.size;
  }

  values(): Iterable<JobEntry> {
    return this.#jobs.values();
  }

  /** Those that are over, too. */
  *all(): Iterable<JobEntry> {
    yield* this.#jobs.values();
    yield* this.#over.values();
  }

  /** The oldest first; perhaps of one printer only. */
  list(printer?: string): readonly JobEntry[] {
    const all = printer === undefined ? this.#jobs.values() : this.of(printer);
    return [...all].sort((one, other) => one.print.job.number - other.print.job.number);
  }

  /** Those of the printer. */
  *of(printer: string): Iterable<JobEntry> {
    const key = nameKey(printer);
    for (const entry of this.#jobs.values()) if (nameKey(entry.print.job.printer) === key) yield entry;
  }

  /** Only if it is not over. */
  get(id: Guid): JobEntry | undefined {
    return this.#jobs.get(id);
  }

  find(id: Guid | number): JobEntry | undefined {
    if (typeof id !== 'number') return this.#jobs.get(id) ?? this.#over.get(id);
    for (const entry of this.all()) if (entry.print.job.number === id) return entry;
    return undefined;
  }

  /** Throws `BG_E_NOT_FOUND`. */
  present(id: Guid | number): JobEntry {
    const found = this.find(id);
    if (!found) throw new SpoolError('BG_E_NOT_FOUND', { input: String(id) });
    return found;
  }

  add(entry: JobEntry): void {
    this.#jobs.set(entry.print.job.id, entry);
  }

  delete(id: Guid): void {
    this.#jobs.delete(id);
  }

  /** It is over. */
  end(entry: JobEntry): void {
    this.#jobs.delete(entry.print.job.id);
    this.#over.add(entry);
  }
}
