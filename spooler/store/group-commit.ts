/**
 * One commit at a time: what was asked for while the disk was busy goes into the next, as much as a group takes. A commit
 * that fails for want of room has changed nothing, and the next is tried. After any other failure, and after one that is
 * not over in time, nobody knows what is on the disk: nothing more is taken then.
 */

import { type Clock, SpoolError } from '../../shared/index.ts';
import type { Change } from './store.ts';

/** What is committed together. */
export interface Group {
  /** Copies the values. Where it throws, none of the changes is in the group. */
  add(changes: readonly Change[]): void;
  /** Whether what comes belongs into the next. */
  readonly isFull: boolean;
}

export interface GroupCommitParts<G extends Group> {
  newGroup(): G;
  /** Puts the changes on the disk, all or none. Rejects with a `SpoolError`. */
  commit(group: G): Promise<void>;
  /** Hears of the commit that was not over in time. Must not throw. */
  readonly onStalled: (failure: SpoolError) => void;
  readonly clock: Clock;
  /** Milliseconds a commit may take. */
  readonly commitTime: number;
}

interface Writer {
  readonly resolve: () => void;
  readonly reject: (reason: SpoolError) => void;
}

interface Waiting<G extends Group> {
  readonly group: G;
  readonly writers: Writer[];
}

export class GroupCommit<G extends Group> {
  readonly #parts: GroupCommitParts<G>;
  #waiting: Waiting<G>[] = [];
  #running: Promise<void> | undefined;
  #failure: SpoolError | undefined;

  constructor(parts: GroupCommitParts<G>) {
    this.#parts = parts;
  }

  /** Why nothing is taken any more. */
  get failure(): SpoolError | undefined {
    return this.#failure;
  }

  /** Whether something that was asked for has not ended. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Resolves once the changes are on the disk. Rejects with `STORE_FULL`, `STORE_FAILED` or `STORE_STALLED`. */
  write(changes: readonly Change[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure);
        return;
      }
      const { group, writers } = this.#open();
      group.add(changes);
      writers.push({ resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Nothing more is taken: those that wait and those that come are refused. */
  fail(failure: SpoolError): void {
    this.#failure ??= failure;
    for (const { writers } of this.#waiting) for (const { reject } of writers) reject(this.#failure);
    this.#waiting = [];
  }

  /** Resolves when everything that was asked for has ended. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #open(): Waiting<G> {
    const last = this.#waiting.at(-1);
    if (last && !last.group.isFull) return last;
    const next: Waiting<G> = { group: this.#parts.newGroup(), writers: [] };
    this.#waiting.push(next);
    return next;
  }

  async #run(): Promise<void> {
    // Whoever else writes in this turn comes along.
    await Promise.resolve();
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await this.#commit(next);
    this.#running = undefined;
  }

  async #commit({ group, writers }: Waiting<G>): Promise<void> {
    try {
      await this.#inTime(this.#parts.commit(group));
      for (const { resolve } of writers) resolve();
    } catch (reason) {
      const failure = SpoolError.from(reason, 'STORE_FAILED');
      for (const { reject } of writers) reject(failure);
      if (failure.code !== 'STORE_FULL') this.fail(failure);
    }
  }

  #inTime(commit: Promise<void>): Promise<void> {
    const { clock, commitTime, onStalled } = this.#parts;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(commitTime, () => {
        const failure = new SpoolError('STORE_STALLED', { input: `no answer for ${commitTime} ms` });
        onStalled(failure);
        reject(failure);
      });
      commit.then(resolve, reject).finally(cancel);
    });
  }
}
