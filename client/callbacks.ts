/** Running the user's callbacks: one after another for each channel, faults caught and reported, never passed on (PAN-195, GAP-30). */

import type { Cancel, Clock } from '../shared/index.ts';

/** Something of the user's own that went wrong and harmed nobody else. */
export interface Problem {
  readonly kind: 'callbackThrew' | 'callbackStuck' | 'registrationLost' | 'leak';
  /** For people: which callback, which registration. */
  readonly what: string;
  readonly reason?: unknown;
}

export type OnProblem = (problem: Problem) => void;

/** A callback that has not returned after this many milliseconds is reported; it is left alone all the same. */
const STUCK_AFTER = 30_000;

export function reportToConsole({ kind, what, reason }: Problem): void {
  // oxlint-disable-next-line no-console -- the default for programs that give no `onProblem`
  console.warn(`spoolpipe: ${kind}: ${what}`, ...(reason === undefined ? [] : [reason]));
}

/** Callbacks of one channel, or of one unidirectional registration: each begins when the one before has ended. */
export class CallbackSequence {
  readonly #clock: Clock;
  readonly #report: OnProblem;
  #running = false;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, report: OnProblem) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Calls `callback` in its turn, at once if nothing is before it, and `ended` when it has returned, thrown or settled. */
  run(what: string, callback: () => unknown, ended: () => void): void {
    if (this.#running) this.#waiting.push(() => this.#start(what, callback, ended));
    else this.#start(what, callback, ended);
  }

  #start(what: string, callback: () => unknown, ended: () => void): void {
    this.#running = true;
    let result: unknown;
    try {
      result = callback();
    } catch (reason) {
      this.#tell({ kind: 'callbackThrew', what, reason });
    }
    if (!isPromise(result)) return this.#end(ended);
    const cancel: Cancel = this.#clock.after(STUCK_AFTER, () => this.#tell({ kind: 'callbackStuck', what }));
    result.then(
      () => {
        cancel();
        this.#end(ended);
      },
      (reason: unknown) => {
        cancel();
        this.#tell({ kind: 'callbackThrew', what, reason });
        this.#end(ended);
      },
    );
  }

  #end(ended: () => void): void {
    this.#running = false;
    ended();
    this.#waiting.shift()?.();
  }

  #tell(problem: Problem): void {
    try {
      this.#report(problem);
    } catch {
      // Whoever reports must not fail the delivery either.
    }
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
