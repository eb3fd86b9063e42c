/** What a client has made at the spooler and that has to be made again when the spooler is back. */

import { type Clock, SpoolError, systemClock } from '../shared/index.ts';
import type { Dial, Gap, ListenerOptions } from './listener-options.ts';
import { Listener } from './notification-listener.ts';
import { harmless, type OnProblem, reportToConsole } from './problem.ts';

export interface Renewable {
  /** For reports. */
  readonly what: string;
  /** Makes it, the first time or again. Rejects as the spooler refuses it; then nothing is left of it there. */
  make(): Promise<void>;
  /** The spooler is lost. */
  lost(): void;
  /** It will not be made again. */
  close(): void;
}

/** Milliseconds between tries for what another session has. */
const PAUSE = 5_000;

export class Renewals {
  /** What comes back after a loss. Whoever makes this one connects and closes it. */
  readonly listener: Listener;
  readonly report: OnProblem;
  readonly #clock: Clock;
  readonly #made = new Set<Renewable>();
  /** It may end before anybody hears that it was made. */
  readonly #over = new WeakSet<Renewable>();
  readonly #pauses = new Set<() => void>();

  /** `onGap` is called when everything was made again. */
  constructor(dial: Dial, { onGap, onLost, ...options }: ListenerOptions) {
    this.#clock = options.clock ?? systemClock;
    this.report = harmless(options.onProblem ?? reportToConsole);
    this.listener = new Listener(dial, {
      ...options,
      onGap: (gap) => this.#renew(gap, onGap),
      onLost: (loss, retrying) => {
        for (const one of [...this.#made]) {
          one.lost();
          if (!retrying) one.close();
        }
        this.#endPauses();
        onLost?.(loss, retrying);
      },
    });
  }

  async make<One extends Renewable>(one: One): Promise<One> {
    await one.make();
    if (!this.#over.has(one)) this.#made.add(one);
    return one;
  }

  /** It has ended: not to be made again. */
  ended(one: Renewable): void {
    this.#made.delete(one);
    this.#over.add(one);
  }

  /** Ends everything, and leaves for good. */
  async close(): Promise<void> {
    for (const one of [...this.#made]) one.close();
    const closed = this.listener.close();
    this.#endPauses();
    await closed;
  }

  #renew(gap: Gap, onGap: ListenerOptions['onGap']): void {
    const made = [...this.#made].map((one) => this.#renewOne(one));
    void Promise.all(made).then((renewed) => {
      // Lost again meanwhile: there will be another gap.
      if (renewed.every(Boolean)) onGap?.(gap);
    });
  }

  /** False where the spooler was lost again. */
  async #renewOne(one: Renewable, triesLeft = 4): Promise<boolean> {
    // It has ended in the pause.
    if (this.#over.has(one)) return true;
    try {
      await one.make();
    } catch (reason) {
      if (this.listener.state !== 'connected') return false;
      if (triesLeft > 0 && isTaken(reason)) {
        await this.#pause();
        return this.listener.state === 'connected' && this.#renewOne(one, triesLeft - 1);
      }
      one.close();
      this.report({ kind: 'registrationLost', what: `${one.what} was not made again`, reason });
    }
    return true;
  }

  /** Until it is worth trying again, or the spooler is lost again. */
  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.#pauses.delete(end);
        resolve();
      };
      const cancel = this.#clock.after(PAUSE, end);
      this.#pauses.add(end);
    });
  }

  #endPauses(): void {
    for (const end of [...this.#pauses]) end();
  }
}

/** The session from before the loss may still be there: its spooler has not noticed yet that nobody is at its other end. */
function isTaken(reason: unknown): boolean {
  return reason instanceof SpoolError && reason.code === 'ALREADY_REGISTERED';
}
