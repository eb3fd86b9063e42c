/** How much has arrived in all, and whether anything still does. */

import type { Hall } from './workload.ts';

/** Milliseconds from one look at the count to the next. */
const LOOK = 5;

export class Tally {
  count = 0;
  #over = false;

  /** What has begun may not pause for longer than patience allows until everything is there. */
  constructor(hall: Hall) {
    let countThen = 0;
    const timer = setInterval(() => {
      if (this.count > 0 && this.count === countThen) hall.fault(`nothing came after ${this.count} deliveries`);
      countThen = this.count;
    }, hall.settings.patience);
    hall.atEnd(() => {
      this.#over = true;
      clearInterval(timer);
    });
  }

  /** Resolves when so many are there. */
  async reached(expected: number): Promise<void> {
    while (this.count < expected && !this.#over) {
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK);
      });
    }
    if (this.count !== expected) throw new Error(`${this.count} deliveries instead of ${expected}`);
  }
}
