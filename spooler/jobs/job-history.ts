/** The jobs that are over and can still be asked for, in the order in which they ended. The store has them, too. */

import type { Guid } from '../../shared/index.ts';
import type { Store } from '../store/store.ts';
import type { Job } from './job.ts';
import { JOB_PREFIX } from './job-record.ts';
import type { SpoolFolder } from './spool-folder.ts';

/** How many; the documents of those that were completed are kept as long, while there is room. */
const REMEMBERED = 100;

interface Ended {
  readonly print: { readonly job: Job };
}

export interface JobHistoryParts {
  readonly store: Store;
  readonly folder: SpoolFolder;
  fault(reason: unknown): void;
}

export class JobHistory<Entry extends Ended> {
  readonly #parts: JobHistoryParts;
  readonly #entries = new Map<Guid, Entry>();
  /** Those that have documents, the oldest first. */
  readonly #documents = new Set<Guid>();

  constructor(parts: JobHistoryParts) {
    this.#parts = parts;
  }

  /** It has ended just now, or did so before the spooler was started: then after all that ended earlier. */
  add(entry: Entry): void {
    const { id, state } = entry.print.job;
    this.#entries.set(id, entry);
    if (state === 'CANCELLED') this.#remove(id);
    else this.#documents.add(id);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > REMEMBERED && oldest !== undefined) this.#forget(oldest);
  }

  get(id: Guid): Entry | undefined {
    return this.#entries.get(id);
  }

  values(): Iterable<Entry> {
    return this.#entries.values();
  }

  /** The documents of the job that ended first make room for others; false where there are none left. */
  async giveWay(): Promise<boolean> {
    const [oldest] = this.#documents;
    if (oldest === undefined) return false;
    this.#documents.delete(oldest);
    await this.#parts.folder.remove(oldest);
    return true;
  }

  #forget(id: Guid): void {
    this.#entries.delete(id);
    this.#remove(id);
    this.#parts.store.write([{ remove: JOB_PREFIX + id }]).catch((reason: unknown) => this.#parts.fault(reason));
  }

  #remove(id: Guid): void {
    this.#documents.delete(id);
    this.#parts.folder.remove(id).catch((reason: unknown) => this.#parts.fault(reason));
  }
}
