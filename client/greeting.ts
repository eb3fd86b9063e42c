/** Being greeted by a spooler: begins with the hello, and ends with the welcome or with what comes instead. */

import { type Clock, type Link, SpoolError, systemClock } from '../shared/index.ts';
import type { ConnectionOptions } from './connection-options.ts';

const CONNECT_TIME = 10_000;

export class Greeting {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #time: number;
  readonly #signal: AbortSignal | undefined;
  #resolve: () => void = () => {};
  #reject: (reason: SpoolError) => void = () => {};

  constructor(link: Link, { clock = systemClock, connectTime = CONNECT_TIME, signal }: ConnectionOptions) {
    this.#link = link;
    this.#clock = clock;
    this.#time = connectTime;
    this.#signal = signal;
  }

  /**
   * `listen` is called first, then `hello`, but where the signal has given up already. Resolves with the welcome. Rejects
   * with the refusal, with what either of them throws, with `TIMED_OUT`, and with `CONNECTION_ENDED` for the signal; the
   * link is then terminated.
   */
  async run(listen: () => void, hello: () => void): Promise<void> {
    const cancel = this.#clock.after(this.#time, () => this.#giveUp('TIMED_OUT'));
    const abort = (): void => this.#giveUp('CONNECTION_ENDED');
    this.#signal?.addEventListener('abort', abort);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
        listen();
        if (this.#signal?.aborted) abort();
        else hello();
      });
    } catch (reason) {
      this.#link.terminate();
      throw reason;
    } finally {
      cancel();
      this.#signal?.removeEventListener('abort', abort);
    }
  }

  #giveUp(code: 'TIMED_OUT' | 'CONNECTION_ENDED'): void {
    this.#reject(new SpoolError(code, { input: 'connecting' }));
    this.#link.terminate();
  }

  welcomed(): void {
    this.#resolve();
  }

  refused(reason: SpoolError): void {
    this.#reject(reason);
  }
}
