/**
 * Records that many outboxes send alike, as a fan-out does: put together once, and given to each link as the same
 * parts, so that what a transport makes of them is made once too.
 */

import { Stretches } from './stretches.ts';

export class Batch {
  readonly stretches = new Stretches();
  readonly #sent: () => void;
  #parts: readonly Uint8Array[] | undefined;

  /** `sent` is called when it is first given to a link: what comes later belongs into another batch. */
  constructor(sent: () => void) {
    this.#sent = sent;
  }

  get length(): number {
    return this.stretches.length;
  }

  /** Adds one record. */
  add(bytes: Uint8Array, from: number, to: number): void {
    this.stretches.add(bytes, from, to);
    this.#parts = undefined;
  }

  /** Everything, frozen: the same parts for whoever asks. */
  parts(): readonly Uint8Array[] {
    if (this.#parts === undefined) {
      this.#parts = Object.freeze(this.stretches.parts());
      this.#sent();
    }
    return this.#parts;
  }
}
