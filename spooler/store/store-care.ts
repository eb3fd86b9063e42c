/** What an operator does to a store that nobody has open: look whether all of it is there, and make its file small. */

import { access, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SpoolError } from '../../shared/index.ts';
import { APPLIED, JournaledStore } from './journaled-store.ts';
import { loadLmdb } from './lmdb.ts';
import { LmdbStore, openFailure, STORE_FILE } from './lmdb-store.ts';
import { lockStore, OWNER_FILE } from './store-lock.ts';
import { sync } from './synced.ts';

export interface StoreReport {
  readonly entries: number;
  /** Of the file. */
  readonly bytes: number;
  /** Keys whose values are not what was stored. */
  readonly damaged: readonly string[];
}

/**
 * Reads all of the store in a folder; what only the journal has is put into its place first. Rejects as `openStore` does,
 * and with `E_INVALIDARG` where there is none. The file may be damaged so that reading it ends the process: do it in one of its
 * own, as `spoolpipe store check` does.
 */
export async function checkStore(folder: string): Promise<StoreReport> {
  return withStore(folder, async (path) => {
    const report = await withSettled(folder, inspect);
    return { ...report, bytes: (await stat(path)).size };
  });
}

/**
 * Writes the store in a folder anew, without the room that was left free, and resolves with how large its file was and
 * is. The file is whole at every moment. Rejects as `checkStore` does, and with `STORE_CORRUPT` where something is damaged.
 */
export async function compactStore(folder: string): Promise<{ readonly before: number; readonly after: number }> {
  return withStore(folder, async (path) => {
    const before = (await stat(path)).size;
    const copy = `${path}.new`;
    await rm(copy, { force: true });
    await withSettled(folder, async (store) => {
      const [damaged] = inspect(store).damaged;
      if (damaged !== undefined) throw new SpoolError('STORE_CORRUPT', { input: `at ${damaged}` });
      await store.copyTo(copy);
    });
    await sync(copy);
    await rename(copy, path);
    await sync(folder);
    return { before, after: (await stat(path)).size };
  });
}

/** While the folder is ours. */
async function withStore<Result>(folder: string, act: (path: string) => Promise<Result>): Promise<Result> {
  const path = await existing(folder);
  const lmdb = await loadLmdb();
  try {
    const lock = await lockStore(lmdb, join(folder, OWNER_FILE));
    try {
      return await act(path);
    } finally {
      await lock.release();
    }
  } catch (reason) {
    throw await openFailure(reason, folder);
  }
}

/** With everything that the journal had, too. */
async function withSettled<Result>(
  folder: string,
  act: (store: LmdbStore) => Result | Promise<Result>,
): Promise<Result> {
  const noLock = { release: async () => {} };
  const store = await LmdbStore.open(await loadLmdb(), noLock, folder);
  let journaled: JournaledStore | undefined;
  try {
    journaled = await JournaledStore.open(store, folder);
    await journaled.settle();
    return await act(store);
  } finally {
    await (journaled ?? store).close();
  }
}

function inspect(store: LmdbStore): { readonly entries: number; readonly damaged: readonly string[] } {
  const damaged: string[] = [];
  let entries = 0;
  for (const [key, value] of store.read('', '')) {
    if (key !== APPLIED) entries++;
    if (value === undefined) damaged.push(key);
  }
  return { entries, damaged };
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
