/**
 * Two files that take turns: one takes blocks while what is in the other finds its way into the store behind. What is in
 * them counts until `applied` says that it is there.
 */

import { join } from 'node:path';
import { SpoolError } from '../../shared/index.ts';
import type { FoundBlock, JournalBlock } from './journal-block.ts';
import { JournalFile, SMALLEST_FILE } from './journal-file.ts';
import type { Change } from './store.ts';

/** Bytes of a file at first; those of a spooler that has much to keep grow, each time fourfold. */
const FIRST_SIZE = 1_048_576;
const GROWTH = 4;

export class Journal {
  readonly #largest: number;
  /** The one that takes blocks, and the other. */
  #files: readonly [active: JournalFile, other: JournalFile];
  /** The newest generation that is in the store behind, with all that were before it. */
  #applied: number;
  /** The checksum of the newest block. */
  #previous = 0;

  private constructor(files: readonly [JournalFile, JournalFile], applied: number, largest: number) {
    this.#files = files;
    this.#applied = applied;
    this.#largest = largest;
  }

  /**
   * Opens the files in the folder, or makes them, and resolves with what is in them and not yet applied, in order. Later on a file
   * has as many bytes as `largest` says. Rejects as `JournalFile` does, and with `STORE_CORRUPT` where something is missing.
   */
  static async open(
    folder: string,
    applied: number,
    largest: number,
  ): Promise<{ readonly journal: Journal; readonly changes: readonly Change[] }> {
    const size = Math.max(SMALLEST_FILE, Math.min(FIRST_SIZE, largest));
    const one = await JournalFile.open(join(folder, 'journal.0'), size);
    try {
      const two = await JournalFile.open(join(folder, 'journal.1'), size);
      try {
        const journal = new Journal([one, two], applied, largest);
        return { journal, changes: await journal.#replay() };
      } catch (reason) {
        await two.close();
        throw reason;
      }
    } catch (reason) {
      await one.close();
      throw reason;
    }
  }

  async #replay(): Promise<readonly Change[]> {
    const found: { readonly file: JournalFile; readonly blocks: readonly FoundBlock[] }[] = [];
    for (const file of this.#files) {
      const blocks = await file.replay(this.#applied);
      if (blocks.length > 0) found.push({ file, blocks });
    }
    found.sort((one, other) => one.file.generation - other.file.generation);
    for (const [index, { file, blocks }] of found.entries()) {
      const follows = file.generation === this.#applied + 1 + index;
      if (!follows || (index > 0 && blocks[0]?.previous !== this.#previous)) {
        throw new SpoolError('STORE_CORRUPT', { input: `what is in the journal before ${file.path} is missing` });
      }
      this.#previous = blocks.at(-1)?.checksum ?? 0;
    }
    const [one, two] = this.#files;
    const newest = found.at(-1)?.file;
    if (newest === two) this.#files = [two, one];
    if (!newest) one.begin(this.#applied + 1);
    return found.flatMap(({ blocks }) => blocks.flatMap((block) => block.changes()));
  }

  /** Of the blocks that are taken now. What was taken before is of an earlier one. */
  get generation(): number {
    return this.#files[0].generation;
  }

  hasRoom(block: JournalBlock): boolean {
    return this.#files[0].hasRoom(block);
  }

  /** Whether the files could change places now, and the block would have room then. */
  hasRoomAfterTurn(block: JournalBlock): boolean {
    return this.isOtherFree && this.#files[1].hasRoom(block, { anew: true });
  }

  get isOtherFree(): boolean {
    const [, other] = this.#files;
    return other.generation <= this.#applied;
  }

  /** Resolves once the block is on the disk. There must be room for it. Rejects as the file system does. */
  async append(block: JournalBlock): Promise<void> {
    this.#previous = await this.#files[0].append(block, this.#previous);
  }

  /** The other file, which must be free, takes the blocks of the next generation. */
  turn(): void {
    const [active, other] = this.#files;
    other.begin(active.generation + 1);
    this.#files = [other, active];
  }

  /** What was taken up to this generation is in the store behind. */
  hasApplied(generation: number): void {
    this.#applied = generation;
  }

  /** The other file, which must be free, becomes larger, if it may. Where the disk has no room it stays as it is. */
  async grow(): Promise<void> {
    const [, other] = this.#files;
    await other.grow(Math.min(this.#largest, other.size * GROWTH)).catch(() => {});
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()));
  }
}
