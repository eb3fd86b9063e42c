/**
 * Keeps the process awake for a moment where the next message is about to come (docs/decisions/0036-staying-awake.md):
 * once nothing is left to do its processor is put to sleep, and to wake that up again takes longer than everything else
 * in a round trip.
 */

import type { Clock } from '../shared/index.ts';

/** Bytes up to which it is somebody who may wait for an answer; more is a stream, for which nobody is late. */
const SMALL = 4 * 1024;

export interface WakefulnessOptions {
  readonly clock: Clock;
  /** Milliseconds to stay awake after a message that came no later than that after the one before; 0: never. */
  readonly time: number;
  /** Calls back when everything was done that can be done now, without waiting for anything. */
  readonly soon: (then: () => void) => void;
}

export class Wakefulness {
  readonly #clock: Clock;
  readonly #time: number;
  readonly #soon: WakefulnessOptions['soon'];
  readonly #look: () => void;
  #lastRead = Number.NEGATIVE_INFINITY;
  /** The time up to which it stays awake. */
  #until = 0;
  #isAwake = false;

  constructor({ clock, time, soon }: WakefulnessOptions) {
    this.#clock = clock;
    this.#time = time;
    this.#soon = soon;
    this.#look = () => {
      this.#isAwake = this.#clock.now() < this.#until;
      if (this.#isAwake) this.#soon(this.#look);
    };
  }

  /** So many bytes have come from somebody. */
  read(bytes: number): void {
    const now = this.#clock.now();
    const isExpected = bytes <= SMALL && now - this.#lastRead < this.#time;
    this.#lastRead = now;
    this.#until = isExpected ? now + this.#time : 0;
    if (!isExpected || this.#isAwake) return;
    this.#isAwake = true;
    this.#soon(this.#look);
  }
}
