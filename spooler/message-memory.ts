/**
 * Memory for large messages, used again and again: fresh memory must be had from the system page by page, which for a
 * payload of a megabyte costs more than copying it. What is not in use is held weakly, so that it is still garbage to
 * whoever collects it.
 */

/** Bytes from which a message has memory of its own; what is smaller comes out of Node's pool. */
const LARGE = 32 * 1024;
/**
 * Bytes up to which its memory is used again. What is larger comes seldom, and several times so much would be kept for it.
 */
const LARGEST = 4 * 1024 * 1024;
/** Sizes are rounded up to these steps, so that messages of about the same size share memory. */
const STEP = 64 * 1024;

export class MessageMemory {
  /** By size. */
  readonly #free = new Map<number, WeakRef<ArrayBuffer>[]>();
  /** What was given out and not taken back. */
  readonly #out = new WeakSet<ArrayBufferLike>();

  /** Memory that is not cleared. */
  allocate(length: number): Uint8Array {
    if (length < LARGE || length > LARGEST) return Buffer.allocUnsafe(length);
    const size = Math.ceil(length / STEP) * STEP;
    const memory = this.#taken(size) ?? Buffer.allocUnsafeSlow(size).buffer;
    this.#out.add(memory);
    return Buffer.from(memory, 0, length);
  }

  /** Takes it back; nobody may refer to it any more. What did not come from here is ignored. */
  recycle({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || !this.#out.delete(buffer)) return;
    const size = buffer.byteLength;
    const free = this.#free.get(size);
    if (free) free.push(new WeakRef(buffer));
    else this.#free.set(size, [new WeakRef(buffer)]);
  }

  #taken(size: number): ArrayBuffer | undefined {
    const free = this.#free.get(size);
    for (let reference = free?.pop(); reference !== undefined; reference = free?.pop()) {
      const memory = reference.deref();
      if (memory !== undefined) return memory;
    }
    this.#free.delete(size);
    return undefined;
  }
}
