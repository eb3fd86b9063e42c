import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as lmdb from 'lmdb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Code } from '../../shared/index.ts';
import { storeSuite } from '../../test/conformance/store-suite.ts';
import { openLmdbStore as openStore } from './lmdb-store.ts';
import type { Store } from './store.ts';
import { checkStore, compactStore } from './store-care.ts';
import { MIGRATIONS, type Migration } from './store-format.ts';

storeSuite(
  'LmdbStore',
  async () => {
    const folder = await newFolder();
    return {
      open: () => openStore(folder),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    };
  },
  { durable: true },
);

let root: string;

beforeAll(async () => {
  root = await newFolder();
});

afterAll(() => rm(root, { recursive: true, force: true }));

function newFolder(): Promise<string> {
  return mkdtemp(join(root ?? tmpdir(), 'spoolpipe-store-'));
}

const code = (code: Code): unknown => expect.objectContaining({ code });
const bytes = (text: string): Uint8Array => Buffer.from(text);

async function all(store: Store): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const [key, value] of store.entries('')) found[key] = Buffer.from(value).toString();
  return found;
}

/** A folder whose store has these entries and was closed. */
async function folderWith(entries: Readonly<Record<string, string>>): Promise<string> {
  const folder = await newFolder();
  const store = await openStore(folder);
  await store.write(Object.entries(entries).map(([key, value]) => ({ put: [key, bytes(value)] })));
  await store.close();
  return folder;
}

describe('a store is open once', () => {
  test('STORE_IN_USE for whoever comes second, until the first has closed it', async () => {
    const folder = await newFolder();
    const first = await openStore(folder);
    await expect(openStore(folder)).rejects.toThrow(code('STORE_IN_USE'));
    await expect(openStore(folder)).rejects.toThrow(folder);
    await first.write([{ put: ['a', bytes('1')] }]);
    await first.close();
    const second = await openStore(folder);
    expect(await all(second)).toEqual({ a: '1' });
    await second.close();
  });

  test('of those that come at once one gets it', async () => {
    const folder = await newFolder();
    const opened = await Promise.allSettled(Array.from({ length: 8 }, () => openStore(folder)));
    const stores = opened.filter((one) => one.status === 'fulfilled');
    expect(stores).toHaveLength(1);
    await stores[0]?.value.close();
  });
});

describe('a file that cannot be used is refused, and left as it is', () => {
  test.each([
    ['garbage', Buffer.alloc(20_000, 7)],
    ['zeros', Buffer.alloc(20_000)],
    ['a short text', Buffer.from('hello')],
  ])('%s is STORE_CORRUPT', async (_, content) => {
    const folder = await newFolder();
    await writeFile(join(folder, 'store.mdb'), content);
    await expect(openStore(folder)).rejects.toThrow(code('STORE_CORRUPT'));
    // And nobody keeps it locked.
    await expect(openStore(folder)).rejects.toThrow(code('STORE_CORRUPT'));
  });

  test('a file that is shorter than it says is STORE_CORRUPT', async () => {
    const folder = await folderWith({ a: 'x'.repeat(100_000) });
    await truncate(join(folder, 'store.mdb'), 40_000);
    await expect(openStore(folder)).rejects.toThrow(code('STORE_CORRUPT'));
    await truncate(join(folder, 'store.mdb'), 5_000);
    await expect(openStore(folder)).rejects.toThrow(code('STORE_CORRUPT'));
  });

  test('another program’s lmdb file is STORE_CORRUPT', async () => {
    const folder = await newFolder();
    const other = lmdb.open({ path: join(folder, 'store.mdb') });
    await other.put('theirs', 1);
    await other.close();
    await expect(openStore(folder)).rejects.toThrow(code('STORE_CORRUPT'));
  });

  test('a newer format is STORE_TOO_NEW, whatever is in it', async () => {
    const folder = await newFolder();
    const newer = await openStore(folder, { migrations: [...MIGRATIONS, () => {}] });
    await newer.write([{ put: ['a', bytes('1')] }]);
    await newer.close();
    await expect(openStore(folder)).rejects.toThrow(code('STORE_TOO_NEW'));
    const again = await openStore(folder, { migrations: [...MIGRATIONS, () => {}] });
    expect(await all(again)).toEqual({ a: '1' });
    await again.close();
  });

  test('a value with a bit that has changed is STORE_CORRUPT when it is read, and named', async () => {
    const folder = await folderWith({ good: 'as it was', poor: 'this will be damaged' });
    await damage(folder, 'will be damaged');
    const store = await openStore(folder);
    await expect(all(store)).rejects.toThrow(code('STORE_CORRUPT'));
    await expect(all(store)).rejects.toThrow(/at poor/);
    await store.close();
    expect(await checkStore(folder)).toMatchObject({ entries: 2, damaged: ['poor'] });
    await expect(compactStore(folder)).rejects.toThrow(/at poor/);
  });
});

