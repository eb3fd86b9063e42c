/**
 * From bytes to records: the one place where what a peer sent becomes something to act on. Hostile until it has passed
 * here.
 */

import * as v from 'valibot';
import { hresultOf, SpoolError } from './errors.ts';
import { type Guid, guidFromBytes } from './guid.ts';
import { unpackHeader } from './header.ts';
import {
  type Carried,
  type ClientRecord,
  type Direction,
  FLAGS,
  OPS,
  SIDES,
  type SpoolerRecord,
  type WireRecord,
} from './ops.ts';
import { type RawRecord, readUint32 } from './record.ts';
import { CAUSES, CONVERSATION_STYLES, type Interest, OVERFLOWS, USER_FILTERS } from './vocabulary.ts';

// The keys of each op's header: a closed set.

const uint32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const text = v.pipe(v.string(), v.maxLength(256));
const user = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const guidBytes = v.pipe(
  v.instance(Uint8Array),
  v.check((bytes) => bytes.length === 16),
  v.transform((bytes): Guid => guidFromBytes(bytes)),
);
const cause = v.picklist(CAUSES);
const limits = v.strictObject({
  payload: count,
  message: count,
  waitingObjects: count,
  waitingBytes: count,
  keptObjects: count,
  keptBytes: count,
});

function oneOf<Name extends string>(numbers: Readonly<Record<Name, number>>): v.GenericSchema<unknown, Name> {
  const names = new Map(Object.entries<number>(numbers).map(([name, number]) => [number, name as Name]));
  return v.pipe(
    v.number(),
    v.check((number) => names.has(number)),
    v.transform((number) => names.get(number) as Name),
  );
}

const interest = {
  name: v.nullable(v.pipe(v.string(), v.maxLength(1024))),
  type: guidBytes,
  filter: oneOf(USER_FILTERS),
  style: oneOf(CONVERSATION_STYLES),
};

const HEADERS = {
  hello: v.strictObject({
    user: v.exactOptional(user),
    instance: v.exactOptional(guidBytes),
    agent: v.exactOptional(text),
  }),
  welcome: v.strictObject({
    user,
    server: text,
    limits,
    missed: v.exactOptional(v.strictObject({ cause, count })),
  }),
  register: v.strictObject(interest),
  open: v.strictObject({ ...interest, user: v.exactOptional(user), overflow: v.exactOptional(oneOf(OVERFLOWS)) }),
  explain: v.strictObject({ ...interest, side: oneOf(SIDES), user: v.exactOptional(user) }),
  call: v.strictObject({ service: word, method: word }),
  result: v.strictObject({ code: uint32 }),
  offer: v.strictObject({ ...interest, registration: uint32 }),
  notify: v.strictObject({ type: guidBytes }),
  closed: v.strictObject({ cause }),
};

const S_OK = hresultOf('S_OK');

function header<Schema extends v.GenericSchema>(raw: RawRecord, schema: Schema): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, unpackHeader(raw.header));
  if (!parsed.success) return malformed('a header that does not fit the op');
  return parsed.output;
}

function interestOf({ name, type, filter, style }: Interest): Interest {
  return { name, type, filter, style };
}

/**
 * Reads one record that its author was allowed to write. Throws `MALFORMED_RECORD` where the bytes are no record, and
 * `PROTOCOL_VIOLATED` where they are one that the author may never send.
 */
