/**
 * Memory that is used again. A store under load would leave hundreds of megabytes a second to be collected, none of it in
 * the heap: V8 then looks for garbage all the time.
 */

/** What is smaller is not worth it. */
const SMALLEST = 4_096;
/** Bytes that wait to be used again: a file of the journal, and what goes to the store behind at once. */
const MOST = 32 * 1_048_576;

export class SpareMemory {
  #spare: Buffer[] = [];
  #bytes = 0;

  /** So many bytes at least, and at most twice as many. What is in them is anything. */
  take(size: number): Buffer {
    if (size < SMALLEST) return Buffer.allocUnsafeSlow(size);
    const index = this.#spare.findLastIndex(({ length }) => length >= size && length <= 2 * size);
    const [spare] = index < 0 ? [] : this.#spare.splice(index, 1);
    this.#bytes -= spare?.length ?? 0;
    // Of a few lengths only, so that they fit again.
    return spare ?? Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(size)));
  }

  /** Something that was taken, and that nobody refers to any more. */
  giveBack(memory: Buffer): void {
    if (memory.length < SMALLEST || this.#bytes + memory.length > MOST) return;
    this.#spare.push(memory);
    this.#bytes += memory.length;
  }

  /** Lets go of what waits. */
  clear(): void {
    this.#spare = [];
    this.#bytes = 0;
  }
}
