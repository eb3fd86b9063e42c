/**
 * A block of the journal: all that one sync makes durable. It is there whole or not at all.
 *
 * | bytes | little endian |
 * |---|---|
 * | 0 to 3 | CRC-32 of all that follows, begun with the file's salt |
 * | 4 to 7 | bytes of the changes |
 * | 8 to 11 | where in the file the block begins |
 * | 12 to 15 | the generation: how often a file was begun anew |
 * | 16 to 19 | the CRC-32 of the block before this one |
 * | 20 ... | the changes: bytes of the key in two, bytes of the value in four, the key, the value; 0xffffffff: removed |
 */

import { crc32 } from 'node:zlib';
import type { Group } from './group-commit.ts';
import { SpareMemory } from './spare-memory.ts';
import { type Change, keyOf } from './store.ts';

/** Blocks begin at a multiple of it: what a disk writes at once, so that writing one does not touch the one before. */
export const SECTOR = 512;

const HEAD = 20;
const CHANGE_HEAD = 6;
const REMOVED = 0xffffffff;
/** What has as many bytes is written by itself; a group of writes that are larger may have more. */
const FULL = 524_288;

/** Where a block is, and what ties it to its file. */
export interface BlockPlace {
  readonly salt: number;
  readonly position: number;
  readonly generation: number;
  /** The checksum of the block before it, whichever file that is in. */
  readonly previous: number;
}

/** Where a change is in the bytes of a block. */
interface Written {
  readonly key: string;
  /** Undefined: it was removed. */
  readonly value: { readonly start: number; readonly end: number } | undefined;
}

export class JournalBlock implements Group {
  readonly #written: Written[] = [];
  readonly #room: number;
  readonly #memory: SpareMemory;
  #bytes: Buffer | undefined;
  #length: number = HEAD;

  /** With room for so many bytes at first, if they are needed at all. Its memory comes from there. */
  constructor(room: number = 0, memory: SpareMemory = new SpareMemory()) {
    this.#room = room;
    this.#memory = memory;
  }

  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length >= FULL;
  }

  add(changes: readonly Change[]): void {
    let needed = this.#length;
    for (const change of changes) needed += sizeOf(change);
    const bytes = this.#reserve(needed);
    for (const change of changes) this.#append(bytes, change);
  }

  #reserve(length: number): Buffer {
    if (this.#bytes && this.#bytes.length >= length) return this.#bytes;
    const bytes = this.#memory.take(Math.max(length, this.#bytes ? 2 * this.#bytes.length : this.#room));
    return this.#moveTo(bytes);
  }

  #append(bytes: Buffer, change: Change): void {
    const key = keyOf(change);
    const at = this.#length;
    const start = at + CHANGE_HEAD + key.length;
    bytes.writeUInt16LE(key.length, at);
    bytes.write(key, at + CHANGE_HEAD, 'latin1');
    if ('put' in change) {
      const value = change.put[1];
      bytes.writeUInt32LE(value.length, at + 2);
      bytes.set(value, start);
      this.#length = start + value.length;
      this.#written.push({ key, value: { start, end: this.#length } });
    } else {
      bytes.writeUInt32LE(REMOVED, at + 2);
      this.#length = start;
      this.#written.push({ key, value: undefined });
    }
  }

  /** The bytes to be written there, and their checksum. They are the block's own. */
  seal({ salt, position, generation, previous }: BlockPlace): { readonly bytes: Buffer; readonly checksum: number } {
    const bytes = this.#trimmed();
    bytes.writeUInt32LE(this.#length - HEAD, 4);
    bytes.writeUInt32LE(position, 8);
    bytes.writeUInt32LE(generation, 12);
    bytes.writeUInt32LE(previous, 16);
    const checksum = crc32(bytes.subarray(4), salt);
    bytes.writeUInt32LE(checksum, 0);
    return { bytes, checksum };
  }

  /** Their values are views of the block. */
  changes(): readonly Change[] {
    const bytes = this.#trimmed();
    return this.#written.map(({ key, value }) =>
      value ? { put: [key, bytes.subarray(value.start, value.end)] } : { remove: key },
    );
  }

  #trimmed(): Buffer {
    const bytes = this.#reserve(this.#length);
    if (bytes.length <= 2 * this.#length) return bytes.subarray(0, this.#length);
    // Room that was not needed would be kept as long as the values.
    return this.#moveTo(this.#memory.take(this.#length)).subarray(0, this.#length);
  }

  #moveTo(bytes: Buffer): Buffer {
    if (this.#bytes) {
      this.#bytes.copy(bytes, 0, 0, this.#length);
      this.#memory.giveBack(this.#bytes);
    }
    this.#bytes = bytes;
    return bytes;
  }

  /** Nobody refers to it or to a value of its changes any more. */
  release(): void {
    if (this.#bytes) this.#memory.giveBack(this.#bytes);
    this.#bytes = undefined;
  }
}

function sizeOf(change: Change): number {
  return CHANGE_HEAD + keyOf(change).length + ('put' in change ? change.put[1].length : 0);
}

/** A block as it was found in a file. */
export interface FoundBlock {
  readonly generation: number;
  readonly previous: number;
  readonly checksum: number;
  /** Where the next one begins. */
  readonly next: number;
  /** Their values are views of the file's bytes. */
  changes(): readonly Change[];
}

/** Bytes from which it can be told where a block ends. */
export const BLOCK_HEAD = HEAD;

/** Where the block that begins there ends, if there is one at all. */
export function blockEnd(file: Buffer, position: number): number {
  return position + HEAD + file.readUInt32LE(position + 4);
}

/** The block that begins there; undefined where there is none that is whole. */
export function blockAt(file: Buffer, position: number, salt: number): FoundBlock | undefined {
  if (file.length < position + HEAD || file.readUInt32LE(position + 8) !== position) return undefined;
  const end = blockEnd(file, position);
  if (file.length < end) return undefined;
  const checksum = file.readUInt32LE(position);
  if (crc32(file.subarray(position + 4, end), salt) !== checksum) return undefined;
  return {
    generation: file.readUInt32LE(position + 12),
    previous: file.readUInt32LE(position + 16),
    checksum,
    next: sectorAfter(end),
    changes: () => changesOf(file.subarray(position + HEAD, end)),
  };
}

/** Where the first sector begins that is not before it. */
export function sectorAfter(position: number): number {
  return Math.ceil(position / SECTOR) * SECTOR;
}

function changesOf(bytes: Buffer): readonly Change[] {
  const changes: Change[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at + CHANGE_HEAD + bytes.readUInt16LE(at);
    const key = bytes.toString('latin1', at + CHANGE_HEAD, start);
    const size = bytes.readUInt32LE(at + 2);
    at = size === REMOVED ? start : start + size;
    changes.push(size === REMOVED ? { remove: key } : { put: [key, bytes.subarray(start, at)] });
  }
  return changes;
}
