/** Messages a client may send. */

import {
  digits,
  guidBytes,
  INTEREST,
  INTEREST_READ,
  type JsonRecord,
  LAB,
  map,
  OP,
  OTHER_TYPE,
  record,
  TYPE,
  utf8,
  type ValidVector,
} from './bytes.ts';

function vector(name: string, hex: string, ...records: JsonRecord[]): ValidVector {
  return { name, direction: 'client', hex, canonical: true, records };
}

/** One that is to be read, although this library would write it otherwise. */
function readOnly(name: string, hex: string, ...records: JsonRecord[]): ValidVector {
  return { name, direction: 'client', hex, canonical: false, records };
}

const INSTANCE = '00112233-4455-6677-8899-aabbccddeeff';
const LAST = 0xffffffff;
const JAM = utf8('paper jam');

const greeting: ValidVector[] = [
  vector('hello without any key', record(OP.hello, { header: '80' }), { op: 'hello' }),
  vector('hello with a user', record(OP.hello, { header: map({ user: 'ann' }) }), { op: 'hello', user: 'ann' }),
  vector(
    'hello with every key',
    record(OP.hello, { header: map({ user: 'ann', instance: guidBytes(INSTANCE), agent: 'status window' }) }),
    { op: 'hello', user: 'ann', instance: INSTANCE, agent: 'status window' },
  ),
  vector('hello with an agent of no characters', record(OP.hello, { header: map({ agent: '' }) }), {
    op: 'hello',
    agent: '',
  }),
  vector('hello with a user of 256 characters', record(OP.hello, { header: map({ user: 'ä'.repeat(256) }) }), {
    op: 'hello',
    user: 'ä'.repeat(256),
  }),
  vector('hello with a user outside the basic plane', record(OP.hello, { header: map({ user: '🖨 Ann' }) }), {
    op: 'hello',
    user: '🖨 Ann',
  }),
  vector(
    'a byte order mark in a name is a character like any other',
    record(OP.hello, { header: map({ user: '\ufeffann' }) }),
    {
      op: 'hello',
      user: '\ufeffann',
    },
  ),
];

const heartbeat: ValidVector[] = [0, 1, LAST].flatMap((sequence) => [
  vector(`ping ${sequence}`, record(OP.ping, { sequence }), { op: 'ping', sequence }),
  vector(`pong ${sequence}`, record(OP.pong, { sequence }), { op: 'pong', sequence }),
]);

const requests: ValidVector[] = [
  vector('register for a printer', record(OP.register, { id: 1, sequence: 1, header: map(INTEREST) }), {
    op: 'register',
    registration: 1,
    request: 1,
    interest: INTEREST_READ,
  }),
  vector(
    'register for the server, everybody, both ways',
    record(OP.register, { id: 2, sequence: 2, header: map({ ...INTEREST, name: null, filter: 1, style: 0 }) }),
    {
      op: 'register',
      registration: 2,
      request: 2,
      interest: { name: null, type: TYPE, filter: 'kAllUsers', style: 'kBiDirectional' },
    },
  ),
  vector(
    'register with the greatest numbers',
    record(OP.register, { id: LAST, sequence: LAST, header: map(INTEREST) }),
    { op: 'register', registration: LAST, request: LAST, interest: INTEREST_READ },
  ),
  vector(
    'register with a name that is none: well-formed, refused with ERROR_INVALID_NAME',
    record(OP.register, { id: 3, sequence: 0, header: map({ ...INTEREST, name: '' }) }),
    { op: 'register', registration: 3, request: 0, interest: { ...INTEREST_READ, name: '' } },
  ),
  vector(
    'register for the release type: well-formed, a type like any other here',
    record(OP.register, {
      id: 4,
      header: map({ ...INTEREST, type: guidBytes('ba9a5027-a70e-4ae7-9b7d-eb3e06ad4157') }),
    }),
    {
      op: 'register',
      registration: 4,
      request: 0,
      interest: { ...INTEREST_READ, type: 'ba9a5027-a70e-4ae7-9b7d-eb3e06ad4157' },
    },
  ),
  vector('unregister', record(OP.unregister, { id: 1, sequence: 3 }), {
    op: 'unregister',
    registration: 1,
    request: 3,
  }),
  vector('open', record(OP.open, { sequence: 4, header: map(INTEREST) }), {
    op: 'open',
    end: 0,
    request: 4,
    interest: INTEREST_READ,
  }),
  vector(
    'open with every key',
    record(OP.open, { sequence: 5, header: map({ ...INTEREST, user: 'bob', overflow: 1 }) }),
    { op: 'open', end: 0, request: 5, interest: INTEREST_READ, user: 'bob', overflow: 'wait' },
  ),
  vector(
    'open with overflow lose said in full',
    record(OP.open, { sequence: 6, header: map({ ...INTEREST, overflow: 0 }) }),
    { op: 'open', end: 0, request: 6, interest: INTEREST_READ, overflow: 'lose' },
  ),
  vector(
    'open both ways for everybody on the server',
    record(OP.open, { sequence: 7, header: map({ ...INTEREST, name: null, filter: 1, style: 0 }) }),
    {
      op: 'open',
      end: 0,
      request: 7,
      interest: { name: null, type: TYPE, filter: 'kAllUsers', style: 'kBiDirectional' },
    },
  ),
  vector(
    'open of an end: well-formed, refused with CHANNEL_ALREADY_OPENED or CHANNEL_NOT_OPENED',
    record(OP.open, { id: 7, sequence: 8, header: map(INTEREST) }),
    { op: 'open', end: 7, request: 8, interest: INTEREST_READ },
  ),
  vector('explain a registration', record(OP.explain, { sequence: 9, header: map({ ...INTEREST, side: 0 }) }), {
    op: 'explain',
    request: 9,
    side: 'registration',
    interest: INTEREST_READ,
  }),
  vector(
    'explain a channel for somebody',
    record(OP.explain, { sequence: 10, header: map({ ...INTEREST, side: 1, user: 'bob' }) }),
    { op: 'explain', request: 10, side: 'channel', interest: INTEREST_READ, user: 'bob' },
  ),
  vector('status', record(OP.status, { sequence: 11 }), { op: 'status', request: 11 }),
  vector('status with request number 0', record(OP.status), { op: 'status', request: 0 }),
];

