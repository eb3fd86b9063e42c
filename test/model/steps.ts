/** What may happen to a pipe, as plain data: readable in a failure, and easy to make smaller. */

import * as fc from 'fast-check';
import type { ConversationStyle, UserFilter } from '../../shared/index.ts';
import type { Bounds } from './pipe-model.ts';

/** Who takes part. A place is taken again once its client is gone. */
export const PLACES = [
  { kind: 'listener', user: 'ann' },
  { kind: 'listener', user: 'bob' },
  { kind: 'listener', user: 'ann' },
  { kind: 'sender', user: 'ann' },
  { kind: 'sender', user: 'bob' },
] as const;

export type Place = 0 | 1 | 2 | 3 | 4;

export interface Asked {
  readonly name: string | null;
  readonly type: 'MS_ASYNCNOTIFY_UI' | 'SAMPLE_NOTIFICATION_UI';
  readonly filter: UserFilter;
  readonly style: ConversationStyle;
}

/** How many bytes; or the NULL pointer, more than is allowed, or another type than the channel's. */
export type Payload = number | 'null' | 'tooBig' | 'otherType';

/** `pick` chooses among what there is: first what can be used now, then the rest, each from the newest on. */
export type Step =
  | { readonly do: 'connect' | 'leave' | 'cut' | 'goSilent'; readonly place: Place }
  | { readonly do: 'keep'; readonly place: Place; readonly keeps: boolean }
  | { readonly do: 'giveBack'; readonly place: Place; readonly pick: number }
  | { readonly do: 'register'; readonly place: Place; readonly pick: number; readonly asked: Asked }
  | { readonly do: 'unregister' | 'explain'; readonly place: Place; readonly pick: number }
  | {
      readonly do: 'open';
      readonly place: Place;
      readonly asked: Asked;
      readonly user?: string;
      readonly waits: boolean;
    }
  | { readonly do: 'send' | 'answer'; readonly pick: number; readonly payload: Payload }
  | { readonly do: 'close' | 'closeEnd'; readonly pick: number; readonly payload?: Payload }
  | { readonly do: 'pass'; readonly milliseconds: number }
  | { readonly do: 'removePrinter'; readonly name: string }
  | { readonly do: 'killSpooler' };

const listener = fc.constantFrom<Place>(0, 1, 2);
const sender = fc.constantFrom<Place>(3, 4);
const place = fc.oneof(listener, sender);
const pick = fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7);

// Narrow, so that most meet.
const asked: fc.Arbitrary<Asked> = fc.record({
  name: fc.constantFrom('Lab', 'Lab', 'Lab', 'LAB', null, null, 'Office'),
  type: weightedConstant<Asked['type']>([14, 'MS_ASYNCNOTIFY_UI'], [1, 'SAMPLE_NOTIFICATION_UI']),
  filter: fc.constantFrom('kPerUser', 'kAllUsers'),
  style: fc.constantFrom('kUniDirectional', 'kBiDirectional', 'kBiDirectional'),
});

const payload: fc.Arbitrary<Payload> = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 16 }) },
  { weight: 1, arbitrary: fc.constantFrom('null', 'tooBig', 'otherType') },
);

function weightedConstant<Value>(...values: readonly (readonly [weight: number, value: Value])[]): fc.Arbitrary<Value> {
  return fc.oneof(...values.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));
}

function weighted<Kind extends Step>(weight: number, arbitrary: fc.Arbitrary<Kind>): fc.WeightedArbitrary<Step> {
  return { weight, arbitrary };
}

const register = fc.record({ do: fc.constant('register'), place: listener, pick: fc.nat(3), asked });
const open = fc.record(
  {
    do: fc.constant('open'),
    place: sender,
    asked,
    user: fc.constantFrom('ann', 'bob'),
    waits: weightedConstant([2, false], [1, true]),
  },
  { requiredKeys: ['do', 'place', 'asked', 'waits'] },
);
const keep = fc.record({ do: fc.constant('keep'), place, keeps: weightedConstant([3, true], [1, false]) });

