/** Messages nobody may send: each rule of PROTOCOL.md sections 3, 3.1 and 5, broken by itself. */

import {
  type Direction,
  digits,
  guidBytes,
  INTEREST,
  type InvalidVector,
  map,
  OP,
  type Parts,
  record,
  TYPE,
  utf8,
} from './bytes.ts';

function malformed(name: string, hex: string, direction: Direction = 'client'): InvalidVector {
  return { name, direction, hex, error: 'MALFORMED' };
}

function outOfState(name: string, direction: Direction, hex: string): InvalidVector {
  return { name, direction, hex, error: 'OUT_OF_STATE' };
}

const PING = record(OP.ping);

const lengths: InvalidVector[] = [
  malformed('an empty message', ''),
  malformed('an empty message', '', 'spooler'),
  malformed('one byte', '03'),
  malformed('a head of 15 bytes', PING.slice(0, -2)),
  malformed('a byte after a record', `${PING}00`),
  malformed('a second head cut short', PING + PING.slice(0, -2)),
  malformed('a header longer than the message', record(OP.hello, { header: '80', headerLength: 2 })),
  malformed('a header of 65,535 bytes that is not there', record(OP.hello, { header: '80', headerLength: 0xffff })),
  malformed(
    'a payload longer than the message',
    record(OP.notify, { id: 7, sequence: 1, payload: '00', payloadLength: 2 }),
  ),
  malformed('a payload of 4 GiB', record(OP.notify, { id: 7, sequence: 1, payloadLength: 0xffffffff })),
  malformed(
    'lengths whose sum does not fit 32 bits',
    record(OP.notify, { id: 7, headerLength: 4096, payloadLength: 0xfffff000 }),
  ),
  malformed('an unknown op longer than the message: first of all lengths must fit', record(0x40, { payloadLength: 1 })),
  malformed(
    'a payload shorter than what follows: the rest is no record',
    record(OP.notify, { id: 7, sequence: 1, payload: '0000', payloadLength: 1 }),
  ),
];

/** Each op well-formed, to be broken in one place. */
const WHOLE: Readonly<Record<keyof typeof OP, { readonly direction: Direction; readonly parts: Parts }>> = {
  hello: { direction: 'client', parts: { header: map({ user: 'ann' }) } },
  welcome: {
    direction: 'spooler',
    parts: {
      header: map({
        user: 'ann',
        server: 'localhost',
        limits: { payload: 1, message: 1, waitingObjects: 1, waitingBytes: 1, keptObjects: 1, keptBytes: 1 },
      }),
    },
  },
  ping: { direction: 'client', parts: {} },
  pong: { direction: 'client', parts: {} },
  register: { direction: 'client', parts: { id: 1, header: map(INTEREST) } },
  unregister: { direction: 'client', parts: { id: 1 } },
  open: { direction: 'client', parts: { header: map(INTEREST) } },
  explain: { direction: 'client', parts: { header: map({ ...INTEREST, side: 0 }) } },
  status: { direction: 'client', parts: {} },
  call: { direction: 'client', parts: { sequence: 1, header: map({ service: 'echo', method: 'say' }) } },
  result: { direction: 'spooler', parts: { id: 1, sequence: 1, header: map({ code: 0 }) } },
  offer: { direction: 'spooler', parts: { id: 7, header: map({ ...INTEREST, registration: 1 }) } },
  notify: { direction: 'client', parts: { id: 7, sequence: 1 } },
  close: { direction: 'client', parts: { id: 7, sequence: 1 } },
  settled: { direction: 'spooler', parts: { id: 7, sequence: 1 } },
  release: { direction: 'client', parts: { id: 7, sequence: 1 } },
};

function broken(op: keyof typeof OP, what: string, parts: Parts): InvalidVector {
  const { direction, parts: whole } = WHOLE[op];
  return malformed(`${op} ${what}`, record(OP[op], { ...whole, ...parts }), direction);
}

const OPS = Object.keys(OP) as (keyof typeof OP)[];
const WITH_FLAGS: Partial<Record<keyof typeof OP, number>> = { notify: 0x03, close: 0x03, release: 0x04 };
const PAYLOAD: readonly (keyof typeof OP)[] = ['call', 'result', 'notify', 'close', 'settled'];
const HEADER: readonly (keyof typeof OP)[] = [
  'hello',
  'welcome',
  'register',
  'open',
  'explain',
  'call',
  'result',
  'offer',
];
const OPTIONAL_HEADER: readonly (keyof typeof OP)[] = ['notify', 'close'];

