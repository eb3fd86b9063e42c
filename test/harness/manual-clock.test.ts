import { expect, test } from 'vitest';
import { ManualClock } from './index.ts';

test('time stands still until it is moved', () => {
  const clock = new ManualClock();
  expect(clock.now()).toBe(0);
  clock.advance(250);
  expect(clock.now()).toBe(250);
});

test('timers run when they fall due, in order, at their own time; equal ones in the order they were set', () => {
  const clock = new ManualClock();
  const ran: string[] = [];
  const note = (name: string) => (): void => void ran.push(`${name} at ${clock.now()}`);
  clock.after(30, note('late'));
  clock.after(10, note('early'));
  clock.after(10, note('early too'));
  clock.after(31, note('never'));
  clock.advance(30);
  expect(ran).toEqual(['early at 10', 'early too at 10', 'late at 30']);
  expect(clock.pending).toBe(1);
  expect(clock.nextDue).toBe(31);
});

test('a timer that sets another is followed by it in the same advance', () => {
  const clock = new ManualClock();
  const ran: number[] = [];
  const again = (): void => {
    ran.push(clock.now());
    clock.after(10, again);
  };
  clock.after(10, again);
  clock.advance(35);
  expect(ran).toEqual([10, 20, 30]);
  expect(clock.now()).toBe(35);
});

test('a cancelled timer never runs, and cancelling again is harmless', () => {
  const clock = new ManualClock();
  const cancel = clock.after(10, () => {
    throw new Error('it ran');
  });
  cancel();
  cancel();
  clock.advance(10);
  expect(clock.pending).toBe(0);
  expect(clock.nextDue).toBeUndefined();
});

test('one step runs one timer, and no step goes backwards', () => {
  const clock = new ManualClock();
  const ran: string[] = [];
  clock.after(5, () => ran.push('a'));
  clock.after(5, () => ran.push('b'));
  expect(clock.step(10)).toBe(true);
  expect(ran).toEqual(['a']);
  expect(clock.step(10)).toBe(true);
  expect(clock.step(10)).toBe(false);
  expect(clock.now()).toBe(10);
  expect(clock.step(3)).toBe(false);
  expect(clock.now()).toBe(10);
});

test('a timer says when it is due and who set it', () => {
  const clock = new ManualClock();
  clock.advance(100);
  function whoSetIt(): void {
    clock.after(50, () => {});
  }
  whoSetIt();
  expect(clock.timers()).toEqual([{ due: 150, setAt: expect.stringContaining('whoSetIt') }]);
});