const CALL = { service: 'echo', method: 'say' };
const JSON_PAYLOAD = utf8('{"words":["paper","jam"]}');

const calls: ValidVector[] = [
  vector(
    'call with a payload, which here is JSON',
    record(OP.call, { sequence: 12, header: map(CALL), payload: JSON_PAYLOAD }),
    { op: 'call', request: 12, ...CALL, payload: JSON_PAYLOAD },
  ),
  vector('call without a payload, with request number 0', record(OP.call, { header: map(CALL) }), {
    op: 'call',
    request: 0,
    ...CALL,
    payload: '',
  }),
  vector(
    'call with the longest names and a payload that is no JSON',
    record(OP.call, {
      sequence: LAST,
      header: map({ service: 's'.repeat(64), method: 'ä'.repeat(64) }),
      payload: 'ff00',
    }),
    { op: 'call', request: LAST, service: 's'.repeat(64), method: 'ä'.repeat(64), payload: 'ff00' },
  ),
  readOnly(
    'call with its keys the other way round',
    record(OP.call, { sequence: 13, header: map({ method: 'say', service: 'echo' }) }),
    { op: 'call', request: 13, ...CALL, payload: '' },
  ),
];

const carried = { data: JAM, release: false };

const data: ValidVector[] = (['notify', 'close'] as const).flatMap((op) => [
  vector(`${op} with bytes`, record(OP[op], { id: 7, sequence: 1, payload: JAM }), {
    op,
    end: 7,
    sequence: 1,
    ...carried,
  }),
  vector(`${op} with no bytes`, record(OP[op], { id: 7, sequence: 2 }), {
    op,
    end: 7,
    sequence: 2,
    data: '',
    release: false,
  }),
  vector(`${op} with null, which is something else`, record(OP[op], { flags: 1, id: 7, sequence: 3 }), {
    op,
    end: 7,
    sequence: 3,
    data: null,
    release: false,
  }),
  vector(`${op} with the release triple`, record(OP[op], { flags: 3, id: 7, sequence: 4 }), {
    op,
    end: 7,
    sequence: 4,
    data: null,
    release: true,
  }),
  vector(`${op} with flag release and bytes`, record(OP[op], { flags: 2, id: 7, sequence: 5, payload: '00' }), {
    op,
    end: 7,
    sequence: 5,
    data: '00',
    release: true,
  }),
  vector(
    `${op} of another type: well-formed, refused with INVALID_NOTIFICATION_TYPE`,
    record(OP[op], { id: 7, sequence: 6, header: map({ type: guidBytes(OTHER_TYPE) }), payload: JAM }),
    { op, end: 7, sequence: 6, ...carried, type: OTHER_TYPE },
  ),
  vector(`${op} at the last number`, record(OP[op], { id: LAST, sequence: LAST, payload: JAM }), {
    op,
    end: LAST,
    sequence: LAST,
    ...carried,
  }),
  vector(`${op} with number 0, after the last`, record(OP[op], { id: LAST, sequence: 0, payload: JAM }), {
    op,
    end: LAST,
    sequence: 0,
    ...carried,
  }),
]);

