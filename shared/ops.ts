/** Every record of the wire as a type, and the only two functions between bytes and records (PROTOCOL.md section 5). */

import * as v from 'valibot';
import { hresultOf, SpoolError } from './errors.ts';
import { type Guid, guidFromBytes, guidToBytes } from './guid.ts';
import { packHeader, unpackHeader, wideCount } from './header.ts';
import { encodeHead, RawRecord, readUint32, writeUint32 } from './record.ts';
import {
  CAUSES,
  type Cause,
  CONVERSATION_STYLES,
  type Interest,
  OVERFLOWS,
  type Overflow,
  USER_FILTERS,
} from './vocabulary.ts';

export const OPS = {
  hello: 0x01,
  welcome: 0x02,
  ping: 0x03,
  pong: 0x04,
  register: 0x10,
  unregister: 0x11,
  open: 0x12,
  explain: 0x13,
  status: 0x14,
  result: 0x1f,
  offer: 0x20,
  notify: 0x21,
  close: 0x22,
  settled: 0x23,
  release: 0x24,
} as const;

export const FLAGS = { null: 0x01, release: 0x02, only: 0x04 } as const;

/** What travels as data: bytes, or NULL, which is not the same as no bytes; `release` marks NOTIFICATION_RELEASE. */
interface Carried {
  readonly end: number;
  readonly sequence: number;
  readonly data: Uint8Array | null;
  readonly release: boolean;
}

export interface Hello {
  readonly op: 'hello';
  readonly user?: string | undefined;
  readonly instance?: Guid | undefined;
  readonly agent?: string | undefined;
}
export interface AnnouncedLimits {
  readonly payload: number;
  readonly message: number;
  readonly waitingObjects: number;
  readonly waitingBytes: number;
}
/** Told to a listener that had been cut off: why, and how many notifications it missed. */
export interface Missed {
  readonly cause: Cause;
  readonly count: number;
}
export interface Welcome {
  readonly op: 'welcome';
  readonly user: string;
  readonly server: string;
  readonly limits: AnnouncedLimits;
  readonly missed?: Missed | undefined;
}
export interface Ping {
  readonly op: 'ping';
  readonly sequence: number;
}
export interface Pong {
  readonly op: 'pong';
  readonly sequence: number;
}
export interface Register {
  readonly op: 'register';
  readonly registration: number;
  readonly request: number;
  readonly interest: Interest;
}
export interface Unregister {
  readonly op: 'unregister';
  readonly registration: number;
  readonly request: number;
}
export interface Open {
  readonly op: 'open';
  readonly end: number;
  readonly request: number;
  readonly interest: Interest;
  readonly user?: string | undefined;
  readonly overflow?: Overflow | undefined;
}
export interface Explain {
  readonly op: 'explain';
  readonly request: number;
  readonly side: 'registration' | 'channel';
  readonly interest: Interest;
  readonly user?: string | undefined;
}
export interface Status {
  readonly op: 'status';
  readonly request: number;
}
export interface Result {
  readonly op: 'result';
  readonly id: number;
  readonly request: number;
  readonly hresult: number;
  /** UTF-8 JSON, or empty. */
  readonly json: Uint8Array;
}
export interface Offer {
  readonly op: 'offer';
  readonly end: number;
  readonly registration: number;
  readonly interest: Interest;
}
export interface Notify extends Carried {
  readonly op: 'notify';
  /** Only where it differs from the channel's. */
  readonly type?: Guid | undefined;
}
/** From a client: close this end. */
export interface CloseEnd extends Carried {
  readonly op: 'close';
  readonly type?: Guid | undefined;
}
/** From the spooler: this end is closed. */
export interface Closed extends Carried {
  readonly op: 'closed';
  readonly cause: Cause;
}
export interface Settled {
  readonly op: 'settled';
  readonly end: number;
  readonly sequence: number;
  readonly hresult: number;
}
export interface Release {
  readonly op: 'release';
  readonly end: number;
  readonly sequence: number;
  readonly only: boolean;
}

