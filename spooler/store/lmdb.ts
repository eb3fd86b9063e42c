/** The package lmdb, loaded when it is wanted: it is native code, and a spooler that keeps nothing does without. */

import type {
  RootDatabaseOptionsWithPath,
  Transaction,
  Database as TypedDatabase,
  RootDatabase as TypedRoot,
} from 'lmdb';
import { SpoolError } from '../../shared/index.ts';

export type Database = TypedDatabase<Buffer, string>;
export type RootDatabase = TypedRoot<Buffer, string>;
export type ReadTransaction = Transaction;

export interface Lmdb {
  /** `safeRestore` is missing from the package's own types. */
  open(options: RootDatabaseOptionsWithPath & { readonly safeRestore: boolean }): RootDatabase;
}

/** Rejects with `STORE_UNAVAILABLE`. */
export async function loadLmdb(): Promise<Lmdb> {
  try {
    return await import('lmdb');
  } catch (reason) {
    throw SpoolError.from(reason, 'STORE_UNAVAILABLE');
  }
}
