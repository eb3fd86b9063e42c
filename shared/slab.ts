/** Where small pieces are copied to, next to each other: a piece of memory, and another one when it is full. */

const MOST = 64 * 1024;

export class Slab {
  /** Never cleared: what was taken belongs to whoever took it, for as long as he refers to these bytes. */
  bytes: Uint8Array;
  #at = 0;

  /** `first`: bytes of the first one; each that follows has twice as many, up to 64 KiB. */
  constructor(first = MOST) {
    this.bytes = new Uint8Array(first);
  }

  /** Takes so many bytes and says where in `bytes` they begin. `bytes` may be another one than before. */
  take(length: number): number {
    if (this.#at + length > this.bytes.length) {
      this.bytes = new Uint8Array(Math.max(Math.min(2 * this.bytes.length, MOST), length));
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
