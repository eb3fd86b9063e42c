/** Whatever a client asks of the event system is answered with a code, and is never a fault. */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SpoolError } from '../../shared/index.ts';
import { EventStage, IWeather, id, WEATHER } from '../spec/events/event-stage.ts';

const METHODS = [
  'install',
  'remove',
  'classes',
  'subscribe',
  'unsubscribe',
  'modify',
  'subscriptions',
  'fire',
  'commit',
  'deadLetters',
  'replay',
  'purge',
];

const guidText = fc.constantFrom(WEATHER, IWeather, id(1), '{x}');
const leaf = fc.oneof(guidText, fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant('onCalm'));
/** Objects with the keys that the service knows, and any values. */
const request = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(
    fc.constantFrom(
      ...['id', 'ids', 'criteria', 'library', 'subscription', 'changes', 'calls', 'publisherId', 'eventClass'],
      ...[
        'interface',
        'interfaces',
        'method',
        'arguments',
        'name',
        'eventClasses',
        'filterCriteria',
        'subscriberClsid',
      ],
      ...['queued', 'enabled', 'user', 'toString', '__proto__'],
    ),
    tie('value'),
    { maxKeys: 6 },
  ),
})).object;

test('EVC-52, EVC-168: any JSON for any method', { timeout: 30_000 }, async () => {
  await using stage = await EventStage.start();
  const ann = await stage.client();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...METHODS), fc.oneof(request, fc.jsonValue()), async (method, json) => {
      const ended = await ann.call(method, json).then(
        () => 'answered',
        (reason: unknown) => (reason instanceof SpoolError ? reason.code : String(reason)),
      );
      expect(ended).toMatch(/^(answered|[A-Z0-9_]+)$/);
      expect(ended).not.toBe('E_UNEXPECTED');
    }),
    { numRuns: 2_000 },
  );
  expect(stage.rig.events.filter(({ kind }) => kind === 'fault')).toEqual([]);
});
