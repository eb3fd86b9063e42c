/**
 * What a store's file says of itself: the version of its format, in a database of its own that every version can read.
 * An older file is made a newer one when it is opened, all in one transaction.
 */

import { SpoolError } from '../../shared/index.ts';
import type { Database, RootDatabase } from './lmdb.ts';

/** Makes the entries of one version those of the next, in the transaction that it is called in. */
export type Migration = (values: Database) => void;

/**
 * The first makes version 2 of version 1. None is ever taken away. Of version 2 the journal beside the file is a part,
 * which those that only know version 1 would not look at.
 */
export const MIGRATIONS: readonly Migration[] = [() => {}];

const VERSION_KEY = 'version';

/**
 * The database of the entries, in the format that the last migration makes. Throws `STORE_TOO_NEW`, or `STORE_CORRUPT`
 * for a file with something else in it; nothing was changed then.
 */
export function openFormat(root: RootDatabase, migrations: readonly Migration[] = MIGRATIONS): Database {
  const current = migrations.length + 1;
  const isNew = root.getKeysCount({ limit: 1 }) === 0;
  // The names of databases are keys that have no value of their own to ask for.
  const isStore = [...root.getKeys({ start: 'format', limit: 1 })][0] === 'format';
  if (!isNew && !isStore) throw new SpoolError('STORE_CORRUPT', { input: 'it is no store' });
  return root.transactionSync(() => {
    const format = root.openDB({ name: 'format', encoding: 'binary' });
    const values = root.openDB({ name: 'values', encoding: 'binary' });
    const version = isNew ? current : versionOf(format.get(VERSION_KEY));
    if (version > current) {
      throw new SpoolError('STORE_TOO_NEW', { input: `its format is ${version}, this one knows ${current}` });
    }
    for (const migrate of migrations.slice(version - 1)) migrate(values);
    if (isNew || version < current) format.putSync(VERSION_KEY, Buffer.from(String(current)));
    return values;
  });
}

function versionOf(bytes: Uint8Array = new Uint8Array(0)): number {
  const version = Number(Buffer.from(bytes).toString());
  if (!Number.isInteger(version) || version < 1) {
    throw new SpoolError('STORE_CORRUPT', { input: 'it does not say its version' });
  }
  return version;
}
