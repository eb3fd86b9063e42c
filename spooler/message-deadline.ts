/** A message must be whole in time: half a message kept half is memory held for nothing (PROTOCOL.md section 7.1). */

import type { Cancel, Clock } from '../shared/index.ts';

/** What `ws` knows of a message under way. Its own fields: a test says so when they change. */
interface Receiver {
  readonly _bufferedBytes?: number;
  readonly _state?: number;
  readonly _fragmented?: number;
}

/** Whether the receiver has part of a message and waits for the rest. */
export function isMidMessage(socket: object): boolean {
  const { _receiver: receiver } = socket as { readonly _receiver?: Receiver };
  if (!receiver) return false;
  return Boolean(receiver._bufferedBytes || receiver._state || receiver._fragmented);
}

export class MessageDeadline {
  readonly #clock: Clock;
  readonly #time: number;
  readonly #missed: () => void;
  #cancel: Cancel | undefined;
  #messages = 0;
  /** How many messages were whole when the one under way was first seen. */
  #messagesBefore = -1;

  constructor(clock: Clock, time: number, missed: () => void) {
    this.#clock = clock;
    this.#time = time;
    this.#missed = missed;
  }

  /** A message became whole. */
  whole(): void {
    this.#messages++;
  }

  /** Bytes came, and were looked at. */
  looked(midMessage: boolean): void {
    if (!midMessage) return this.stop();
    if (this.#messages === this.#messagesBefore) return;
    this.stop();
    this.#messagesBefore = this.#messages;
    this.#cancel = this.#clock.after(this.#time, this.#missed);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#messagesBefore = -1;
  }
}
