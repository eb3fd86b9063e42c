/**
 * Real time, for what really happens: messages on their way, sockets that open and close. Taken when this module is
 * loaded, so that a test runner's fake timers do not stop it.
 */

const { setImmediate: onNextTurn, setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;
const monotonic = performance.now.bind(performance);

/** Milliseconds of real time after which waiting is given up, unless the rig is told otherwise. */
export const PATIENCE = 3_000;

/** One turn of the event loop: everything that is ready to happen has happened. */
export function turn(): Promise<void> {
  return new Promise<void>((resolve) => {
    onNextTurn(resolve);
  });
}

/** Calls `action` in the next turn of the event loop. */
export function inNextTurn(action: () => void): void {
  onNextTurn(action);
}

/** A wait that ends: by what is waited for, or by running out of patience. */
export class Deadline {
  readonly #end: number;

  constructor(patience: number) {
    this.#end = monotonic() + patience;
  }

  get passed(): boolean {
    return monotonic() >= this.#end;
  }

  /** Resolves when the deadline has passed or `cancel` was called, whichever is first. */
  wait(): { readonly over: Promise<void>; readonly cancel: () => void } {
    let cancel = (): void => {};
    const over = new Promise<void>((resolve) => {
      const timer = startTimer(resolve, Math.max(0, this.#end - monotonic()));
      cancel = () => {
        stopTimer(timer);
        resolve();
      };
    });
    return { over, cancel };
  }

  /** Resolves with whether `event` came before the deadline; a rejection counts as having come. */
  async precedes(event: Promise<unknown>): Promise<boolean> {
    const { over, cancel } = this.wait();
    const came = await Promise.race([
      event.then(
        () => true,
        () => true,
      ),
      over.then(() => false),
    ]);
    cancel();
    return came;
  }
}