export type ClientRecord =
  | Hello
  | Ping
  | Pong
  | Register
  | Unregister
  | Open
  | Explain
  | Status
  | Notify
  | CloseEnd
  | Release;
export type SpoolerRecord = Welcome | Ping | Pong | Result | Offer | Notify | Closed | Settled;
export type WireRecord = ClientRecord | SpoolerRecord;

/** Who wrote a record. `close` means a request from a client and a fact from the spooler. */
export type Direction = 'client' | 'spooler';

// ---------------------------------------------------------------------------------------------- headers

const uint32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const text = v.pipe(v.string(), v.maxLength(256));
const user = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const guidBytes = v.pipe(
  v.instance(Uint8Array),
  v.check((bytes) => bytes.length === 16),
  v.transform((bytes): Guid => guidFromBytes(bytes)),
);
const cause = v.picklist(CAUSES);
const limits = v.strictObject({ payload: count, message: count, waitingObjects: count, waitingBytes: count });

function oneOf<Name extends string>(numbers: Readonly<Record<Name, number>>): v.GenericSchema<unknown, Name> {
  const names = new Map(Object.entries<number>(numbers).map(([name, number]) => [number, name as Name]));
  return v.pipe(
    v.number(),
    v.check((number) => names.has(number)),
    v.transform((number) => names.get(number) as Name),
  );
}

const SIDES = { registration: 0, channel: 1 } as const;

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
  result: v.strictObject({ code: uint32 }),
  offer: v.strictObject({ ...interest, registration: uint32 }),
  notify: v.strictObject({ type: guidBytes }),
  closed: v.strictObject({ cause }),
};

function header<Schema extends v.GenericSchema>(raw: RawRecord, schema: Schema): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, unpackHeader(raw.header));
  if (!parsed.success) return malformed('a header that does not fit the op');
  return parsed.output;
}

function packInterest({ name, type, filter, style }: Interest): object {
  return { name, type: guidToBytes(type), filter: USER_FILTERS[filter], style: CONVERSATION_STYLES[style] };
}

function interestOf({ name, type, filter, style }: Interest): Interest {
  return { name, type, filter, style };
}

