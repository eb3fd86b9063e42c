/** The end of a token's time while its session goes on (PROTOCOL.md section 9). */

import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../test/harness/index.ts';
import { whenExpired } from './expiry.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A token that expires in a day, and a wall clock that is as far ahead of the other as it is set. */
function waiting() {
  const clock = new ManualClock();
  const wall = { ahead: 0 };
  const seen = { expired: 0 };
  const cancel = whenExpired(
    clock,
    () => clock.now() + wall.ahead,
    DAY,
    () => seen.expired++,
  );
  expect(seen.expired).toBe(0);
  return { clock, wall, seen, cancel };
}

describe('a token', () => {
  test('expires once, in the moment it says and not before', () => {
    const { clock, seen } = waiting();
    clock.advance(DAY - 1);
    expect(seen.expired).toBe(0);
    clock.advance(1);
    expect(seen.expired).toBe(1);
    clock.advance(DAY);
    expect(seen.expired).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test('expires within a minute where the wall clock is set ahead of its time', () => {
    const { clock, wall, seen } = waiting();
    clock.advance(MINUTE / 2);
    wall.ahead = DAY;
    clock.advance(MINUTE);
    expect(seen.expired).toBe(1);
  });

  test('does not expire while the wall clock says that it is not time', () => {
    const { clock, wall, seen } = waiting();
    wall.ahead = -DAY;
    clock.advance(DAY + MINUTE);
    expect(seen.expired).toBe(0);
    wall.ahead = 0;
    clock.advance(MINUTE);
    expect(seen.expired).toBe(1);
  });

  test('whose session has ended leaves no timer, however long it was watched', () => {
    const { clock, seen, cancel } = waiting();
    clock.advance(10 * MINUTE);
    cancel();
    expect(clock.pending).toBe(0);
    clock.advance(DAY);
    expect(seen.expired).toBe(0);
  });
});
