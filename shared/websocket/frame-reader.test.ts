import { describe, expect, test } from 'vitest';
import { frame, OPCODES } from '../../test/safety/raw-socket.ts';
import { systemClock } from '../index.ts';
import { FrameReader, NOT_A_FRAME, NOTHING_WHOLE } from './frame-reader.ts';
import { type FrameRules, frameRules } from './frame-rules.ts';
import { BELIEVED } from './rooms.ts';

const { binary, continuation, close, ping } = OPCODES;
const MiB = 1024 * 1024;

interface Reading {
  readonly reader: FrameReader;
  /** Bytes that were asked for, one entry for each time. */
  readonly allocated: number[];
}

function reading(of: Partial<FrameRules> = {}): Reading {
  const allocated: number[] = [];
  const allocate = (length: number): Uint8Array => {
    allocated.push(length);
    return new Uint8Array(length).fill(0xee);
  };
  const rules = frameRules('server', { maxMessage: 10 * MiB, clock: systemClock, closeTime: 1, allocate });
  return { reader: new FrameReader({ ...rules, ...of }), allocated };
}

/** Everything that is whole, as opcode and payload; the last entry is what `next` says at the end. */
function all(reader: FrameReader, chunk: Uint8Array): (number | [number, string])[] {
  const found: (number | [number, string])[] = [];
  reader.push(chunk);
  for (;;) {
    const opcode = reader.next();
    if (opcode < 0) return [...found, opcode];
    found.push([opcode, Buffer.from(reader.payload).toString()]);
  }
}

describe('what lies whole in a chunk', () => {
  test('is a view of it, unmasked in place', () => {
    const { reader, allocated } = reading();
    const chunk = Buffer.concat([frame({ opcode: binary, payload: 'one' }), frame({ opcode: binary, payload: 'two' })]);
    // The key of the second.
    chunk.set([1, 2, 3, 4], 9 + 2);
    reader.push(chunk);
    expect(reader.next()).toBe(binary);
    expect(reader.payload.buffer).toBe(chunk.buffer);
    expect(String(reader.payload)).toBe('one');
    expect(reader.next()).toBe(binary);
    expect([...reader.payload]).toEqual([0x74 ^ 1, 0x77 ^ 2, 0x6f ^ 3]);
    expect(reader.next()).toBe(NOTHING_WHOLE);
    expect(allocated).toEqual([]);
    expect(reader.isMidMessage).toBe(false);
  });

  test('is not kept alive when everything is read', () => {
    const { reader } = reading();
    expect(all(reader, frame({ opcode: binary, payload: 'x' }))).toEqual([[binary, 'x'], NOTHING_WHOLE]);
    expect(reader.payload).toHaveLength(0);
    expect(reader.takeRest()).toHaveLength(0);
  });

  test('can be taken back from where it was not read', () => {
    const { reader } = reading();
    const second = frame({ opcode: binary, payload: 'two' });
    reader.push(Buffer.concat([frame({ opcode: binary, payload: 'one' }), second]));
    reader.next();
    expect(Buffer.from(reader.takeRest())).toEqual(second);
    expect(reader.isMidMessage).toBe(false);
  });
});

describe('what does not', () => {
  const messages = Buffer.concat([
    frame({ opcode: binary, payload: 'whole' }),
    frame({ opcode: binary, fin: false, payload: 'in ' }),
    frame({ opcode: ping, payload: 'there?' }),
    frame({ opcode: continuation, fin: false }),
    frame({ opcode: continuation, fin: false, payload: 'frag' }),
    frame({ opcode: close, payload: 'goodbye' }),
    frame({ opcode: continuation, payload: 'ments' }),
    frame({ opcode: binary }),
    frame({ opcode: binary, payload: Buffer.alloc(300, 0x41) }),
  ]);
  const expected = [
    [binary, 'whole'],
    [ping, 'there?'],
    [close, 'goodbye'],
    [binary, 'in fragments'],
    [binary, ''],
    [binary, 'A'.repeat(300)],
  ];

  test.each([1, 2, 3, 5, 7, 11, 13, 64, 1_000])('is put together from pieces of %i bytes', (size) => {
    const { reader } = reading();
    const found: unknown[] = [];
    for (let at = 0; at < messages.length; at += size) {
      found.push(...all(reader, messages.subarray(at, at + size)).slice(0, -1));
    }
    expect(found).toEqual(expected);
    expect(reader.isMidMessage).toBe(false);
  });

  test.each<[what: string, bytes: Uint8Array, mid: boolean]>([
    ['a whole message', messages.subarray(0, 11), false],
    ['the first byte', messages.subarray(0, 1), true],
    ['half a mask', messages.subarray(0, 4), true],
    ['a head and no payload', messages.subarray(0, 6), true],
    ['all but the last byte', messages.subarray(0, 10), true],
    ['a fragment', messages.subarray(0, 20), true],
    ['a fragment and a ping', messages.subarray(0, 32), true],
    ['half a ping', frame({ opcode: ping, payload: 'x' }).subarray(0, 3), true],
    ['a ping', frame({ opcode: ping, payload: 'x' }), false],
    ['everything', messages, false],
  ])('%s: a message is under way: %#', (_, bytes, mid) => {
    const { reader } = reading();
    all(reader, bytes);
    expect(reader.isMidMessage).toBe(mid);
  });
});

