import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpoolError } from './errors.ts';
import { type Account, HeldReferences } from './held-references.ts';

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

test('counts agree with a plain list, whatever is held and given back', () => {
  const end = fc.integer({ min: 1, max: 3 });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('hold' as const), end, size: fc.nat(50) }),
    fc.record({ kind: fc.constant('only' as const), end, sequence: fc.nat(12) }),
    fc.record({ kind: fc.constant('upTo' as const), end, sequence: fc.nat(12) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const held = new HeldReferences();
      const accounts = new Map([1, 2, 3].map((number) => [number, account()]));
      let list: { end: number; sequence: number; size: number }[] = [];
      let last = 0;
      for (const next of steps) {
        if (next.kind === 'hold') {
          last++;
          held.hold(next.end, last, next.size, accounts.get(next.end));
          list.push({ end: next.end, sequence: last, size: next.size });
          continue;
        }
        const { kind, end, sequence } = next;
        const goes = list.filter(
          (one) => one.end === end && (kind === 'only' ? one.sequence === sequence : one.sequence <= sequence),
        );
        const charged = accountOrCode(() =>
          kind === 'only' ? held.releaseOnly(end, sequence) : held.releaseUpTo(end, sequence),
        );
        expect(charged).toBe(goes.length === 0 ? 'OVER_RELEASE' : accounts.get(end));
        list = list.filter((one) => !goes.includes(one));
      }
      const sum = (of: typeof list): Account => ({
        heldObjects: of.length,
        heldBytes: of.reduce((bytes, { size }) => bytes + size, 0),
      });
      expect(held).toMatchObject(sum(list));
      for (const [number, one] of accounts) expect(one).toEqual(sum(list.filter(({ end }) => end === number)));
    }),
  );
});
