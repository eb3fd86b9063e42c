import { afterEach, describe, expect, test } from 'vitest';
import { frame, OPCODES } from '../../test/safety/raw-socket.ts';
import { systemClock } from '../index.ts';
import { FrameReader } from './frame-reader.ts';
import { type FrameRules, frameRules } from './frame-rules.ts';
import { type ByteSink, writeControl, writeMessage, writePongs } from './frame-writer.ts';

const KiB = 1024;
const allocated: number[] = [];
const rulesOf = (role: 'client' | 'server'): FrameRules =>
  frameRules(role, {
    maxMessage: 1024 * KiB,
    clock: systemClock,
    closeTime: 1,
    allocate: (length) => {
      allocated.push(length);
      return new Uint8Array(length).fill(0xee);
    },
  });
const server = rulesOf('server');
const client = rulesOf('client');

afterEach(() => {
  allocated.length = 0;
});

/** A stream that lets everything go at once, or nothing. */
class Sink implements ByteSink {
  readonly written: Uint8Array[] = [];
  /** What it was when it was written. */
  readonly copies: Buffer[] = [];
  corked = 0;
  writableLength = 0;
  readonly #stuck: boolean;

  constructor(stuck = false) {
    this.#stuck = stuck;
  }

  write(bytes: Uint8Array): boolean {
    this.written.push(bytes);
    this.copies.push(Buffer.from(bytes));
    if (this.#stuck) this.writableLength += bytes.length;
    return true;
  }
  cork(): void {
    this.corked++;
  }
  uncork(): void {}
}

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

describe('a message', () => {
  test.each([
    ['small', [filled(10, 1), filled(20, 2)]],
    ['of one part', [filled(200, 1)]],
    ['without parts', []],
    ['of nothing', [filled(0, 0)]],
    ['as large as is copied', [filled(16 * KiB - 1, 1), filled(16 * KiB - 1, 2)]],
    ['with a large part', [filled(10, 1), filled(16 * KiB, 2), filled(10, 3)]],
    ['with nothing but large parts', [filled(100 * KiB, 1), filled(16 * KiB, 2)]],
    ['of many small parts', Array.from({ length: 10 }, (_, index) => filled(15 * KiB, index))],
  ])('%s: is one frame, masked by a client and not by a server', (_, parts) => {
    const payload = Buffer.concat(parts);
    for (const [rules, reader] of [
      [server, new FrameReader(client)],
      [client, new FrameReader(server)],
    ] as const) {
      const sink = new Sink();
      writeMessage(sink, parts, rules);
      reader.push(Buffer.concat(sink.copies));
      expect(reader.next()).toBe(OPCODES.binary);
      expect(Buffer.compare(reader.payload, payload)).toBe(0);
      expect(reader.next()).toBe(-1);
      expect(reader.isMidMessage).toBe(false);
      for (const [index, part] of parts.entries())
        expect(
          part.every((byte) => byte === part[0]),
          `${index}`,
        ).toBe(true);
    }
  });

  test('with large parts refers to them, and copies what stands between', () => {
    const sink = new Sink();
    const parts = [filled(10, 1), filled(10, 2), filled(20 * KiB, 3), filled(10, 4)];
    writeMessage(sink, parts, server);
    expect(sink.written.map(({ length }) => length)).toEqual([24, 20 * KiB, 10]);
    expect(sink.written[1]).toBe(parts[2]);
    expect(sink.corked).toBe(1);
  });

  test('is masked with another key each time', () => {
    const sink = new Sink();
    for (let count = 0; count < 100; count++) writeMessage(sink, [filled(4, 0)], client);
    const keys = new Set(sink.copies.map((bytes) => bytes.readUInt32BE(2)));
    expect(keys.size).toBeGreaterThan(98);
    for (const bytes of sink.copies) expect(bytes.readUInt32BE(6)).toBe(bytes.readUInt32BE(2));
  });
});

describe('memory', () => {
  test('is the same again for what has left at once', () => {
    const sink = new Sink();
    for (let count = 0; count < 10_000; count++) writeMessage(sink, [filled(40, count)], server);
    expect(allocated.length).toBeLessThanOrEqual(1);
    expect(new Set(sink.written.map(({ byteOffset }) => byteOffset)).size).toBe(1);
  });

  test('that has not left is never written again', () => {
    const streams = [new Sink(), new Sink(true), new Sink(), new Sink(true), new Sink(true)];
    for (let count = 0; count < 20_000; count++) {
      writeMessage(streams[count % 5] as Sink, [filled(count % 300, count)], count % 3 === 0 ? client : server);
    }
    for (const { written, copies } of streams.filter(({ writableLength }) => writableLength > 0)) {
      const isSame = Buffer.compare(Buffer.concat(written), Buffer.concat(copies)) === 0;
      expect(isSame).toBe(true);
    }
  });

  test('of a stream that is behind is as much as it has written, not part of something large', () => {
    const sink = new Sink(true);
    for (let count = 0; count < 10; count++) writeMessage(sink, [filled(40, count)], server);
    for (const { buffer } of sink.written.slice(1)) expect(buffer.byteLength).toBe(42);
  });

  test('is reserved before it is written: whatever writing leads to may write too', () => {
    const copies: Buffer[] = [];
    const nested = new Sink();
    const sink = new (class extends Sink {
      override write(bytes: Uint8Array): boolean {
        const before = Buffer.from(bytes);
        writeMessage(nested, [filled(50, 9)], server);
        copies.push(before);
        expect(Buffer.compare(bytes, before)).toBe(0);
        return super.write(bytes);
      }
    })();
    for (let count = 0; count < 10; count++) writeMessage(sink, [filled(60, count)], server);
    expect(copies).toHaveLength(10);
  });
});

describe('a frozen array', () => {
  test.each([
    ['small', [filled(10, 1), filled(10, 2)]],
    ['large', [filled(10, 1), filled(20 * KiB, 2)]],
  ])('%s: is put into a frame once for all streams', (_, parts) => {
    Object.freeze(parts);
    const sinks = [new Sink(), new Sink(true), new Sink()];
    for (const sink of sinks) writeMessage(sink, parts, server);
    const [first, ...others] = sinks.map(({ written }) => written);
    for (const other of others) for (const [index, piece] of other.entries()) expect(piece).toBe(first?.[index]);
    expect(Buffer.concat(first ?? []).subarray(-10)).toEqual(Buffer.from(parts.at(-1)?.subarray(-10) ?? []));
  });

  test('is not in the memory that is used again', () => {
    const sink = new Sink();
    const shared = Object.freeze([filled(10, 1)]);
    writeMessage(sink, shared, server);
    for (let count = 0; count < 100; count++) writeMessage(sink, [filled(10, 2)], server);
    const later = new Sink();
    writeMessage(later, shared, server);
    expect(later.copies[0]).toEqual(sink.copies[0]);
  });

  test('is masked for each stream by itself', () => {
    const shared = Object.freeze([filled(10, 1)]);
    const sinks = [new Sink(true), new Sink(true)];
    for (const sink of sinks) writeMessage(sink, shared, client);
    expect(sinks[0]?.copies[0]).not.toEqual(sinks[1]?.copies[0]);
  });
});

describe('control frames', () => {
  test('many leave in one piece', () => {
    const sink = new Sink();
    writeControl(sink, OPCODES.ping, [filled(2, 1), filled(0, 0), filled(125, 3)], server);
    const ping = (payload: Uint8Array): Buffer => frame({ opcode: OPCODES.ping, masked: false, payload });
    expect(sink.copies).toEqual([Buffer.concat([ping(filled(2, 1)), ping(filled(0, 0)), ping(filled(125, 3))])]);
  });

  test('pings are all answered while the peer reads, and only the latest where it does not', () => {
    const sink = new Sink();
    expect(writePongs(sink, [filled(1, 1), filled(1, 2)], server)).toBeUndefined();
    expect(sink.copies).toHaveLength(1);
    sink.writableLength = 64 * KiB;
    const latest = filled(1, 2);
    expect(writePongs(sink, [filled(1, 1), latest], server)).toEqual([latest]);
    expect(sink.copies).toHaveLength(1);
  });
});
