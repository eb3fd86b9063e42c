/**
 * Random frames, right and wrong, cut anywhere, given to the parser of `ws` and to a FrameLink: both hand out the same
 * messages, in the same order, and have the same to say about the end. What fails is printed with its seed; `FUZZ_RUNS`
 * asks for more runs.
 */

import { EventEmitter } from 'node:events';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as ws from 'ws';
import type { ByteStream } from '../../shared/websocket/byte-stream.ts';
import type { Goodbye } from '../../shared/websocket/close-frame.ts';
import { FrameLink } from '../../shared/websocket/frame-link.ts';
import { frameRules } from '../../shared/websocket/frame-rules.ts';
import { ManualClock } from '../harness/index.ts';
import { OPCODES } from '../safety/raw-socket.ts';

const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) };
const MAX_MESSAGE = 70_000;
const MAX_FRAGMENTS = 6;

interface Heard {
  readonly messages: string[];
  /** Those that were answered. */
  readonly pings: string[];
  /** The close frame the peer gets. */
  answer?: Goodbye;
  /** What `onClose` says. */
  told: Goodbye;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The parser of `ws`, which its declarations leave out. */
interface Receiver extends EventEmitter {
  _write(chunk: Buffer, encoding: 'buffer', done: (reason?: Error) => void): void;
}
type ReceiverOptions = { readonly isServer: boolean; readonly maxPayload: number; readonly maxFragments: number };
const { Receiver } = ws as unknown as { Receiver: new (options: ReceiverOptions) => Receiver };

const BROKEN: Goodbye = { code: 1006, reason: '' };

// ------------------------------------------------------------------------------------------------ ws

/** What WebSocketLink makes of what the parser says. */
function heardByWs(chunks: readonly Buffer[], isServer: boolean): Heard {
  const heard: Heard = { messages: [], pings: [], told: BROKEN };
  const end = (answer: Goodbye, told = answer): void => {
    if (!heard.answer) Object.assign(heard, { answer, told });
  };
  const receiver = new Receiver({ isServer, maxPayload: MAX_MESSAGE, maxFragments: MAX_FRAGMENTS });
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    if (!isBinary) end({ code: 1003, reason: 'only binary messages' });
    else if (!heard.answer) heard.messages.push(hex(data));
  });
  receiver.on('ping', (data: Buffer) => {
    if (!heard.answer) heard.pings.push(hex(data));
  });
  receiver.on('conclude', (code: number, reason: Buffer) => end({ code, reason: String(reason) }));
  for (const chunk of chunks) {
    if (heard.answer) break;
    // An error is emitted later than it is found: asked for here.
    receiver._write(Buffer.from(chunk), 'buffer', (reason) => {
      if (reason) end({ code: statusOf(reason), reason: '' }, { code: 1002, reason: '' });
    });
  }
  return heard;
}

/** Under a symbol of ws's own. */
function statusOf(reason: Error): number {
  const [symbol] = Object.getOwnPropertySymbols(reason);
  return Number(symbol && Reflect.get(reason, symbol));
}

// ------------------------------------------------------------------------------------------------ ours

class Stream extends EventEmitter implements ByteStream {
  readonly sent: Buffer[] = [];
  destroyed = false;
  paused = false;
  writableLength = 0;
  waiting: Uint8Array[] = [];

