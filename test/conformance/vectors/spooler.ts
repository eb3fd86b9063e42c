/** Messages a spooler may send. */

import { INTEREST, INTEREST_READ, type JsonRecord, map, OP, record, TYPE, utf8, type ValidVector } from './bytes.ts';

function vector(name: string, hex: string, ...records: JsonRecord[]): ValidVector {
  return { name, direction: 'spooler', hex, canonical: true, records };
}

function readOnly(name: string, hex: string, ...records: JsonRecord[]): ValidVector {
  return { name, direction: 'spooler', hex, canonical: false, records };
}

const LAST = 0xffffffff;
const FIXED = utf8('fixed');
const LIMITS = {
  payload: 10_485_760,
  message: 10_551_296,
  waitingObjects: 4096,
  waitingBytes: 4_194_304,
  keptObjects: 1024,
  keptBytes: 524_288,
};
const CAUSES = ['closed', 'acquired', 'left', 'died', 'silent', 'faulty', 'slow', 'printerRemoved', 'shutdown', 'lost'];

const greeting: ValidVector[] = [
  vector('welcome', record(OP.welcome, { header: map({ user: 'ann', server: 'localhost', limits: LIMITS }) }), {
    op: 'welcome',
    user: 'ann',
    server: 'localhost',
    limits: LIMITS,
  }),
  vector(
    'welcome back after having been too slow',
    record(OP.welcome, {
      header: map({ user: 'ann', server: 'localhost', limits: LIMITS, missed: { cause: 'slow', count: 300 } }),
    }),
    { op: 'welcome', user: 'ann', server: 'localhost', limits: LIMITS, missed: { cause: 'slow', count: 300 } },
  ),
  readOnly(
    'welcome with counts of more than 32 bits',
    record(OP.welcome, {
      header: map({
        user: 'ann',
        server: 'localhost',
        limits: { ...LIMITS, waitingBytes: 2 ** 32 },
        missed: { cause: 'slow', count: Number.MAX_SAFE_INTEGER },
      }),
    }),
    {
      op: 'welcome',
      user: 'ann',
      server: 'localhost',
      limits: { ...LIMITS, waitingBytes: 2 ** 32 },
      missed: { cause: 'slow', count: Number.MAX_SAFE_INTEGER },
    },
  ),
];

const heartbeat: ValidVector[] = [0, 1, LAST].flatMap((sequence) => [
  vector(`ping ${sequence}`, record(OP.ping, { sequence }), { op: 'ping', sequence }),
  vector(`pong ${sequence}`, record(OP.pong, { sequence }), { op: 'pong', sequence }),
]);

const REPORT = utf8('{"matches":0,"nearest":[]}');

const results: ValidVector[] = [
  vector('result of an open: the channel', record(OP.result, { id: 7, sequence: 1, header: map({ code: 0 }) }), {
    op: 'result',
    id: 7,
    request: 1,
    hresult: 0,
    json: '',
  }),
  vector('result that refuses', record(OP.result, { id: 3, sequence: LAST, header: map({ code: 0x8007007b }) }), {
    op: 'result',
    id: 3,
    request: LAST,
    hresult: 0x8007007b,
    json: '',
  }),
  vector('result with a report', record(OP.result, { sequence: 2, header: map({ code: 0 }), payload: REPORT }), {
    op: 'result',
    id: 0,
    request: 2,
    hresult: 0,
    json: REPORT,
  }),
  vector('offer of a unidirectional end', record(OP.offer, { id: 7, header: map({ ...INTEREST, registration: 1 }) }), {
    op: 'offer',
    end: 7,
    registration: 1,
    interest: INTEREST_READ,
  }),
  vector(
    'offer of a bidirectional end on the server',
    record(OP.offer, {
      id: LAST,
      header: map({ name: null, type: INTEREST.type, filter: 1, style: 0, registration: LAST }),
    }),
    {
      op: 'offer',
      end: LAST,
      registration: LAST,
      interest: { name: null, type: TYPE, filter: 'kAllUsers', style: 'kBiDirectional' },
    },
  ),
];

