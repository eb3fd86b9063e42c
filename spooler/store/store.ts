/**
 * The seam behind which things outlive the spooler: keys and bytes, in the order of the keys. Every implementation
 * passes test/conformance/store-suite.ts.
 */

import { SpoolError } from '../../shared/index.ts';

export type Change = { readonly put: readonly [key: string, value: Uint8Array] } | { readonly remove: string };

export type Entry = readonly [key: string, value: Uint8Array];

export interface EntriesOptions {
  /** Only keys greater than this one, which need not be there. */
  readonly after?: string;
}

export interface Store {
  /**
   * What is stored under keys that begin with the prefix, in the order of the keys, as it was when the first entry was
   * asked for. What is not asked for is not read. The values are the caller's own. Throws `RPC_S_CALL_CANCELLED` once the
   * store is closed.
   */
  entries(prefix: string, options?: EntriesOptions): AsyncIterable<Entry>;
  /**
   * All of the changes or none, one after another; writes take effect in the order they were asked for. What is durable
   * is so once the promise is resolved. The values are copied before the call returns. Removing what is not there
   * is no error. Rejects with `E_INVALIDARG` (a key that is none) or `RPC_S_CALL_CANCELLED` (closed), nothing changed.
   */
  write(changes: readonly Change[]): Promise<void>;
  /** Why nothing is taken any more, whatever becomes of the disk: `STORE_FAILED`, `STORE_STALLED` or `STORE_CORRUPT`. */
  readonly failure?: SpoolError | undefined;
  /** Resolves when every write that was asked for has ended. Closing again is harmless. */
  close(): Promise<void>;
}

export function keyOf(change: Change): string {
  return 'put' in change ? change.put[0] : change.remove;
}

/** Visible ASCII, so that every implementation has the same order, and short enough for all of them. */
const KEY = /^[\x21-\x7e]{1,256}$/;

/** Throws `E_INVALIDARG` unless every key is 1 to 256 visible ASCII characters. */
export function checkChanges(changes: readonly Change[]): void {
  for (const change of changes) {
    const key = keyOf(change);
    if (!KEY.test(key)) throw new SpoolError('E_INVALIDARG', { input: `key: ${JSON.stringify(key.slice(0, 80))}` });
  }
}
