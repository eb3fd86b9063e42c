/** A store that loses nothing, in a folder: lmdb, with a journal in front (docs/store.md). */

import { JournaledStore } from './journaled-store.ts';
import { openFailure, openLmdbStore } from './lmdb-store.ts';
import type { Store } from './store.ts';
import { defaultStoreOptions, type StoreOptions } from './store-options.ts';

/**
 * Opens the store in a folder, which is made where it is missing. It is this process's alone until it is closed. Rejects,
 * nothing changed, with
 * - `STORE_IN_USE`: it is open, here or in another process that lives,
 * - `STORE_CORRUPT`: a file is damaged, or is none of a store,
 * - `STORE_TOO_NEW`: a newer version has written it,
 * - `STORE_FULL`, `STORE_FAILED`: the disk does not take it,
 * - `STORE_UNAVAILABLE`: there is no lmdb for this platform.
 */
export async function openStore(folder: string, options: StoreOptions = {}): Promise<Store> {
  const all = defaultStoreOptions(options);
  const behind = await openLmdbStore(folder, all);
  try {
    return await JournaledStore.open(behind, folder, all);
  } catch (reason) {
    await behind.close();
    throw await openFailure(reason, folder);
  }
}
