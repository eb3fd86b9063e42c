/**
 * What every store holds to, whatever is behind it. The test of an implementation calls `storeSuite`.
 */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change, EntriesOptions, Store } from '../../spooler/store/store.ts';

/** A place for one store, empty at first. */
export interface StorePlace extends AsyncDisposable {
  /** Opens what is there; the suite closes it before it opens it again. */
  open(): Promise<Store>;
}

export interface StoreTraits {
  /** Whether what was written is there when the place is opened again. */
  readonly durable: boolean;
}

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const put = (key: string, ...values: readonly number[]): Change => ({ put: [key, bytes(...values)] });

async function all(store: Store, prefix = ''): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for await (const [key, value] of store.entries(prefix)) found[key] = [...value];
  return found;
}

async function keys(store: Store, prefix: string, options?: EntriesOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const [key] of store.entries(prefix, options)) found.push(key);
  return found;
}

const invalid: unknown = expect.objectContaining({ code: 'E_INVALIDARG' });
const closed: unknown = expect.objectContaining({ code: 'RPC_S_CALL_CANCELLED' });

export function storeSuite(name: string, makePlace: () => Promise<StorePlace>, { durable }: StoreTraits): void {
  const withStore = async (run: (store: Store) => Promise<void>): Promise<void> => {
    await using place = await makePlace();
    const store = await place.open();
    await run(store);
    await store.close();
  };

  describe(`${name} is a store`, () => {
    test('that is empty at first', () => withStore(async (store) => expect(await all(store)).toEqual({})));

    test('that has what was put last under a key, and not what was removed', () =>
      withStore(async (store) => {
        await store.write([put('a', 1), put('b', 2), put('c', 3)]);
        await store.write([put('a', 4), { remove: 'b' }, { remove: 'nothing' }]);
        expect(await all(store)).toEqual({ a: [4], c: [3] });
      }));

    test('that makes the changes of one write one after another', () =>
      withStore(async (store) => {
        await store.write([put('a', 1), put('a', 2), { remove: 'b' }, put('b', 3), put('c', 4), { remove: 'c' }]);
        expect(await all(store)).toEqual({ a: [2], b: [3] });
        await store.write([]);
        expect(await all(store)).toEqual({ a: [2], b: [3] });
      }));

    test('whose entries come in the order of their keys, those with the prefix only', () =>
      withStore(async (store) => {
        await store.write(['b/2', 'b/10', 'a', 'b', 'b/1', 'c', 'b!', 'b~', 'B/1'].map((key) => put(key)));
        expect(await keys(store, '')).toEqual(['B/1', 'a', 'b', 'b!', 'b/1', 'b/10', 'b/2', 'b~', 'c']);
        expect(await keys(store, 'b/')).toEqual(['b/1', 'b/10', 'b/2']);
        expect(await keys(store, 'b/1')).toEqual(['b/1', 'b/10']);
        expect(await keys(store, 'd')).toEqual([]);
      }));

    test('whose entries begin after a key where one is named, whether or not it is there', () =>
      withStore(async (store) => {
        await store.write(['a', 'b', 'b/1', 'b/2', 'b/3', 'c'].map((key) => put(key)));
        expect(await keys(store, 'b/', { after: 'b/1' })).toEqual(['b/2', 'b/3']);
        expect(await keys(store, 'b/', { after: 'b/25' })).toEqual(['b/3']);
        expect(await keys(store, 'b/', { after: 'b/3' })).toEqual([]);
        expect(await keys(store, 'b/', { after: 'a' })).toEqual(['b/1', 'b/2', 'b/3']);
        expect(await keys(store, 'b/', { after: 'c' })).toEqual([]);
        expect(await keys(store, '', { after: 'b/2' })).toEqual(['b/3', 'c']);
      }));

    test('that keeps a value of no bytes and one of many', () =>
      withStore(async (store) => {
        const large = Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251);
        await store.write([put('empty'), { put: ['large', large] }]);
        const found = new Map<string, Uint8Array>();
        for await (const [key, value] of store.entries('')) found.set(key, value);
        expect(found.get('empty')).toHaveLength(0);
        expect(Buffer.from(found.get('large') ?? []).equals(large)).toBe(true);
      }));

    test('that copies values, in and out', () =>
      withStore(async (store) => {
        const value = bytes(1, 2, 3);
        const written = store.write([{ put: ['a', value] }]);
        value.fill(9);
        await written;
        for await (const [, given] of store.entries('')) given.fill(8);
        expect(await all(store)).toEqual({ a: [1, 2, 3] });
      }));

    test('that copies a Buffer too, whose own slice is none', () =>
      withStore(async (store) => {
        const value = Buffer.from([1, 2]);
        const written = store.write([{ put: ['a', value] }]);
        value.fill(9);
        await written;
        for await (const [, found] of store.entries('')) found.fill(8);
        expect(await all(store)).toEqual({ a: [1, 2] });
      }));

    test('that takes all of the changes of a write or none', () =>
      withStore(async (store) => {
        await store.write([put('a', 1)]);
        for (const key of ['', 'with blank', 'caf\u00e9', 'x'.repeat(257), 'line\n']) {
          await expect(store.write([put('a', 2), put('b', 3), put(key, 4)])).rejects.toThrow(invalid);
          await expect(store.write([{ remove: 'a' }, { remove: key }])).rejects.toThrow(invalid);
        }
        expect(await all(store)).toEqual({ a: [1] });
        const longest = 'x'.repeat(256);
        await store.write([put(longest, 5)]);
        expect(await all(store, 'x')).toEqual({ [longest]: [5] });
      }));

    test('that makes writes in the order they were asked for, though nobody waited', () =>
      withStore(async (store) => {
        const ended: number[] = [];
        const writes = Array.from({ length: 100 }, async (_, index) => {
          await store.write([put('last', index), put(`key/${index}`, index)]);
          ended.push(index);
        });
        await Promise.all(writes);
        expect(await all(store, 'last')).toEqual({ last: [99] });
        expect(await keys(store, 'key/')).toHaveLength(100);
        expect(ended).toEqual(Array.from({ length: 100 }, (_, index) => index));
      }));

    test('whose entries are those of one moment, whatever is written while they are read', () =>
      withStore(async (store) => {
        await store.write([put('a', 1), put('b', 2), put('c', 3)]);
        const found: Record<string, number[]> = {};
        for await (const [key, value] of store.entries('')) {
          found[key] = [...value];
          if (key === 'a') await store.write([{ remove: 'b' }, put('c', 9), put('d', 4)]);
        }
        expect(found).toEqual({ a: [1], b: [2], c: [3] });
        expect(await all(store)).toEqual({ a: [1], c: [9], d: [4] });
      }));

    test('that can be left in the middle of reading', () =>
      withStore(async (store) => {
        await store.write([put('a', 1), put('b', 2)]);
        for await (const [key] of store.entries('')) {
          expect(key).toBe('a');
          break;
        }
        await store.write([{ remove: 'a' }]);
        expect(await all(store)).toEqual({ b: [2] });
      }));

    test('that ends what was asked for before it closes, and takes nothing afterwards', async () => {
      await using place = await makePlace();
      const store = await place.open();
      const before = store.write([put('a', 1)]);
      await store.close();
      await expect(before).resolves.toBeUndefined();
      await expect(store.write([put('b', 2)])).rejects.toThrow(closed);
      await expect(all(store)).rejects.toThrow(closed);
      await expect(store.close()).resolves.toBeUndefined();
    });

    test.runIf(durable)('that has everything when it is opened again', async () => {
      await using place = await makePlace();
      const first = await place.open();
      await first.write([put('a', 1), put('b', 2), put('empty')]);
      void first.write([{ remove: 'b' }, put('c', 3)]);
      await first.close();
      const second = await place.open();
      expect(await all(second)).toEqual({ a: [1], c: [3], empty: [] });
      await second.close();
    });

    test('that is like a map whose keys are sorted, whatever is done to it', async () => {
      const key = fc.stringMatching(/^[!-~]{1,3}$/);
      const change: fc.Arbitrary<Change> = fc.oneof(
        key.map((remove) => ({ remove })),
        fc.tuple(key, fc.uint8Array({ maxLength: 4 })).map((put) => ({ put })),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 8 }),
          key,
          key,
          (writes, prefix, after) =>
            withStore(async (store) => {
              const model = new Map<string, number[]>();
              for (const changes of writes) {
                await store.write(changes);
                for (const one of changes) {
                  if ('remove' in one) model.delete(one.remove);
                  else model.set(one.put[0], [...one.put[1]]);
                }
              }
              const entries: [string, number[]][] = [];
              for await (const [key, value] of store.entries(prefix)) entries.push([key, [...value]]);
              const expected = [...model].filter(([key]) => key.startsWith(prefix));
              expect(entries).toEqual(expected.sort(([one], [other]) => (one < other ? -1 : 1)));
              expect(await keys(store, '', { after })).toEqual([...model.keys()].filter((key) => key > after).sort());
            }),
        ),
        { numRuns: 50 },
      );
    });
  });
}
