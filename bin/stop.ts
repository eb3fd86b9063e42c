/** Being asked to leave: SIGINT, SIGTERM, or nobody reads standard output any more. The first asks, a second signal insists. */

import { constants } from 'node:os';
import type { Output } from './output.ts';

type Request = 'SIGINT' | 'SIGTERM' | 'SIGPIPE';

export class Stop {
  readonly #controller = new AbortController();
  #request: Request = 'SIGTERM';

  constructor(output: Output) {
    output.onBroken = () => this.#ask('SIGPIPE');
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => {
        for (const again of ['SIGINT', 'SIGTERM'] as const) process.on(again, () => process.exit(exitCodeOf(again)));
        this.#ask(name);
      });
    }
  }

  /** Aborted once asked. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** For work that was not finished: 128 and the signal's number, as a shell says it. */
  get exitCode(): number {
    return exitCodeOf(this.#request);
  }

  #ask(request: Request): void {
    if (this.signal.aborted) return;
    this.#request = request;
    this.#controller.abort();
  }
}

function exitCodeOf(request: Request): number {
  return 128 + (request === 'SIGPIPE' ? 13 : constants.signals[request]);
}

/** The promise's result, or the signal's reason where that comes first. */
export async function unlessAborted<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
