/**
 * Random frames, right and wrong, read into memory of ours in random portions, by a stream that stands for the system's:
 * a FrameLink hands out what the parser of `ws` does, nobody overwrites what was handed out before it is given back, and
 * the accounts come out even. What fails is printed with its seed; `FUZZ_RUNS` asks for more runs.
 */

import { EventEmitter } from 'node:events';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrived, type ByteStream } from '../../shared/websocket/byte-stream.ts';
import type { Goodbye } from '../../shared/websocket/close-frame.ts';
import { FrameLink } from '../../shared/websocket/frame-link.ts';
import { type FrameMemory, frameRules } from '../../shared/websocket/frame-rules.ts';
import { Rooms } from '../../shared/websocket/rooms.ts';
import { ManualClock } from '../harness/index.ts';
import { bytesOf, cut, frames, MAX_FRAGMENTS, MAX_MESSAGE, sizes } from './frames.ts';
import { BROKEN, type Heard, hearAnswers, heardByWs, hex } from './heard.ts';
import { SpoiltMemory } from './spoilt-memory.ts';

const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) };

/** Rooms of any size, so that what comes meets their edges; and who has one. */
class CountedRooms extends Rooms {
  override readonly common: Uint8Array;
  readonly out = new Set<Uint8Array>();
  taken = 0;
  readonly #allocate: FrameMemory['allocate'];
  readonly #length: number;

  constructor(memory: FrameMemory, common: number, length: number) {
    super(memory);
    this.common = new Uint8Array(common);
    this.#allocate = memory.allocate;
    this.#length = length;
  }

  override take(frame: number): Uint8Array | undefined {
    // Sometimes others have them all.
    if (this.taken++ % 7 === 6) return undefined;
    const room = this.#allocate(frame > 10_000 ? this.#length : Math.max(this.#length, frame));
    this.out.add(room);
    return room;
  }

  override leave(room: Uint8Array): void {
    if (!this.out.delete(room)) throw new Error('a room is left that nobody has');
  }
}

/** What is put back waits here; what was not read is with the system. */
class Stream extends EventEmitter implements ByteStream {
  readonly sent: Buffer[] = [];
  readonly writableLength = 0;
  destroyed = false;
  paused = false;
  room: Uint8Array = new Uint8Array(0);
  #back: Uint8Array[] = [];
  #system = Buffer.alloc(0);

  get readableFlowing(): boolean {
    return !this.paused;
  }
  get readableLength(): number {
    return this.#back.length;
  }

