/** Where a reader wants what comes next, what it makes of what came there, and when that memory is free. */

import { describe, expect, test } from 'vitest';
import { SpoiltMemory } from '../../test/fuzz/spoilt-memory.ts';
import { frame, OPCODES } from '../../test/safety/raw-socket.ts';
import { systemClock } from '../index.ts';
import { FrameReader, NOTHING_WHOLE } from './frame-reader.ts';
import { frameRules } from './frame-rules.ts';
import { BELIEVED, type Rooms } from './rooms.ts';

const { binary, continuation, ping } = OPCODES;
const KiB = 1024;
const MiB = 1024 * KiB;
/** The room of all, and one of one's own. */
const COMMON = 64 * KiB;
const OWN = COMMON + 64;
/** Heads of frames from a client, by the width of the length. */
const HEAD = 8;
const LONG_HEAD = 14;

/** A reader, what it reads from, and what it found. */
class Reading {
  readonly memory = new SpoiltMemory();
  readonly rooms: Rooms;
  readonly reader: FrameReader;
  /** Views, as they were handed out. */
  readonly messages: Uint8Array[] = [];
  /** Where it said to read, in order, and the room it says now. */
  room: Uint8Array;

  constructor() {
    const { allocate, share, recycle } = this.memory;
    const rules = { maxMessage: 10 * MiB, clock: systemClock, closeTime: 1, allocate, share, recycle };
    const whole = frameRules('server', rules);
    this.rooms = whole.rooms;
    this.reader = new FrameReader(whole);
    this.room = this.reader.room();
  }

  /** The system reads all of it, as much at once as there is room. */
  come(bytes: Buffer, most = Number.POSITIVE_INFINITY): void {
    for (let at = 0; at < bytes.length; ) {
      const length = Math.min(this.room.length, bytes.length - at, most);
      this.room.set(bytes.subarray(at, at + length));
      at += length;
      this.reader.arrived(length);
      this.read();
      this.room = this.reader.room();
    }
  }

  read(): void {
    while (this.reader.next() !== NOTHING_WHOLE) this.messages.push(this.reader.payload);
  }

  get isCommon(): boolean {
    return this.room === this.rooms.common;
  }
}

/** Bytes that show where they come from. */
function pattern(length: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 7 + seed * 13) & 0xff));
}

function message(length: number, seed = 1): Buffer {
  return frame({ opcode: binary, payload: pattern(length, seed) });
}

/** Small messages that fill the room of all. */
const FILLS_COMMON = Buffer.concat([
  ...Array.from({ length: 15 }, () => message(4 * KiB)),
  message(4 * KiB - 16 * HEAD),
]);

/** A reader that has a room of its own, since there was more than the room of all could take. */
function busy(): Reading {
  const reading = new Reading();
  reading.come(FILLS_COMMON);
  reading.messages.length = 0;
  reading.memory.allocated.length = 0;
  return reading;
}

describe('the room of all', () => {
  test('is where it reads as long as little comes, and what came there is copied at once', () => {
    const reading = new Reading();
    for (let count = 0; count < 3; count++) {
      expect(reading.isCommon).toBe(true);
      reading.come(Buffer.concat([message(100), message(200)]));
    }
    reading.rooms.common.fill(0);
    expect(reading.messages.map(({ length }) => length)).toEqual([100, 200, 100, 200, 100, 200]);
    expect(reading.messages.every((each) => pattern(each.length, 1).equals(each))).toBe(true);
    expect(reading.messages.some(({ buffer }) => buffer === reading.rooms.common.buffer)).toBe(false);
  });

  test('filled to the last byte means that there is more; one byte less does not', () => {
    expect(FILLS_COMMON).toHaveLength(COMMON);
    expect(busy().room).toHaveLength(OWN);
    const reading = new Reading();
    reading.come(Buffer.concat([FILLS_COMMON.subarray(0, -message(100).length), message(99)]));
    expect(reading.isCommon).toBe(true);
  });
});