/** Changes one bit of the file, where this text is. */
async function damage(folder: string, text: string): Promise<void> {
  const file = await open(join(folder, 'store.mdb'), 'r+');
  const content = await file.readFile();
  const at = content.indexOf(text);
  expect(at).toBeGreaterThan(0);
  await file.write(Buffer.from([(content[at] ?? 0) ^ 1]), 0, 1, at);
  await file.close();
}

test('an older format is made the newest when it is opened, once', async () => {
  const folder = await folderWith({ a: '1' });
  const migrated: string[] = [];
  const migration =
    (name: string): Migration =>
    () =>
      migrated.push(name);
  const migrations = [...MIGRATIONS, migration('2 to 3'), migration('3 to 4')];
  for (const time of ['first', 'second']) {
    const store = await openStore(folder, { migrations });
    expect([time, migrated, await all(store)]).toEqual([time, ['2 to 3', '3 to 4'], { a: '1' }]);
    await store.close();
  }
});

test('a migration that throws has changed nothing', async () => {
  const folder = await folderWith({ a: '1' });
  const failing: Migration = (values) => {
    values.removeSync('a');
    throw new Error('no');
  };
  await expect(openStore(folder, { migrations: [...MIGRATIONS, failing] })).rejects.toThrow(/no/);
  const store = await openStore(folder);
  expect(await all(store)).toEqual({ a: '1' });
  await store.close();
});

test('closing ends whoever is reading', async () => {
  const folder = await folderWith({ a: '1', b: '2', c: '3' });
  const store = await openStore(folder);
  const reading = store.entries('')[Symbol.asyncIterator]();
  expect((await reading.next()).value).toMatchObject(['a', expect.anything()]);
  await store.close();
  await expect(reading.next()).rejects.toThrow(code('RPC_S_CALL_CANCELLED'));
});

test('compacting gives back what is free, and keeps everything', async () => {
  const folder = await newFolder();
  const store = await openStore(folder);
  for (let round = 0; round < 4; round++) {
    const keys = Array.from({ length: 50 }, (_, index) => `k/${round}/${index}`);
    await store.write(keys.map((key) => ({ put: [key, Buffer.alloc(5_000, round)] })));
    if (round < 3) await store.write(keys.map((remove) => ({ remove })));
  }
  const before = await all(store);
  await store.close();
  const sizes = await compactStore(folder);
  expect(sizes.after).toBeLessThan(sizes.before);
  expect(await checkStore(folder)).toMatchObject({ entries: 50, bytes: sizes.after, damaged: [] });
  const again = await openStore(folder);
  expect(await all(again)).toEqual(before);
  await again.close();
});

test('the file is never shorter than it says, whatever was written: the look before opening is right', async () => {
  const folder = await newFolder();
  for (let round = 0; round < 30; round++) {
    const store = await openStore(folder);
    const size = (round * 7_919) % 40_000;
    await store.write(
      Array.from({ length: 5 }, (_, index) => ({ put: [`k/${(round + index) % 9}`, Buffer.alloc(size)] })),
    );
    await store.write(Array.from({ length: round % 4 }, (_, index) => ({ remove: `k/${index * 2}` })));
    await store.close();
  }
  expect((await checkStore(folder)).damaged).toEqual([]);
});

test('checking and compacting want a store', async () => {
  const folder = await newFolder();
  await expect(checkStore(join(folder, 'none'))).rejects.toThrow(code('E_INVALIDARG'));
  await expect(compactStore(folder)).rejects.toThrow(code('E_INVALIDARG'));
});