const release: ValidVector[] = [
  vector('release up to a number', record(OP.release, { id: 7, sequence: 5 }), {
    op: 'release',
    end: 7,
    sequence: 5,
    only: false,
  }),
  vector('release of one number only', record(OP.release, { flags: 4, id: 7, sequence: 5 }), {
    op: 'release',
    end: 7,
    sequence: 5,
    only: true,
  }),
  vector('release up to 0, after the numbers have wrapped', record(OP.release, { id: LAST, sequence: 0 }), {
    op: 'release',
    end: LAST,
    sequence: 0,
    only: false,
  }),
];

/** A record that looks like records inside: payload is never looked into. */
const lookalike = record(OP.release, { id: 7, sequence: 9 }) + record(OP.ping, { sequence: 1 });

const several: ValidVector[] = [
  vector(
    'a greeting and requests in one message',
    record(OP.hello, { header: map({ user: 'ann' }) }) +
      record(OP.register, { id: 1, sequence: 1, header: map(INTEREST) }) +
      record(OP.ping, { sequence: 1 }),
    { op: 'hello', user: 'ann' },
    { op: 'register', registration: 1, request: 1, interest: INTEREST_READ },
    { op: 'ping', sequence: 1 },
  ),
  vector(
    'a payload that looks like records, between records',
    record(OP.release, { id: 7, sequence: 8 }) +
      record(OP.notify, { id: 7, sequence: 1, payload: lookalike }) +
      record(OP.release, { id: 7, sequence: 9 }),
    { op: 'release', end: 7, sequence: 8, only: false },
    { op: 'notify', end: 7, sequence: 1, data: lookalike, release: false },
    { op: 'release', end: 7, sequence: 9, only: false },
  ),
  vector(
    'three notifications, the middle one of no bytes',
    record(OP.notify, { id: 7, sequence: LAST, payload: '01' }) +
      record(OP.notify, { id: 7, sequence: 0 }) +
      record(OP.notify, { id: 7, sequence: 1, payload: '0203' }),
    { op: 'notify', end: 7, sequence: LAST, data: '01', release: false },
    { op: 'notify', end: 7, sequence: 0, data: '', release: false },
    { op: 'notify', end: 7, sequence: 1, data: '0203', release: false },
  ),
];

const key = {
  str8: (text: string) => `d9${digits(utf8(text).length / 2, 1)}${utf8(text)}`,
  str16: (text: string) => `da${digits(utf8(text).length / 2, 2)}${utf8(text)}`,
  str32: (text: string) => `db${digits(utf8(text).length / 2, 4)}${utf8(text)}`,
};
/** The same registration in wider and wider MessagePack. */
const widths: ValidVector[] = [
  { name: 'keys as str 8, map 16', map: 'de0004', text: key.str8 },
  { name: 'keys as str 16, map 32', map: 'df00000004', text: key.str16 },
  { name: 'keys as str 32', text: key.str32 },
  { name: 'type as bin 16', bin: 'c50010' },
  { name: 'type as bin 32', bin: 'c600000010' },
  { name: 'integers as uint 8', integer: 'cc', width: 1 },
  { name: 'integers as uint 16', integer: 'cd', width: 2 },
  { name: 'integers as uint 32', integer: 'ce', width: 4 },
  { name: 'integers as uint 64', integer: 'cf', width: 8 },
  { name: 'integers as int 8', integer: 'd0', width: 1 },
  { name: 'integers as int 16', integer: 'd1', width: 2 },
  { name: 'integers as int 32', integer: 'd2', width: 4 },
  { name: 'integers as int 64', integer: 'd3', width: 8 },
].map(({ name, map = '84', text = key.str8, bin = 'c410', integer = '', width = 1 }) => {
  const number = (value: number): string =>
    `${text(value === 0 ? 'filter' : 'style')}${integer}${digits(value, width)}`;
  const type = `${text('type')}${bin}${TYPE.replaceAll('-', '')}`;
  const header = `${map}${text('name')}${text(LAB)}${type}${number(0)}${number(1)}`;
  return readOnly(`register with wide MessagePack: ${name}`, record(OP.register, { id: 1, sequence: 1, header }), {
    op: 'register',
    registration: 1,
    request: 1,
    interest: INTEREST_READ,
  });
});

const order: ValidVector[] = [
  readOnly(
    'keys in any order',
    record(OP.open, {
      sequence: 1,
      header: map({ overflow: 1, style: 1, user: 'bob', filter: 0, type: guidBytes(TYPE), name: LAB }),
    }),
    { op: 'open', end: 0, request: 1, interest: INTEREST_READ, user: 'bob', overflow: 'wait' },
  ),
];

export const VALID_FROM_CLIENT: readonly ValidVector[] = [
  ...greeting,
  ...heartbeat,
  ...requests,
  ...calls,
  ...data,
  ...release,
  ...several,
  ...widths,
  ...order,
];