const fields: InvalidVector[] = [
  ...OPS.flatMap((op) =>
    [0x01, 0x02, 0x04, 0x08, 0x80]
      .filter((flag) => ((WITH_FLAGS[op] ?? 0) & flag) === 0)
      .map((flag) => broken(op, `with flag 0x${digits(flag, 1)}`, { flags: flag })),
  ),
  broken('notify', 'with null and a payload', { flags: 0x01, payload: '00' }),
  broken('close', 'with null, release and a payload', { flags: 0x03, payload: '00' }),
  ...(['register', 'unregister', 'offer', 'notify', 'close', 'settled', 'release'] as const).map((op) =>
    broken(op, 'with id 0', { id: 0 }),
  ),
  ...(['hello', 'welcome', 'ping', 'pong', 'explain', 'status', 'call'] as const).map((op) =>
    broken(op, 'with an id', { id: 1 }),
  ),
  ...(['hello', 'welcome', 'offer'] as const).map((op) => broken(op, 'with a sequence', { sequence: 1 })),
  ...OPS.filter((op) => !PAYLOAD.includes(op)).map((op) => broken(op, 'with a payload', { payload: '00' })),
  ...['00', '0000', '000000', '0000000000'].map((payload) =>
    broken('settled', `with a payload of ${payload.length / 2} bytes`, { payload }),
  ),
  ...OPS.filter((op) => !HEADER.includes(op) && !OPTIONAL_HEADER.includes(op)).map((op) =>
    broken(op, 'with a header', { header: '80' }),
  ),
  ...HEADER.map((op) => broken(op, 'without a header', { header: '' })),
  malformed('close from the spooler without a header', record(OP.close, { flags: 3, id: 7 }), 'spooler'),
  malformed(
    'notify from the spooler with a header',
    record(OP.notify, { id: 7, header: map({ type: guidBytes(TYPE) }) }),
    'spooler',
  ),
  malformed(
    "close from a client with the spooler's header",
    record(OP.close, { flags: 3, id: 7, sequence: 1, header: map({ cause: 'closed' }) }),
  ),
  malformed(
    "close from the spooler with a client's header",
    record(OP.close, { flags: 3, id: 7, header: map({ type: guidBytes(TYPE) }) }),
    'spooler',
  ),
];

/** A hello whose header is this. */
function hello(name: string, header: string): InvalidVector {
  return malformed(`header: ${name}`, record(OP.hello, { header }));
}

/** A hello whose only key, `agent`, has this value. */
function agent(name: string, value: string): InvalidVector {
  return hello(name, `81a5${utf8('agent')}${value}`);
}

const AGENT = `a5${utf8('agent')}`;

/** Each level holds the next twice: a few bytes that a decoder with shared references turns into 2^20 values. */
const bomb = `d4690092${'d4690192'.repeat(20)}d47000d47000`;

