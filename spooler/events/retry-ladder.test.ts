import { expect, test } from 'vitest';
import { RUNGS, TRIES_PER_RUNG, waitAfter } from './retry-ladder.ts';

/** Minutes before each try that follows a failure, until there are no more. */
function minutes(rungs?: number): number[] {
  const waits: number[] = [];
  for (let failures = 1; ; failures++) {
    const wait = waitAfter(failures, rungs);
    if (wait === undefined) return waits;
    waits.push(wait / 60_000);
  }
}

test('EVC-126: five rungs of 1, 2, 4, 8 and 16 minutes, three tries each, then no more', () => {
  expect(minutes()).toEqual([1, 1, 1, 2, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16]);
  expect(minutes()).toHaveLength(RUNGS.length * TRIES_PER_RUNG);
});

test('EVC-128: fewer rungs make a shorter sequence with the timing of their positions', () => {
  expect(minutes(2)).toEqual([1, 1, 1, 2, 2, 2]);
  expect(minutes(0)).toEqual([]);
});
