/**
 * The package lmdb, loaded when it is wanted: it is native code, and a spooler that keeps nothing does without. What is used of
 * it is described here: its own types are not for modules, and ours are published.
 */

import { SpoolError } from '../../shared/index.ts';

export interface ReadTransaction {
  done(): void;
}

export interface Range {
  readonly start?: string;
  /** Not included. */
  readonly end?: string;
  readonly limit?: number;
  readonly transaction?: ReadTransaction;
}

export interface Database {
  get(key: string): Uint8Array | undefined;
  /** In a batch. The bytes are lent until it has ended. */
  put(key: string, value: Uint8Array): void;
  /** In a batch. */
  remove(key: string): void;
  /** One transaction of all that the action asks for, all or none. Resolves once it is on the disk. */
  batch(action: () => void): Promise<boolean>;
  putSync(key: string, value: Uint8Array): boolean;
  removeSync(key: string): boolean;
  getRange(range: Range): Iterable<{ readonly key: string; readonly value: Uint8Array }>;
  getKeys(range: Range): Iterable<string>;
  getKeysCount(range: Range): number;
  /** From now on reads see what has been written. */
  resetReadTxn(): void;
  useReadTransaction(): ReadTransaction;
  transactionSync<Result>(action: () => Result): Result;
}

export interface RootDatabase extends Database {
  openDB(options: { readonly name: string; readonly encoding: 'binary' }): Database;
  backup(path: string, compact: boolean): Promise<void>;
  /** Forgets readers whose processes are gone. */
  readerCheck(): number;
  readerList(): string;
  close(): Promise<void>;
}

export interface Lmdb {
  open(options: {
    readonly path: string;
    readonly encoding: 'binary';
    readonly overlappingSync: boolean;
    /** Where true, a failed commit rejects a promise that nobody has, too: that would end the process. */
    readonly eventTurnBatching?: boolean;
    readonly safeRestore: boolean;
  }): RootDatabase;
}

/** Rejects with `STORE_UNAVAILABLE`. */
export async function loadLmdb(): Promise<Lmdb> {
  try {
    return (await import('lmdb')) as unknown as Lmdb;
  } catch (reason) {
    throw SpoolError.from(reason, 'STORE_UNAVAILABLE');
  }
}
