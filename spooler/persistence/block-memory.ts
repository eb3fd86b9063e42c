/** Memory for blocks under construction, used again: a block is copied when it is written, and most are not kept here. */

/** So many pieces wait to be used again: one is written while another is filled. */
const MOST_SPARE = 2;

export class BlockMemory {
  readonly #spare: ArrayBuffer[] = [];

  /** So many bytes at least, and not far more. What is in them is anything. */
  take(size: number): ArrayBuffer {
    const index = this.#spare.findIndex(({ byteLength }) => byteLength >= size && byteLength <= 4 * size);
    const [spare] = index < 0 ? [] : this.#spare.splice(index, 1);
    return spare ?? new ArrayBuffer(size);
  }

  /** Nobody refers to it any more. */
  giveBack(memory: ArrayBuffer): void {
    if (this.#spare.length >= MOST_SPARE) this.#spare.shift();
    this.#spare.push(memory);
  }
}