  get readableFlowing(): boolean {
    return !this.paused;
  }
  get readableLength(): number {
    return this.waiting.length;
  }
  push(bytes: Uint8Array | null): boolean {
    if (bytes !== null) this.waiting.push(bytes);
    this.flow();
    return true;
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
    const bytes = Buffer.concat(this.waiting);
    this.waiting = [];
    return bytes.length > 0 ? bytes : null;
  }
  unshift(bytes: Uint8Array): void {
    this.waiting.unshift(bytes);
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  flow(): void {
    while (!this.paused && this.waiting.length > 0) this.emit('data', this.waiting.shift());
  }
}

/** `pausesAfter`: where the receiver pauses, counted in messages. */
function heardByUs(chunks: readonly Buffer[], isServer: boolean, pausesAfter: ReadonlySet<number>): Heard {
  const stream = new Stream();
  const rules = frameRules(isServer ? 'server' : 'client', {
    maxMessage: MAX_MESSAGE,
    clock: new ManualClock(),
    closeTime: 1,
    allocate: (length) => Buffer.alloc(length, 0xee),
  });
  const link = new FrameLink(stream, Buffer.alloc(0), { ...rules, maxFragments: MAX_FRAGMENTS });
  const heard: Heard = { messages: [], pings: [], told: BROKEN };
  const ends: Goodbye[] = [];
  link.attach({
    onMessage: (message) => {
      // What was not read when everything ended is handed out all the same.
      expect(stream.paused && !stream.destroyed).toBe(false);
      heard.messages.push(hex(message));
      if (pausesAfter.has(heard.messages.length)) link.pause();
    },
    onAlive: () => {},
    onDrain: () => {},
    onClose: (code, reason) => ends.push({ code, reason }),
  });
  for (const [index, chunk] of chunks.entries()) {
    stream.push(Buffer.from(chunk));
    // Sometimes it is read on at once, sometimes when more has come, sometimes never.
    if (index % 3 !== 2) link.resume();
    stream.flow();
  }
  stream.destroy();
  stream.emit('close');
  expect(ends).toHaveLength(1);
  for (const { opcode, payload } of framesOf(Buffer.concat(stream.sent))) {
    if (opcode === OPCODES.pong) heard.pings.push(hex(payload));
    if (opcode !== OPCODES.close) continue;
    expect(heard.answer).toBeUndefined();
    const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
    heard.answer = { code, reason: payload.subarray(2).toString() };
  }
  return { ...heard, told: ends[0] ?? BROKEN };
}

function framesOf(bytes: Buffer): { opcode: number; payload: Buffer }[] {
  const frames: { opcode: number; payload: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const opcode = bytes.readUInt8(at) & 15;
    const masked = (bytes.readUInt8(at + 1) & 128) !== 0;
    const length = bytes.readUInt8(at + 1) & 127;
    const start = at + (masked ? 6 : 2);
    const payload = Buffer.from(bytes.subarray(start, start + length));
    if (masked) for (let index = 0; index < length; index++) payload[index]! ^= bytes[at + 2 + (index & 3)]!;
    frames.push({ opcode, payload });
    at = start + length;
  }
  return frames;
}

// ------------------------------------------------------------------------------------------------ frames

interface Frame {
  readonly first: number;
  readonly wrongMask: boolean;
  readonly payload: Buffer;
  readonly key: number;
  /** How its length is written; 0 for the shortest way. */
  readonly width: 0 | 2 | 8;
  /** What it claims beyond its payload. */
  readonly claims: number;
}

function bytesOf({ first, wrongMask, payload, key, width, claims }: Frame, isServer: boolean): Buffer {
  const masked = isServer !== wrongMask;
  const length = payload.length + claims;
  const size = Math.max(width, length < 126 ? 0 : length < 65_536 ? 2 : 8);
  const head = Buffer.alloc(2 + size + (masked ? 4 : 0));
  head[0] = first;
  head[1] = (masked ? 128 : 0) | (size === 0 ? length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
  const body = Buffer.from(payload);
  if (masked) {
    head.writeUInt32BE(key, head.length - 4);
    for (let index = 0; index < body.length; index++) body[index]! ^= head[head.length - 4 + (index & 3)]!;
  }
  return Buffer.concat([head, body]);
}

const small = fc.uint8Array({ maxLength: 130 }).map((bytes) => Buffer.from(bytes));
const payload = fc.oneof(
  { weight: 6, arbitrary: small },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(125, 126, 127, 300, 65_535, 65_536, 69_999, 70_000, 70_001)
      .map((length) => Buffer.alloc(length, length & 0xff)),
  },
);
const key = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 0xff, 0xffffffff));
const width = fc.constantFrom<0 | 2 | 8>(0, 0, 0, 0, 2, 8);
const right = { wrongMask: fc.constant(false), key, width, claims: fc.constant(0) };
const closing = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  fc
    .tuple(
      fc.oneof(fc.constantFrom(1000, 1001, 1004, 1005, 1006, 1015, 2999, 4400, 5000, 999), fc.nat(65_535)),
      fc.string(),
    )
    .map(([code, reason]) =>
      Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]).subarray(0, 125),
    ),
  small,
);
const control = fc.record({
  first: fc.constantFrom(0x89, 0x8a),
  payload: small.map((bytes) => bytes.subarray(0, 125)),
  ...right,
  width: fc.constant<0>(0),
});
const whole = fc.record({ first: fc.constant(0x82), payload, ...right });
const fragments = fc
  .array(fc.record({ first: fc.constant(0), payload, ...right }), { minLength: 2, maxLength: MAX_FRAGMENTS + 1 })
  .chain((parts) =>
    fc.array(control, { maxLength: 2 }).map((pings) => {
      const last = parts.length - 1;
      const message = parts.map(
        (part, index): Frame => ({ ...part, first: (index === 0 ? 2 : 0) | (index === last ? 128 : 0) }),
      );
      return [...message.slice(0, 1), ...pings, ...message.slice(1)];
    }),
  );