const subset: InvalidVector[] = [
  hello('no map but nil', 'c0'),
  hello('no map but an array', '90'),
  hello('no map but a string', 'a0'),
  hello('no map but an integer', '01'),
  hello('a byte after the map', '80c0'),
  hello('two maps', '8080'),
  hello('a map cut short before its key', '81'),
  hello('a map cut short before its value', `81${AGENT}`),
  hello('a key cut short', '81a561'),
  agent('a string cut short', 'a3616e'),
  agent('a string of 255 bytes that is not there', 'd9ff61'),
  agent('an integer cut short', 'cd00'),
  agent('binary cut short', 'c41000'),
  agent('a float of 32 bits', 'ca3f800000'),
  agent('a float of 64 bits', 'cb3ff0000000000000'),
  agent('not a number', 'cb7ff8000000000000'),
  agent('the fixed negative integer -1', 'ff'),
  agent('-1 in 8 bits', 'd0ff'),
  agent('-1 in 16 bits', 'd1ffff'),
  agent('-1 in 32 bits', 'd2ffffffff'),
  agent('-1 in 64 bits', 'd3ffffffffffffffff'),
  agent('2^53', 'cf0020000000000000'),
  agent('2^53 in a signed width', 'd30020000000000000'),
  agent('2^64-1', 'cfffffffffffffffff'),
  agent('the byte 0xc1', 'c1'),
  agent('a timestamp', 'd6ff00000000'),
  agent('a fixed extension', 'd40100'),
  agent('an extension with a length', 'c7010100'),
  agent('an extension of 4 GiB', 'c9ffffffff01'),
  agent('an array of 4 G items', 'ddffffffff'),
  agent('a map of 4 G items', 'dfffffffff'),
  agent('a string of 4 GiB', 'dbffffffff'),
  agent('binary of 4 GiB', 'c6ffffffff'),
  agent('an array of 65,535 items', 'dcffff'),
  hello('a map of 4 G keys', 'dfffffffff'),
  agent('129 items', `dc0081${'c0'.repeat(129)}`),
  agent('five levels', '919191919100'),
  agent('a thousand levels', '91'.repeat(1000)),
  agent('shared references that multiply', bomb),
  agent('shared references that multiply, and a byte after them', `${bomb}00`),
  agent('a shared reference to itself', 'd4690091d47000'),
  agent('bundled strings', 'd6620000000000'),
  agent('an error object', `c70d6593a776616c75654f66a0c0`),
  agent('an error object named constructor', `c7106593ab${utf8('constructor')}a0c0`),
  agent('a regular expression', `c7067892a1${utf8('.')}a167`),
  agent('a set', 'd473009101'),
  agent('a typed array', 'c70274000001'),
  agent('a big integer', 'c7084200000000000000ff'),
  agent('a record definition', 'd4724091a161'),
  hello('an integer as key', '8100a0'),
  hello('nil as key', '81c0a0'),
  hello('binary as key', `81c405${utf8('agent')}a0`),
  hello('a map as key', '8180a0'),
  hello('the same key twice', `82${AGENT}a0${AGENT}a0`),
  hello('the same key twice in different widths', `82${AGENT}a0d905${utf8('agent')}a0`),
  agent('the same key twice inside', `82a161c0a161c0`),
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', 'Agent'].map((key) =>
    hello(`the unknown key ${JSON.stringify(key)}`, map(Object.fromEntries([[key, 'ann']]))),
  ),
  ...['80', 'bf', 'fe', 'ff', 'c080', 'e08080', 'eda080', 'f4908080', 'c3', 'e282'].map((bytes) =>
    agent(`the bytes ${bytes}, which are not UTF-8`, `${digits(0xa0 + bytes.length / 2, 1)}${bytes}`),
  ),
  hello('a key that is not UTF-8', '81a1ffa0'),
];

const USER_257 = 'a'.repeat(257);

/** A client's header that does not fit its op. */
function schema(op: keyof typeof OP, what: string, header: object): InvalidVector {
  return broken(op, what, { header: map(header) });
}

