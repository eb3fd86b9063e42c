/**
 * Memory for what is received, used again and again: fresh memory must be had from the system page by page, which for a
 * payload of a megabyte costs more than copying it. What is not in use is held weakly, so that it is still garbage to
 * whoever collects it.
 */

/** Bytes from which memory is used again; what is smaller comes out of Node's pool. */
const LARGE = 32 * 1024;
/**
 * Bytes up to which its memory is used again. What is larger comes seldom, and several times so much would be kept for it.
 */
const LARGEST = 16 * 1024 * 1024;
/** Sizes are rounded up by an eighth at most, so that messages of about the same size share memory. */
const STEPS = 8;

export class MessageMemory {
  /** By size. */
  readonly #free = new Map<number, WeakRef<ArrayBuffer>[]>();
  /** How many refer to what was given out, and will say when they do not any more. */
  readonly #users = new WeakMap<ArrayBufferLike, number>();

  /** Memory that is not cleared. */
  allocate(length: number): Uint8Array {
    if (length < LARGE || length > LARGEST) return Buffer.allocUnsafe(length);
    const size = rounded(length);
    const memory = this.#taken(size) ?? Buffer.allocUnsafeSlow(size).buffer;
    this.#users.set(memory, 1);
    return new Uint8Array(memory, 0, length);
  }

  /** One more refers to it. What did not come from here is ignored. */
  share({ buffer }: Uint8Array): void {
    if (buffer.byteLength < LARGE) return;
    const users = this.#users.get(buffer);
    if (users !== undefined) this.#users.set(buffer, users + 1);
  }

  /** One refers to it no more. What did not come from here is ignored. */
  recycle({ buffer }: Uint8Array): void {
    if (buffer.byteLength < LARGE || !(buffer instanceof ArrayBuffer)) return;
    const users = this.#users.get(buffer);
    if (users === undefined) return;
    if (users > 1) {
      this.#users.set(buffer, users - 1);
      return;
    }
    this.#users.delete(buffer);
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

function rounded(length: number): number {
  const step = 2 ** Math.floor(Math.log2(length)) / STEPS;
  return Math.ceil(length / step) * step;
}
