/** The format of what is kept: our own decision (docs/decisions/0033). */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockReader, BlockWriter } from './block.ts';

interface Sent {
  readonly name: string | null;
  readonly data: Uint8Array | null;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  name: fc.constantFrom(null, String.raw`\\srv\Lab`, String.raw`\\srv\Büro 1`),
  data: fc.option(fc.uint8Array({ maxLength: 40 })),
});

function written(all: readonly Sent[], at = 5, room = 32): Uint8Array {
  const writer = new BlockWriter(at, new ArrayBuffer(room));
  for (const { name, data } of all) {
    const size = data?.length ?? 0;
    writer.add(name, { size, isNull: data === null, copyTo: (bytes, to) => bytes.set(data ?? [], to) });
  }
  return writer.finish();
}

function* all(reader: BlockReader, most: number, bytes: number): Generator<Sent> {
  for (let left = reader.count; left > 0; ) {
    const run = reader.take(most, bytes);
    expect(run.data.length).toBeGreaterThan(0);
    expect(run.data.length).toBeLessThanOrEqual(most);
    left -= run.data.length;
    for (const data of run.data) yield { name: run.name, data };
  }
}

const plain = (list: readonly Sent[]): unknown => list.map(({ name, data }) => [name, data && [...data]]);

test('has what was put into it, however it is taken out, from wherever', () => {
  fc.assert(
    fc.property(
      fc.array(sent, { minLength: 1, maxLength: 30 }),
      fc.nat(30),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 100 }),
      (list, skipped, most, bytes) => {
        const reader = new BlockReader(written(list));
        expect(reader).toMatchObject({
          count: list.length,
          bytes: list.reduce((sum, { data }) => sum + (data?.length ?? 0), 0),
          at: 5,
        });
        const from = Math.min(skipped, list.length - 1);
        reader.skip(from);
        const rest = { count: list.length - from, take: reader.take.bind(reader) } as BlockReader;
        expect(plain([...all(rest, most, bytes)])).toEqual(plain(list.slice(from)));
      },
    ),
  );
});

test('a run ends with the name, with so many, and where it has so many bytes', () => {
  const list = ['a', 'a', 'a', 'b'].map((name) => ({ name, data: new Uint8Array(10) }));
  const taken = (most: number, bytes: number): readonly number[] => {
    const reader = new BlockReader(written(list));
    const runs: number[] = [];
    for (let left = 4; left > 0; left -= runs.at(-1) ?? 0) runs.push(reader.take(most, bytes).data.length);
    return runs;
  };
  expect(taken(9, 999)).toEqual([3, 1]);
  expect(taken(2, 999)).toEqual([2, 1, 1]);
  expect(taken(9, 11)).toEqual([2, 1, 1]);
  expect(taken(9, 1)).toEqual([1, 1, 1, 1]);
});

test('a block that is damaged is refused, and nothing outside of it is read', () => {
  const block = written([
    { name: 'a', data: new Uint8Array(10) },
    { name: null, data: null },
  ]);
  fc.assert(
    fc.property(
      fc.nat(block.length),
      fc.array(fc.tuple(fc.nat(block.length - 1), fc.nat(255)), { maxLength: 3 }),
      (cut, changes) => {
        const damaged = block.slice(0, cut);
        for (const [at, byte] of changes) if (at < cut) damaged[at] = byte;
        expect(codeOf(() => readAll(damaged))).toBeOneOf([undefined, 'STORE_CORRUPT']);
      },
    ),
  );
  expect(() => new BlockReader(block.slice(0, 10))).toThrow(
    expect.objectContaining({ code: 'STORE_CORRUPT' }) as Error,
  );
  const other = block.slice();
  other[0] = 2;
  expect(() => new BlockReader(other)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }) as Error);
});

function readAll(block: Uint8Array): void {
  const reader = new BlockReader(block);
  for (let taken = 0; taken < Math.min(reader.count, 100); ) taken += reader.take(10, 100).data.length;
}

function codeOf(action: () => void): unknown {
  try {
    action();
    return undefined;
  } catch (reason) {
    return (reason as { code?: unknown }).code ?? reason;
  }
}

test('is full once it has so many bytes', () => {
  const writer = new BlockWriter(0, new ArrayBuffer(16));
  const message = { size: 100_000, isNull: false, copyTo: () => {} };
  writer.add(null, message);
  writer.add(null, message);
  expect(writer.isFull).toBe(false);
  writer.add(null, message);
  expect(writer.isFull).toBe(true);
  expect(writer).toMatchObject({ count: 3, bytes: 300_000 });
});
