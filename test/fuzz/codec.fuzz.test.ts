/**
 * Random bytes and random records: the codec against rules that need no example. What fails is printed with its seed;
 * `FUZZ_RUNS` asks for more runs.
 */

import { readFileSync } from 'node:fs';
import { decode as otherDecode } from '@msgpack/msgpack';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unpackHeader } from '../../shared/header.ts';
import {
  type Direction,
  decodeRecord,
  eachRecord,
  encodeRecord,
  SpoolError,
  type WireRecord,
} from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import { messagePack, subsetMap } from './message-pack.ts';
import { anyRecord, clientRecord, spoolerRecord } from './records.ts';

const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 2_000) };

const DIRECTIONS: readonly Direction[] = ['client', 'spooler'];
const ERRORS = new Set(['MALFORMED_RECORD', 'PROTOCOL_VIOLATED']);

interface Read {
  readonly records: readonly WireRecord[];
  readonly error: SpoolError | undefined;
}

/** Reads a message. Lets every error through but the two that a message may cause. */
function read(message: Uint8Array, from: Direction): Read {
  const records: WireRecord[] = [];
  try {
    eachRecord(message, (raw) => records.push(decodeRecord(raw, from)));
  } catch (reason) {
    if (reason instanceof SpoolError && ERRORS.has(reason.code)) return { records, error: reason };
    throw reason;
  }
  return { records, error: undefined };
}

function write(records: readonly WireRecord[]): Uint8Array {
  return concat(records.flatMap(encodeRecord));
}

/** Any message is records, or records and then one of two errors; and what was read can be written and read again. */
function holds(message: Uint8Array): void {
  for (const from of DIRECTIONS) {
    const { records } = read(message, from);
    expect(read(write(records), from).records).toEqual(records);
  }
}

const vectorsFile = new URL('../../shared/vectors/records.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(vectorsFile, 'utf8')) as {
  readonly vectors: readonly { readonly hex: string; readonly records?: unknown }[];
};
const valid = vectors
  .filter(({ records }) => records !== undefined)
  .map(({ hex }) => new Uint8Array(Buffer.from(hex, 'hex')));

/** Changes at places that are given as parts of the whole. */
type Mutation = readonly ['set' | 'insert' | 'remove' | 'repeat', number, number];
const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.constantFrom('set', 'insert', 'remove', 'repeat'),
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  fc.oneof(fc.nat(255), fc.constantFrom(0x00, 0x01, 0x80, 0xc0, 0xc1, 0xd4, 0xdd, 0xff)),
);

function mutated(message: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  const result = [...message];
  for (const [kind, where, value] of mutations) {
    const at = Math.floor(where * result.length);
    if (kind === 'set') result[at] = value;
    else if (kind === 'insert') result.splice(at, 0, value);
    else if (kind === 'remove') result.splice(at, 1 + (value % 4));
    else result.splice(at, 0, ...result.slice(at, at + 4));
  }
  return Uint8Array.from(result);
}

describe('reading', () => {
  test('any bytes are records or one of two errors', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), holds), RUNS);
  });

  test('any record with a consistent head is read or one of two errors', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 4 }), (records) => holds(concat(records))),
      RUNS,
    );
  });

  test('valid messages with changed bytes are read or one of two errors', () => {
    const changed = fc.tuple(fc.constantFrom(...valid), fc.array(mutation, { minLength: 1, maxLength: 4 }));
    fc.assert(
      fc.property(changed, ([message, mutations]) => holds(mutated(message, mutations))),
      RUNS,
    );
  });

  test('headers with changed bytes never reach the decoder in a form it stumbles on: the error names a rule', () => {
    const changed = fc.tuple(subsetMap, fc.array(mutation, { minLength: 1, maxLength: 3 }));
    const ruled = (header: Uint8Array): void => {
      let rule = 'header: none broken';
      try {
        unpackHeader(header);
      } catch (reason) {
        rule = reason instanceof SpoolError ? (reason.input ?? '') : String(reason);
      }
      // `header` alone would be the decoder's own failure.
      expect(rule).toMatch(/^header: /);
    };
    fc.assert(
      fc.property(changed, ([header, mutations]) => ruled(mutated(header, mutations))),
      RUNS,
    );
    fc.assert(fc.property(messagePack, ruled), RUNS);
  });

  test('a header of the subset says the same to another MessagePack library', () => {
    fc.assert(
      fc.property(subsetMap, (header) => {
        const ours = unpackHeader(header);
        expect(plain(ours)).toEqual(plain(otherDecode(header)));
      }),
      RUNS,
    );
  });
});

/** Bytes of any class as an array, so that only what they say is compared. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

describe('writing and reading', () => {
  test("a client's records come back as they were", () => {
    fc.assert(
      fc.property(fc.array(clientRecord, { minLength: 1, maxLength: 4 }), (records) => {
        expect(read(write(records), 'client')).toEqual({ records, error: undefined });
      }),
      RUNS,
    );
  });

  test("a spooler's records come back as they were", () => {
    fc.assert(
      fc.property(fc.array(spoolerRecord, { minLength: 1, maxLength: 4 }), (records) => {
        expect(read(write(records), 'spooler')).toEqual({ records, error: undefined });
      }),
      RUNS,
    );
  });

  test('a message cut short anywhere is malformed, unless it is cut between records', () => {
    fc.assert(
      fc.property(
        fc.array(clientRecord, { minLength: 1, maxLength: 3 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (records, where) => {
          const whole = write(records);
          const cut = Math.floor(where * whole.length);
          let boundary = 0;
          const boundaries = new Set(records.map((record) => (boundary += write([record]).length)));
          const { error } = read(whole.subarray(0, cut), 'client');
          expect(error?.code).toBe(boundaries.has(cut) ? undefined : 'MALFORMED_RECORD');
        },
      ),
      RUNS,
    );
  });
});
