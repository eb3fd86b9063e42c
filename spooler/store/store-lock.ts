/**
 * One process at a time has a store. Who has it is a reader in the lock file of an lmdb environment beside it: lmdb knows
 * of every reader whether its process lives, whatever became of it, so that nobody waits for one that was killed.
 */

import { SpoolError } from '../../shared/index.ts';
import type { Lmdb } from './lmdb.ts';

/** Where it is in the folder of a store. */
export const OWNER_FILE = 'owner.mdb';

export interface StoreLock {
  /** Lets the store go. */
  release(): Promise<void>;
}

/** Rejects with `STORE_IN_USE`: another process, another thread of this one, or this one already. */
export async function lockStore(lmdb: Lmdb, path: string): Promise<StoreLock> {
  const owner = lmdb.open({ path, encoding: 'binary', overlappingSync: false, safeRestore: true });
  try {
    // A transaction that writes is in one process at a time: nobody comes between the look and the entry.
    const entry = owner.transactionSync(() => {
      owner.readerCheck();
      const reader = /^\s*(\d+) /m.exec(owner.readerList());
      if (reader) throw new SpoolError('STORE_IN_USE', { input: `process ${reader[1]}` });
      return owner.useReadTransaction();
    });
    return {
      async release() {
        entry.done();
        await owner.close();
      },
    };
  } catch (reason) {
    await owner.close();
    throw reason;
  }
}
