import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from './join.ts';
import { Stretches } from './stretches.ts';

/** Each byte says where it is. */
const one = new Uint8Array(64).map((_, at) => at);
const other = new Uint8Array(64).map((_, at) => 100 + at);

describe('neighbours', () => {
  test('become one piece', () => {
    const stretches = new Stretches();
    for (let at = 0; at < 64; at += 8) stretches.add(one, at, at + 8);
    const parts = stretches.parts();
    expect(parts).toHaveLength(1);
    // The whole of somebody's bytes is these bytes, not a view of them.
    expect(parts[0]).toBe(one);
  });

  test.each<[string, (stretches: Stretches) => void]>([
    ['with a gap between', (stretches) => stretches.add(one, 9, 16)],
    ['before, not behind', (stretches) => stretches.add(one, 0, 8)],
    ['in other bytes', (stretches) => stretches.add(other, 8, 16)],
    ['in another view of the same memory', (stretches) => stretches.add(one.subarray(0), 8, 16)],
  ])('are none: %s', (_, add) => {
    const stretches = new Stretches();
    stretches.add(one, 0, 8);
    add(stretches);
    expect(stretches.parts()).toHaveLength(2);
  });

  test('are none where something lies between them', () => {
    const stretches = new Stretches();
    stretches.add(one, 0, 8);
    stretches.add(other, 0, 8);
    stretches.add(one, 8, 16);
    expect(concat(stretches.parts())).toEqual(concat([one.subarray(0, 8), other.subarray(0, 8), one.subarray(8, 16)]));
  });
});

test('what was taken from another stays as it was when the other grows', () => {
  const source = new Stretches();
  source.add(one, 0, 8);
  const copy = new Stretches();
  copy.addFrom(source, 0, 8);
  source.add(one, 8, 16);
  expect(concat(copy.parts())).toEqual(one.subarray(0, 8));
  copy.add(one, 8, 10);
  expect(concat(source.parts())).toEqual(one.subarray(0, 16));
});

const stretch = fc.tuple(fc.constantFrom(one, other), fc.nat(64), fc.nat(64)).map(([bytes, a, b]) => ({
  bytes,
  from: Math.min(a, b),
  to: Math.max(a, b),
}));

test('any part of what was added is the same part of it put together', () => {
  fc.assert(
    fc.property(fc.array(stretch, { maxLength: 8, size: 'max' }), fc.nat(), fc.nat(), (added, a, b) => {
      const stretches = new Stretches();
      for (const { bytes, from, to } of added) stretches.add(bytes, from, to);
      const whole = concat(added.map(({ bytes, from, to }) => bytes.subarray(from, to)));
      expect(stretches.length).toBe(whole.length);
      expect(concat(stretches.parts())).toEqual(whole);
      const [start = 0, end = 0] = [a % (whole.length + 1), b % (whole.length + 1)].sort((x, y) => x - y);
      const part = new Stretches();
      part.add(other, 0, 1);
      part.addFrom(stretches, start, end);
      expect(part.length).toBe(1 + end - start);
      expect(concat(part.parts())).toEqual(concat([other.subarray(0, 1), whole.subarray(start, end)]));
    }),
  );
});
