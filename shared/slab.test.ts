import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Slab } from './slab.ts';

const KiB = 1024;

describe('a slab', () => {
  test('gives neighbours while there is room, then begins another piece of memory', () => {
    const slab = new Slab();
    const { bytes } = slab;
    expect([slab.take(16), slab.take(20), slab.take(0), slab.take(1)]).toEqual([0, 16, 36, 36]);
    expect(slab.take(bytes.length - 37)).toBe(37);
    expect(slab.bytes === bytes).toBe(true);
    expect(slab.take(1)).toBe(0);
    expect(slab.bytes === bytes).toBe(false);
  });

  test('begins as small as it is told, and each piece is twice as large, up to 64 KiB', () => {
    const slab = new Slab(16 * KiB);
    const lengths = [1, 2, 3, 4].map(() => {
      slab.take(slab.bytes.length);
      return slab.bytes.length / KiB;
    });
    expect(lengths).toEqual([16, 32, 64, 64]);
  });

  test('has a piece for what is larger than any', () => {
    const slab = new Slab(KiB);
    expect(slab.take(100 * KiB)).toBe(0);
    expect(slab.bytes).toHaveLength(100 * KiB);
    slab.take(1);
    expect(slab.bytes).toHaveLength(64 * KiB);
  });
});

test('nothing taken ever lies in what somebody else took, however large', () => {
  const length = fc.oneof(fc.nat(100), fc.constantFrom(0, 1_023, 1_024, 32_767, 65_535, 65_536, 65_537, 100_000));
  fc.assert(
    fc.property(fc.constantFrom(1, KiB, 64 * KiB), fc.array(length, { maxLength: 20 }), (first, lengths) => {
      const slab = new Slab(first);
      const taken = lengths.map((length, index) => {
        const at = slab.take(length);
        const { bytes } = slab;
        expect(at + length).toBeLessThanOrEqual(bytes.length);
        return bytes.subarray(at, at + length).fill(index + 1);
      });
      for (const [index, bytes] of taken.entries()) expect(bytes.every((byte) => byte === index + 1)).toBe(true);
    }),
  );
});
