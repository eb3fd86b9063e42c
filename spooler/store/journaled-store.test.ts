import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Code, SpoolError } from '../../shared/index.ts';
import { storeSuite } from '../../test/conformance/store-suite.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { turn } from '../../test/harness/real-time.ts';
import { APPLIED, JournaledStore } from './journaled-store.ts';
import { MemoryStore } from './memory-store.ts';
import { openStore } from './open-store.ts';
import { type Change, keyOf, type Store } from './store.ts';
import { checkStore, compactStore } from './store-care.ts';
import type { StoreOptions } from './store-options.ts';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'spoolpipe-journal-'));

/** Small enough to be full often. */
const SMALL = { journalSize: 8_192 };

for (const [size, options] of [
  ['a journal', {}],
  ['a small journal', SMALL],
] as const) {
  storeSuite(
    `a MemoryStore behind ${size}`,
    async () => {
      const folder = await newFolder();
      const behind = new MemoryStore();
      // What is behind outlives the journal.
      behind.close = async () => {};
      return {
        open: () => JournaledStore.open(behind, folder, options),
        [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
      };
    },
    { durable: true },
  );

  storeSuite(
    `an LmdbStore behind ${size}`,
    async () => {
      const folder = await newFolder();
      return {
        open: () => openStore(folder, options),
        [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
      };
    },
    { durable: true },
  );
}

const code = (code: Code): unknown => expect.objectContaining({ code });
const put = (key: string, size = 8): Change => ({ put: [key, Buffer.alloc(size, key)] });

/** A store behind that may be told to refuse, or to wait, and says what it was asked for. */
class Behind extends MemoryStore {
  readonly asked: string[] = [];
  refusal: SpoolError | undefined;
  hold: Promise<void> | undefined;

  override async write(changes: readonly Change[]): Promise<void> {
    await this.hold;
    if (this.refusal) throw this.refusal;
    this.asked.push(...changes.map(keyOf));
    await super.write(changes);
  }

  override async close(): Promise<void> {}

  async has(): Promise<string[]> {
    return keysOf(this);
  }
}

async function keysOf(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of store.entries('')) keys.push(key);
  return keys;
}

interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly behind: Behind;
  readonly clock: ManualClock;
  readonly failures: readonly Code[];
  readonly open: () => Promise<JournaledStore>;
}

