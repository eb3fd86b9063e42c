/**
 * A pair of links in one process: the real protocol, no sockets. As over a network, messages are copied and arrive in
 * order, in a later turn of the event loop: two ends that answer each other for ever leave room for everybody else.
 */

import type { Link, LinkHandlers } from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import { inNextTurn } from './real-time.ts';

/** Two joined links; what one sends the other receives. Give one to `Spooler.accept` and the other to an end. */
export function memoryLinks(): readonly [Link, Link] {
  const left = new MemoryLink();
  const right = new MemoryLink();
  left.join(right);
  right.join(left);
  return [left, right];
}

interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** What a link carries besides messages: signs of life, and its end. */
type Arrival = Uint8Array | 'ping' | 'pong' | Ending;

class MemoryLink implements Link {
  #peer: MemoryLink | undefined;
  #handlers: LinkHandlers | undefined;
  #paused = false;
  #closed = false;
  /** What has arrived and was not read yet: messages and, last, the end. */
  #arrived: Arrival[] = [];
  #scheduled = false;

  join(peer: MemoryLink): void {
    this.#peer = peer;
  }

  attach(handlers: LinkHandlers): void {
    this.#handlers = handlers;
    this.#schedule();
  }

  get buffered(): number {
    return 0;
  }

  send(parts: readonly Uint8Array[]): void {
    // A copy, as a network makes one: neither end sees what the other does with its bytes afterwards.
    if (!this.#closed) this.#peer?.arrive(new Uint8Array(concat(parts)));
  }

  ping(): void {
    if (!this.#closed) this.#peer?.arrive('ping');
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#peer?.arrive({ code, reason });
    this.#arrived = [{ code, reason }];
    this.#schedule();
  }

  terminate(): void {
    this.close(1006, '');
  }

  arrive(item: Arrival): void {
    if (this.#closed) return;
    this.#arrived.push(item);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    inNextTurn(() => {
      this.#scheduled = false;
      this.#read();
    });
  }

  #read(): void {
    const handlers = this.#handlers;
    if (!handlers) return;
    while (this.#arrived.length > 0) {
      const [item] = this.#arrived;
      // The end of a link is noticed even by one that does not read, as a reset is.
      if (this.#paused && !isEnding(item)) return;
      this.#arrived.shift();
      if (item === undefined) return;
      if (isEnding(item)) {
        this.#closed = true;
        this.#arrived = [];
        this.#handlers = undefined;
        return handlers.onClose(item.code, item.reason);
      }
      handlers.onAlive();
      if (item === 'ping') this.#peer?.arrive('pong');
      else if (item !== 'pong') handlers.onMessage(item);
    }
  }
}

function isEnding(item: Arrival | undefined): item is Ending {
  return typeof item === 'object' && 'code' in item;
}