  /** The peer has sent more. */
  come(bytes: Buffer): void {
    this.#system = Buffer.concat([this.#system, bytes]);
    this.flow();
  }
  /** Hands out and reads until it is paused. False where nothing was there. */
  flow(): boolean {
    let went = false;
    while (!this.paused && !this.destroyed) {
      const back = this.#back.shift();
      if (back === undefined && this.#system.length === 0) break;
      went = true;
      if (back !== undefined) {
        this.emit('data', back);
        continue;
      }
      const length = this.#system.copy(this.room);
      this.#system = this.#system.subarray(length);
      // Nothing there outlives the turn: whoever left something in the room of all shows.
      this.room = arrived(this, length);
      if (this.room.length === 0) throw new Error('there is no room to read into');
    }
    return went;
  }

  push(): boolean {
    throw new Error('nobody reads here by himself');
  }
  write(bytes: Uint8Array): boolean {
    this.sent.push(Buffer.from(bytes));
    return true;
  }
  cork(): void {}
  uncork(): void {}
  end(): void {}
  destroy(): void {
    this.destroyed = true;
  }
  read(): Uint8Array | null {
    const bytes = Buffer.concat(this.#back.splice(0));
    return bytes.length > 0 ? bytes : null;
  }
  unshift(bytes: Uint8Array): void {
    this.#back.unshift(bytes);
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
}

interface Setting {
  readonly isServer: boolean;
  /** Bytes of the room of all, and of one of one's own. */
  readonly common: number;
  readonly own: number;
  /** Where the receiver pauses, counted in messages. */
  readonly pausesAfter: ReadonlySet<number>;
  /** How many messages later he gives each back; taken round and round. */
  readonly keeps: readonly number[];
}

interface Outcome extends Heard {
  /** Rooms that were taken, and pieces of memory that were free before the end. */
  readonly rooms: number;
  readonly spoilt: number;
}

function heardInRooms(chunks: readonly Buffer[], setting: Setting): Outcome {
  const stream = new Stream();
  const memory = new SpoiltMemory();
  const { allocate, share, recycle } = memory;
  const rooms = new CountedRooms(memory, setting.common, setting.own);
  const rules = frameRules(setting.isServer ? 'server' : 'client', {
    maxMessage: MAX_MESSAGE,
    clock: new ManualClock(),
    closeTime: 1,
    allocate,
    share,
    recycle,
    ownReading: (_, room) => {
      stream.room = room;
      return true;
    },
  });
  const link = new FrameLink(stream, Buffer.alloc(0), { ...rules, rooms, maxFragments: MAX_FRAGMENTS });
  const heard: Heard = { messages: [], pings: [], told: BROKEN };
  const ends: Goodbye[] = [];
  /** What was handed out and not given back. */
  const kept: { readonly message: Uint8Array; readonly number: number; readonly until: number }[] = [];
  const giveBack = (before: number): void => {
    for (let index = kept.length - 1; index >= 0; index--) {
      const one = kept[index];
      if (one === undefined || one.until > before) continue;
      if (hex(one.message) !== heard.messages[one.number]) throw new Error(`message ${one.number} was overwritten`);
      link.recycle(one.message);
      kept.splice(index, 1);
    }
  };
  link.attach({
    onMessage: (message) => {
      if (stream.paused) throw new Error('handed out while paused');
      const number = heard.messages.push(hex(message)) - 1;
      kept.push({ message, number, until: number + (setting.keeps[number % setting.keeps.length] ?? 0) });
      giveBack(number);
      if (setting.pausesAfter.has(heard.messages.length)) link.pause();
    },
    onAlive: () => {},
    onDrain: () => {},
    onClose: (code, reason) => ends.push({ code, reason }),
  });
  for (const [index, chunk] of chunks.entries()) {
    stream.come(chunk);
    // Sometimes it is read on at once, sometimes when more has come; and sometimes paused in the middle of a frame.
    if (index % 3 !== 2) link.resume();
    if (index % 4 === 3) link.pause();
  }
  do link.resume();
  while (stream.flow());
  const { spoilt } = memory;
  stream.destroy();
  stream.emit('close');
  expect(ends).toHaveLength(1);
  expect(rooms.out.size).toBe(0);
  giveBack(Number.POSITIVE_INFINITY);
  hearAnswers(heard, stream.sent);
  return { ...heard, told: ends[0] ?? BROKEN, rooms: rooms.taken, spoilt };
}

const settings = fc.record({
  isServer: fc.boolean(),
  common: fc.constantFrom(20, 100, 1_000, 65_536),
  own: fc.constantFrom(20, 100, 1_000, 65_600),
  pausesAfter: fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 4 }).map((numbers) => new Set(numbers)),
  keeps: fc.array(fc.nat(5), { minLength: 1, maxLength: 5 }),
});

test('the same messages, the same pings answered, the same goodbye as ws, and nothing is overwritten', () => {
  const seen = { messages: 0, pings: 0, rooms: 0, spoilt: 0 };
  fc.assert(
    fc.property(frames, sizes, settings, (all, cuts, setting) => {
      const chunks = cut(Buffer.concat(all.map((each) => bytesOf(each, setting.isServer))), cuts);
      const expected = heardByWs(chunks, setting.isServer);
      const { rooms, spoilt, ...actual } = heardInRooms(chunks, setting);
      // Whoever has said goodbye, or is told it, needs no pongs any more.
      if (actual.answer) expected.pings.length = actual.pings.length;
      expect(actual).toEqual(expected);
      seen.messages += actual.messages.length;
      seen.pings += actual.pings.length;
      seen.rooms += rooms;
      seen.spoilt += spoilt;
    }),
    RUNS,
  );
  // The frames, and where they were read, are of all kinds, or the test says nothing.
  expect(seen.messages).toBeGreaterThan(RUNS.numRuns);
  expect(seen.pings).toBeGreaterThan(RUNS.numRuns / 10);
  expect(seen.rooms).toBeGreaterThan(RUNS.numRuns);
  expect(seen.spoilt).toBeGreaterThan(RUNS.numRuns);
}, 60_000);
