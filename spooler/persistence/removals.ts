/**
 * What was kept for registrations that are gone, being removed: some blocks at a time, however many there are. What a
 * spooler does not finish the next one does.
 */

import { type Guid, guid } from '../../shared/index.ts';
import type { Change, Store } from '../store/store.ts';
import { blockPrefix, NUMBER_PREFIX, REGISTRATION_PREFIX, REMOVED_PREFIX } from './stored-entries.ts';
import { UnderWay } from './under-way.ts';

/** Blocks that are removed in one write. */
const AT_ONCE = 64;
const NOTHING = new Uint8Array(0);

export class Removals {
  readonly #store: Store;
  #isClosed = false;
  readonly #underWay = new UnderWay();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Goes on with what was not finished. Rejects as the store does. */
  async resume(): Promise<void> {
    for await (const [key] of this.#store.entries(REMOVED_PREFIX)) this.#begin(guid(key.slice(REMOVED_PREFIX.length)));
  }

  /** Resolves once the registration is gone; what was kept for it follows. Rejects as the store does. */
  async remove(key: Guid): Promise<void> {
    await this.#store.write([{ remove: REGISTRATION_PREFIX + key }, { put: [REMOVED_PREFIX + key, NOTHING] }]);
    this.#begin(key);
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#underWay.ended();
  }

  /** What the store refuses the next spooler tries again. */
  #begin(key: Guid): void {
    this.#underWay.add(this.#removeBlocks(key));
  }

  async #removeBlocks(key: Guid): Promise<void> {
    let isMore = true;
    while (isMore && !this.#isClosed) {
      const changes: Change[] = [];
      for await (const [block] of this.#store.entries(blockPrefix(key))) {
        changes.push({ remove: block });
        if (changes.length === AT_ONCE) break;
      }
      isMore = changes.length === AT_ONCE;
      if (!isMore) changes.push({ remove: NUMBER_PREFIX + key }, { remove: REMOVED_PREFIX + key });
      await this.#store.write(changes);
    }
  }
}
