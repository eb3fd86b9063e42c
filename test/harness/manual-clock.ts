/** A clock that stands still until it is moved. */

import type { Cancel, Clock } from '../../shared/index.ts';

/** A wait that has not ended yet. */
export interface PendingTimer {
  /** In the clock's milliseconds. */
  readonly due: number;
  /** The stack of the code that set it. */
  readonly setAt: string;
}

interface Timer {
  readonly due: number;
  readonly action: () => void;
  readonly origin: { readonly stack?: string | undefined };
}

/** Starts at 0. For spoolers, ends, and whatever of your own takes a `Clock`. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();

  /** Milliseconds since the clock was made. */
  now(): number {
    return this.#now;
  }

  /** Calls `action` once, when the clock has been moved `delay` milliseconds on. */
  after(delay: number, action: () => void): Cancel {
    const timer = { due: this.#now + delay, action, origin: new Error('set') };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers wait. A program that has tidied up has none. */
  get pending(): number {
    return this.#timers.size;
  }

  /** The timers that wait, in the order they were set. */
  timers(): readonly PendingTimer[] {
    return [...this.#timers].map(({ due, origin }) => ({
      due,
      setAt: origin.stack?.split('\n').slice(2).join('\n') ?? '',
    }));
  }

  /** When the next timer is due, in the clock's milliseconds; undefined where none waits. */
  get nextDue(): number | undefined {
    return this.#next()?.due;
  }

  /**
   * Moves to the next timer that is due not later than `until` (the clock's milliseconds) and runs it. Returns false where
   * there is none; then the time is `until`. Never moves backwards.
   */
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

  /**
   * Moves the time by so many milliseconds and runs what falls due, in order, without waiting for anything in between.
   * `Rig.advance` is the patient form: it lets everything happen that a timer causes before the next one runs.
   */
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
