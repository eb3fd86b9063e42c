/**
 * Memory that sockets are read into: one room that all share who say little, since what comes there is copied at once,
 * and rooms of their own for those who say much, whose messages stay where they came.
 */

import type { FrameMemory } from './frame-rules.ts';

/** Bytes of the room for all. */
const COMMON = 64 * 1024;
/** Bytes of a room of one's own: a full message of small records, with its head. */
const OWN = 64 * 1024 + 64;
/**
 * Bytes up to which a frame has memory for what its head claims, as a room or with its first bytes: an object of a mebibyte,
 * with everything around it.
 */
export const BELIEVED = 1088 * 1024;
/** Bytes of all of them. A stream that has one may not say anything again. */
const MOST = 32 * 1024 * 1024;

export class Rooms {
  /** Nothing there outlives the turn in which it was read. */
  readonly common: Uint8Array = new Uint8Array(COMMON);
  readonly #memory: FrameMemory;
  #given = 0;

  constructor(memory: FrameMemory) {
    this.#memory = memory;
  }

  /** One for a stream alone, whose last frame had so many bytes. Undefined where too many have one. */
  take(frame: number): Uint8Array | undefined {
    const length = frame > BELIEVED ? OWN : Math.max(OWN, frame);
    if (this.#given + length > MOST) return undefined;
    const room = this.#memory.allocate(length);
    this.#given += length;
    return room;
  }

  /** Nobody reads into it any more. What was read there may be in use. */
  leave(room: Uint8Array): void {
    this.#given -= room.length;
  }
}