describe('a room of its own', () => {
  test('is handed out in views, and free when everybody has given back what is his', () => {
    const reading = busy();
    const { room, memory } = reading;
    const sent = [message(10_000, 1), message(30_000, 2), message(OWN - 40_000 - 3 * HEAD, 3)];
    expect(Buffer.concat(sent)).toHaveLength(OWN);
    reading.come(Buffer.concat(sent));
    expect(reading.messages.map(({ buffer }) => buffer === room.buffer)).toEqual([true, true, true]);
    expect(memory.usersOf(room)).toBe(3);
    for (const [index, view] of reading.messages.entries()) {
      expect(pattern(view.length, index + 1).equals(view)).toBe(true);
      memory.recycle(view);
    }
    expect(memory.usersOf(room)).toBe(0);
    // There may be more: it has another one.
    expect(reading.room).toHaveLength(OWN);
    expect(reading.room.buffer === room.buffer).toBe(false);
  });

  test('is left where little came, which is copied', () => {
    const reading = busy();
    const { room, memory } = reading;
    reading.come(Buffer.concat([message(100), message(40 * KiB)]));
    expect(memory.usersOf(room)).toBe(0);
    expect(reading.messages.map(({ length }) => length)).toEqual([100, 40 * KiB]);
    expect(reading.messages.every((each) => pattern(each.length, 1).equals(each))).toBe(true);
    expect(reading.isCommon).toBe(true);
  });

  test.each<[what: string, most: number]>([
    ['at once', OWN],
    ['by thirds', Math.ceil(OWN / 3)],
    ['a head and the rest', LONG_HEAD],
    ['in pieces of 1,000 bytes', 1_000],
  ])('takes a frame exactly as large as it is where it came: %s', (_, most) => {
    const reading = busy();
    const { room } = reading;
    reading.come(message(OWN - LONG_HEAD), most);
    expect(reading.messages[0]?.buffer === room.buffer).toBe(true);
    expect(pattern(OWN - LONG_HEAD, 1).equals(reading.messages[0] as Uint8Array)).toBe(true);
    expect(reading.memory.allocated).toEqual([OWN]);
  });

  test('does not take one that is a byte larger: that has memory of its own, and the room is left', () => {
    const reading = busy();
    const { room, memory } = reading;
    const bytes = message(OWN - LONG_HEAD + 1);
    reading.come(bytes);
    expect(pattern(OWN - LONG_HEAD + 1, 1).equals(reading.messages[0] as Uint8Array)).toBe(true);
    expect(reading.messages[0]?.buffer === room.buffer).toBe(false);
    expect(memory.usersOf(room)).toBe(0);
    expect(memory.usersOf(reading.messages[0] as Uint8Array)).toBe(1);
  });

  test('is as large as the last frame from then on, up to what is believed', () => {
    const reading = busy();
    reading.come(message(300_000));
    expect(reading.room).toHaveLength(300_000 + LONG_HEAD);
    const { room } = reading;
    reading.come(message(300_000, 2));
    expect(reading.messages[1]?.buffer === room.buffer).toBe(true);
    reading.come(message(BELIEVED - LONG_HEAD));
    expect(reading.room).toHaveLength(BELIEVED);
  });

  test.each(Array.from({ length: HEAD + 1 }, (_, cut) => cut))(
    'whose end cuts a head after %i bytes loses nothing',
    (cut) => {
      const reading = busy();
      const { room, memory } = reading;
      const bytes = Buffer.concat([message(OWN - LONG_HEAD - cut), message(20_000, 2), message(5, 3)]);
      reading.come(bytes);
      expect(reading.messages.map(({ length }) => length)).toEqual([OWN - LONG_HEAD - cut, 20_000, 5]);
      expect(reading.messages.every((each, index) => pattern(each.length, index + 1).equals(each))).toBe(true);
      memory.recycle(reading.messages[0] as Uint8Array);
      expect(memory.usersOf(room)).toBe(0);
    },
  );

  test.each([1, 2, 7])('whose first frame began with %i bytes of a head elsewhere loses nothing', (cut) => {
    const reading = new Reading();
    const bytes = message(60_000, 2);
    const before = Buffer.concat([message(30_000), message(COMMON - 30_000 - 2 * HEAD - cut)]);
    reading.come(Buffer.concat([before, bytes.subarray(0, cut)]));
    expect(reading.room).toHaveLength(OWN);
    // Most of the room, and not all of the frame.
    reading.come(bytes.subarray(cut, 52_000));
    reading.come(bytes.subarray(52_000));
    expect(pattern(60_000, 2).equals(reading.messages.at(-1) as Uint8Array)).toBe(true);
  });

  test('what has a ping or nothing in it, and fragments, is what was sent', () => {
    const reading = busy();
    const parts = [pattern(30_000, 1), pattern(0, 2), pattern(40_000, 3)] as const;
    reading.come(
      Buffer.concat([
        message(0),
        frame({ opcode: binary, fin: false, payload: parts[0] }),
        frame({ opcode: ping, payload: 'there?' }),
        frame({ opcode: continuation, fin: false, payload: parts[1] }),
        frame({ opcode: continuation, payload: parts[2] }),
        message(10),
      ]),
    );
    expect(reading.messages.map(({ length }) => length)).toEqual([0, 6, 70_000, 10]);
    expect(Buffer.concat(parts).equals(reading.messages[2] as Uint8Array)).toBe(true);
    expect(pattern(10, 1).equals(reading.messages[3] as Uint8Array)).toBe(true);
  });

  test('is not had where others have them all: what comes goes by way of the room of all', () => {
    const reading = new Reading();
    while (reading.rooms.take(MiB) !== undefined);
    while (reading.rooms.take(0) !== undefined);
    const sent = Buffer.concat([FILLS_COMMON, message(50_000, 2), message(10, 3)]);
    reading.come(sent);
    expect(reading.isCommon).toBe(true);
    expect(reading.messages.slice(-2).map(({ length }) => length)).toEqual([50_000, 10]);
    expect(pattern(50_000, 2).equals(reading.messages.at(-2) as Uint8Array)).toBe(true);
  });
});

