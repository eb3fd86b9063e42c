/** Trying to reach the spooler again: wait after wait, until it is reached, or will not have us, or nobody wants it. */

import type { Cancel, Clock } from '../shared/index.ts';
import { isFinalRefusal, type ReconnectPolicy, waitBefore } from './reconnect.ts';

export class Retries {
  readonly #clock: Clock;
  readonly #policy: ReconnectPolicy;
  readonly #comeBack: () => Promise<void>;
  readonly #refused: () => void;
  #cancel: Cancel;
  #isOver = false;

  /** Begins to wait. `comeBack` is one try, which rejects where it fails; after `refused` there is none. */
  constructor(clock: Clock, policy: ReconnectPolicy, comeBack: () => Promise<void>, refused: () => void) {
    this.#clock = clock;
    this.#policy = policy;
    this.#comeBack = comeBack;
    this.#refused = refused;
    this.#cancel = this.#tryAfter(0);
  }

  #tryAfter(attempt: number): Cancel {
    return this.#clock.after(waitBefore(attempt, this.#policy), () => {
      this.#comeBack().catch((reason: unknown) => {
        if (this.#isOver) return;
        if (!isFinalRefusal(reason)) {
          this.#cancel = this.#tryAfter(attempt + 1);
          return;
        }
        this.#isOver = true;
        this.#refused();
      });
    });
  }

  /** Reached, or not wanted any more: what a try that is under way comes to is no concern of this one. */
  end(): void {
    this.#isOver = true;
    this.#cancel();
  }
}