// ---------------------------------------------------------------------------------------------- decoding

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
      plain(raw, FLAGS.only);
      return { op: 'release', end: someId(raw), sequence: raw.sequence, only: raw.flags === FLAGS.only };
    case OPS.settled: {
      if (client) return misplaced(raw);
      if (raw.flags !== 0 || raw.headerLength !== 0 || (raw.payloadLength !== 0 && raw.payloadLength !== 4)) {
        return malformed('settled');
      }
      const hresult = raw.payloadLength === 4 ? readUint32(raw.payload, 0) : hresultOf('S_OK');
      return { op: 'settled', end: someId(raw), sequence: raw.sequence, hresult };
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
  const { flags } = raw;
  if ((flags & ~(FLAGS.null | FLAGS.release)) !== 0) malformed('a flag that means nothing here');
  const isNull = (flags & FLAGS.null) !== 0;
  if (isNull && raw.payloadLength !== 0) malformed('null with a payload');
  const release = (flags & FLAGS.release) !== 0;
  return { end: someId(raw), sequence: raw.sequence, data: isNull ? null : raw.payload, release };
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

// ---------------------------------------------------------------------------------------------- encoding

/**
 * The bytes of a record: its head and header in one piece, then the payload itself, not a copy, where there is one. Throws
 * `E_INVALIDARG` for a client's request with a value that fits no record.
 */
export function encodeRecord(record: WireRecord): readonly Uint8Array[] {
  switch (record.op) {
    case 'hello': {
      const { user, instance, agent } = record;
      return readable(controlRecord(OPS.hello, 0, 0, { user, instance: instance && guidToBytes(instance), agent }));
    }
    case 'welcome': {
      const { user, server, limits, missed } = record;
      return controlRecord(OPS.welcome, 0, 0, {
        user,
        server,
        limits: {
          payload: wideCount(limits.payload),
          message: wideCount(limits.message),
          waitingObjects: wideCount(limits.waitingObjects),
          waitingBytes: wideCount(limits.waitingBytes),
        },
        missed: missed && { cause: missed.cause, count: wideCount(missed.count) },
      });
    }
    case 'ping':
    case 'pong':
      return [encodeHead({ op: OPS[record.op], id: 0, sequence: record.sequence }, 0)];
    case 'register':
      return readable(controlRecord(OPS.register, record.registration, record.request, packInterest(record.interest)));
    case 'unregister':
      return [encodeHead({ op: OPS.unregister, id: record.registration, sequence: record.request }, 0)];
    case 'open': {
      const overflow = record.overflow && OVERFLOWS[record.overflow];
      const { user } = record;
      return readable(
        controlRecord(OPS.open, record.end, record.request, { ...packInterest(record.interest), user, overflow }),
      );
    }
    case 'explain': {
      const { user, side } = record;
      return readable(
        controlRecord(OPS.explain, 0, record.request, { ...packInterest(record.interest), side: SIDES[side], user }),
      );
    }
    case 'status':
      return [encodeHead({ op: OPS.status, id: 0, sequence: record.request }, 0)];
    case 'result': {
      const code = packHeader({ code: record.hresult });
      const head = encodeHead({ op: OPS.result, id: record.id, sequence: record.request }, record.json.length, code);
      return record.json.length === 0 ? [head] : [head, record.json];
    }
    case 'offer': {
      const { registration } = record;
      return controlRecord(OPS.offer, record.end, 0, { ...packInterest(record.interest), registration });
    }
    case 'notify':
      return encodeCarried(OPS.notify, record, record.type && packHeader({ type: guidToBytes(record.type) }));
    case 'close':
      return encodeCarried(OPS.close, record, record.type && packHeader({ type: guidToBytes(record.type) }));
    case 'closed':
      return encodeCarried(OPS.close, record, packHeader({ cause: record.cause }));
    case 'settled':
      return [encodeSettled(record)];
    case 'release': {
      const flags = record.only ? FLAGS.only : 0;
      return [encodeHead({ op: OPS.release, flags, id: record.end, sequence: record.sequence }, 0)];
    }
  }
}

function controlRecord(op: number, id: number, sequence: number, fields: object): readonly Uint8Array[] {
  return [encodeHead({ op, id, sequence }, 0, packHeader(fields))];
}

/**
 * What a client asks for holds words of its user's. Where they are too long, or none, no peer would read the record: it
 * would end the session. Throws `E_INVALIDARG` instead.
 */
function readable(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  try {
    for (const part of parts) decodeRecord(new RawRecord(part, 0), 'client');
  } catch {
    throw new SpoolError('E_INVALIDARG', { input: 'a value that does not fit a record' });
  }
  return parts;
}

function encodeCarried(
  op: number,
  { end, sequence, data, release }: Carried,
  header?: Uint8Array,
): readonly Uint8Array[] {
  const flags = (data === null ? FLAGS.null : 0) | (release ? FLAGS.release : 0);
  const length = data?.length ?? 0;
  const head = encodeHead({ op, flags, id: end, sequence }, length, header);
  return data === null || length === 0 ? [head] : [head, data];
}

function encodeSettled({ end, sequence, hresult }: Settled): Uint8Array {
  if (hresult === 0) return encodeHead({ op: OPS.settled, id: end, sequence }, 0);
  const bytes = new Uint8Array(20);
  bytes.set(encodeHead({ op: OPS.settled, id: end, sequence }, 4));
  writeUint32(bytes, 16, hresult);
  return bytes;
}
