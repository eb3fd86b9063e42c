import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpoolError } from './errors.ts';
import { type Account, HeldReferences } from './held-references.ts';
import { isUpTo } from './sequence.ts';

const overRelease = expect.objectContaining({ code: 'OVER_RELEASE' });

function account(): Account {
  return { heldObjects: 0, heldBytes: 0 };
}

function accountOrCode(release: () => Account | undefined): Account | string | undefined {
  try {
    return release();
  } catch (reason) {
    return reason instanceof SpoolError ? reason.code : String(reason);
  }
}

describe('what a peer holds', () => {
  test('is counted in objects and bytes, in all and for the account it is charged to', () => {
    const held = new HeldReferences();
    const mine = account();
    held.hold(7, 1, 100, mine);
    held.hold(7, 2, 20, mine);
    held.hold(8, 1, 3);
    expect(held).toMatchObject({ heldObjects: 3, heldBytes: 123 });
    expect(mine).toEqual({ heldObjects: 2, heldBytes: 120 });
    expect([held.holdsOn(7), held.holdsOn(8), held.holdsOn(9)]).toEqual([true, true, false]);
  });

  test('comes back up to a number, and says which account was charged', () => {
    const held = new HeldReferences();
    const mine = account();
    for (const sequence of [1, 2, 4, 7]) held.hold(7, sequence, 10, mine);
    expect(held.releaseUpTo(7, 4)).toBe(mine);
    expect(held).toMatchObject({ heldObjects: 1, heldBytes: 10 });
    expect(mine).toEqual({ heldObjects: 1, heldBytes: 10 });
    held.releaseUpTo(7, 100);
    expect(held.holdsOn(7)).toBe(false);
  });

  test('comes back one alone, while older ones stay out', () => {
    const held = new HeldReferences();
    for (const sequence of [1, 2, 3]) held.hold(7, sequence, sequence);
    held.releaseOnly(7, 2);
    expect(held.heldBytes).toBe(4);
    held.releaseUpTo(7, 3);
    expect(held).toMatchObject({ heldObjects: 0, heldBytes: 0 });
  });

  test('comes back across the place where the numbers wrap', () => {
    const held = new HeldReferences();
    for (const sequence of [0xfffffffe, 0xffffffff, 0, 1]) held.hold(7, sequence, 1);
    held.releaseUpTo(7, 0);
    expect(held.heldObjects).toBe(1);
    held.releaseOnly(7, 1);
    expect(held.heldObjects).toBe(0);
  });

  test('all comes back when the peer is gone, every account with it', () => {
    const held = new HeldReferences();
    const mine = account();
    held.hold(7, 1, 5, mine);
    held.hold(8, 1, 6);
    held.releaseAll();
    expect(held).toMatchObject({ heldObjects: 0, heldBytes: 0 });
    expect(mine).toEqual(account());
    expect(held.holdsOn(7)).toBe(false);
  });
});

describe('what is not held is not given back (T17)', () => {
  test.each<[string, (held: HeldReferences) => unknown]>([
    ['on an end without any', (held) => held.releaseUpTo(8, 1)],
    ['up to a number before the first', (held) => held.releaseUpTo(7, 4)],
    ['one that was never delivered', (held) => held.releaseOnly(7, 6)],
    ['one on an end without any', (held) => held.releaseOnly(8, 5)],
  ])('%s', (_, release) => {
    const held = new HeldReferences();
    held.hold(7, 5, 10);
    expect(() => release(held)).toThrow(overRelease);
    expect(held).toMatchObject({ heldObjects: 1, heldBytes: 10 });
  });

  test('the same one twice', () => {
    const held = new HeldReferences();
    held.hold(7, 1, 10);
    held.hold(7, 2, 10);
    held.releaseOnly(7, 1);
    expect(() => held.releaseOnly(7, 1)).toThrow(overRelease);
    expect(() => held.releaseUpTo(7, 1)).toThrow(overRelease);
    expect(held.heldObjects).toBe(1);
  });
});

/** The same without any care for speed. */
class Plain {
  readonly accounts = new Map([1, 2, 3].map((end) => [end, account()]));
  readonly #held = new Map<number, Map<number, number>>();

  on(end: number): Map<number, number> {
    const deliveries = this.#held.get(end) ?? new Map<number, number>();
    this.#held.set(end, deliveries);
    return deliveries;
  }