/** Who is there and what for, before they talk. */
const preparation: fc.Arbitrary<Step> = fc.oneof(weighted(4, register), weighted(3, open), weighted(2, keep));

const step: fc.Arbitrary<Step> = fc.oneof(
  weighted(400, fc.record({ do: fc.constant('send'), pick, payload })),
  weighted(200, fc.record({ do: fc.constant('answer'), pick, payload })),
  weighted(40, register),
  weighted(70, open),
  weighted(30, keep),
  weighted(40, fc.record({ do: fc.constant('close'), pick, payload }, { requiredKeys: ['do', 'pick'] })),
  weighted(50, fc.record({ do: fc.constant('closeEnd'), pick, payload }, { requiredKeys: ['do', 'pick'] })),
  weighted(120, fc.record({ do: fc.constant('giveBack'), place, pick: fc.nat(3) })),
  weighted(25, fc.record({ do: fc.constantFrom('unregister', 'explain'), place: listener, pick: fc.nat(3) })),
  weighted(10, fc.record({ do: fc.constantFrom('cut', 'leave', 'goSilent'), place })),
  weighted(15, fc.record({ do: fc.constant('connect'), place })),
  weighted(8, fc.record({ do: fc.constant('pass'), milliseconds: fc.constantFrom(100, 1_000, 2_500, 12_000) })),
  weighted(3, fc.record({ do: fc.constant('removePrinter'), name: fc.constantFrom('Lab', 'Office') })),
  weighted(1, fc.constant({ do: 'killSpooler' })),
);

/** The smallest room: by objects, or by bytes. With bytes a client has one unidirectional registration at most. */
export interface Room extends Bounds {
  readonly by: 'objects' | 'bytes';
}

const UNBOUNDED = 1_000_000;
const common = {
  payload: 16,
  stallTime: 2_000,
  registrations: fc.integer({ min: 3, max: 9 }),
  channels: fc.integer({ min: 3, max: 9 }),
};

const byObjects: fc.Arbitrary<Room> = fc.record({
  by: fc.constant('objects'),
  payload: fc.constant(common.payload),
  stallTime: fc.constant(common.stallTime),
  registrations: common.registrations,
  channels: common.channels,
  queueLength: fc.integer({ min: 1, max: 3 }),
  registrationHeldObjects: fc.integer({ min: 1, max: 3 }),
  sessionHeldObjects: fc.integer({ min: 1, max: 4 }),
  queueBytes: fc.constant(UNBOUNDED),
  registrationHeldBytes: fc.constant(UNBOUNDED),
  sessionHeldBytes: fc.constant(UNBOUNDED),
  initialBytes: fc.constant(UNBOUNDED),
});

const byBytes: fc.Arbitrary<Room> = fc.record({
  by: fc.constant('bytes'),
  payload: fc.constant(common.payload),
  stallTime: fc.constant(common.stallTime),
  registrations: common.registrations,
  channels: common.channels,
  queueLength: fc.integer({ min: 1, max: 3 }),
  registrationHeldObjects: fc.constant(UNBOUNDED),
  sessionHeldObjects: fc.constant(UNBOUNDED),
  queueBytes: fc.integer({ min: 1, max: 40 }),
  registrationHeldBytes: fc.integer({ min: 1, max: 40 }),
  sessionHeldBytes: fc.integer({ min: 1, max: 60 }),
  initialBytes: fc.integer({ min: 1, max: 40 }),
});

/** A room and what happens in it. */
export interface Story {
  readonly room: Room;
  readonly steps: readonly Step[];
}

export function stories(maxSteps: number): fc.Arbitrary<Story> {
  return fc.record({
    room: fc.oneof(byObjects, byBytes),
    steps: fc
      .tuple(
        fc.array(preparation, { minLength: 6, maxLength: 16, size: 'max' }),
        fc.array(step, { maxLength: maxSteps, size: 'max' }),
      )
      .map(([before, then]) => [...before, ...then]),
  });
}
