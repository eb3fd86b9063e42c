/** The enumerator against a list and an index, whatever is done to it; afterwards every reference has been given back. */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CountedObject } from './counted-object.ts';
import { type Enumerator, IEnumConnectionPoints, type InterfaceId } from './interfaces.ts';
import { Snapshot } from './snapshot.ts';

const offered = IEnumConnectionPoints as InterfaceId<unknown> as InterfaceId<Enumerator<CountedObject>>;

/** Told apart by what `toEqual` sees. */
class Numbered extends CountedObject {
  readonly number: number;

  constructor(number: number) {
    super();
    this.number = number;
  }
}

interface Step {
  readonly kind: 'next' | 'skip' | 'reset' | 'clone';
  readonly count: number;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ kind: fc.constantFrom('next', 'skip', 'reset', 'clone'), count: fc.nat(4) }),
);

/** What comes of the steps; everything taken is given back. */
function walk(first: Enumerator<CountedObject>, steps: readonly Step[]): unknown[] {
  let enumerator = first;
  const answers = steps.map(({ kind, count }) => {
    switch (kind) {
      case 'next': {
        const fetched = enumerator.next(count);
        for (const item of fetched.items) item.release();
        return fetched;
      }
      case 'skip':
        return enumerator.skip(count);
      case 'reset':
        return enumerator.reset();
      case 'clone': {
        const copy = enumerator.clone();
        enumerator.release();
        enumerator = copy;
        return undefined;
      }
    }
  });
  enumerator.release();
  return answers;
}

/** The same of a list and an index. */
function walkByIndex(items: readonly unknown[], steps: readonly Step[]): unknown[] {
  let at = 0;
  return steps.map(({ kind, count }) => {
    if (kind === 'reset') at = 0;
    if (kind === 'reset' || kind === 'clone') return undefined;
    const taken = items.slice(at, at + count);
    at += taken.length;
    const code = taken.length === count ? 'S_OK' : 'S_FALSE';
    return kind === 'skip' ? code : { code, items: taken };
  });
}

test('CP-24: next, skip, reset and clone go over the list as an index does, and give every reference back', () => {
  fc.assert(
    fc.property(fc.nat(6), steps, (length, steps) => {
      const objects = Array.from({ length }, (_, number) => new Numbered(number));
      const enumerator = new Snapshot(offered, objects, (object) => object);
      expect(walk(enumerator, steps)).toEqual(walkByIndex(objects, steps));
      expect(objects.map(({ references }) => references)).toEqual(objects.map(() => 1));
    }),
  );
});
