import { expect, test } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { LATE, TimeLimit, within } from './time-limit.ts';

const never = new Promise<never>(() => {});

test('EVC-OPEN-8, decided: what takes too long is not waited for, and leaves no timer', async () => {
  const clock = new ManualClock();
  const waiting = within(clock, 1_000, never);
  clock.advance(1_000);
  expect(await waiting).toBe(LATE);
  expect(await within(clock, 1_000, Promise.resolve(7))).toBe(7);
  await expect(within(clock, 1_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(clock.pending).toBe(0);
});

test('EVC-OPEN-15, decided: a filter is not charged for the time that subscribers take', async () => {
  const clock = new ManualClock();
  const limit = new TimeLimit(clock, 1_000);
  let passed = false;
  void limit.passed.then(() => {
    passed = true;
  });
  let answer: (value: string) => void = () => {};
  clock.advance(900);
  const first = limit.standStillFor(
    new Promise<string>((resolve) => {
      answer = resolve;
    }),
  );
  const second = limit.standStillFor(Promise.resolve('done'));
  expect(await second).toBe('done');
  clock.advance(60_000);
  expect(clock.pending).toBe(0);
  answer('done');
  await first;
  clock.advance(999);
  await Promise.resolve();
  expect(passed).toBe(false);
  clock.advance(1);
  await limit.passed;
  expect(passed).toBe(true);
});

test('EVC-OPEN-15, decided: a limit that was stopped never passes and leaves no timer', async () => {
  const clock = new ManualClock();
  const limit = new TimeLimit(clock, 1_000);
  limit.stop();
  await limit.standStillFor(Promise.resolve());
  expect(clock.pending).toBe(0);
});
