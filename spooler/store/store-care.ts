/** What an operator does to a store that nobody has open: look whether all of it is there, and make its file small. */

import { access, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SpoolError } from '../../shared/index.ts';
import { loadLmdb } from './lmdb.ts';
import { LmdbStore, OWNER_FILE, openFailure, openLmdbStore, STORE_FILE } from './lmdb-store.ts';
import { lockStore } from './store-lock.ts';

export interface StoreReport {
  readonly entries: number;
  /** Of the file. */
  readonly bytes: number;
  /** Keys whose values are not what was stored. */
  readonly damaged: readonly string[];
}

/**
 * Reads all of the store in a folder. Rejects as `openStore` does, and with `E_INVALIDARG` where there is none. The file may be
 * damaged so that reading it ends the process: do it in one of its own, as `spoolpipe store check` does.
 */
export async function checkStore(folder: string): Promise<StoreReport> {
  const path = await existing(folder);
  const store = await openLmdbStore(folder);
  try {
    return { ...store.inspect(), bytes: (await stat(path)).size };
  } catch (reason) {
    throw await openFailure(reason, folder);
  } finally {
    await store.close();
  }
}

/**
 * Writes the store in a folder anew, without the room that was left free, and resolves with how large its file was and
 * is. The file is whole at every moment. Rejects as `checkStore` does, and with `STORE_CORRUPT` where something is damaged.
 */
export async function compactStore(folder: string): Promise<{ readonly before: number; readonly after: number }> {
  const path = await existing(folder);
  const lmdb = await loadLmdb();
  try {
    const lock = await lockStore(lmdb, join(folder, OWNER_FILE));
    try {
      const before = (await stat(path)).size;
      const copy = `${path}.new`;
      await rm(copy, { force: true });
      // The folder stays ours until the new file is in its place.
      const store = await LmdbStore.open(lmdb, { release: async () => {} }, folder);
      try {
        const [damaged] = store.inspect().damaged;
        if (damaged !== undefined) throw new SpoolError('STORE_CORRUPT', { input: `at ${damaged}` });
        await store.copyTo(copy);
      } finally {
        await store.close();
      }
      await sync(copy);
      await rename(copy, path);
      await sync(folder);
      return { before, after: (await stat(path)).size };
    } finally {
      await lock.release();
    }
  } catch (reason) {
    throw await openFailure(reason, folder);
  }
}

async function existing(folder: string): Promise<string> {
  const path = join(folder, STORE_FILE);
  try {
    await access(path);
    return path;
  } catch (reason) {
    throw new SpoolError('E_INVALIDARG', { input: `there is no store in ${folder}`, cause: reason });
  }
}

async function sync(path: string): Promise<void> {
  // Windows does not open folders; its renames are in the journal.
  if (process.platform === 'win32' && (await stat(path)).isDirectory()) return;
  const file = await open(path, 'r+').catch(() => open(path, 'r'));
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
