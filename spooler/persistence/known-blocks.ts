/**
 * The blocks that one registration has in the store. Of them only so many are known here as are at hand: the oldest, and
 * all that follow as long as there are few; what comes behind is read when it is wanted, so that memory does not grow
 * with what is kept.
 */

import type { Guid } from '../../shared/index.ts';
import type { Store } from '../store/store.ts';
import { BlockReader } from './block.ts';
import type { BlockMemory } from './block-memory.ts';
import { blockKey, blockPrefix, firstOf } from './stored-entries.ts';

/** A block in the store. */
export interface Block {
  readonly first: number;
  readonly last: number;
  /** Of data. */
  readonly bytes: number;
  /** Where it is in memory. */
  value: Uint8Array | undefined;
}

export interface KnownBlocksParts {
  readonly key: Guid;
  readonly store: Store;
  readonly memory: BlockMemory;
}

/** Blocks that are known: while somebody receives, and while nobody does. */
const MOST_KNOWN = 4_096;
const MOST_KNOWN_UNATTENDED = 64;
/** Bytes of blocks in memory, and read in one go; one block may go beyond. */
const MOST_IN_MEMORY = 1024 * 1024;

export class KnownBlocks {
  /** Everything up to this number is known. */
  through: number;
  readonly #parts: KnownBlocksParts;
  /** In order, from the oldest in the store on, without a gap. */
  #blocks: Block[] = [];
  #inMemory = 0;
  /** Whether somebody receives. */
  #isAttended = false;
  #reading: Promise<void> | undefined;

  constructor(parts: KnownBlocksParts, through: number) {
    this.#parts = parts;
    this.through = through;
  }

  get all(): readonly Block[] {
    return this.#blocks;
  }

  /** The block with this number, or the next that is known. */
  at(number: number): Block | undefined {
    return this.#blocks[this.#indexOf(number)];
  }

  /** Somebody receives. */
  attend(): void {
    this.#isAttended = true;
  }

  /** He has been given everything up to the number, and it need not be in memory. */
  gave(number: number): void {
    // The blocks behind him are few: they end with what is not acknowledged.
    for (let index = this.#indexOf(number); index >= 0; index--) {
      const block = this.#blocks[index];
      if (block === undefined || block.last > number) continue;
      if (block.value === undefined) break;
      this.#forget(block);
    }
  }

  /** Nobody receives any more. */
  leave(): void {
    this.#isAttended = false;
    for (const block of this.#blocks) this.#forget(block);
    this.#blocks.splice(MOST_KNOWN_UNATTENDED);
    const end = this.#blocks.at(-1);
    if (end && this.#blocks.length === MOST_KNOWN_UNATTENDED) this.through = end.last;
  }

  /** Everything up to the number is to go from the store. Returns its blocks, which are no longer known. */
  removeThrough(gone: number): Block[] {
    const removed: Block[] = [];
    for (let block = this.#blocks[0]; block !== undefined && block.last <= gone; block = this.#blocks[0]) {
      this.#blocks.shift();
      this.#forget(block);
      removed.push(block);
    }
    return removed;
  }

  /** They have not gone. */
  restore(removed: readonly Block[]): void {
    this.#blocks.unshift(...removed);
  }

  /** The store has these now, behind `last`; they end with `newLast`, or there is nothing there any more. */
  added(blocks: readonly Block[], last: number, newLast: number): void {
    let isKnown = this.through === last;
    if (isKnown) this.through = newLast;
    for (const block of blocks) {
      if (isKnown && this.#blocks.length >= this.#most) {
        isKnown = false;
        this.through = block.first - 1;
      }
      if (isKnown) this.#blocks.push(block);
      const isWanted = isKnown && this.#isAttended && this.#inMemory < MOST_IN_MEMORY;
      if (isWanted) this.#inMemory += block.value?.length ?? 0;
      else this.#giveBack(block);
    }
  }

  /**
   * Reads the block with this number and what follows up to `last`, as much as may be in memory. Rejects as the store
   * does.
   */
  read(number: number, last: number): Promise<void> {
    this.#reading ??= this.#read(number, last).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(number: number, last: number): Promise<void> {
    const { key, store } = this.#parts;
    const after = blockKey(key, (this.at(number)?.first ?? this.through + 1) - 1);
    let read = 0;
    for await (const [stored, value] of store.entries(blockPrefix(key), { after })) {
      const first = firstOf(stored);
      // What was committed meanwhile is told by `added`.
      if (first > last) break;
      this.#found(first, value);
      read += value.length;
      if (read >= MOST_IN_MEMORY || this.#blocks.length >= this.#most) return;
    }
    // What is missing at the end is no longer waited for.
    this.through = Math.max(this.through, last);
  }

  #found(first: number, value: Uint8Array): void {
    let block: Block | undefined;
    if (first > this.through) {
      const { count, bytes } = new BlockReader(value);
      block = { first, last: first + count - 1, bytes, value: undefined };
      this.#blocks.push(block);
      this.through = block.last;
    } else {
      block = this.at(first);
      if (block?.first !== first) return;
    }
    if (block.value !== undefined || !this.#isAttended) return;
    block.value = value;
    this.#inMemory += value.length;
  }

  get #most(): number {
    return this.#isAttended ? MOST_KNOWN : MOST_KNOWN_UNATTENDED;
  }

  /** Of the first that ends at the number or behind it. */
  #indexOf(number: number): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#blocks[middle]?.last ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forget(block: Block): void {
    if (block.value === undefined) return;
    this.#inMemory -= block.value.length;
    block.value = undefined;
  }

  /** It was never read, so nobody refers to its memory. */
  #giveBack(block: Block): void {
    const memory = block.value?.buffer;
    block.value = undefined;
    if (memory instanceof ArrayBuffer) this.#parts.memory.giveBack(memory);
  }
}
