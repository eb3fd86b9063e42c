/** A catalogue and subscriptions over a store that a test can make refuse. */

import { type Guid, guid } from '../../../shared/index.ts';
import { Catalogue } from '../../../spooler/events/catalogue.ts';
import type { Corrupt, Permission } from '../../../spooler/events/event-objects.ts';
import type { ObjectChange } from '../../../spooler/events/object-change.ts';
import { Subscriptions, type SubscriptionsParts } from '../../../spooler/events/subscriptions.ts';
import { MemoryStore } from '../../../spooler/store/memory-store.ts';
import type { Change, EntriesOptions, Entry, Store } from '../../../spooler/store/store.ts';

/** Everybody may do everything. */
export const anybody: Permission = () => true;

/** A live object that counts how often it was released. */
export class LiveObject {
  released = 0;
  release(): void {
    this.released++;
  }
  releaseAfterCall(): void {
    this.release();
  }
}

/** The same store over restarts, as a durable one is. */
export class TestStore implements Store {
  readonly #store = new MemoryStore();
  /** How writes are refused; undefined: they are not. */
  refusal: Error | undefined;

  entries(prefix: string, options?: EntriesOptions): AsyncIterable<Entry> {
    return this.#store.entries(prefix, options);
  }

  async write(changes: readonly Change[]): Promise<void> {
    if (this.refusal) throw this.refusal;
    await this.#store.write(changes);
  }

  async close(): Promise<void> {}

  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const [key] of this.#store.entries('')) keys.push(key);
    return keys;
  }
}

export interface EventStore {
  readonly store: TestStore;
  readonly catalogue: Catalogue;
  readonly subscriptions: Subscriptions<LiveObject>;
  readonly changes: readonly ObjectChange[];
  readonly corrupt: readonly Corrupt[];
}

/** What a spooler has after its start, on a new store or on the one of a spooler before. */
export async function openEventStore(
  store: TestStore = new TestStore(),
  parts: Partial<SubscriptionsParts> = {},
): Promise<EventStore> {
  const changes: ObjectChange[] = [];
  const corrupt: Corrupt[] = [];
  const common = { store, newId, changed: (change: ObjectChange) => void changes.push(change) };
  const catalogue = new Catalogue(common);
  const subscriptions = new Subscriptions<LiveObject>({ ...common, catalogue, server: 'srv', ...parts });
  changes.length = 0;
  await catalogue.load((one) => corrupt.push(one));
  await subscriptions.load((one) => corrupt.push(one));
  return { store, catalogue, subscriptions, changes, corrupt };
}

let ids = 0;

export function newId(): Guid {
  return guid(`00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`);
}
