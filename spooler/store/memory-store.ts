/** A store that forgets everything with the process: for tests, and for spoolers that need no more. */

import { SpoolError } from '../../shared/index.ts';
import { type Change, checkChanges, type EntriesOptions, type Entry, type Store } from './store.ts';

export class MemoryStore implements Store {
  readonly #values = new Map<string, Uint8Array>();
  #closed = false;

  async *entries(prefix: string, { after = '' }: EntriesOptions = {}): AsyncGenerator<Entry, void> {
    this.#checkOpen();
    const found = [...this.#values].filter(([key]) => key.startsWith(prefix) && key > after);
    found.sort(([one], [other]) => (one < other ? -1 : 1));
    for (const [key, value] of found) yield [key, value.slice()];
  }

  async write(changes: readonly Change[]): Promise<void> {
    this.#checkOpen();
    checkChanges(changes);
    for (const change of changes) {
      if ('remove' in change) this.#values.delete(change.remove);
      // Not slice(): a Buffer's slice is a view.
      else this.#values.set(change.put[0], new Uint8Array(change.put[1]));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#values.clear();
  }

  #checkOpen(): void {
    if (this.#closed) throw new SpoolError('RPC_S_CALL_CANCELLED', { input: 'the store is closed' });
  }
}
