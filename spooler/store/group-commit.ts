/**
 * One commit at a time: what was asked for while the disk was busy goes into the next, all of it. A commit that fails
 * for want of room has changed nothing, and the next is tried. After any other failure, and after one that is not over
 * in time, nobody knows what is on the disk: nothing more is taken then.
 */

import { type Clock, SpoolError } from '../../shared/index.ts';
import type { Change } from './store.ts';

export interface GroupCommitParts {
  /** Puts the changes on the disk, all or none. Rejects with a `SpoolError`. */
  commit(changes: readonly Change[]): Promise<void>;
  readonly clock: Clock;
  /** Milliseconds a commit may take. */
  readonly commitTime: number;
}

interface Waiting {
  readonly changes: readonly Change[];
  readonly resolve: () => void;
  readonly reject: (reason: SpoolError) => void;
}

export class GroupCommit {
  readonly #parts: GroupCommitParts;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #failure: SpoolError | undefined;

  constructor(parts: GroupCommitParts) {
    this.#parts = parts;
  }

  /** Why nothing is taken any more. */
  get failure(): SpoolError | undefined {
    return this.#failure;
  }

  /** Resolves once the changes are on the disk. Rejects with `STORE_FULL`, `STORE_FAILED` or `STORE_STALLED`. */
  write(changes: readonly Change[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure);
        return;
      }
      this.#waiting.push({ changes, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything that was asked for has ended. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Whoever else writes in this turn comes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      await this.#commit(group);
    }
    this.#running = undefined;
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#inTime(this.#parts.commit(group.flatMap(({ changes }) => changes)));
      for (const { resolve } of group) resolve();
    } catch (reason) {
      const failure = SpoolError.from(reason, 'STORE_FAILED');
      for (const { reject } of group) reject(failure);
      if (failure.code !== 'STORE_FULL') this.#fail(failure);
    }
  }

  #fail(failure: SpoolError): void {
    this.#failure = failure;
    for (const { reject } of this.#waiting) reject(failure);
    this.#waiting = [];
  }

  #inTime(commit: Promise<void>): Promise<void> {
    const { clock, commitTime } = this.#parts;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(commitTime, () => {
        reject(new SpoolError('STORE_STALLED', { input: `no answer for ${commitTime} ms` }));
      });
      commit.then(resolve, reject).finally(cancel);
    });
  }
}