async function stage(options: StoreOptions = SMALL): Promise<Stage> {
  const folder = await newFolder();
  const behind = new Behind();
  const clock = new ManualClock();
  const failures: Code[] = [];
  const onFailure = ({ code }: SpoolError): void => void failures.push(code);
  return {
    folder,
    behind,
    clock,
    failures,
    open: () => JournaledStore.open(behind, folder, { clock, onFailure, ...options }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

describe('what is written', () => {
  test('goes to the store behind when nobody has written for a while, and not before', async () => {
    await using at = await stage();
    const store = await at.open();
    await store.write([put('a')]);
    expect(await at.behind.has()).toEqual([]);
    at.clock.advance(1_000);
    await store.settle();
    expect(await at.behind.has()).toEqual(['a', APPLIED]);
    expect(await keysOf(store)).toEqual(['a']);
    await store.close();
    expect(at.clock.pending).toBe(0);
  });

  test('and removed before that never goes there', async () => {
    await using at = await stage({});
    const store = await at.open();
    await store.write([put('a'), put('b')]);
    await store.write([put('a', 9), { remove: 'b' }]);
    await store.close();
    expect(at.behind.asked).toEqual(['a', 'b', APPLIED]);
    expect(await at.behind.has()).toEqual(['a', APPLIED]);
  });

  test('is there though it is larger than what is left of a file, or than a file', async () => {
    await using at = await stage();
    const store = await at.open();
    const sizes = { a: 3_000, b: 3_000, c: 3_000, d: 5_000_000, e: 10, f: 10_485_760 };
    for (const [key, size] of Object.entries(sizes)) await store.write([put(key, size)]);
    await store.close();
    const again = await at.open();
    const found: Record<string, number> = {};
    for await (const [key, value] of again.entries('')) found[key] = value.length;
    expect(found).toEqual(sizes);
    await again.close();
  });

  test('under the key of the journal is refused; it is nobody’s entry', async () => {
    await using at = await stage();
    const store = await at.open();
    await store.write([put('journal/b')]);
    await store.settle();
    await expect(store.write([put('a'), put(APPLIED)])).rejects.toThrow(code('E_INVALIDARG'));
    expect(await keysOf(store)).toEqual(['journal/b']);
    await store.close();
  });
});

describe('a store behind', () => {
  test('that is full: what was acknowledged stays; STORE_FULL once the journal is full; with room it goes on', async () => {
    await using at = await stage();
    const store = await at.open();
    at.behind.refusal = new SpoolError('STORE_FULL');
    const written: string[] = [];
    const fill = async (): Promise<void> => {
      for (;;) {
        const key = `k/${String(written.length).padStart(4, '0')}`;
        await store.write([put(key, 1_000)]);
        written.push(key);
      }
    };
    await expect(fill()).rejects.toThrow(code('STORE_FULL'));
    await expect(fill()).rejects.toThrow(code('STORE_FULL'));
    // Of each file, less its first page.
    expect(written).toHaveLength(4);
    expect(await keysOf(store)).toEqual(written);
    at.behind.refusal = undefined;
    await store.write([put('more', 1_000)]);
    await store.close();
    const again = await at.open();
    expect(await keysOf(again)).toEqual([...written, 'more']);
    await again.close();
  });

  test('that is full takes what the journal knows nothing of, so that removing makes room', async () => {
    await using at = await stage();
    const store = await at.open();
    await store.write([put('old', 3_000)]);
    await store.settle();
    const write = at.behind.write.bind(at.behind);
    at.behind.write = async (changes) => {
      if (changes.some((change) => 'put' in change)) throw new SpoolError('STORE_FULL');
      await write(changes);
    };
    for (const key of ['a', 'b']) await store.write([put(key, 3_500)]);
    await expect(store.write([put('c', 1_000)])).rejects.toThrow(code('STORE_FULL'));
    await store.write([{ remove: 'old' }]);
    await expect(store.write([{ remove: 'a' }])).rejects.toThrow(code('STORE_FULL'));
    expect(await keysOf(store)).toEqual(['a', 'b']);
    at.behind.write = write;
    await store.write([{ remove: 'a' }]);
    await store.close();
    expect(await at.behind.has()).toEqual(['b', APPLIED]);
  });

  test('that is full at the end of the store leaves everything in the journal', async () => {
    await using at = await stage();
    const store = await at.open();
    await store.write([put('a')]);
    at.behind.refusal = new SpoolError('STORE_FULL');
    await store.close();
    expect(await at.behind.has()).toEqual([]);
    // And whoever opens it needs no room.
    const again = await at.open();
    expect(await keysOf(again)).toEqual(['a']);
    at.behind.refusal = undefined;
    await again.close();
    expect(await at.behind.has()).toEqual(['a', APPLIED]);
  });

  test('that is full is tried again while nobody writes', async () => {
    await using at = await stage();
    const store = await at.open();
    await store.write([put('a')]);
    at.behind.refusal = new SpoolError('STORE_FULL');
    at.clock.advance(1_000);
    await turn();
    at.behind.refusal = undefined;
    at.clock.advance(1_000);
    await turn();
    expect(await at.behind.has()).toEqual(['a', APPLIED]);
    await store.close();
  });

  test('that fails: nothing more is taken, and the next has everything', async () => {
    await using at = await stage();
    const store = await at.open();
    await store.write([put('a')]);
    at.behind.refusal = new SpoolError('STORE_FAILED');
    at.clock.advance(1_000);
    await turn();
    expect(store.failure).toEqual(code('STORE_FAILED'));
    await expect(store.write([put('b')])).rejects.toThrow(code('STORE_FAILED'));
    expect(await keysOf(store)).toEqual(['a']);
    await store.close();
    at.behind.refusal = undefined;
    const again = await at.open();
    expect(await keysOf(again)).toEqual(['a']);
    await again.close();
  });

  test('that does not answer is STORE_STALLED for whoever needs it', async () => {
    await using at = await stage();
    const store = await at.open();
    await store.write([put('a')]);
    at.behind.hold = new Promise(() => {});
    const large = store.write([put('large', 10_000)]);
    await turn();
    at.clock.advance(30_000);
    await expect(large).rejects.toThrow(code('STORE_STALLED'));
    await expect(store.write([put('b')])).rejects.toThrow(code('STORE_STALLED'));
    expect(at.failures).toEqual(['STORE_STALLED']);
    await store.close();
    at.behind.hold = undefined;
    const again = await at.open();
    expect(await keysOf(again)).toEqual(['a']);
    await again.close();
  });
});

describe('a journal that cannot be used is refused, and left as it is', () => {
  /** A folder whose store was not closed, with this in the first file of the journal. */
  async function left(change: (file: Buffer) => Buffer): Promise<Stage> {
    const at = await stage();
    const store = await at.open();
    for (const key of ['a', 'b', 'c']) await store.write([put(key, 600)]);
    const path = join(at.folder, 'journal.0');
    const file = await readFile(path);
    at.behind.refusal = new SpoolError('STORE_FULL');
    await store.close();
    at.behind.refusal = undefined;
    await writeFile(path, change(file));
    return at;
  }

  const changed = (position: number): ((file: Buffer) => Buffer) => {
    return (file) => {
      file[position] = (file[position] ?? 0) ^ 1;
      return file;
    };
  };

  test.each([
    ['a block in the middle that is damaged is STORE_CORRUPT', 'STORE_CORRUPT', changed(4_096 + 1_024 + 100)],
    ['the first one too', 'STORE_CORRUPT', changed(4_096 + 2)],
    ['a head that is damaged', 'STORE_CORRUPT', changed(13)],
    ['another file', 'STORE_CORRUPT', () => Buffer.from('hello')],
    ['an empty file', 'STORE_CORRUPT', () => Buffer.alloc(0)],
    ['a newer format is STORE_TOO_NEW', 'STORE_TOO_NEW', (file: Buffer) => Buffer.concat([file.fill(2, 8, 9)])],
  ] as const)('%s', async (_, refusal, change) => {
    await using at = await left(change);
    await expect(at.open()).rejects.toThrow(code(refusal));
    await expect(at.open()).rejects.toThrow(/journal\.0/);
    expect(await at.behind.has()).toEqual([]);
  });

  test('the last block, cut off, was never acknowledged: what is before it is there', async () => {
    await using at = await left(changed(4_096 + 2_048 + 100));
    const store = await at.open();
    expect(await keysOf(store)).toEqual(['a', 'b']);
    await store.close();
  });

  test('without the file whose contents come first it is STORE_CORRUPT', async () => {
    await using at = await stage();
    at.behind.refusal = new SpoolError('STORE_FULL');
    const store = await at.open();
    for (const key of ['a', 'b']) await store.write([put(key, 3_500)]);
    await store.close();
    await rm(join(at.folder, 'journal.0'));
    await expect(at.open()).rejects.toThrow(code('STORE_CORRUPT'));
  });

  test('what a spooler that died while it made one has left is made anew', async () => {
    await using at = await stage();
    await writeFile(join(at.folder, 'journal.0.new'), 'unfinished');
    const store = await at.open();
    await store.write([put('a')]);
    await store.close();
    expect(await at.behind.has()).toEqual(['a', APPLIED]);
  });
});

test('a value that looks like a block is none', async () => {
  await using at = await stage();
  const store = await at.open();
  await store.write([put('a', 100)]);
  const block = (await readFile(join(at.folder, 'journal.0'))).subarray(4_096, 4_096 + 512);
  await store.write([{ put: ['b', Buffer.concat([Buffer.alloc(512 - 27), block, block])] }]);
  await store.close();
  const again = await at.open();
  expect(await keysOf(again)).toEqual(['a', 'b']);
  await again.close();
});

test('checking and compacting look at what only the journal has', async () => {
  const folder = await newFolder();
  const lost = await newFolder();
  try {
    const store = await openStore(folder);
    await store.write([put('a'), put('b')]);
    await cp(folder, lost, { recursive: true });
    await store.close();
    expect(await checkStore(lost)).toMatchObject({ entries: 2, damaged: [] });
    await rm(lost, { recursive: true });
    await cp(folder, lost, { recursive: true });
    await compactStore(lost);
    const again = await openStore(lost);
    expect(await keysOf(again)).toEqual(['a', 'b']);
    await again.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(lost, { recursive: true, force: true });
  }
});
