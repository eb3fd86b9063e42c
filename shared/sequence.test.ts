/** Numbers that wrap (PROTOCOL.md section 4). */

import { describe, expect, test } from 'vitest';
import { isUpTo, nextSequence } from './sequence.ts';

const LAST = 0xffffffff;
const HALF = 0x80000000;

test('after the last number comes 0', () => {
  expect(nextSequence(0)).toBe(1);
  expect(nextSequence(HALF - 1)).toBe(HALF);
  expect(nextSequence(LAST - 1)).toBe(LAST);
  expect(nextSequence(LAST)).toBe(0);
});

describe('"up to n" includes every m with (n - m) mod 2^32 < 2^31', () => {
  test.each([
    [1, 1, true],
    [1, 2, true],
    [2, 1, false],
    [LAST, 0, true],
    [LAST, 5, true],
    [0, LAST, false],
    [LAST, LAST, true],
    [0, HALF - 1, true],
    [0, HALF, false],
    [HALF, 0, false],
    [HALF + 1, 0, true],
    [HALF, LAST, true],
    [HALF - 1, LAST, false],
  ])('%i up to %i: %s', (value, limit, expected) => {
    expect(isUpTo(value, limit)).toBe(expected);
    expect(isUpTo(value, limit)).toBe((BigInt(limit) - BigInt(value) + 2n ** 32n) % 2n ** 32n < 2n ** 31n);
  });
});
