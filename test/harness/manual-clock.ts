/** A clock that stands still until it is moved. */

import type { Cancel, Clock } from '../../shared/index.ts';

interface Timer {
  readonly due: number;
  readonly action: () => void;
}

export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  after(delay: number, action: () => void): Cancel {
    const timer = { due: this.#now + delay, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that wait. A program that has tidied up has none. */
  get pending(): number {
    return this.#timers.size;
  }

  /** When the next timer is due, in the clock's milliseconds. */
  get nextDue(): number | undefined {
    return this.#next()?.due;
  }

  /** Moves to the next timer not later than `until` and runs it; false where there is none, and then the time is `until`. */
  step(until: number): boolean {
    const next = this.#next();
    if (!next || next.due > until) {
      this.#now = Math.max(this.#now, until);
      return false;
    }
    this.#now = Math.max(this.#now, next.due);
    this.#timers.delete(next);
    next.action();
    return true;
  }

  /** Moves the time and runs what falls due, in order, without waiting for anything in between. See `Rig.advance` for the patient form. */
  advance(milliseconds: number): void {
    const until = this.#now + milliseconds;
    while (this.step(until));
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (!next || timer.due < next.due) next = timer;
    return next;
  }
}
