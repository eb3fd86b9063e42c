/**
 * The codec against the published conformance vectors, and what they cannot say: who owns the bytes, and what an error
 * may tell.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeRecord } from './decode-record.ts';
import { encodeRecord } from './encode-record.ts';
import { SpoolError } from './errors.ts';
import { guid } from './guid.ts';
import { concat } from './join.ts';
import type { WireRecord } from './ops.ts';
import { eachRecord } from './record.ts';

interface ValidVector {
  readonly name: string;
  readonly direction: 'client' | 'spooler';
  readonly hex: string;
  readonly canonical: boolean;
  readonly records: readonly Readonly<Record<string, unknown>>[];
}

interface InvalidVector {
  readonly name: string;
  readonly direction: 'client' | 'spooler';
  readonly hex: string;
  readonly error: 'MALFORMED' | 'OUT_OF_STATE';
}

const file = new URL('./vectors/records.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: readonly (ValidVector | InvalidVector)[] };
const valid = vectors.filter((vector) => 'records' in vector);
const invalid = vectors.filter((vector) => 'error' in vector);

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function decode(hex: string, direction: 'client' | 'spooler'): WireRecord[] {
  const records: WireRecord[] = [];
  eachRecord(bytesOf(hex), (raw) => records.push(decodeRecord(raw, direction)));
  return records;
}

/** A record as the vectors write it: bytes as hexadecimal digits, no keys without a value. */
function toJson(record: WireRecord): unknown {
  return JSON.parse(
    JSON.stringify(record, (_, value: unknown) => (value instanceof Uint8Array ? hexOf(value) : value)),
  ) as unknown;
}

function fromJson(record: Readonly<Record<string, unknown>>): WireRecord {
  const bytes = ['data', 'json', 'payload']
    .filter((key) => typeof record[key] === 'string')
    .map((key) => [key, bytesOf(record[key] as string)] as const);
  return { ...record, ...Object.fromEntries(bytes) } as unknown as WireRecord;
}

function failure(action: () => unknown): unknown {
  try {
    action();
  } catch (reason) {
    return reason;
  }
  return undefined;
}

describe('valid vectors', () => {
  test.each(valid)('$direction: $name', ({ direction, hex, canonical, records }) => {
    expect(decode(hex, direction).map(toJson)).toEqual(records);
    const written = hexOf(concat(records.flatMap((record) => encodeRecord(fromJson(record)))));
    expect(decode(written, direction).map(toJson)).toEqual(records);
    expect(written === hex || !canonical).toBe(true);
  });
});

describe('invalid vectors', () => {
  test.each(invalid)('$direction: $name', ({ direction, hex, error }) => {
    const reason = failure(() => decode(hex, direction));
    expect(reason).toBeInstanceOf(SpoolError);
    const { code, message, cause } = reason as SpoolError;
    expect(code).toBe(error === 'MALFORMED' ? 'MALFORMED_RECORD' : 'PROTOCOL_VIOLATED');
    // Fixed words, an op or a limit: nothing that came in, and nothing a decoder said.
    expect(message).toMatch(/^\[\w+\] [\w ]+\. \((header: )?[\w ,^-]+\) [\w .]+\.$/);
    expect(cause).toBeUndefined();
  });

  test('no vector leaves anything behind on what all objects share', () => {
    const before = Reflect.ownKeys(Object.prototype);
    for (const { hex, direction } of invalid) failure(() => decode(hex, direction));
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
    expect(Reflect.get({}, 'ann')).toBeUndefined();
  });
});

describe('what an error tells', () => {
  test.each([
    ['a byte after the header', '81a56167656e74ad6d7920736563726574206b657900'],
    ['an unknown key with a value', '81ad6d792d7365637265742d6b6579a6736563726574'],
    ['a value of the wrong kind', '81a47573657291a6736563726574'],
  ])('is nothing of what came in: %s', (_, header) => {
    const length = (header.length / 2).toString(16).padStart(4, '0');
    const reason = failure(() => decode(`0100${length}${'00'.repeat(12)}${header}`, 'client'));
    expect(reason).toMatchObject({ code: 'MALFORMED_RECORD' });
    expect(JSON.stringify([reason, (reason as SpoolError).message])).not.toMatch(/secret|msgpack|valibot/i);
  });
});

const INTEREST = {
  name: null,
  type: guid('0b20806a-328a-4e1c-931c-0250308574c7'),
  filter: 'kPerUser',
  style: 'kUniDirectional',
} as const;

describe('bytes', () => {
  const payload = new Uint8Array([1, 2, 3]);

  test('a payload is sent by reference and read as a view: nobody copies it', () => {
    const record = { op: 'notify', end: 7, sequence: 1, data: payload, release: false } as const;
    const parts = encodeRecord(record);
    expect(parts).toHaveLength(2);
    expect(parts[1]).toBe(payload);
    const message = concat(parts);
    eachRecord(message, (raw) => {
      const read = decodeRecord(raw, 'client');
      if (read.op !== 'notify' || read.data === null) throw new Error('not what was written');
      expect(read.data.buffer).toBe(message.buffer);
    });
  });

  test('a key whose value is undefined is left out, as if it were not there', () => {
    const full = encodeRecord({ op: 'hello', user: 'ann', instance: undefined, agent: undefined });
    expect(full).toEqual(encodeRecord({ op: 'hello', user: 'ann' }));
  });

  test.each([
    { op: 'hello', user: 'u'.repeat(257) },
    { op: 'hello', user: '' },
    { op: 'hello', agent: 'a'.repeat(257) },
    { op: 'register', registration: 1, request: 1, interest: { ...INTEREST, name: 'n'.repeat(1025) } },
    { op: 'register', registration: 0, request: 1, interest: INTEREST },
    { op: 'open', end: 0, request: 1, interest: INTEREST, user: 'u'.repeat(257) },
    { op: 'explain', request: 1, side: 'channel', interest: { ...INTEREST, name: 'n'.repeat(5000) } },
    { op: 'call', request: 1, service: '', method: 'm', payload: new Uint8Array(1) },
    { op: 'call', request: 1, service: 's', method: 'm'.repeat(65), payload: new Uint8Array(1) },
  ] as const)('what no peer would read is not written but refused: %#', (record) => {
    expect(() => encodeRecord(record)).toThrow(expect.objectContaining({ code: 'E_INVALIDARG' }) as Error);
  });

  test('a count above 53 bits, such as no bound at all, is announced as the greatest a header can hold', () => {
    const limits = {
      payload: 1,
      message: 1,
      waitingObjects: 1,
      waitingBytes: Number.POSITIVE_INFINITY,
      keptObjects: 1,
      keptBytes: 1,
    };
    const written = hexOf(concat(encodeRecord({ op: 'welcome', user: 'ann', server: 'here', limits })));
    expect(decode(written, 'spooler')).toMatchObject([{ limits: { waitingBytes: Number.MAX_SAFE_INTEGER } }]);
  });
});
