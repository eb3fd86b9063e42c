/** Heads, and how a message is cut into records (PROTOCOL.md section 3). */

import { describe, expect, test } from 'vitest';
import {
  eachRecord,
  encodeHead,
  HEAD_LENGTH,
  MAX_HEADER_LENGTH,
  RawRecord,
  readUint32,
  writeUint32,
} from './record.ts';

const MALFORMED = expect.objectContaining({ code: 'MALFORMED_RECORD' }) as Error;

function message(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
}

/** What a record says of itself. */
function read(raw: RawRecord): object {
  const { op, flags, id, sequence, headerLength, payloadLength, length } = raw;
  return { op, flags, id, sequence, headerLength, payloadLength, length };
}

describe('a head', () => {
  test('is 16 bytes, all integers big-endian', () => {
    const head = encodeHead(
      { op: 0x21, flags: 0x03, id: 0x01020304, sequence: 0xf1f2f3f4 },
      0x0a0b0c0d,
      new Uint8Array(0x0102),
    );
    expect(head).toHaveLength(HEAD_LENGTH + 0x0102);
    expect([...head.subarray(0, HEAD_LENGTH)]).toEqual([
      0x21, 0x03, 0x01, 0x02, 0x0a, 0x0b, 0x0c, 0x0d, 0x01, 0x02, 0x03, 0x04, 0xf1, 0xf2, 0xf3, 0xf4,
    ]);
  });

  test('reads back what was written, in every field up to its end', () => {
    const header = new Uint8Array([7, 8, 9]);
    const bytes = message(
      encodeHead({ op: 0xff, flags: 0xff, id: 0xffffffff, sequence: 0xffffffff }, 2, header),
      [5, 6],
    );
    const raw = new RawRecord(bytes, 0);
    expect(read(raw)).toEqual({
      op: 0xff,
      flags: 0xff,
      id: 0xffffffff,
      sequence: 0xffffffff,
      headerLength: 3,
      payloadLength: 2,
      length: 21,
    });
    expect([...raw.header]).toEqual([7, 8, 9]);
    expect([...raw.payload]).toEqual([5, 6]);
    expect([...raw.bytes]).toEqual([...bytes]);
  });

  test('gives views, not copies', () => {
    const bytes = message(encodeHead({ op: 1, id: 1, sequence: 1 }, 1, new Uint8Array([1])), [2]);
    const raw = new RawRecord(bytes, 0);
    for (const view of [raw.header, raw.payload, raw.bytes]) expect(view.buffer).toBe(bytes.buffer);
  });

  test.each([0, 1, 0x7fffffff, 0x80000000, 0xffffffff])('holds the number %i', (value) => {
    const bytes = new Uint8Array(6).fill(0xaa);
    writeUint32(bytes, 1, value);
    expect(readUint32(bytes, 1)).toBe(value);
    expect([bytes[0], bytes[5]]).toEqual([0xaa, 0xaa]);
  });
});

describe('the lengths', () => {
  test('a header of 4,096 bytes is a record, one of 4,097 is none', () => {
    const fits = encodeHead({ op: 1, id: 0, sequence: 0 }, 0, new Uint8Array(MAX_HEADER_LENGTH));
    expect(new RawRecord(fits, 0).headerLength).toBe(MAX_HEADER_LENGTH);
    const tooLong = encodeHead({ op: 1, id: 0, sequence: 0 }, 0, new Uint8Array(MAX_HEADER_LENGTH + 1));
    expect(() => new RawRecord(tooLong, 0)).toThrow(MALFORMED);
  });

  test('a record must lie wholly inside its message, wherever in it it begins', () => {
    const whole = message(encodeHead({ op: 1, id: 0, sequence: 0 }, 2, new Uint8Array(3)), [0, 0]);
    for (const before of [0, 1, 40]) {
      const inside = message(new Uint8Array(before), whole);
      expect(new RawRecord(inside, before).length).toBe(whole.length);
      for (let cut = before; cut < inside.length; cut++) {
        expect(() => new RawRecord(inside.subarray(0, cut), before), `${cut} bytes`).toThrow(MALFORMED);
      }
    }
  });
});

describe('a message', () => {
  const one = encodeHead({ op: 1, id: 1, sequence: 1 }, 0);
  const two = message(encodeHead({ op: 2, id: 2, sequence: 2 }, 3), [1, 2, 3]);
  const three = encodeHead({ op: 3, id: 3, sequence: 3 }, 0, new Uint8Array([9]));

  function visited(bytes: Uint8Array): { readonly ops: number[]; readonly failure: unknown } {
    const ops: number[] = [];
    try {
      eachRecord(bytes, ({ op }) => ops.push(op));
    } catch (failure) {
      return { ops, failure };
    }
    return { ops, failure: undefined };
  }

  test('is records back to back, visited in order', () => {
    expect(visited(message(one, two, three))).toEqual({ ops: [1, 2, 3], failure: undefined });
  });

  test('of no bytes is malformed', () => {
    expect(visited(new Uint8Array(0))).toEqual({ ops: [], failure: MALFORMED });
  });

  test('may be broken in its middle: what came before was visited, nothing after', () => {
    expect(visited(message(one, two.subarray(0, -1)))).toEqual({ ops: [1], failure: MALFORMED });
    expect(visited(message(one, two, [0]))).toEqual({ ops: [1, 2], failure: MALFORMED });
  });

  test('may be a view of a larger buffer: what lies around it is not read', () => {
    const buffer = message(three, one, two, three);
    const view = buffer.subarray(three.length, three.length + one.length + two.length);
    expect(visited(view).ops).toEqual([1, 2]);
    expect(visited(view.subarray(0, -1))).toEqual({ ops: [1], failure: MALFORMED });
  });

  test('a visitor that throws ends the visit with what it threw', () => {
    const fault = new Error('the visitor');
    const visit = (): void => {
      throw fault;
    };
    expect(() => eachRecord(message(one, two), visit)).toThrow(fault);
  });
});
