/** Messages that are no records, or none that may be sent (T7): each gets a close code or a typed result, never silence. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CLOSES,
  type ClientRecord,
  encodeRecord,
  FLAGS,
  hresultOf,
  notificationType,
  OPS,
  type WireRecord,
} from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import { type Rig, startRig, TRANSPORTS } from '../harness/index.ts';
import { Canary } from './canary.ts';
import { numbersFrom, type Random, spoilt } from './random.ts';
import { Stranger } from './stranger.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const interest = { name: null, type, filter: 'kPerUser', style: 'kUniDirectional' } as const;
const MALFORMED = CLOSES.MALFORMED.code;
const OUT_OF_STATE = CLOSES.OUT_OF_STATE.code;
const OVER_RELEASE = CLOSES.OVER_RELEASE.code;

/** A record as a client would never build it. */
function record({
  op,
  flags = 0,
  header = [],
  payload = [],
  headerLength = header.length,
  payloadLength = payload.length,
  id = 0,
  sequence = 0,
}: {
  op: number;
  flags?: number;
  header?: readonly number[];
  payload?: readonly number[];
  headerLength?: number;
  payloadLength?: number;
  id?: number;
  sequence?: number;
}): Uint8Array {
  const head = Buffer.alloc(16);
  head.writeUInt8(op, 0);
  head.writeUInt8(flags, 1);
  head.writeUInt16BE(headerLength, 2);
  head.writeUInt32BE(payloadLength, 4);
  head.writeUInt32BE(id, 8);
  head.writeUInt32BE(sequence, 12);
  return Buffer.concat([head, Buffer.from(header), Buffer.from(payload)]);
}

function bytes(...records: readonly WireRecord[]): Uint8Array {
  return concat(records.flatMap((one) => encodeRecord(one)));
}

/** The encoder refuses what no peer would read. */
function withoutId(record: Uint8Array): Uint8Array {
  return new Uint8Array(record).fill(0, 8, 12);
}

const text = (value: string): number[] => [0xa0 | value.length, ...Buffer.from(value)];
const register = (header: readonly number[]): Uint8Array => record({ op: OPS.register, id: 1, header });
/** MessagePack of a register header with one value replaced by these bytes. */
const interestWith = (key: string, value: readonly number[]): Uint8Array => {
  const fields: Record<string, readonly number[]> = {
    name: [0xc0],
    type: [0xc4, 16, ...Buffer.alloc(16)],
    filter: [0],
    style: [1],
    [key]: value,
  };
  const entries = Object.entries(fields);
  return register([0x80 | entries.length, ...entries.flatMap(([name, packed]) => [...text(name), ...packed])]);
};

const NO_RECORDS: readonly (readonly [what: string, message: Uint8Array])[] = [
  ['an empty message', new Uint8Array()],
  ['one byte', Buffer.from([OPS.ping])],
  ['a head cut short', bytes({ op: 'ping', sequence: 1 }).subarray(0, 15)],
  ['a good record and half another', bytes({ op: 'ping', sequence: 1 }, { op: 'ping', sequence: 2 }).subarray(0, 31)],
  ['a header longer than the message', record({ op: OPS.register, id: 1, headerLength: 4 })],
  [
    'a header above 4,096 bytes',
    record({ op: OPS.register, id: 1, header: Array.from({ length: 4_097 }, () => 0xc0) }),
  ],
  ['a payload of 4 GiB that is not there', record({ op: OPS.notify, id: 1, payloadLength: 0xffffffff })],
  ['a flag that means nothing', record({ op: OPS.notify, id: 1, flags: 0x80 })],
  ['null with a payload', record({ op: OPS.notify, id: 1, flags: FLAGS.null, payload: [1] })],
  ['a ping with a payload', record({ op: OPS.ping, payload: [1] })],
  ['a notification on end 0', record({ op: OPS.notify })],
  ['registration number 0', withoutId(bytes({ op: 'register', registration: 1, request: 1, interest }))],
  ['no header where one belongs', record({ op: OPS.register, id: 1 })],
  ['a header that is a list', register([0x90])],
  ['a header with bytes after it', register([0x80, 0xc0])],
  ['an empty header', register([0x80])],
  ['a key twice', interestWith('name', [0xc0, ...text('name'), 0xc0])],
  ['an unknown key', interestWith('user', text('ann'))],
  ['the key __proto__', interestWith('__proto__', [0xc0])],
  ['the key constructor', interestWith('constructor', [0xc0])],
  ['a filter that is none', interestWith('filter', [2])],
  ['a filter named in words', interestWith('filter', text('kAllUsers'))],
  ['a float', interestWith('filter', [0xcb, 0, 0, 0, 0, 0, 0, 0, 0])],
  ['a negative number', interestWith('filter', [0xff])],
  ['the byte that MessagePack never uses', interestWith('name', [0xc1])],
  ['a type of 15 bytes', interestWith('type', [0xc4, 15, ...Buffer.alloc(15)])],
  ['a name that is no UTF-8', interestWith('name', [0xa1, 0xff])],
  ['a name above 1,024 bytes', interestWith('name', [0xda, 0x04, 0x01, ...Buffer.alloc(1_025, 'x')])],
  ['lists in lists in lists', interestWith('name', [0x91, 0x91, 0x91, 0x91, 0xc0])],
  ['a list that claims 65,535 items', interestWith('name', [0xdc, 0xff, 0xff])],
  ['a list that claims 4 G items', interestWith('name', [0xdd, 0xff, 0xff, 0xff, 0xff])],
  ['a string that claims 4 GB', interestWith('name', [0xdb, 0xff, 0xff, 0xff, 0xff])],
  ['an error object', interestWith('name', [0xc7, 3, 0x65, 0x92, ...text('valueOf')])],
  ['a regular expression', interestWith('name', [0xc7, 4, 0x78, 0x92, ...text('(a+)+$'), 0xa0])],
  ['a record definition', interestWith('name', [0xd4, 0x72, 0x40, 0x91, ...text('a'), 1])],
  ['shared references', interestWith('name', [0xd6, 0x69, 0, 0, 0, 1, 0x92, 0xd6, 0x70, 0, 0, 0, 1, 0xc0])],
  ['bundled strings', interestWith('name', [0xd6, 0x62, 0, 0, 0, 1])],
];

