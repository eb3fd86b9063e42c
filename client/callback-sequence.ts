/**
 * Running the user's callbacks: one after another for each channel, faults caught and reported, never passed on
 * (PAN-195, GAP-30).
 */

import { type Cancel, type Clock, type DataObject, SpoolError } from '../shared/index.ts';
import { harmless, isThenable, type OnProblem, type Problem } from './problem.ts';

/** A callback that has not returned after this many milliseconds is reported; it is left alone all the same. */
const STUCK_AFTER = 30_000;

interface Turn {
  readonly what: string;
  readonly callback: () => unknown;
  readonly ended: () => void;
}

/** Callbacks of one channel, or of one unidirectional registration: each begins when the one before has ended. */
export class CallbackSequence {
  readonly #clock: Clock;
  readonly #report: OnProblem;
  readonly #whose: string;
  #running = false;
  readonly #waiting: Turn[] = [];

  /** `whose`, for reports: the channel or registration. */
  constructor(clock: Clock, report: OnProblem, whose = '') {
    this.#clock = clock;
    this.#report = harmless(report);
    this.#whose = whose;
  }

  /**
   * Calls `callback` with the item in its turn, at once if nothing is before it, and `ended` when it has returned,
   * thrown or settled.
   */
  run<Item>(what: string, callback: (item: Item) => unknown, ended: (item: Item) => void, item: Item): void {
    if (this.#running) {
      this.#waiting.push({ what, callback: () => callback(item), ended: () => ended(item) });
      return;
    }
    this.#running = true;
    const pending = this.#call(what, callback, item);
    if (pending) return this.#await({ what, callback: () => undefined, ended: () => ended(item) }, pending);
    this.#end(what, ended, item);
    if (this.#waiting.length > 0) this.#serve();
    else this.#running = false;
  }

  /** Takes turns until none waits, or one takes its time. */
  #serve(): void {
    for (let turn = this.#waiting.shift(); turn !== undefined; turn = this.#waiting.shift()) {
      const pending = this.#call(turn.what, turn.callback, undefined);
      if (pending) return this.#await(turn, pending);
      this.#end(turn.what, turn.ended, undefined);
    }
    this.#running = false;
  }

  /** The promise of an asynchronous callback. */
  #call<Item>(what: string, callback: (item: Item) => unknown, item: Item): Promise<unknown> | undefined {
    try {
      const result = callback(item);
      // Whatever claims to be a promise is made a real one, which settles once.
      return isThenable(result) ? Promise.resolve(result) : undefined;
    } catch (reason) {
      this.#tell('callbackThrew', what, reason);
      return undefined;
    }
  }

  #await({ what, ended }: Turn, pending: Promise<unknown>): void {
    const cancel: Cancel = this.#clock.after(STUCK_AFTER, () => this.#tell('callbackStuck', what));
    void pending
      .catch((reason: unknown) => {
        // An answer that the end of the connection overtook is no fault of the callback's, and was told as that end.
        if (!isEndOfConnection(reason)) this.#tell('callbackThrew', what, reason);
      })
      .then(() => {
        cancel();
        this.#end(what, ended, undefined);
        this.#serve();
      });
  }

  #end<Item>(what: string, ended: (item: Item) => void, item: Item): void {
    try {
      ended(item);
    } catch (reason) {
      // It released what it had only borrowed (GAP-2).
      this.#tell('callbackThrew', what, reason);
    }
  }

  #tell(kind: Problem['kind'], what: string, reason?: unknown): void {
    const named = this.#whose === '' ? what : `${what} of ${this.#whose}`;
    this.#report({ kind, what: named, ...(reason === undefined ? {} : { reason }) });
  }
}

/** Ends a callback that borrowed a data object (GAP-2). */
export function giveBack(data: DataObject): void {
  data.release();
}

function isEndOfConnection(reason: unknown): boolean {
  return reason instanceof SpoolError && (reason.code === 'CONNECTION_LOST' || reason.code === 'CONNECTION_ENDED');
}
