/**
 * What the conformance vectors are written with: heads by hand, headers by another MessagePack library or byte by byte,
 * so that nothing here depends on the codec they judge.
 */

import { encode } from '@msgpack/msgpack';

export type Direction = 'client' | 'spooler';

/** A record as `shared/ops.ts` names its fields, with bytes as hexadecimal digits. */
export type JsonRecord = Readonly<Record<string, unknown>>;

export interface ValidVector {
  readonly name: string;
  readonly direction: Direction;
  /** One message. */
  readonly hex: string;
  /** Whether this library writes exactly these bytes for these records. Other encoders need not. */
  readonly canonical: boolean;
  /** The records in it. */
  readonly records: readonly JsonRecord[];
}

export interface InvalidVector {
  readonly name: string;
  readonly direction: Direction;
  readonly hex: string;
  /** The name of the close code that answers it. */
  readonly error: 'MALFORMED' | 'OUT_OF_STATE';
}

export type Vector = ValidVector | InvalidVector;

export interface Parts {
  readonly flags?: number;
  readonly id?: number;
  readonly sequence?: number;
  /** Hexadecimal digits. */
  readonly header?: string;
  readonly payload?: string;
  /** What the head says, where that is not the truth. */
  readonly headerLength?: number;
  readonly payloadLength?: number;
}

/** The ops of PROTOCOL.md section 5.1, written down once more. */
export const OP = {
  hello: 0x01,
  welcome: 0x02,
  ping: 0x03,
  pong: 0x04,
  register: 0x10,
  unregister: 0x11,
  open: 0x12,
  explain: 0x13,
  status: 0x14,
  call: 0x15,
  result: 0x1f,
  offer: 0x20,
  notify: 0x21,
  close: 0x22,
  settled: 0x23,
  release: 0x24,
} as const;

/** One record in hexadecimal digits. */
export function record(op: number, parts: Parts = {}): string {
  const { flags = 0, id = 0, sequence = 0, header = '', payload = '' } = parts;
  const { headerLength = header.length / 2, payloadLength = payload.length / 2 } = parts;
  return [
    digits(op, 1),
    digits(flags, 1),
    digits(headerLength, 2),
    digits(payloadLength, 4),
    digits(id, 4),
    digits(sequence, 4),
    header,
    payload,
  ].join('');
}

/** A header. */
export function map(fields: object): string {
  return Buffer.from(encode(fields)).toString('hex');
}

export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex');
}

export function guidBytes(guid: string): Uint8Array {
  return Buffer.from(guid.replaceAll('-', ''), 'hex');
}

/** An unsigned integer, big-endian, in so many bytes. */
export function digits(value: number, width: number): string {
  return value.toString(16).padStart(2 * width, '0');
}

export const TYPE = '0b20806a-328a-4e1c-931c-0250308574c7';
export const OTHER_TYPE = 'f6853f92-eb31-4e23-b6e7-fd69056153f0';
export const LAB = '\\\\localhost\\Lab';

/** What `register`, `open`, `explain` and `offer` have in common, on the wire and read. */
export const INTEREST = { name: LAB, type: guidBytes(TYPE), filter: 0, style: 1 };
export const INTEREST_READ = { name: LAB, type: TYPE, filter: 'kPerUser', style: 'kUniDirectional' };