  /** Takes out those that are given back; undefined where there are none. */
  release(end: number, goes: (sequence: number) => boolean): Account | undefined {
    const deliveries = this.on(end);
    const gone = [...deliveries.keys()].filter(goes);
    for (const sequence of gone) deliveries.delete(sequence);
    return gone.length === 0 ? undefined : this.accounts.get(end);
  }

  sum(...ends: readonly number[]): Account {
    const sizes = ends.flatMap((end) => [...this.on(end).values()]);
    return { heldObjects: sizes.length, heldBytes: sizes.reduce((sum, size) => sum + size, 0) };
  }
}

describe('counts agree with a plain map', () => {
  const end = fc.integer({ min: 1, max: 3 });
  /** In percent of what has been delivered on the end, from the oldest to the newest, and a little beyond. */
  const where = fc.integer({ min: -10, max: 110 });
  const hold = fc.record({ kind: fc.constant('hold'), end, skip: fc.nat(2), size: fc.nat(50) });
  const release = fc.record({ kind: fc.constantFrom('only', 'upTo'), end, where });
  /** All but those that stay out, one by one: from the oldest on, from the newest on, or through one another. */
  const most = fc.record({
    kind: fc.constant('most'),
    end,
    count: fc.constantFrom(10, 1_500, 4_000),
    every: fc.constantFrom(3, 700, 5_000),
    order: fc.constantFrom('up', 'down', 'mixed'),
  });

  type Step = typeof hold | typeof release | typeof most extends fc.Arbitrary<infer One> ? One : never;

  function run(start: number, steps: readonly Step[]): void {
    const held = new HeldReferences();
    const plain = new Plain();
    const delivered = new Map<number, number>();
    const charged: (Account | string | undefined)[] = [];
    const expected: typeof charged = [];
    const deliver = (end: number, skip: number, size: number): number => {
      const count = (delivered.get(end) ?? -1) + 1 + skip;
      delivered.set(end, count);
      const sequence = (start + count) >>> 0;
      held.hold(end, sequence, size, plain.accounts.get(end));
      plain.on(end).set(sequence, size);
      return sequence;
    };
    for (const step of steps) {
      if (step.kind === 'hold') deliver(step.end, step.skip, step.size);
      else if (step.kind === 'most') {
        const { end, count, every, order } = step;
        const numbers = Array.from({ length: count }, () => deliver(end, 0, 1)).filter(
          (_, index) => (index + 1) % every > 0,
        );
        if (order === 'down') numbers.reverse();
        if (order === 'mixed') numbers.sort((a, b) => ((a * 7_919) % 1_009) - ((b * 7_919) % 1_009));
        for (const number of numbers) {
          held.releaseOnly(end, number);
          plain.on(end).delete(number);
        }
      } else {
        const { kind, end, where } = step;
        const sequence = (start + Math.round((where / 100) * (delivered.get(end) ?? 10))) >>> 0;
        const only = kind === 'only';
        charged.push(accountOrCode(() => (only ? held.releaseOnly(end, sequence) : held.releaseUpTo(end, sequence))));
        const goes = plain.release(end, (number) => (only ? number === sequence : isUpTo(number, sequence)));
        expected.push(goes ?? 'OVER_RELEASE');
      }
      expect(held).toMatchObject(plain.sum(1, 2, 3));
      for (const end of [1, 2, 3]) expect(held.holdsOn(end)).toBe(plain.on(end).size > 0);
    }
    for (const [index, one] of charged.entries()) expect(one).toBe(expected[index]);
    for (const [end, charged] of plain.accounts) expect(charged).toEqual(plain.sum(end));
    held.releaseAll();
    expect(held).toMatchObject(account());
    for (const charged of plain.accounts.values()) expect(charged).toEqual(account());
  }

  const start = fc.constantFrom(1, 0x7ffffff0, 0xfffffff0, 0xfffff800);

  test('whatever is held and given back, wherever the numbers begin', () => {
    const steps = fc.array(fc.oneof({ weight: 2, arbitrary: hold }, release), { maxLength: 60, size: 'max' });
    fc.assert(fc.property(start, steps, run));
  });

  test('when thousands come and go behind some that stay', () => {
    const steps = fc.array(fc.oneof(most, hold, release), { maxLength: 8 });
    fc.assert(fc.property(start, steps, run), { numRuns: 40 });
  });
});
