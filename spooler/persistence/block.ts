/**
 * What was kept for one registration in one step, as it lies in the store: many notifications to a block, in runs of those
 * that were sent on channels of one name. All integers are unsigned and big-endian.
 *
 * head: format (1 byte), notifications (4), bytes of data (4), milliseconds since 1970 (8, a double)
 * run: notifications (4), bytes of the name in UTF-8 (2; 0xffff: the server, which has none), the name, the notifications
 * notification: bytes of data (4; 0xffffffff: null), the data
 */

import { SpoolError } from '../../shared/index.ts';
import type { Message } from '../core/message.ts';

const FORMAT = 1;
const HEAD = 17;
const NO_NAME = 0xffff;
const NULL = 0xffffffff;
/** Bytes from which a block takes no more. */
const FULL = 256 * 1024;

const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { fatal: true });

export class BlockWriter {
  /** Notifications. */
  count = 0;
  /** Bytes of data. */
  bytes = 0;
  readonly #at: number;
  #buffer: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = HEAD;
  #name: string | null | undefined;
  #runAt = HEAD;
  #runCount = 0;

  /** `at`: milliseconds since 1970. `memory`: as many bytes as it will probably need, its own until it is finished. */
  constructor(at: number, memory: ArrayBuffer) {
    this.#at = at;
    this.#buffer = new Uint8Array(memory);
    this.#view = new DataView(this.#buffer.buffer);
  }

  get isFull(): boolean {
    return this.#length >= FULL;
  }

  /** Adds what was sent on a channel of that name. A copy. */
  add(name: string | null, message: Pick<Message, 'size' | 'isNull' | 'copyTo'>): void {
    if (name !== this.#name) this.#beginRun(name);
    const { size } = message;
    const at = this.#take(4 + size);
    this.#view.setUint32(at, message.isNull ? NULL : size);
    if (size > 0) message.copyTo(this.#buffer, at + 4);
    this.#runCount++;
    this.count++;
    this.bytes += size;
  }

  /** The block, a view. Nothing can be added any more. */
  finish(): Uint8Array<ArrayBuffer> {
    this.#endRun();
    this.#buffer[0] = FORMAT;
    this.#view.setUint32(1, this.count);
    this.#view.setUint32(5, this.bytes);
    this.#view.setFloat64(9, this.#at);
    return this.#buffer.subarray(0, this.#length);
  }

  #beginRun(name: string | null): void {
    this.#endRun();
    this.#name = name;
    const bytes = name === null ? undefined : utf8.encode(name);
    this.#runAt = this.#take(6 + (bytes?.length ?? 0));
    this.#runCount = 0;
    this.#view.setUint16(this.#runAt + 4, bytes?.length ?? NO_NAME);
    if (bytes) this.#buffer.set(bytes, this.#runAt + 6);
  }

  #endRun(): void {
    if (this.#name !== undefined) this.#view.setUint32(this.#runAt, this.#runCount);
  }

  #take(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(2 * this.#buffer.length, this.#length));
      larger.set(this.#buffer.subarray(0, at));
      this.#buffer = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Notifications that follow on each other, of one name. */
export interface KeptRun {
  readonly name: string | null;
  /** Views of the block; null is the null of the wire. */
  readonly data: readonly (Uint8Array | null)[];
  /** Bytes of all of them. */
  readonly bytes: number;
}

/** Reads a block from its beginning. Everything throws `STORE_CORRUPT` where it is none. */
export class BlockReader {
  readonly count: number;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly #block: Uint8Array;
  readonly #view: DataView;
  #position = HEAD;
  /** Of the run it stands in. */
  #left = 0;
  #name: string | null = null;

  constructor(block: Uint8Array) {
    this.#block = block;
    this.#view = new DataView(block.buffer, block.byteOffset, block.length);
    if (block.length < HEAD || block[0] !== FORMAT) corrupt();
    this.count = this.#view.getUint32(1);
    this.bytes = this.#view.getUint32(5);
    this.at = this.#view.getFloat64(9);
    if (this.count === 0 || this.bytes > block.length) corrupt();
  }

  /** The next ones, of one name: one at least, at most so many, and as long as they have less than so many bytes. */
  take(most: number, mostBytes: number): KeptRun {
    if (this.#left === 0) this.#enterRun();
    const name = this.#name;
    const data: (Uint8Array | null)[] = [];
    let bytes = 0;
    while (this.#left > 0 && data.length < most && (data.length === 0 || bytes < mostBytes)) {
      const one = this.#next();
      data.push(one);
      if (one !== null) bytes += one.length;
    }
    return { name, data, bytes };
  }

  skip(count: number): void {
    for (let left = count; left > 0; left--) {
      if (this.#left === 0) this.#enterRun();
      this.#next();
    }
  }

  #enterRun(): void {
    const at = this.#advance(6);
    this.#left = this.#view.getUint32(at);
    const length = this.#view.getUint16(at + 4);
    if (this.#left === 0) corrupt();
    if (length === NO_NAME) {
      this.#name = null;
      return;
    }
    const nameAt = this.#advance(length);
    try {
      this.#name = text.decode(this.#block.subarray(nameAt, nameAt + length));
    } catch {
      corrupt();
    }
  }

  #next(): Uint8Array | null {
    this.#left--;
    const size = this.#view.getUint32(this.#advance(4));
    if (size === NULL) return null;
    const at = this.#advance(size);
    return this.#block.subarray(at, at + size);
  }

  #advance(length: number): number {
    const at = this.#position;
    if (at + length > this.#block.length) corrupt();
    this.#position = at + length;
    return at;
  }
}

function corrupt(): never {
  throw new SpoolError('STORE_CORRUPT', { input: 'what was kept for a registration' });
}
