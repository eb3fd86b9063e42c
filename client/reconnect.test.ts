import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLOSES } from '../shared/index.ts';
import { DEFAULT_RECONNECT, waitBefore, worthTrying } from './reconnect.ts';

const calm = { ...DEFAULT_RECONNECT, random: () => 0 };
const hurried = { ...DEFAULT_RECONNECT, random: () => 1 };

describe('the wait before a try (PAN-86, PAN-251)', () => {
  test('grows from one second to one minute', () => {
    const waits = Array.from({ length: 12 }, (_, attempt) => waitBefore(attempt, calm));
    expect(waits[0]).toBe(1_000);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waitBefore(12, hurried)).toBe(60_000);
  });

  test('is up to half as long again, so that listeners do not return in step, and always within those bounds', () => {
    const random = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.nat(100_000), random, (attempt, chance) => {
        const least = waitBefore(attempt, calm);
        const wait = waitBefore(attempt, { ...DEFAULT_RECONNECT, random: () => chance });
        expect(wait).toBeGreaterThanOrEqual(least);
        expect(wait).toBeLessThanOrEqual(1.5 * least);
        expect(wait).toBeGreaterThanOrEqual(1_000);
        expect(wait).toBeLessThanOrEqual(60_000);
      }),
    );
  });

  test('is as long as asked for', () => {
    const policy = { first: 10, longest: 60, factor: 2, random: () => 1 };
    expect([0, 1, 2, 3, 4].map((attempt) => waitBefore(attempt, policy))).toEqual([15, 30, 60, 60, 60]);
  });
});

describe('trying again', () => {
  test.each(Object.values(CLOSES).filter(({ final }) => final))('cannot help after $code: $reason', ({ code }) => {
    expect(worthTrying(code)).toBe(false);
  });

  test.each([1000, 1001, 1006, 1008, 1011, 4405, 4407, 4408, 4999])('may help after %i', (code) => {
    expect(worthTrying(code)).toBe(true);
  });
});
