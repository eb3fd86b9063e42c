/**
 * Whatever happens, in whatever order: what a sender was told is kept is given, in order, without a gap, and what is given
 * again is marked. Our own decision (docs/decisions/0033).
 */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Retention } from '../../../shared/persistence/registrations.ts';
import { type Op, World } from './named-world.ts';
import type { RawAttachment } from './raw-attachment.ts';

const kinds = ['attach', 'attach', 'detach', 'die', 'restart', 'crash'] as const;
const count = fc.integer({ min: 1, max: 4 });
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), count }),
  fc.record({ kind: fc.constant('send' as const), count }),
  fc.record({ kind: fc.constantFrom(...kinds) }),
  fc.record({ kind: fc.constant('acknowledge' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant('crashSending' as const), count, stored: fc.boolean() }),
);

async function played(
  ops: readonly Op[],
  retention: Partial<Retention>,
): Promise<{ world: World; last: RawAttachment }> {
  const world = new World(retention);
  await world.begin();
  try {
    for (const one of ops) await world.run(one);
    return { world, last: await world.finish() };
  } finally {
    await world.end();
  }
}

test('everything that a sender was told is kept is given, in order, without a gap, duplicates marked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { maxLength: 14 }), async (ops) => {
      const { world, last } = await played(ops, {});
      expect(last.remarks).toEqual([]);
      // Everything behind what was acknowledged, one after another.
      const first = world.acknowledged + 1;
      expect(last.numbers).toEqual(last.numbers.map((_, index) => first + index));
      const given = [...world.known].sort(([one], [other]) => one - other);
      expect(given.map(([number]) => number)).toEqual(given.map((_, index) => index + 1));
      const texts = given.map(([, text]) => Number(text));
      expect(texts).toEqual(texts.toSorted((one, other) => one - other));
      const sure = world.sent.flatMap(({ text, sure }) => (sure ? [text] : []));
      expect(sure.filter((text) => !texts.includes(Number(text)))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('where little is kept, what is there is the newest, and the lost are counted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { maxLength: 14 }), fc.integer({ min: 1, max: 4 }), async (ops, notifications) => {
      const { world, last } = await played(ops, { notifications });
      expect(last.remarks).toEqual([]);
      expect(last.given.length).toBeLessThanOrEqual(notifications);
      expect(last.numbers).toEqual(last.numbers.map((_, index) => (last.attached?.next ?? 0) + index));
      const [newest] = world.sent.slice(-1);
      expect(last.texts.at(-1) ?? newest?.text).toBeOneOf(
        newest?.sure ? [newest.text] : [...world.known.values(), newest?.text],
      );
      // Each number was given, or lost, or both, where it was discarded in somebody's hands.
      const end = last.numbers.at(-1) ?? (last.attached?.next ?? 1) - 1;
      const neverGiven = Array.from({ length: end }, (_, index) => index + 1).filter((one) => !world.known.has(one));
      expect((last.attached?.lost ?? 0) + world.heard).toBeGreaterThanOrEqual(neverGiven.length);
    }),
    { numRuns: 60 },
  );
});
