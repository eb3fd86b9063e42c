/**
 * Memory for frames that is spoilt as soon as everybody has given it back: whoever still reads it shows. It is not given
 * again, and giving back more than one has throws.
 */

import type { FrameMemory } from '../../shared/websocket/frame-rules.ts';

export class SpoiltMemory implements FrameMemory {
  /** How many refer to what was given; 0 where it is spoilt. */
  readonly #users = new Map<ArrayBufferLike, number>();
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

  readonly share = (bytes: Uint8Array): void => this.#count(bytes, 1);

  /** What did not come from here is ignored. */
  readonly recycle = (bytes: Uint8Array): void => {
    this.#count(bytes, -1);
    if (this.usersOf(bytes) !== 0) return;
    new Uint8Array(bytes.buffer).fill(0xdd);
    this.spoilt++;
  };

  /** How many refer to the memory these bytes stand in; undefined where it did not come from here. */
  usersOf({ buffer }: Uint8Array): number | undefined {
    return this.#users.get(buffer);
  }

  #count({ buffer }: Uint8Array, change: number): void {
    const users = this.#users.get(buffer);
    if (users === undefined) return;
    if (users === 0) throw new Error('somebody has, or gives back, what is free');
    this.#users.set(buffer, users + change);
  }
}
