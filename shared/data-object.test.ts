import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { DataObject, ObjectLedger, releaseTriple } from './data-object.ts';
import { SpoolError } from './errors.ts';
import { guid, NOTIFICATION_RELEASE } from './guid.ts';

const type = guid('0b20806a-328a-4e1c-931c-0250308574c7');
const bytes = Uint8Array.of(1, 2, 3);

const overRelease = expect.objectContaining({ code: 'OVER_RELEASE' });
const useAfterRelease = expect.objectContaining({ code: 'USE_AFTER_RELEASE' });

/** The code of the error that a call throws. */
function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (reason) {
    return reason instanceof SpoolError ? reason.code : String(reason);
  }
}

describe('acquireData', () => {
  test('yields the bytes, their number and the type (PAN-18, PAN-37)', () => {
    const { data, size, type: acquired } = new DataObject({ type, data: bytes }).acquireData();
    expect({ data, size, type: acquired }).toEqual({ data: bytes, size: 3, type });
  });

  test('lends the very bytes the object was made of, not a copy', () => {
    expect(new DataObject({ type, data: bytes }).acquireData().data).toBe(bytes);
  });

  test('tells NULL from no bytes; both have size 0 (PAN-51)', () => {
    const none = new DataObject({ type, data: null }).acquireData();
    const empty = new DataObject({ type, data: new Uint8Array(0) }).acquireData();
    expect([none.data, none.size]).toEqual([null, 0]);
    expect([empty.data, empty.size]).toEqual([new Uint8Array(0), 0]);
  });

  test('nests: each acquisition is given back by itself (PAN-42)', () => {
    const object = new DataObject({ type, data: bytes });
    const outer = object.acquireData();
    const inner = object.acquireData();
    object.release();
    outer.releaseData();
    expect(object.alive).toBe(true);
    expect(inner.data).toBe(bytes);
    inner.releaseData();
    expect(object.alive).toBe(false);
  });

  test('is given back by itself also from the middle of others: `releaseData` takes the latest that is out (PAN-42)', () => {
    const object = new DataObject({ type, data: bytes });
    const [first, second, third] = [object.acquireData(), object.acquireData(), object.acquireData()];
    first.releaseData();
    object.releaseData();
    expect(() => third.data).toThrow(useAfterRelease);
    expect(second.data).toBe(bytes);
    object.releaseData();
    expect(() => second.data).toThrow(useAfterRelease);
    expect(object.references).toBe(1);
    expect(() => object.releaseData()).toThrow(overRelease);
  });

  test('once refused counts nothing, so nothing is to be released for it (PAN-44, T17)', () => {
    const object = new DataObject({ type, data: bytes });
    object.release();
    expect(() => object.acquireData()).toThrow(useAfterRelease);
    expect(object.references).toBe(0);
    expect(() => object.releaseData()).toThrow(overRelease);
  });
});

describe('a lease', () => {
  test('is given back where its block ends', () => {
    const object = new DataObject({ type, data: bytes });
    {
      using lease = object.acquireData();
      expect(lease.data).toBe(bytes);
      expect(object.references).toBe(2);
    }
    expect(object.references).toBe(1);
  });

  test('is given back where its block throws', () => {
    const object = new DataObject({ type, data: bytes });
    expect(() => {
      using lease = object.acquireData();
      throw new Error(`at ${lease.size} bytes`);
    }).toThrow('at 3 bytes');
    expect(object.references).toBe(1);
  });

  test('may be disposed of after it was released by hand, since blocks overlap', () => {
    const object = new DataObject({ type, data: bytes });
    const lease = object.acquireData();
    lease.releaseData();
    lease[Symbol.dispose]();
    lease[Symbol.dispose]();
    expect(object.references).toBe(1);
  });

  test('may not be released by hand twice (T17)', () => {
    const object = new DataObject({ type, data: bytes });
    const lease = object.acquireData();
    lease.releaseData();
    expect(() => lease.releaseData()).toThrow(overRelease);
    expect(object.references).toBe(1);
  });

  test('gives no bytes once it was given back, even while the object lives (T17)', () => {
    const lease = new DataObject({ type, data: bytes }).acquireData();
    lease.releaseData();
    expect(() => lease.data).toThrow(useAfterRelease);
    expect([lease.size, lease.type]).toEqual([3, type]);
  });
});

