import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Guid, guid } from '../../shared/index.ts';
import type { Subscription } from './subscription.ts';
import { type EventOrigin, SubscriptionIndex } from './subscription-index.ts';

const GUIDS = ['1', '2'].map((digit) => guid(`${digit.repeat(8)}-0000-4000-8000-000000000000`));
const some = <Value>(...values: readonly Value[]): fc.Arbitrary<Value | undefined> =>
  fc.option(fc.constantFrom(...values), { nil: undefined });

/** One of each pair of an event class and a publisher ID, or neither. */
const scope = fc.oneof(
  some(...GUIDS).map((eventClass) => ({ eventClass })),
  // As text a publisher ID may look like anything.
  fc.constantFrom('office', '', `class ${GUIDS[0]}`, 'any').map((publisherId) => ({ publisherId })),
);
const subscription = fc
  .tuple(scope, some(...GUIDS), some('onPaperJam', 'onCleared'))
  .map(([scope, iid, method]) => ({ ...scope, interface: iid, method }));

const event: fc.Arbitrary<EventOrigin> = fc.record({
  eventClass: fc.constantFrom(...GUIDS),
  interface: fc.constantFrom(...GUIDS),
  method: fc.constantFrom('onPaperJam', 'onCleared', 'onOther'),
  publisherId: some('office', '', 'any'),
});

function meant(subscription: Subscription, { eventClass, interface: iid, method, publisherId }: EventOrigin): boolean {
  return (
    (subscription.eventClass ?? eventClass) === eventClass &&
    (subscription.publisherId === undefined || subscription.publisherId === publisherId) &&
    (subscription.interface ?? iid) === iid &&
    (subscription.method ?? method) === method
  );
}

test('finds what looking at each one would find, in the order of making, whatever was added and deleted', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(subscription, fc.boolean())), event, (made, event) => {
      const index = new SubscriptionIndex();
      const all = made.map(([properties, kept], order) => ({
        kept,
        subscription: { ...properties, order, id: String(order) as Guid } as Subscription,
      }));
      for (const { subscription } of all.toReversed()) index.add(subscription);
      for (const { kept, subscription } of all) if (!kept) index.delete(subscription);
      const expected = all.filter(({ kept, subscription }) => kept && meant(subscription, event));
      expect(index.find(event)).toEqual(expected.map(({ subscription }) => subscription));
    }),
  );
});

test('deleting what is not there changes nothing', () => {
  const index = new SubscriptionIndex();
  index.delete({ eventClass: GUIDS[0] } as Subscription);
  const one = { eventClass: GUIDS[0], order: 1 } as Subscription;
  index.add(one);
  index.delete({ ...one });
  const [eventClass, iid] = GUIDS as [Guid, Guid];
  expect(index.find({ eventClass, interface: iid, method: 'onCleared' })).toEqual([one]);
});

test('looks at those it finds and at no other, however many there are', () => {
  const [eventClass, iid] = GUIDS as [Guid, Guid];
  const index = new SubscriptionIndex();
  let looks = 0;
  const counting = (properties: Partial<Subscription>, order: number): Subscription =>
    ({
      ...properties,
      get order() {
        looks++;
        return order;
      },
    }) as Subscription;
  for (let i = 0; i < 100_000; i++) index.add(counting({ eventClass, interface: iid, method: `on${i}` }, i + 2));
  index.add(counting({ eventClass }, 1));
  expect(index.find({ eventClass, interface: iid, method: 'on77777' })).toHaveLength(2);
  expect(looks).toBe(2);
});
