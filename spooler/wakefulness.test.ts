import { describe, expect, test } from 'vitest';
import { ManualClock } from '../test/harness/index.ts';
import { Wakefulness } from './wakefulness.ts';

/** A process that does nothing but read; each look at what there is takes ten milliseconds. */
class Process {
  readonly #clock = new ManualClock();
  readonly #due: (() => void)[] = [];
  readonly #wakefulness: Wakefulness;

  constructor(time: number) {
    this.#wakefulness = new Wakefulness({ clock: this.#clock, time, soon: (then) => this.#due.push(then) });
  }

  /** So many bytes come so many milliseconds later. */
  read(bytes: number, after = 0): void {
    this.#clock.advance(after);
    this.#wakefulness.read(bytes);
  }

  /** Looks as long as it stays awake; how often it did. */
  looks(most = 1_000): number {
    let count = 0;
    while (this.isAwake && count < most) {
      this.#clock.advance(10);
      count++;
      this.#due.shift()?.();
    }
    return count;
  }

  get isAwake(): boolean {
    return this.#due.length > 0;
  }
}

describe('a process', () => {
  test('sleeps after a message that nobody could expect', () => {
    const one = new Process(100);
    one.read(80);
    expect(one.isAwake).toBe(false);
    one.read(80, 100);
    expect(one.isAwake).toBe(false);
  });

  test('stays awake after one that came soon after another, and no longer than that', () => {
    const one = new Process(100);
    one.read(80);
    one.read(80, 90);
    expect(one.looks()).toBe(10);
    expect(one.isAwake).toBe(false);
  });

  test('stays awake while messages come, with one look after the other', () => {
    const one = new Process(100);
    one.read(80);
    for (let count = 0; count < 50; count++) {
      one.read(80, 20);
      expect(one.looks(5)).toBe(5);
    }
    expect(one.looks()).toBe(5);
    expect(one.isAwake).toBe(false);
  });

  test('that stayed awake in vain sleeps until messages come soon after each other again', () => {
    const one = new Process(100);
    one.read(80);
    one.read(80, 50);
    one.looks();
    one.read(80, 500);
    expect(one.isAwake).toBe(false);
    one.read(80, 50);
    expect(one.isAwake).toBe(true);
  });

  test('does not stay awake for a stream', () => {
    const one = new Process(100);
    one.read(80);
    one.read(64 * 1024, 10);
    expect(one.isAwake).toBe(false);
    one.read(80, 10);
    expect(one.isAwake).toBe(true);
    one.read(64 * 1024, 10);
    // The look that was asked for comes, and is the last.
    expect(one.looks()).toBe(1);
  });

  test('told to, never stays awake', () => {
    const one = new Process(0);
    for (let count = 0; count < 10; count++) one.read(80);
    expect(one.isAwake).toBe(false);
  });
});