function without<Key extends string>(object: Readonly<Record<Key, unknown>>, key: Key): object {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

const LIMITS = { payload: 1, message: 1, waitingObjects: 1, waitingBytes: 1, keptObjects: 1, keptBytes: 1 };
const WELCOME = { user: 'ann', server: 'localhost', limits: LIMITS };

const CALL = { service: 'echo', method: 'say' };

const schemas: InvalidVector[] = [
  schema('hello', 'with an unknown key', { user: 'ann', password: '' }),
  schema('hello', 'with a user of no characters', { user: '' }),
  schema('hello', 'with a user of 257 characters', { user: USER_257 }),
  schema('hello', 'with a user who is nil', { user: null }),
  schema('hello', 'with a user who is a number', { user: 1 }),
  schema('hello', 'with a user in binary', { user: Buffer.from('ann') }),
  schema('hello', 'with an instance of 15 bytes', { instance: new Uint8Array(15) }),
  schema('hello', 'with an instance of 17 bytes', { instance: new Uint8Array(17) }),
  schema('hello', 'with an instance in text', { instance: TYPE }),
  schema('hello', 'with an agent of 257 characters', { agent: USER_257 }),
  ...(['user', 'server', 'limits'] as const).map((key) => schema('welcome', `without ${key}`, without(WELCOME, key))),
  ...(['payload', 'message', 'waitingObjects', 'waitingBytes', 'keptObjects', 'keptBytes'] as const).map((key) =>
    schema('welcome', `with limits without ${key}`, { ...WELCOME, limits: without(LIMITS, key) }),
  ),
  schema('welcome', 'with an unknown limit', { ...WELCOME, limits: { ...LIMITS, patience: 1 } }),
  schema('welcome', 'with limits that are an array', { ...WELCOME, limits: [1, 1, 1, 1, 1, 1] }),
  schema('welcome', 'with missed without a count', { ...WELCOME, missed: { cause: 'slow' } }),
  schema('welcome', 'with missed without a cause', { ...WELCOME, missed: { count: 1 } }),
  ...(['register', 'open'] as const).flatMap((op) => [
    ...(['name', 'type', 'filter', 'style'] as const).map((key) =>
      schema(op, `without ${key}`, without(INTEREST, key)),
    ),
    schema(op, 'with an unknown key', { ...INTEREST, priority: 1 }),
    schema(op, 'with a name that is a number', { ...INTEREST, name: 1 }),
    schema(op, 'with a name that is false', { ...INTEREST, name: false }),
    schema(op, 'with a type of 15 bytes', { ...INTEREST, type: new Uint8Array(15) }),
    schema(op, 'with a type of 17 bytes', { ...INTEREST, type: new Uint8Array(17) }),
    schema(op, 'with a type in text', { ...INTEREST, type: TYPE }),
    schema(op, 'with a type that is an array of 16 numbers', {
      ...INTEREST,
      type: Array.from({ length: 16 }, () => 0),
    }),
    schema(op, 'with filter 2', { ...INTEREST, filter: 2 }),
    schema(op, 'with a filter in text', { ...INTEREST, filter: 'kPerUser' }),
    schema(op, 'with a filter that is true', { ...INTEREST, filter: true }),
    schema(op, 'with style 2', { ...INTEREST, style: 2 }),
    schema(op, 'with a style that is nil', { ...INTEREST, style: null }),
  ]),
  schema('register', 'with a user', { ...INTEREST, user: 'ann' }),
  schema('register', 'with overflow', { ...INTEREST, overflow: 0 }),
  schema('open', 'with overflow 2', { ...INTEREST, overflow: 2 }),
  schema('open', 'with a user of no characters', { ...INTEREST, user: '' }),
  schema('open', 'with a user of 257 characters', { ...INTEREST, user: USER_257 }),
  schema('open', 'with a user who is nil', { ...INTEREST, user: null }),
  schema('explain', 'without side', INTEREST),
  schema('explain', 'with side 2', { ...INTEREST, side: 2 }),
  schema('explain', 'with overflow', { ...INTEREST, side: 0, overflow: 0 }),
  ...(['service', 'method'] as const).flatMap((key) => [
    schema('call', `without ${key}`, without(CALL, key)),
    schema('call', `with a ${key} of no characters`, { ...CALL, [key]: '' }),
    schema('call', `with a ${key} of 65 characters`, { ...CALL, [key]: 'x'.repeat(65) }),
    schema('call', `with a ${key} that is nil`, { ...CALL, [key]: null }),
    schema('call', `with a ${key} in binary`, { ...CALL, [key]: Buffer.from('echo') }),
  ]),
  schema('call', 'with an unknown key', { ...CALL, user: 'ann' }),
  schema('result', 'without code', {}),
  schema('result', 'with a code above 32 bits', { code: 2 ** 32 }),
  schema('result', 'with a code in text', { code: 'S_OK' }),
  ...(['registration', 'name', 'type', 'filter', 'style'] as const).map((key) =>
    schema('offer', `without ${key}`, without({ ...INTEREST, registration: 1 }, key)),
  ),
  schema('offer', 'with a registration above 32 bits', { ...INTEREST, registration: 2 ** 32 }),
  schema('notify', 'with an empty header', {}),
  schema('notify', 'with a type of 15 bytes', { type: new Uint8Array(15) }),
  schema('notify', 'with an unknown key', { type: guidBytes(TYPE), priority: 1 }),
  schema('close', 'with an empty header', {}),
  ...[{}, { cause: 'bored' }, { cause: 0 }, { cause: 'closed', code: 0 }].map((header) =>
    malformed(
      `close from the spooler with the header ${JSON.stringify(header)}`,
      record(OP.close, { flags: 3, id: 7, header: map(header) }),
      'spooler',
    ),
  ),
];

const both: readonly Direction[] = ['client', 'spooler'];
const BOTH: readonly (keyof typeof OP)[] = ['ping', 'pong', 'notify', 'close'];

const state: InvalidVector[] = [
  ...OPS.filter((op) => !BOTH.includes(op)).map((op) => {
    const { direction, parts } = WHOLE[op];
    const wrong = direction === 'client' ? 'spooler' : 'client';
    return outOfState(`${op} from a ${wrong}`, wrong, record(OP[op], parts));
  }),
  ...[0x00, 0x05, 0x0f, 0x16, 0x1e, 0x25, 0x3f, 0x40, 0x7f, 0x80, 0xff].flatMap((op) =>
    both.map((direction) => outOfState(`the unknown op 0x${digits(op, 1)} from a ${direction}`, direction, record(op))),
  ),
  outOfState(
    'an unknown op with flags, an id, a header and a payload: what is in it does not matter',
    'client',
    record(0x41, { flags: 0xff, id: 1, sequence: 1, header: 'c1', payload: '00' }),
  ),
  outOfState(
    'welcome from a client, with a broken header: the direction is looked at first',
    'client',
    record(OP.welcome, { header: 'c1' }),
  ),
];

export const INVALID: readonly InvalidVector[] = [...lengths, ...fields, ...subset, ...schemas, ...state];
