/** How long the event system waits for code that is not its own: subscribers and filters. */

import type { Cancel, Clock } from '../../shared/index.ts';

/** What there is instead of a value when the time has passed first. */
export const LATE: unique symbol = Symbol('late');
export type Late = typeof LATE;

/**
 * What `work` comes to, or `LATE` once `milliseconds` have passed. Work that is late goes on by itself; what becomes of
 * it then is nobody's concern, a rejection included. Rejects as `work` does.
 */
export async function within<Value>(clock: Clock, milliseconds: number, work: Promise<Value>): Promise<Value | Late> {
  let cancel: Cancel = () => {};
  const late = new Promise<Late>((resolve) => {
    cancel = clock.after(milliseconds, () => resolve(LATE));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}

/**
 * A limit that counts only the time somebody takes for himself: while others work for him it stands still. Each turn of
 * his own has the whole time.
 */
export class TimeLimit {
  /** Resolves when a turn has lasted too long. */
  readonly passed: Promise<Late>;
  readonly #clock: Clock;
  readonly #milliseconds: number;
  readonly #pass: () => void;
  #cancel: Cancel | undefined;
  /** How many are at work for him. */
  #others = 0;
  #stopped = false;

  /** Begins with a turn of his own. Ends with `stop`. */
  constructor(clock: Clock, milliseconds: number) {
    this.#clock = clock;
    this.#milliseconds = milliseconds;
    let pass: () => void = () => {};
    this.passed = new Promise((resolve) => {
      pass = () => resolve(LATE);
    });
    this.#pass = pass;
    this.#begin();
  }

  /** What `work` comes to; the limit stands still for as long. */
  async standStillFor<Value>(work: Promise<Value>): Promise<Value> {
    if (this.#others++ === 0) this.#cancel?.();
    try {
      return await work;
    } finally {
      if (--this.#others === 0) this.#begin();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #begin(): void {
    if (!this.#stopped) this.#cancel = this.#clock.after(this.#milliseconds, this.#pass);
  }
}
