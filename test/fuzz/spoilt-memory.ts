/**
 * Memory for frames that is spoilt as soon as everybody has given it back: whoever still reads it shows. It is not given
 * again, and giving back more than one has throws.
 */

import type { FrameMemory } from '../../shared/websocket/frame-rules.ts';

export class SpoiltMemory implements FrameMemory {
  /** How many refer to what was given and is not free. */
  readonly #users = new Map<ArrayBufferLike, number>();
  readonly #free = new WeakSet<ArrayBufferLike>();
  /** Lengths that were asked for. */
  readonly allocated: number[] = [];
  /** How many pieces everybody has given back. */
  spoilt = 0;

  readonly allocate = (length: number): Uint8Array => {
    this.allocated.push(length);
    const bytes = new Uint8Array(length).fill(0xee);
    this.#users.set(bytes.buffer, 1);
    return bytes;
  };

  readonly share = ({ buffer }: Uint8Array): void => {
    this.#refuseFree(buffer);
    const users = this.#users.get(buffer);
    if (users !== undefined) this.#users.set(buffer, users + 1);
  };

  /** What did not come from here is ignored. */
  readonly recycle = ({ buffer }: Uint8Array): void => {
    this.#refuseFree(buffer);
    const users = this.#users.get(buffer);
    if (users === undefined) return;
    if (users > 1) {
      this.#users.set(buffer, users - 1);
      return;
    }
    this.#users.delete(buffer);
    this.#free.add(buffer);
    new Uint8Array(buffer).fill(0xdd);
    this.spoilt++;
  };

  /** How many refer to the memory these bytes stand in; 0 where it is free, or did not come from here. */
  usersOf({ buffer }: Uint8Array): number {
    return this.#users.get(buffer) ?? 0;
  }

  /** Pieces that are not free. */
  get inUse(): number {
    return this.#users.size;
  }

  #refuseFree(buffer: ArrayBufferLike): void {
    if (this.#free.has(buffer)) throw new Error('memory is given back that is free');
  }
}