describe('memory', () => {
  const claim = (length: number): Buffer => frame({ opcode: binary, length: BigInt(length) });
  /** The first bytes of it, then so many chunks. */
  function pour(length: number, chunks: number): number[] {
    const { reader, allocated } = reading();
    all(reader, claim(length));
    for (let count = 0; count < chunks; count++) all(reader, Buffer.alloc(64 * 1024));
    return allocated;
  }

  test('is not given for a head alone', () => {
    expect(pour(10 * MiB, 0)).toEqual([]);
  });

  test('up to a mebibyte is given with the first bytes, and is what the message is in', () => {
    expect(pour(70_000, 1)).toEqual([70_000]);
    expect(pour(MiB, 16)).toEqual([MiB]);
    // An object of a mebibyte is a little more than that on the wire.
    expect(pour(MiB + 64, 17)).toEqual([MiB + 64]);
  });

  test('more is given only when that has come, and then all of it', () => {
    expect(pour(10 * MiB, 17)).toEqual([BELIEVED]);
    expect(pour(10 * MiB, 18)).toEqual([BELIEVED, 10 * MiB]);
    expect(pour(10 * MiB, 160)).toEqual([BELIEVED, 10 * MiB]);
  });

  test('of a message as large as one that has come whole is given at once, of a larger one when that much has come', () => {
    const { reader, allocated } = reading();
    const chunk = Buffer.alloc(64 * 1024);
    const claims = (mebibytes: number): void => {
      all(reader, claim(mebibytes * MiB));
      for (let count = 0; count < 16 * mebibytes; count++) all(reader, chunk);
    };
    claims(3);
    claims(3);
    claims(5);
    expect(allocated.slice(1)).toEqual([3, 3, 3, 5].map((mebibytes) => mebibytes * MiB));
  });

  test('for many small fragments grows with what has come, and they are not copied each time', () => {
    const { reader, allocated } = reading();
    all(reader, frame({ opcode: binary, fin: false, payload: 'x' }));
    for (let count = 0; count < 1_000; count++) {
      all(reader, frame({ opcode: continuation, fin: false, payload: Buffer.alloc(100) }));
    }
    expect(allocated.length).toBeLessThan(15);
    expect(Math.max(...allocated)).toBeLessThan(2 * 100_100);
  });

  test('of fragments never goes beyond the largest message', () => {
    const { reader, allocated } = reading({ maxMessage: 1_000 });
    all(reader, frame({ opcode: binary, fin: false, payload: Buffer.alloc(900) }));
    expect(all(reader, frame({ opcode: continuation, payload: Buffer.alloc(100) }))).toHaveLength(2);
    expect(allocated).toEqual([900, 1_000]);
  });
});

describe('is refused', () => {
  test('a message of more fragments than may be, when the one too many is whole', () => {
    const { reader } = reading({ maxFragments: 3 });
    all(reader, frame({ opcode: binary, fin: false }));
    all(reader, frame({ opcode: continuation, fin: false }));
    expect(all(reader, frame({ opcode: continuation }))).toEqual([[binary, ''], NOTHING_WHOLE]);
    for (const opcode of [binary, continuation, continuation]) all(reader, frame({ opcode, fin: false }));
    expect(all(reader, frame({ opcode: continuation, payload: 'x' }).subarray(0, -1))).toEqual([NOTHING_WHOLE]);
    expect(all(reader, Buffer.from('x'))).toEqual([NOT_A_FRAME]);
    expect(reader.closeCode).toBe(1008);
  });

  test('a message too large, by its head; what stood before it is handed out', () => {
    const { reader } = reading({ maxMessage: 5 });
    const bytes = Buffer.concat([
      frame({ opcode: binary, payload: 'right' }),
      frame({ opcode: binary, payload: 'xxxxxx' }),
    ]);
    expect(all(reader, bytes.subarray(0, 13))).toEqual([[binary, 'right'], NOT_A_FRAME]);
    expect(reader.closeCode).toBe(1009);
  });
});