export function decodeRecord(raw: RawRecord, from: 'client'): ClientRecord;
export function decodeRecord(raw: RawRecord, from: 'spooler'): SpoolerRecord;
export function decodeRecord(raw: RawRecord, from: Direction): WireRecord;
export function decodeRecord(raw: RawRecord, from: Direction): WireRecord {
  const client = from === 'client';
  switch (raw.op) {
    // The hot ones first.
    case OPS.notify: {
      const carried = carriedBy(raw);
      return raw.headerLength === 0
        ? { op: 'notify', ...carried }
        : client
          ? { op: 'notify', ...carried, type: header(raw, HEADERS.notify).type }
          : malformed('a header where none belongs');
    }
    case OPS.release:
      if (!client) return misplaced(raw);
      checkRelease(raw);
      return { op: 'release', end: raw.id, sequence: raw.sequence, only: raw.flags === FLAGS.only };
    case OPS.settled: {
      if (client) return misplaced(raw);
      const hresult = hresultSettled(raw);
      return { op: 'settled', end: raw.id, sequence: raw.sequence, hresult };
    }
    case OPS.close: {
      const carried = carriedBy(raw);
      if (!client) return { op: 'closed', ...carried, cause: header(raw, HEADERS.closed).cause };
      return raw.headerLength === 0
        ? { op: 'close', ...carried }
        : { op: 'close', ...carried, type: header(raw, HEADERS.notify).type };
    }
    case OPS.ping:
    case OPS.pong:
      plain(raw);
      withoutId(raw);
      return { op: raw.op === OPS.ping ? 'ping' : 'pong', sequence: raw.sequence };
    case OPS.hello:
      if (!client) return misplaced(raw);
      withoutId(raw);
      unnumbered(raw);
      return { op: 'hello', ...header(control(raw), HEADERS.hello) };
    case OPS.welcome:
      if (client) return misplaced(raw);
      withoutId(raw);
      unnumbered(raw);
      return { op: 'welcome', ...header(control(raw), HEADERS.welcome) };
    case OPS.register: {
      if (!client) return misplaced(raw);
      const fields = header(control(raw), HEADERS.register);
      return { op: 'register', registration: someId(raw), request: raw.sequence, interest: interestOf(fields) };
    }
    case OPS.unregister:
      if (!client) return misplaced(raw);
      plain(raw);
      return { op: 'unregister', registration: someId(raw), request: raw.sequence };
    case OPS.open: {
      if (!client) return misplaced(raw);
      const { user, overflow, ...fields } = header(control(raw), HEADERS.open);
      return { op: 'open', end: raw.id, request: raw.sequence, interest: interestOf(fields), user, overflow };
    }
    case OPS.explain: {
      if (!client) return misplaced(raw);
      withoutId(raw);
      const { user, side, ...fields } = header(control(raw), HEADERS.explain);
      return { op: 'explain', request: raw.sequence, side, interest: interestOf(fields), user };
    }
    case OPS.status:
      if (!client) return misplaced(raw);
      plain(raw);
      withoutId(raw);
      return { op: 'status', request: raw.sequence };
    case OPS.call: {
      if (!client) return misplaced(raw);
      withoutId(raw);
      if (raw.flags !== 0) return malformed('a flag that means nothing here');
      const { service, method } = header(raw, HEADERS.call);
      return { op: 'call', request: raw.sequence, service, method, payload: raw.payload };
    }
    case OPS.result: {
      if (client) return misplaced(raw);
      if (raw.flags !== 0) return malformed('a flag that means nothing here');
      const hresult = header(raw, HEADERS.result).code;
      return { op: 'result', id: raw.id, request: raw.sequence, hresult, json: raw.payload };
    }
    case OPS.offer: {
      if (client) return misplaced(raw);
      unnumbered(raw);
      const { registration, ...fields } = header(control(raw), HEADERS.offer);
      return { op: 'offer', end: someId(raw), registration, interest: interestOf(fields) };
    }
    default:
      return misplaced(raw);
  }
}

function carriedBy(raw: RawRecord): Carried {
  checkCarried(raw);
  const isNull = (raw.flags & FLAGS.null) !== 0;
  const release = (raw.flags & FLAGS.release) !== 0;
  return { end: raw.id, sequence: raw.sequence, data: isNull ? null : raw.payload, release };
}

/**
 * Whether flags, id and payload of a `notify` or `close` go together, for those who read it where it stands. Throws
 * `MALFORMED_RECORD`.
 */
export function checkCarried(raw: RawRecord): void {
  const { flags } = raw;
  if ((flags & ~(FLAGS.null | FLAGS.release)) !== 0) malformed('a flag that means nothing here');
  if ((flags & FLAGS.null) !== 0 && raw.payloadLength !== 0) malformed('null with a payload');
  someId(raw);
}

/** The type in the header of a client's `notify` or `close`; undefined without one. Throws `MALFORMED_RECORD`. */
export function typeCarried(raw: RawRecord): Guid | undefined {
  return raw.headerLength === 0 ? undefined : header(raw, HEADERS.notify).type;
}

/** A `release` from a client, for those who read it where it stands. Throws `MALFORMED_RECORD`. */
export function checkRelease(raw: RawRecord): void {
  plain(raw, FLAGS.only);
  someId(raw);
}

/** How what a `settled` answers has ended, for those who read it where it stands. Throws `MALFORMED_RECORD`. */
export function hresultSettled(raw: RawRecord): number {
  const { payloadLength } = raw;
  if (raw.flags !== 0 || raw.headerLength !== 0 || (payloadLength !== 0 && payloadLength !== 4)) malformed('settled');
  someId(raw);
  return payloadLength === 4 ? readUint32(raw.payload, 0) : S_OK;
}

/** A record of head alone, with no flags but those named. */
function plain(raw: RawRecord, flags = 0): void {
  if ((raw.flags & ~flags) !== 0 || raw.headerLength !== 0 || raw.payloadLength !== 0) malformed('more than a head');
}

/** A record of head and header. */
function control(raw: RawRecord): RawRecord {
  if (raw.flags !== 0 || raw.payloadLength !== 0) malformed('a flag or a payload where none belongs');
  return raw;
}

function someId(raw: RawRecord): number {
  return raw.id === 0 ? malformed('id 0') : raw.id;
}

function withoutId(raw: RawRecord): void {
  if (raw.id !== 0) malformed('an id where none belongs');
}

function unnumbered(raw: RawRecord): void {
  if (raw.sequence !== 0) malformed('a sequence where none belongs');
}

function malformed(what: string): never {
  throw new SpoolError('MALFORMED_RECORD', { input: what });
}

function misplaced(raw: RawRecord): never {
  throw new SpoolError('PROTOCOL_VIOLATED', { input: `op 0x${raw.op.toString(16)}` });
}
