/**
 * Random frames, right and wrong, cut anywhere, given to the parser of `ws` and to a FrameLink: both hand out the same
 * messages, in the same order, and have the same to say about the end. What fails is printed with its seed; `FUZZ_RUNS`
 * asks for more runs.
 */

import { EventEmitter } from 'node:events';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteStream } from '../../shared/websocket/byte-stream.ts';
import type { Goodbye } from '../../shared/websocket/close-frame.ts';
import { FrameLink } from '../../shared/websocket/frame-link.ts';
import { frameRules } from '../../shared/websocket/frame-rules.ts';
import { ManualClock } from '../harness/index.ts';
import { bytesOf, cut, frames, MAX_FRAGMENTS, MAX_MESSAGE, sizes } from './frames.ts';
import { BROKEN, type Heard, hearAnswers, heardByWs, hex } from './heard.ts';

const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) };

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
  hearAnswers(heard, stream.sent);
  return { ...heard, told: ends[0] ?? BROKEN };
}

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