describe('the count', () => {
  test('starts at one, for the creation (PAN-43)', () => {
    const object = new DataObject({ type, data: bytes });
    expect([object.references, object.alive]).toEqual([1, true]);
    object.release();
    expect([object.references, object.alive]).toEqual([0, false]);
  });

  test('goes up by one with acquireData and down by one with releaseData (PAN-41)', () => {
    const object = new DataObject({ type, data: bytes });
    object.acquireData();
    expect(object.references).toBe(2);
    object.releaseData();
    expect(object.references).toBe(1);
  });

  test('keeps object and bytes from a release until the last releaseData (PAN-40)', () => {
    const object = new DataObject({ type, data: bytes });
    const lease = object.acquireData();
    object.release();
    expect(object.alive).toBe(true);
    expect(lease.data).toBe(bytes);
    object.releaseData();
    expect(object.alive).toBe(false);
  });

  test('is never taken below what was given (PAN-39, T17)', () => {
    const object = new DataObject({ type, data: bytes });
    expect(() => object.releaseData()).toThrow(overRelease);
    object.acquireData();
    object.release();
    // What is left is the acquisition's, and no release of the other kind gives it back.
    expect(() => object.release()).toThrow(overRelease);
    expect(object.references).toBe(1);
    object.releaseData();
    expect(() => object.addRef()).toThrow(useAfterRelease);
    expect(object.references).toBe(0);
  });

  test('agrees with plain counting in whatever order the calls come (PAN-42)', () => {
    const call = fc.constantFrom('addRef', 'release', 'acquireData', 'releaseData');
    fc.assert(
      fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
        const onDeath = vi.fn<() => void>();
        const ledger = new ObjectLedger();
        const object = new DataObject({ type, data: bytes, ledger, onDeath });
        const model = { references: 1, acquisitions: 0 };
        for (const name of calls) {
          const alive = model.references + model.acquisitions > 0;
          const legal = {
            addRef: alive,
            acquireData: alive,
            release: model.references > 0,
            releaseData: model.acquisitions > 0,
          }[name];
          const refusal = name.startsWith('release') ? 'OVER_RELEASE' : 'USE_AFTER_RELEASE';
          expect(codeOf(() => object[name]())).toBe(legal ? undefined : refusal);
          if (!legal) continue;
          if (name === 'addRef') model.references++;
          if (name === 'release') model.references--;
          if (name === 'acquireData') model.acquisitions++;
          if (name === 'releaseData') model.acquisitions--;
        }
        const held = model.references + model.acquisitions;
        expect(object.references).toBe(held);
        expect(ledger.live).toBe(held > 0 ? 1 : 0);
        expect(onDeath).toHaveBeenCalledTimes(held > 0 ? 0 : 1);
      }),
    );
  });
});

describe('the release triple', () => {
  test('is NULL, 0 and NOTIFICATION_RELEASE (PAN-47, PAN-48)', () => {
    const object = releaseTriple();
    const { data, size, type: acquired } = object.acquireData();
    expect({ data, size, type: acquired }).toEqual({ data: null, size: 0, type: NOTIFICATION_RELEASE });
    expect(object.isRelease).toBe(true);
  });

  test('is told apart by its type alone, before anybody looks at the size (OBS-3)', () => {
    expect(new DataObject({ type, data: null }).isRelease).toBe(false);
    expect(new DataObject({ type: NOTIFICATION_RELEASE, data: bytes }).isRelease).toBe(true);
  });
});

describe('the ledger', () => {
  test('counts the objects that live', () => {
    const ledger = new ObjectLedger();
    const first = new DataObject({ type, data: bytes, ledger });
    const second = releaseTriple(ledger);
    expect(ledger.live).toBe(2);
    first.release();
    second.release();
    expect(ledger.live).toBe(0);
    expect(ledger.leaks()).toEqual([]);
  });

  test('when tracing, names where each reference still held was taken', () => {
    const ledger = new ObjectLedger({ trace: true });
    const object = new DataObject({ type, data: bytes, ledger });
    function forgetful(): void {
      object.acquireData();
    }
    forgetful();
    const given = object.acquireData();
    given.releaseData();
    object.release();
    const [leak] = ledger.leaks();
    expect(leak).toMatchObject({ type, size: 3 });
    expect(leak?.origins).toHaveLength(1);
    expect(leak?.origins[0]).toMatch(/^acquired\n +at forgetful .*data-object\.test\.ts/);
    object.releaseData();
    expect(ledger.leaks()).toEqual([]);
  });

  test('when tracing, names who kept an object that its maker has released', () => {
    const ledger = new ObjectLedger({ trace: true });
    function maker(): DataObject {
      return new DataObject({ type, data: bytes, ledger });
    }
    function keeper(lent: DataObject): void {
      lent.addRef();
    }
    const object = maker();
    expect(ledger.leaks()[0]?.origins).toEqual([expect.stringMatching(/^created\n +at maker .*data-object\.test\.ts/)]);
    keeper(object);
    object.release();
    expect(ledger.leaks()[0]?.origins).toEqual([
      expect.stringMatching(/^referenced\n +at keeper .*data-object\.test\.ts/),
    ]);
    // A reference that is given back is no lease's.
    const lease = object.acquireData();
    keeper(object);
    object.release();
    object.release();
    expect(ledger.leaks()[0]?.origins).toEqual([expect.stringMatching(/^acquired\n/)]);
    lease.releaseData();
    expect(ledger.leaks()).toEqual([]);
  });
});