const NOT_NOW: readonly (readonly [what: string, message: Uint8Array])[] = [
  ['an op in no table', record({ op: 0x3f })],
  ['an op of a later feature', record({ op: 0x40 })],
  ['op 0', record({ op: 0 })],
  ['hello again', bytes({ op: 'hello', user: 'ann' })],
  ['a welcome', bytes({ op: 'welcome', user: 'a', server: 'b', limits: {} as never })],
  ['a result', bytes({ op: 'result', id: 1, request: 1, hresult: 0, json: new Uint8Array() })],
  ['an offer', bytes({ op: 'offer', end: 1, registration: 1, interest })],
  ['an answer to nothing', bytes({ op: 'settled', end: 1, sequence: 1, hresult: 0 })],
];

describe.each(TRANSPORTS)('over %s', (transport) => {
  let rig: Rig;
  let canary: Canary;

  beforeAll(async () => {
    rig = await startRig({ transport });
    canary = await Canary.start(rig);
  });

  afterAll(async () => {
    await canary.stop();
    await rig.close();
  });

  test.each(NO_RECORDS)('%s ends the session with 4400', async (_, message) => {
    await using stranger = await Stranger.greeted(rig);
    stranger.write(message);
    expect(await stranger.closed()).toBe(MALFORMED);
    await canary.sings();
  });

  test.each(NO_RECORDS)('%s instead of the hello ends the session', async (_, message) => {
    await using stranger = await Stranger.connect(rig);
    stranger.write(message);
    expect([MALFORMED, OUT_OF_STATE]).toContain(await stranger.closed());
    expect(stranger.records).toEqual([]);
    await canary.sings();
  });

  test.each(NOT_NOW)('%s ends the session with 4402', async (_, message) => {
    await using stranger = await Stranger.greeted(rig);
    stranger.write(message);
    expect(await stranger.closed()).toBe(OUT_OF_STATE);
    await canary.sings();
  });

  test.each<[string, ClientRecord]>([
    ['ping', { op: 'ping', sequence: 1 }],
    ['register', { op: 'register', registration: 1, request: 1, interest }],
    ['open', { op: 'open', end: 0, request: 1, interest }],
    ['status', { op: 'status', request: 1 }],
    ['notify', { op: 'notify', end: 1, sequence: 1, data: null, release: false }],
  ])('%s before the hello ends the session with 4402 and tells nothing', async (_, record) => {
    await using stranger = await Stranger.connect(rig);
    stranger.say(record, { op: 'hello', user: 'mallory' });
    expect(await stranger.closed()).toBe(OUT_OF_STATE);
    expect(stranger.records).toEqual([]);
  });

  test('what was not held cannot be released: 4404', async () => {
    await using stranger = await Stranger.greeted(rig);
    stranger.say({ op: 'release', end: 1, sequence: 1, only: false });
    expect(await stranger.closed()).toBe(OVER_RELEASE);
  });

  test('a message above the limit ends the session with 1009', async () => {
    await using stranger = await Stranger.greeted(rig);
    stranger.write(Buffer.alloc(rig.spooler.limits.message + 1));
    expect(await stranger.closed()).toBe(CLOSES.MESSAGE_TOO_BIG.code);
  });

  test('the largest message is served: its record is answered with a typed result', async () => {
    await using stranger = await Stranger.greeted(rig);
    const data = new Uint8Array(rig.spooler.limits.message - 16);
    stranger.say({ op: 'notify', end: 1, sequence: 1, data, release: false });
    expect(await stranger.isServed()).toBe(true);
    expect(stranger.answers).toHaveLength(1);
    expect(stranger.answers[0]).toBeGreaterThanOrEqual(0x80000000);
  });

  test('well-formed nonsense gets typed results and the session lives', async () => {
    await using stranger = await Stranger.greeted(rig);
    stranger.say(
      { op: 'notify', end: 0xffffffff, sequence: 1, data: null, release: false },
      { op: 'close', end: 0xfffffffe, sequence: 9, data: null, release: true },
      { op: 'unregister', registration: 7, request: 1 },
      { op: 'register', registration: 1, request: 2, interest: { ...interest, name: 'no UNC name' } },
      { op: 'open', end: 99, request: 3, interest },
      { op: 'open', end: 0, request: 4, interest: { ...interest, filter: 'kAllUsers' }, user: 'ann' },
      { op: 'open', end: 0, request: 5, interest: { ...interest, style: 'kBiDirectional' }, overflow: 'wait' },
    );
    expect(await stranger.isServed()).toBe(true);
    expect(stranger.answers).toEqual(
      (
        [
          'CHANNEL_NOT_OPENED',
          'CHANNEL_NOT_OPENED',
          'NOT_REGISTERED',
          'ERROR_INVALID_NAME',
          'CHANNEL_NOT_OPENED',
          'E_INVALIDARG',
          'E_INVALIDARG',
        ] as const
      ).map((code) => hresultOf(code)),
    );
  });

  test('1,000 mutations of good messages: each is served or closed with a code of ours (T7)', {
    timeout: 30_000,
  }, async () => {
    const random = numbersFrom(20_260_131);
    const codes = new Map<number, number>();
    let served = 0;
    let stranger = await Stranger.greeted(rig);
    for (let round = 0; round < 1_000; round++) {
      stranger.write(mutated(random));
      if (await stranger.isServed()) {
        served++;
        continue;
      }
      const code = await stranger.closed();
      codes.set(code, (codes.get(code) ?? 0) + 1);
      stranger = await Stranger.greeted(rig);
    }
    await stranger[Symbol.asyncDispose]();
    const ours = new Set<number>([MALFORMED, OUT_OF_STATE, OVER_RELEASE]);
    expect([...codes.keys()].filter((code) => !ours.has(code))).toEqual([]);
    // The mutations are worth their name: many are refused, and many get past the first look.
    expect(codes.get(MALFORMED)).toBeGreaterThan(100);
    expect(served).toBeGreaterThan(100);
    await canary.sings();
  });

  test('the canary was answered every time and in order, and nothing is left of the strangers (T7)', async () => {
    expect(await canary.stop()).toEqual([]);
    await rig.settle();
    expect(rig.spooler.stats()).toMatchObject({ sessions: 2, channels: 1, registrations: 1, ends: 2, queued: 0 });
  });
});

/** A message of a few good records, spoilt. */
function mutated(random: Random): Uint8Array {
  const good: readonly ClientRecord[] = [
    { op: 'register', registration: 1, request: 1, interest },
    {
      op: 'register',
      registration: 2,
      request: 2,
      interest: { ...interest, style: 'kBiDirectional', name: '\\\\h\\p' },
    },
    { op: 'open', end: 0, request: 3, interest, overflow: 'lose' },
    { op: 'open', end: 0, request: 4, interest: { ...interest, style: 'kBiDirectional' } },
    { op: 'notify', end: 1 + random(4), sequence: 1, data: Buffer.from('paper jam'), release: false },
    { op: 'close', end: 1 + random(4), sequence: 2, data: null, release: true },
    { op: 'release', end: 1 + random(4), sequence: 1, only: random(2) === 0 },
    { op: 'explain', request: 5, side: 'channel', interest },
    { op: 'status', request: 6 },
    { op: 'unregister', registration: 1, request: 7 },
    { op: 'pong', sequence: 8 },
  ];
  const from = random(good.length);
  return spoilt(bytes(...good.slice(from, from + 1 + random(3))), random);
}
