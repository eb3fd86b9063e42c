/** What has come for one registration and is not being written yet, in blocks. */

import type { Message } from '../core/message.ts';
import { BlockWriter } from './block.ts';
import type { BlockMemory } from './block-memory.ts';
import type { Block } from './known-blocks.ts';

export interface FreshBlocksParts {
  readonly memory: BlockMemory;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

const SMALLEST_BLOCK = 1024;

export class FreshBlocks {
  /** Notifications, and their bytes of data. */
  count = 0;
  bytes = 0;
  readonly #parts: FreshBlocksParts;
  #writers: BlockWriter[] = [];
  /** Bytes that the next block is given: somewhat more than the last one needed. */
  #room = SMALLEST_BLOCK;

  constructor(parts: FreshBlocksParts) {
    this.#parts = parts;
  }

  /** Takes a copy. */
  add(name: string | null, message: Pick<Message, 'size' | 'isNull' | 'copyTo'>): void {
    let writer = this.#writers.at(-1);
    if (writer === undefined || writer.isFull) {
      const { memory, wallClock } = this.#parts;
      writer = new BlockWriter(wallClock(), memory.take(Math.max(this.#room, message.size + SMALLEST_BLOCK)));
      this.#writers.push(writer);
    }
    writer.add(name, message);
    this.count++;
    this.bytes += message.size;
  }

  /** Everything, numbered from behind `last` on; none is left. */
  take(last: number): readonly Block[] {
    let first = last + 1;
    const blocks = this.#writers.map((writer): Block => {
      const value = writer.finish();
      const block = { first, last: first + writer.count - 1, bytes: writer.bytes, value };
      first += writer.count;
      this.#room = Math.max(SMALLEST_BLOCK, value.length + (value.length >> 3));
      return block;
    });
    this.#writers = [];
    this.count = 0;
    this.bytes = 0;
    return blocks;
  }
}
