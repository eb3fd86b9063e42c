/**
 * A store that loses nothing: lmdb, without those of its options that acknowledge before the disk has (decision 30). What
 * a resolved write means, and what becomes of each fault, is in docs/store.md.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SpoolError } from '../../shared/index.ts';
import { type Group, GroupCommit } from './group-commit.ts';
import { type Database, type Lmdb, loadLmdb, type ReadTransaction, type RootDatabase } from './lmdb.ts';
import type { SpareMemory } from './spare-memory.ts';
import { type Change, checkChanges, type EntriesOptions, type Entry, type Store } from './store.ts';
import { storeFailure } from './store-failure.ts';
import { checkStoreFile } from './store-file.ts';
import { MIGRATIONS, type Migration, openFormat } from './store-format.ts';
import { lockStore, OWNER_FILE, type StoreLock } from './store-lock.ts';
import { type AllStoreOptions, defaultStoreOptions } from './store-options.ts';
import { decodeValue, encodeValue, storedLength } from './stored-value.ts';

export interface LmdbStoreOptions extends Partial<AllStoreOptions> {
  /** For tests of this package. */
  readonly migrations?: readonly Migration[];
}

/** Where it is in the folder of a store. */
export const STORE_FILE = 'store.mdb';

/** Greater than every character of a key. */
const AFTER_ALL_KEYS = '\x7f';

/** Opens the store in a folder, which is made where it is missing, without a journal. Rejects as `openStore` does. */
export async function openLmdbStore(folder: string, options: LmdbStoreOptions = {}): Promise<LmdbStore> {
  const lmdb = await loadLmdb();
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const lock = await lockStore(lmdb, join(folder, OWNER_FILE));
    try {
      return await LmdbStore.open(lmdb, lock, folder, options);
    } catch (reason) {
      await lock.release();
      throw reason;
    }
  } catch (reason) {
    throw await openFailure(reason, folder);
  }
}

/** Whoever opens a store is told where, and what the system says. */
export async function openFailure(reason: unknown, folder: string): Promise<SpoolError> {
  const { code, input } =
    reason instanceof SpoolError ? reason : await storeFailure(reason, join(folder, STORE_FILE), 0);
  const why = reason instanceof SpoolError || !(reason instanceof Error) ? input : reason.message;
  return new SpoolError(code, { input: why ? `${folder}: ${why}` : folder, cause: reason });
}

/** What goes into one transaction, as it is stored. */
class Changes implements Group {
  readonly changes: Change[] = [];
  readonly isFull = false;
  readonly #memory: SpareMemory;
  readonly #taken: Buffer[] = [];

  constructor(memory: SpareMemory) {
    this.#memory = memory;
  }

  add(changes: readonly Change[]): void {
    for (const change of changes) {
      this.changes.push('put' in change ? { put: [change.put[0], this.#stored(...change.put)] } : change);
    }
  }

  #stored(key: string, value: Uint8Array): Buffer {
    const length = storedLength(value);
    const memory = this.#memory.take(length);
    this.#taken.push(memory);
    return encodeValue(key, value, memory.subarray(0, length));
  }

  /** They are in the store. */
  release(): void {
    for (const memory of this.#taken) this.#memory.giveBack(memory);
  }
}

export class LmdbStore implements Store {
  readonly #root: RootDatabase;
  readonly #values: Database;
  readonly #lock: StoreLock;
  readonly #folder: string;
  readonly #commits: GroupCommit<Changes>;
  readonly #onFailure: (failure: SpoolError) => void;
  readonly #readings = new Set<ReadTransaction>();
  #hasFailed = false;
  #closing: Promise<void> | undefined;

  private constructor(
    root: RootDatabase,
    values: Database,
    lock: StoreLock,
    folder: string,
    options: LmdbStoreOptions,
  ) {
    const { clock, commitTime, onFailure, memory } = defaultStoreOptions(options);
    this.#root = root;
    this.#values = values;
    this.#lock = lock;
    this.#folder = folder;
    this.#onFailure = onFailure;
    this.#commits = new GroupCommit({
      newGroup: () => new Changes(memory),
      commit: (group) => this.#commit(group),
      onStalled: onFailure,
      clock,
      commitTime,
    });
  }

  /** Takes the lock over, where it resolves. */
  static async open(lmdb: Lmdb, lock: StoreLock, folder: string, options: LmdbStoreOptions = {}): Promise<LmdbStore> {
    const path = join(folder, STORE_FILE);
    await checkStoreFile(path);
    // Without overlapping, a commit has ended once it is on the disk, and one that fails says so.
    const root = lmdb.open({
      path,
      encoding: 'binary',
      overlappingSync: false,
      eventTurnBatching: false,
      safeRestore: true,
    });
    try {
      const values = openFormat(root, options.migrations ?? MIGRATIONS);
      return new LmdbStore(root, values, lock, folder, options);
    } catch (reason) {
      await root.close();
      throw reason;
    }
  }

  get failure(): SpoolError | undefined {
    return this.#commits.failure;
  }

  /** Rejects with `STORE_CORRUPT` at the first value that is not what was stored. */
  async *entries(prefix: string, { after = '' }: EntriesOptions = {}): AsyncGenerator<Entry, void> {
    for (const [key, value] of this.read(prefix, after)) {
      if (value === undefined) throw new SpoolError('STORE_CORRUPT', { input: `${this.#folder}: at ${key}` });
      yield [key, value];
    }
  }

  /** The same, but a value that is not what was stored is undefined. */
  *read(prefix: string, after: string): Generator<readonly [key: string, value: Uint8Array | undefined], void> {
    this.#checkOpen();
    this.#values.resetReadTxn();
    const transaction = this.#values.useReadTransaction();
    this.#readings.add(transaction);
    try {
      const start = after > prefix ? after : prefix;
      const range = { transaction, end: prefix + AFTER_ALL_KEYS, ...(start !== '' && { start }) };
      for (const { key, value } of this.#values.getRange(range)) {
        if (key === after) continue;
        yield [key, decodeValue(key, value)];
        this.#checkOpen();
      }
    } finally {
      if (this.#readings.delete(transaction)) transaction.done();
    }
  }

  async write(changes: readonly Change[]): Promise<void> {
    this.#checkOpen();
    checkChanges(changes);
    if (changes.length === 0) return;
    await this.#commits.write(changes);
  }

  async #commit(group: Changes): Promise<void> {
    const { changes } = group;
    try {
      await this.#values.batch(() => {
        for (const change of changes) {
          if ('put' in change) this.#values.put(...change.put);
          else this.#values.remove(change.remove);
        }
      });
      group.release();
      this.#hasFailed = false;
    } catch (reason) {
      const bytes = changes.reduce((sum, change) => sum + ('put' in change ? change.put[1].length : 0), 0);
      const failure = await storeFailure(reason, join(this.#folder, STORE_FILE), bytes);
      if (!this.#hasFailed) this.#onFailure(failure);
      this.#hasFailed = true;
      throw failure;
    }
  }

  /** A copy of the store with nothing in it but its entries. The path must not be there. */
  async copyTo(path: string): Promise<void> {
    await this.#root.backup(path, true);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#commits.idle();
    for (const transaction of this.#readings) transaction.done();
    this.#readings.clear();
    // After a failure lmdb may never come back from anything; it and the lock go with the process.
    if (this.#commits.failure) return;
    await this.#root.close();
    await this.#lock.release();
  }

  #checkOpen(): void {
    if (this.#closing) throw new SpoolError('RPC_S_CALL_CANCELLED', { input: 'the store is closed' });
  }
}
