/** The machine's clock, as everything that waits sees it. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from './clock.ts';

const HOUR = 3_600_000;

afterEach(() => {
  vi.useRealTimers();
});

describe('time', () => {
  test("does not follow the calendar: setting the machine's clock moves nothing (T13)", () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const before = systemClock.now();
    vi.setSystemTime(Date.now() + HOUR);
    const forward = systemClock.now();
    vi.setSystemTime(Date.now() - 2 * HOUR);
    const back = systemClock.now();
    expect(forward - before).toBeLessThan(HOUR);
    expect(forward).toBeGreaterThanOrEqual(before);
    expect(back).toBeGreaterThanOrEqual(forward);
  });
});

describe('waiting', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });

  test('ends once, not before its time', () => {
    const action = vi.fn<() => void>();
    systemClock.after(100, action);
    vi.advanceTimersByTime(99);
    expect(action).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(action).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(HOUR);
    expect(action).toHaveBeenCalledOnce();
  });

  test('ends without effect when cancelled, and leaves no timer', () => {
    const action = vi.fn<() => void>();
    const cancel = systemClock.after(100, action);
    cancel();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(HOUR);
    expect(action).not.toHaveBeenCalled();
  });

  test('cancelling afterwards, or twice, is harmless', () => {
    const first = vi.fn<() => void>();
    const second = vi.fn<() => void>();
    const cancel = systemClock.after(100, first);
    vi.advanceTimersByTime(100);
    systemClock.after(100, second);
    cancel();
    cancel();
    vi.advanceTimersByTime(100);
    expect(first).toHaveBeenCalledOnce();
    expect(second).toHaveBeenCalledOnce();
  });
});
