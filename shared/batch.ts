/**
 * Records that many outboxes send alike, as a fan-out does: put together once, and given to each link as the same
 * parts, so that what a transport makes of them is made once too.
 */

import { Stretches } from './stretches.ts';

export class Batch {
  readonly stretches = new Stretches();
  readonly #sent: () => void;
  #parts: readonly Uint8Array[] | undefined;
  /** Outboxes that have it, and how many of them have seen it leave. */
  #users = 0;
  #left = 0;
  #isOver = false;
  #recycle: (() => void) | undefined;

  /** `sent` is called when it is first given to a link: what comes later belongs into another batch. */
  constructor(sent: () => void) {
    this.#sent = sent;
  }

  get length(): number {
    return this.stretches.length;
  }

  /** For whoever sends it as it is: to be called when it has left. Undefined where nobody wants to know. */
  left: (() => void) | undefined;

  /** Its memory can be used again when everybody has sent it. Precondition: it holds one record, which is all of that. */
  recycleWith(recycle: () => void): void {
    this.#recycle = recycle;
    this.left = () => {
      this.#left++;
      this.#recycleIfDone();
    };
  }

  /** Somebody else refers to it. */
  keepMemory(): void {
    this.#recycle = undefined;
    this.left = undefined;
  }

  /** One more outbox sends it. */
  joined(): void {
    this.#users++;
  }

  /** No more outboxes will. */
  over(): void {
    this.#isOver = true;
    this.#recycleIfDone();
  }

  #recycleIfDone(): void {
    const recycle = this.#recycle;
    if (recycle === undefined || !this.#isOver || this.#left < this.#users) return;
    this.#recycle = undefined;
    recycle();
  }

  /** Adds one record. */
  add(bytes: Uint8Array, from: number, to: number): void {
    this.stretches.add(bytes, from, to);
    this.#parts = undefined;
  }

  /** Everything: the same parts for whoever asks, frozen where more than one will. */
  parts(): readonly Uint8Array[] {
    if (this.#parts === undefined) {
      const parts = this.stretches.parts();
      this.#parts = this.#users > 1 ? Object.freeze(parts) : parts;
      this.#sent();
    }
    return this.#parts;
  }
}