const data: ValidVector[] = [
  vector('notify with bytes', record(OP.notify, { id: 7, sequence: 1, payload: FIXED }), {
    op: 'notify',
    end: 7,
    sequence: 1,
    data: FIXED,
    release: false,
  }),
  vector('notify with no bytes', record(OP.notify, { id: 7, sequence: 2 }), {
    op: 'notify',
    end: 7,
    sequence: 2,
    data: '',
    release: false,
  }),
  vector('notify with null', record(OP.notify, { flags: 1, id: 7, sequence: LAST }), {
    op: 'notify',
    end: 7,
    sequence: LAST,
    data: null,
    release: false,
  }),
  vector(
    'close with a last message',
    record(OP.close, { id: 7, sequence: 3, header: map({ cause: 'closed' }), payload: FIXED }),
    { op: 'closed', end: 7, sequence: 3, data: FIXED, release: false, cause: 'closed' },
  ),
  vector(
    'close with a last message of no bytes',
    record(OP.close, { id: 7, sequence: 4, header: map({ cause: 'closed' }) }),
    { op: 'closed', end: 7, sequence: 4, data: '', release: false, cause: 'closed' },
  ),
  vector(
    'close with null as the last message',
    record(OP.close, { flags: 1, id: 7, sequence: 5, header: map({ cause: 'closed' }) }),
    { op: 'closed', end: 7, sequence: 5, data: null, release: false, cause: 'closed' },
  ),
  ...CAUSES.map((cause) =>
    vector(`close with the release triple, ${cause}`, record(OP.close, { flags: 3, id: 7, header: map({ cause }) }), {
      op: 'closed',
      end: 7,
      sequence: 0,
      data: null,
      release: true,
      cause,
    }),
  ),
];

const settled: ValidVector[] = [
  vector('settled with S_OK', record(OP.settled, { id: 7, sequence: 100 }), {
    op: 'settled',
    end: 7,
    sequence: 100,
    hresult: 0,
  }),
  vector('settled with a success', record(OP.settled, { id: 7, sequence: 101, payload: '00040007' }), {
    op: 'settled',
    end: 7,
    sequence: 101,
    hresult: 0x00040007,
  }),
  vector('settled with an error', record(OP.settled, { id: 7, sequence: LAST, payload: '80040010' }), {
    op: 'settled',
    end: 7,
    sequence: LAST,
    hresult: 0x80040010,
  }),
  readOnly('settled with S_OK in four bytes', record(OP.settled, { id: 7, sequence: 0, payload: '00000000' }), {
    op: 'settled',
    end: 7,
    sequence: 0,
    hresult: 0,
  }),
  readOnly(
    'a code that nobody knows yet is passed on',
    record(OP.settled, { id: 7, sequence: 1, payload: '8004ffff' }),
    {
      op: 'settled',
      end: 7,
      sequence: 1,
      hresult: 0x8004ffff,
    },
  ),
];

const several: ValidVector[] = [
  vector(
    'a result, an offer, its first notification and the end of it in one message',
    record(OP.result, { id: 1, sequence: 1, header: map({ code: 0 }) }) +
      record(OP.offer, { id: 7, header: map({ ...INTEREST, registration: 1 }) }) +
      record(OP.notify, { id: 7, sequence: 1, payload: FIXED }) +
      record(OP.close, { flags: 3, id: 7, header: map({ cause: 'died' }) }),
    { op: 'result', id: 1, request: 1, hresult: 0, json: '' },
    { op: 'offer', end: 7, registration: 1, interest: INTEREST_READ },
    { op: 'notify', end: 7, sequence: 1, data: FIXED, release: false },
    { op: 'closed', end: 7, sequence: 0, data: null, release: true, cause: 'died' },
  ),
];

export const VALID_FROM_SPOOLER: readonly ValidVector[] = [
  ...greeting,
  ...heartbeat,
  ...results,
  ...data,
  ...settled,
  ...several,
];
