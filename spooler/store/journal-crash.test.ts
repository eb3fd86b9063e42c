/** Own decision (docs/store.md): whatever is left of a journal, what is found is what some first writes made, and all acknowledged. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Code, SpoolError } from '../../shared/index.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { JournaledStore } from './journaled-store.ts';
import { MemoryStore } from './memory-store.ts';
import type { Change, Store } from './store.ts';

/** Two or three of the larger writes fill a file. */
const SIZE = 12_288;
const FILES = ['journal.0', 'journal.1'] as const;

type Disk = readonly [Buffer, Buffer];
type Found = Readonly<Record<string, string>>;

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'e').map((remove) => ({ remove })) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat({ max: 255 }), fc.constantFrom(0, 3, 700, 3_000, 9_000))
      .map(([key, byte, size]) => ({ put: [key, Buffer.alloc(size, byte)] }) as const),
  },
);
const write = fc.record({ changes: fc.array(change, { minLength: 1, maxLength: 3 }), idle: fc.boolean() });

async function all(store: Store): Promise<Found> {
  const found: Record<string, string> = {};
  for await (const [key, value] of store.entries('')) found[key] = `${value.length} of ${value[0]}`;
  return found;
}

async function copyOf(store: Store): Promise<MemoryStore> {
  const copy = new MemoryStore();
  for await (const entry of store.entries('')) await copy.write([{ put: entry }]);
  return copy;
}

/** What is on the disk after each of the writes, how it is read then, and what is behind. */
interface Moment {
  readonly disk: Disk;
  readonly behind: MemoryStore;
  readonly found: Found;
  readonly changes: readonly Change[];
}

class Place {
  readonly folder: string;
  readonly clock = new ManualClock();
  readonly #options = { journalSize: SIZE, clock: this.clock };

  constructor(folder: string) {
    this.folder = folder;
  }

  async disk(): Promise<Disk> {
    const [one, other] = FILES;
    return [await readFile(join(this.folder, one)), await readFile(join(this.folder, other))];
  }

  async put([one, other]: Disk): Promise<void> {
    await writeFile(join(this.folder, FILES[0]), one);
    await writeFile(join(this.folder, FILES[1]), other);
  }

  async moments(
    writes: readonly { readonly changes: readonly Change[]; readonly idle: boolean }[],
  ): Promise<readonly [Moment, ...Moment[]]> {
    const behind = new MemoryStore();
    const store = await JournaledStore.open(behind, this.folder, this.#options);
    const moment = async (changes: readonly Change[]): Promise<Moment> => ({
      disk: await this.disk(),
      behind: await copyOf(behind),
      found: await all(store),
      changes,
    });
    const moments: [Moment, ...Moment[]] = [await moment([])];
    for (const { changes, idle } of writes) {
      await store.write(changes);
      if (idle) this.clock.advance(1_000);
      moments.push(await moment(changes));
    }
    await store.close();
    return moments;
  }

  /** What is found, then what is found after one more write and another crash. */
  async found(disk: Disk, behind: MemoryStore): Promise<readonly [Found, Found]> {
    await this.put(disk);
    const store = await JournaledStore.open(behind, this.folder, this.#options);
    const found = await all(store);
    await store.write([{ put: ['more', Buffer.alloc(1_000)] }]);
    const left = await this.disk();
    const leftBehind = await copyOf(behind);
    await store.close();
    await this.put(left);
    const again = await JournaledStore.open(leftBehind, this.folder, this.#options);
    const foundAgain = await all(again);
    await again.close();
    return [found, foundAgain];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

const newPlace = async (): Promise<Place> => new Place(await mkdtemp(join(tmpdir(), 'spoolpipe-crash-')));

/** What is written after a crash. */
const MORE: Found = { more: '1000 of 0' };

function codeOf(reason: unknown): Code {
  if (reason instanceof SpoolError) return reason.code;
  throw reason;
}

/** The disk before a write, with so much of what the write has changed. */
function torn(before: Buffer, after: Buffer, share: number, garbage: boolean): Buffer {
  const length = Math.min(before.length, after.length);
  let [first, last] = [length, 0];
  for (let at = 0; at < length; at++) {
    if (before[at] === after[at]) continue;
    first = Math.min(first, at);
    last = at + 1;
  }
  const disk = Buffer.from(before);
  if (last === 0) return disk;
  const cut = first + Math.floor((last - first) * share);
  after.copy(disk, first, first, cut);
  if (garbage && cut < last) for (let at = cut; at < last; at++) disk[at] = (at * 151) & 0xff;
  return disk;
}

test('a write that was cut off is there or not; all before it are, though some had gone on their way', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(write, { minLength: 1, maxLength: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      fc.subarray(['a', 'b', 'c', 'd', 'e']),
      async (writes, share, garbage, applied) => {
        await using place = await newPlace();
        const moments = await place.moments(writes);
        const [before, after] = moments.slice(-2);
        if (!before || !after) throw new Error('nothing was written');
        const disk: Disk = [
          torn(before.disk[0], after.disk[0], share, garbage),
          torn(before.disk[1], after.disk[1], share, garbage),
        ];
        // A part of what is acknowledged had gone to the store behind already, but it was not said so.
        const states = moments.slice(0, -1).flatMap(({ changes }) => changes);
        const behind = await copyOf(before.behind);
        const newest = new Map(states.map((one) => ['put' in one ? one.put[0] : one.remove, one]));
        await behind.write(
          [...newest.values()].filter((one) => applied.includes('put' in one ? one.put[0] : one.remove)),
        );
        const [found, foundAgain] = await place.found(disk, behind);
        expect([before.found, after.found]).toContainEqual(found);
        expect(foundAgain).toEqual({ ...found, ...MORE });
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);

test('whatever is cut off or changed in the files: what some first writes made, or STORE_CORRUPT', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(write, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(0, 1),
      fc.nat({ max: SIZE - 1 }),
      fc.constantFrom('cut', 'bit', 'zeros'),
      async (writes, file, at, damage) => {
        await using place = await newPlace();
        const moments = await place.moments(writes);
        const last = moments.at(-1) ?? moments[0];
        const disk: [Buffer, Buffer] = [Buffer.from(last.disk[0]), Buffer.from(last.disk[1])];
        const damaged = disk[file] ?? disk[0];
        if (damage === 'cut') disk[file] = damaged.subarray(0, at);
        else if (damage === 'bit') damaged[at] = (damaged[at] ?? 0) ^ 4;
        else damaged.fill(0, at, Math.min(at + 600, damaged.length));
        const found = await place.found(disk, last.behind).catch(codeOf);
        expect([
          ...moments.map(({ found }) => [found, { ...found, ...MORE }]),
          'STORE_CORRUPT',
          'STORE_TOO_NEW',
        ]).toContainEqual(found);
      },
    ),
    { numRuns: 300 },
  );
}, 60_000);
