/** Random records: valid ones of every op, and any bytes behind a consistent head. */

import * as fc from 'fast-check';
import {
  CAUSES,
  type ClientRecord,
  CONVERSATION_STYLES,
  type ConversationStyle,
  type Guid,
  guidFromBytes,
  type Interest,
  OPS,
  OVERFLOWS,
  type Overflow,
  type SpoolerRecord,
  USER_FILTERS,
  type UserFilter,
} from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import { encodeHead } from '../../shared/record.ts';
import { messagePack, subsetMap } from './message-pack.ts';

const uint32 = fc.oneof(fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff), fc.nat(0xffffffff));
const someId = uint32.filter((id) => id > 0);
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const guid: fc.Arbitrary<Guid> = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(guidFromBytes);
/** With marks, controls and what lies outside the basic plane. */
const character = fc.oneof(
  fc.constantFrom('\ufeff', '\0', '\u202e', '🖨', 'ß'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);
/** At most 256 UTF-16 code units and 1,024 bytes. */
const text = fc.string({ unit: character, maxLength: 128 });
/** At most 64 UTF-16 code units. */
const word = fc.string({ unit: character, minLength: 1, maxLength: 32 });
const user = text.filter((value) => value.length > 0);
const count = fc.maxSafeNat();
const cause = fc.constantFrom(...CAUSES);

const interest: fc.Arbitrary<Interest> = fc.record({
  name: fc.option(text, { nil: null }),
  type: guid,
  filter: fc.constantFrom(...(Object.keys(USER_FILTERS) as UserFilter[])),
  style: fc.constantFrom(...(Object.keys(CONVERSATION_STYLES) as ConversationStyle[])),
});

const carried = {
  end: someId,
  sequence: uint32,
  data: fc.option(bytes(64), { nil: null }),
  release: fc.boolean(),
};
const heartbeat = fc.record({ op: fc.constantFrom('ping', 'pong'), sequence: uint32 });

/** A record whose optional keys are there or not. */
function withOptional<Fields extends object, Options extends object>(
  fields: { readonly [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> },
  options: { readonly [Key in keyof Options]: fc.Arbitrary<Options[Key]> },
): fc.Arbitrary<Fields & Partial<Options>> {
  return fc
    .tuple(fc.record(fields), fc.record(options, { requiredKeys: [] }))
    .map(([required, optional]) => ({ ...required, ...optional }) as Fields & Partial<Options>);
}

const overflow = fc.constantFrom(...(Object.keys(OVERFLOWS) as Overflow[]));
const side = fc.constantFrom('registration', 'channel');

export const clientRecord: fc.Arbitrary<ClientRecord> = fc.oneof(
  withOptional({ op: fc.constant('hello') }, { user, instance: guid, agent: text }),
  heartbeat,
  fc.record({ op: fc.constant('register'), registration: someId, request: uint32, interest }),
  fc.record({ op: fc.constant('unregister'), registration: someId, request: uint32 }),
  withOptional({ op: fc.constant('open'), end: uint32, request: uint32, interest }, { user, overflow }),
  withOptional({ op: fc.constant('explain'), request: uint32, side, interest }, { user }),
  fc.record({ op: fc.constant('status'), request: uint32 }),
  fc.record({ op: fc.constant('call'), request: uint32, service: word, method: word, payload: bytes(64) }),
  withOptional({ op: fc.constantFrom('notify', 'close'), ...carried }, { type: guid }),
  fc.record({ op: fc.constant('release'), end: someId, sequence: uint32, only: fc.boolean() }),
);

const limits = fc.record({
  payload: count,
  message: count,
  waitingObjects: count,
  waitingBytes: count,
  keptObjects: count,
  keptBytes: count,
});

export const spoolerRecord: fc.Arbitrary<SpoolerRecord> = fc.oneof(
  withOptional({ op: fc.constant('welcome'), user, server: text, limits }, { missed: fc.record({ cause, count }) }),
  heartbeat,
  fc.record({ op: fc.constant('result'), id: uint32, request: uint32, hresult: uint32, json: bytes(64) }),
  fc.record({ op: fc.constant('offer'), end: someId, registration: uint32, interest }),
  fc.record({ op: fc.constant('notify'), ...carried }),
  fc.record({ op: fc.constant('closed'), ...carried, cause }),
  fc.record({ op: fc.constant('settled'), end: someId, sequence: uint32, hresult: uint32 }),
);

/** A record with a consistent head and anything in it. */
export const anyRecord = fc
  .record({
    op: fc.oneof(fc.constantFrom(...Object.values(OPS)), fc.nat(255)),
    flags: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(255)),
    id: fc.oneof(fc.constantFrom(0, 7), uint32),
    sequence: fc.oneof(fc.constant(0), uint32),
    header: fc.oneof(fc.constant(new Uint8Array(0)), bytes(40), messagePack, subsetMap),
    payload: fc.oneof({ weight: 4, arbitrary: fc.constant(new Uint8Array(0)) }, bytes(8)),
  })
  .map(({ header, payload, ...head }) => concat([encodeHead(head, payload.length, header), payload]));
