/**
 * A pair of links inside the spooler's own process: the real protocol, no sockets. Messages are copied, because a link
 * only borrows what it is given to send, and arrive in order in a later microtask: whoever sends is never called from
 * inside his own call.
 */

import type { Link, LinkHandlers } from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';

/** Two joined links; what one sends the other receives. */
export function inProcessLinks(): readonly [Link, Link] {
  const left = new InProcessLink();
  const right = new InProcessLink();
  left.join(right);
  right.join(left);
  return [left, right];
}

interface Ending {
  readonly code: number;
  readonly reason: string;
}

class InProcessLink implements Link {
  readonly buffered = 0;
  #peer: InProcessLink | undefined;
  #handlers: LinkHandlers | undefined;
  /** What has arrived and was not read yet. */
  #arrived: Uint8Array[] = [];
  #ending: Ending | undefined;
  #paused = false;
  #scheduled = false;

  join(peer: InProcessLink): void {
    this.#peer = peer;
  }

  attach(handlers: LinkHandlers): void {
    this.#handlers = handlers;
    this.#schedule();
  }

  send(parts: readonly Uint8Array[]): void {
    if (!this.#ending) this.#peer?.arrive(new Uint8Array(concat(parts)));
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  close(code: number, reason: string): void {
    if (this.#ending) return;
    // Who closes reads nothing more.
    this.#arrived = [];
    this.end({ code, reason });
    this.#peer?.end({ code, reason });
  }

  terminate(): void {
    this.close(1006, '');
  }

  // ------------------------------------------------------------------------------------------ for the other one

  arrive(message: Uint8Array): void {
    if (this.#ending) return;
    this.#arrived.push(message);
    this.#schedule();
  }

  end(ending: Ending): void {
    this.#ending ??= ending;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#read();
    });
  }

  #read(): void {
    while (this.#handlers && (!this.#paused || this.#ending)) {
      const message = this.#arrived.shift();
      if (message) {
        this.#handlers.onAlive();
        this.#handlers.onMessage(message);
        continue;
      }
      if (!this.#ending) return;
      const handlers = this.#handlers;
      this.#handlers = undefined;
      return handlers.onClose(this.#ending.code, this.#ending.reason);
    }
  }
}
