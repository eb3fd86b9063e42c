/**
 * Running the user's callbacks: one after another for each channel, faults caught and reported, never passed on
 * (PAN-195, GAP-30).
 */

import { type Cancel, type Clock, SpoolError } from '../shared/index.ts';

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

/** Calls something of the user's own: what it throws or rejects with goes to `failed`, and no further. */
export function attempt(callback: () => unknown, failed: (reason: unknown) => void): void {
  try {
    const result = callback();
    if (isThenable(result)) Promise.resolve(result).catch(failed);
  } catch (reason) {
    failed(reason);
  }
}

/** Whoever is told of a problem must not make another one. */
export function harmless(onProblem: OnProblem): OnProblem {
  return (problem) =>
    attempt(
      () => onProblem(problem),
      () => {},
    );
}

interface Turn {
  readonly what: string;
  readonly callback: () => unknown;
  readonly ended: () => void;
}

/** Callbacks of one channel, or of one unidirectional registration: each begins when the one before has ended. */
export class CallbackSequence {
  readonly #clock: Clock;
  readonly #report: OnProblem;
  #running = false;
  readonly #waiting: Turn[] = [];

  constructor(clock: Clock, report: OnProblem) {
    this.#clock = clock;
    this.#report = harmless(report);
  }

  /**
   * Calls `callback` in its turn, at once if nothing is before it, and `ended` when it has returned, thrown or settled.
   */
  run(what: string, callback: () => unknown, ended: () => void): void {
    this.#waiting.push({ what, callback, ended });
    if (!this.#running) this.#serve();
  }

  /** Takes turns until none waits, or one takes its time. */
  #serve(): void {
    this.#running = true;
    for (let turn = this.#waiting.shift(); turn !== undefined; turn = this.#waiting.shift()) {
      const pending = this.#call(turn);
      if (pending) return this.#await(turn, pending);
      this.#end(turn);
    }
    this.#running = false;
  }

  /** The promise of an asynchronous callback. */
  #call({ what, callback }: Turn): Promise<unknown> | undefined {
    try {
      const result = callback();
      // Whatever claims to be a promise is made a real one, which settles once.
      return isThenable(result) ? Promise.resolve(result) : undefined;
    } catch (reason) {
      this.#report({ kind: 'callbackThrew', what, reason });
      return undefined;
    }
  }

  #await(turn: Turn, pending: Promise<unknown>): void {
    const { what } = turn;
    const cancel: Cancel = this.#clock.after(STUCK_AFTER, () => this.#report({ kind: 'callbackStuck', what }));
    void pending
      .catch((reason: unknown) => {
        // An answer that the end of the connection overtook is no fault of the callback's, and was told as that end.
        if (!isEndOfConnection(reason)) this.#report({ kind: 'callbackThrew', what, reason });
      })
      .then(() => {
        cancel();
        this.#end(turn);
        this.#serve();
      });
  }

  #end({ what, ended }: Turn): void {
    try {
      ended();
    } catch (reason) {
      // It released what it had only borrowed (GAP-2).
      this.#report({ kind: 'callbackThrew', what, reason });
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function isEndOfConnection(reason: unknown): boolean {
  return reason instanceof SpoolError && (reason.code === 'CONNECTION_LOST' || reason.code === 'CONNECTION_ENDED');
}
