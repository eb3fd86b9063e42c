/**
 * Blocks of the journal whose values are in memory, where reading finds them, until the store behind has them. Then their
 * memory is used again, unless somebody is reading who may have found them before.
 */

import type { JournalBlock } from './journal-block.ts';

interface Held {
  readonly generation: number;
  readonly block: JournalBlock;
}

export class HeldBlocks {
  #held: Held[] = [];
  #readers = 0;

  hold(block: JournalBlock, generation: number): void {
    this.#held.push({ generation, block });
  }

  /** What was taken up to this generation is in the store behind: whoever reads from now on does not find it here. */
  applied(generation: number): void {
    if (this.#readers === 0) for (const held of this.#held) if (held.generation <= generation) held.block.release();
    this.#held = this.#held.filter((held) => held.generation > generation);
  }

  /** Somebody reads, until the function returned is called. */
  read(): () => void {
    this.#readers++;
    return () => {
      this.#readers--;
    };
  }
}