const text = fc.record({
  first: fc.constant(0x81),
  payload: fc.oneof(
    small,
    fc.string().map((string) => Buffer.from(string)),
  ),
  ...right,
});
const close = fc.record({ first: fc.constant(0x88), payload: closing, ...right, width: fc.constant<0>(0) });
/** Anything at all. */
const wild = fc.record({
  first: fc.nat(255),
  payload: fc.oneof(payload, closing),
  key,
  width,
  wrongMask: fc.constantFrom(false, false, false, true),
  claims: fc.constantFrom(0, 0, 0, 1, 1_000, 2 ** 40, 2 ** 53),
});
const frames = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: whole.map((each) => [each]) },
      { weight: 6, arbitrary: control.map((each) => [each]) },
      { weight: 4, arbitrary: fragments },
      { weight: 1, arbitrary: close.map((each) => [each]) },
      { weight: 1, arbitrary: text.map((each) => [each]) },
      { weight: 1, arbitrary: wild.map((each) => [each]) },
    ),
    { maxLength: 12 },
  )
  .map((groups) => groups.flat());

/** Cuts where the numbers say, which are taken round and round. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const sizes = fc.oneof(
  fc.constant([]),
  fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }),
  fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 }),
);

test('the same messages, the same pings answered, the same goodbye as ws', () => {
  const seen = { messages: 0, pings: 0, answers: new Set<number>() };
  const pauses = fc.array(fc.integer({ min: 1, max: 10 }), { maxLength: 4 });
  fc.assert(
    fc.property(frames, sizes, fc.boolean(), pauses, (all, cuts, isServer, pausesAfter) => {
      const chunks = cut(Buffer.concat(all.map((each) => bytesOf(each, isServer))), cuts);
      const expected = heardByWs(chunks, isServer);
      const actual = heardByUs(chunks, isServer, new Set(pausesAfter));
      // Whoever has said goodbye, or is told it, needs no pongs any more; nor does he whose pings are read as he goes.
      if (actual.answer || pausesAfter.length > 0) expected.pings.length = actual.pings.length;
      expect(actual).toEqual(expected);
      seen.messages += actual.messages.length;
      seen.pings += actual.pings.length;
      seen.answers.add(actual.answer?.code ?? 0);
    }),
    RUNS,
  );
  // The frames are of all kinds, or the test says nothing.
  expect(seen.messages).toBeGreaterThan(RUNS.numRuns);
  expect(seen.pings).toBeGreaterThan(RUNS.numRuns / 10);
  expect([...seen.answers]).toEqual(expect.arrayContaining([0, 1002, 1003, 1005, 1007, 1008, 1009]));
}, 60_000);