describe('half a frame', () => {
  test('of which much is missing is read where it belongs, and nothing is copied', () => {
    const reading = new Reading();
    const bytes = message(200_000);
    reading.come(bytes.subarray(0, 1_000));
    expect(reading.room).toHaveLength(200_000 + LONG_HEAD - 1_000);
    reading.come(bytes.subarray(1_000), 50_000);
    expect(pattern(200_000, 1).equals(reading.messages[0] as Uint8Array)).toBe(true);
    expect(reading.memory.allocated.filter((length) => length >= 200_000)).toEqual([200_000, 200_014]);
    expect(reading.memory.usersOf(reading.messages[0] as Uint8Array)).toBe(1);
  });

  test('of which little is missing is not', () => {
    const reading = new Reading();
    reading.come(message(16 * KiB).subarray(0, HEAD + 1));
    expect(reading.isCommon).toBe(true);
    const other = new Reading();
    other.come(message(16 * KiB).subarray(0, HEAD));
    expect(other.room).toHaveLength(16 * KiB);
  });

  test('makes nobody give more than what is believed for what it claims, until that has come', () => {
    const reading = new Reading();
    const bytes = message(3 * MiB);
    reading.come(bytes.subarray(0, LONG_HEAD));
    expect(reading.room).toHaveLength(BELIEVED);
    reading.come(bytes.subarray(LONG_HEAD, LONG_HEAD + BELIEVED - 1));
    expect(reading.room).toHaveLength(1);
    expect(reading.memory.allocated.filter((length) => length > BELIEVED)).toEqual([]);
    const { room } = reading;
    reading.come(bytes.subarray(LONG_HEAD + BELIEVED - 1));
    expect(reading.memory.usersOf(room)).toBe(0);
    expect(pattern(3 * MiB, 1).equals(reading.messages[0] as Uint8Array)).toBe(true);
  });

  test('claimed and not sent gives nobody a large room', () => {
    const reading = new Reading();
    const bytes = message(MiB - LONG_HEAD);
    // All of the room of all, and a head at its end.
    reading.come(Buffer.concat([message(COMMON - HEAD - LONG_HEAD), bytes.subarray(0, LONG_HEAD)]));
    reading.come(bytes.subarray(LONG_HEAD, LONG_HEAD + 10));
    expect(reading.memory.allocated.filter((length) => length > OWN)).toEqual([MiB - LONG_HEAD]);
  });
});

describe('paused in the middle', () => {
  test('what was not read is given back in memory of nobody, and the room is free when what was read is', () => {
    const reading = busy();
    const { room, memory, reader } = reading;
    const second = message(20_000, 2);
    const bytes = Buffer.concat([message(30_000), second, message(OWN - 50_000 - 3 * HEAD, 3)]);
    room.set(bytes);
    reader.arrived(bytes.length);
    expect(reader.next()).toBe(binary);
    const first = reader.payload;
    const rest = reader.takeRest();
    expect(second.equals(rest.subarray(0, second.length))).toBe(true);
    expect(memory.usersOf(rest)).toBeUndefined();
    expect(reader.isMidMessage).toBe(false);
    expect(memory.usersOf(room)).toBe(1);
    memory.recycle(first);
    expect(memory.usersOf(room)).toBe(0);
    // It comes again.
    reader.push(rest);
    reading.read();
    expect(pattern(20_000, 2).equals(reading.messages[0] as Uint8Array)).toBe(true);
    expect(reading.messages).toHaveLength(2);
  });

  test('what was read by way of the room of all too', () => {
    const { reader, room, memory } = new Reading();
    const bytes = Buffer.concat([message(100), message(200, 2)]);
    room.set(bytes);
    reader.arrived(bytes.length);
    reader.next();
    const rest = reader.takeRest();
    memory.recycle(reader.payload);
    expect(rest).toHaveLength(208);
    expect(memory.usersOf(rest)).toBeUndefined();
  });
});

describe('at the end', () => {
  test.each<[what: string, bytes: Buffer]>([
    ['nothing has come to', Buffer.alloc(0)],
    ['half a frame has come to', message(60_000).subarray(0, 50_000)],
    ['everything that came to was read of', message(60_000)],
    ['a head is cut in', message(60_000).subarray(0, 3)],
  ])('a room that %s is free, once', (_, bytes) => {
    const reading = busy();
    const { room, reader, memory, rooms } = reading;
    reading.come(bytes);
    reader.end();
    for (const view of reading.messages) memory.recycle(view);
    expect(memory.usersOf(room)).toBe(0);
    reader.end();
    let taken = 0;
    while (rooms.take(MiB) !== undefined) taken++;
    expect(taken).toBe(32);
  });
});

test('a message is under way while it waits in a room of its own', () => {
  const reading = busy();
  expect(reading.reader.isMidMessage).toBe(false);
  const bytes = message(OWN - LONG_HEAD);
  reading.come(bytes.subarray(0, 20));
  expect(reading.reader.isMidMessage).toBe(true);
  reading.come(bytes.subarray(20));
  expect(reading.reader.isMidMessage).toBe(false);
});
