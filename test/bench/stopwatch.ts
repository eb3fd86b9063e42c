/** Measures a rate between two marks: after the warm-up, and when long enough has passed since. */

import type { Settings } from './settings.ts';
import type { Figures } from './workload.ts';

/** Below so many marks the ends of the interval weigh too much. */
const MARKS = 4;

interface Hooks {
  readonly settings: Settings;
  measuring(): void;
  measured(): void;
}

export class Stopwatch {
  readonly #hooks: Hooks;
  #state: 'new' | 'warmingUp' | 'measuring' | 'measured' = 'new';
  #marks = 0;
  #since = 0;
  #countThen = 0;
  #rate = 0;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  /** So many have been received by now. */
  mark(count: number): void {
    const now = performance.now();
    const { warmUp, duration } = this.#hooks.settings;
    if (this.#state === 'new') {
      this.#state = 'warmingUp';
      this.#since = now;
    } else if (this.#state === 'warmingUp' && now - this.#since >= warmUp) {
      this.#state = 'measuring';
      this.#since = now;
      this.#countThen = count;
      this.#hooks.measuring();
    } else if (this.#state === 'measuring' && ++this.#marks >= MARKS && now - this.#since >= duration) {
      this.#state = 'measured';
      this.#rate = ((count - this.#countThen) * 1_000) / (now - this.#since);
      this.#hooks.measured();
    }
  }

  /** Per second, and microseconds for each. Throws where nothing was measured. */
  figures(): Figures {
    if (this.#state !== 'measured') throw new Error('too little happened to measure');
    return { rate: this.#rate, cost: 1e6 / this.#rate };
  }
}
