import { describe, expect, test } from 'vitest';
import { concat, joinSmall, REFERENCE_FROM } from './join.ts';

const small = new Uint8Array(REFERENCE_FROM - 1).fill(1);
const large = new Uint8Array(REFERENCE_FROM).fill(2);
const tiny = new Uint8Array([3]);

describe('concat', () => {
  test('puts the pieces together in order', () => {
    expect(concat([tiny, new Uint8Array(0), new Uint8Array([4, 5])])).toEqual(new Uint8Array([3, 4, 5]));
  });

  test('does not copy one piece, and makes nothing of none', () => {
    expect(concat([tiny])).toBe(tiny);
    expect(concat([])).toHaveLength(0);
  });
});

describe('joinSmall', () => {
  test('makes one piece of every run of small ones and leaves a large one as it is', () => {
    const joined = joinSmall([tiny, small, large, tiny, tiny]);
    expect(joined.map(({ length }) => length)).toEqual([1 + small.length, large.length, 2]);
    expect(joined[1]).toBe(large);
    expect(concat(joined)).toEqual(concat([tiny, small, large, tiny, tiny]));
  });

  test('leaves large ones apart, first, last and side by side', () => {
    const joined = joinSmall([large, large, tiny, large]);
    expect(joined).toHaveLength(4);
    expect([joined[0], joined[1], joined[3]].every((part) => part === large)).toBe(true);
  });

  test('does not copy a lone small one either, and makes nothing of none', () => {
    const parts = [tiny];
    expect(joinSmall(parts)).toBe(parts);
    expect(joinSmall([large, tiny])[1]).toBe(tiny);
    expect(joinSmall([])).toEqual([]);
  });
});
