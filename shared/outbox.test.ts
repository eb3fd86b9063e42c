/** What leaves together, what by reference, and what may stand for what came before it. */

import { describe, expect, test } from 'vitest';
import { RecordingLink, turnEnd } from '../test/fuzz/recording-link.ts';
import { Batch } from './batch.ts';
import { encodeRecord } from './encode-record.ts';
import { concat } from './join.ts';
import { FLAGS, OPS, type WireRecord } from './ops.ts';
import { Outbox } from './outbox.ts';

const KiB = 1024;

function start(): { readonly outbox: Outbox; readonly link: RecordingLink } {
  const link = new RecordingLink();
  return { outbox: new Outbox(link), link };
}

/** What leaves of it, in one piece. */
function written(write: (outbox: Outbox) => void): Uint8Array {
  const { outbox, link } = start();
  write(outbox);
  outbox.flush();
  return link.bytes;
}

function single(record: WireRecord): Uint8Array {
  return concat(encodeRecord(record));
}

function notify(sequence: number, data: Uint8Array): readonly Uint8Array[] {
  return encodeRecord({ op: 'notify', end: 7, sequence, data, release: false });
}

function settled(sequence: number, { end = 7, hresult = 0 } = {}): Uint8Array {
  return single({ op: 'settled', end, sequence, hresult });
}

function release(sequence: number, { end = 7, only = false } = {}): Uint8Array {
  return single({ op: 'release', end, sequence, only });
}

function carried(op: 'notify' | 'close', data: Uint8Array | null, isRelease = false): WireRecord {
  return { op, end: 7, sequence: 1, data, release: isRelease };
}

function batchOf(record: Uint8Array, sent: () => void = () => {}): Batch {
  const batch = new Batch(sent);
  batch.add(record, 0, record.length);
  return batch;
}

describe('messages', () => {
  test('what is written in one turn leaves in one message, without being asked', async () => {
    const { outbox, link } = start();
    const records = [1, 2, 3].map((sequence) => notify(sequence, new Uint8Array([sequence])));
    for (const record of records) outbox.write(record);
    expect(link.messages).toEqual([]);
    await turnEnd();
    expect(link.wholes).toEqual([concat(records.flat())]);
    outbox.write(notify(4, new Uint8Array(1)));
    await turnEnd();
    expect(link.messages).toHaveLength(2);
  });

  test.each<[string, (outbox: Outbox) => void, Uint8Array]>([
    ['carried', (outbox) => outbox.carry(OPS.notify, 0, 7, 1, null), single(carried('notify', null))],
    ['settled', (outbox) => outbox.settled(7, 1, 0), settled(1)],
    ['released', (outbox) => outbox.release(7, 1), release(1)],
    ['forwarded', (outbox) => outbox.forward(settled(1), 0, 16), settled(1)],
    ['shared', (outbox) => outbox.share(batchOf(settled(1)), 16), settled(1)],
  ])('so does what is %s', async (_, write, record) => {
    const { outbox, link } = start();
    write(outbox);
    await turnEnd();
    expect(link.wholes).toEqual([record]);
  });

  test('flush sends at once, and once', async () => {
    const { outbox, link } = start();
    outbox.write(notify(1, new Uint8Array(1)));
    outbox.flush();
    expect(link.messages).toHaveLength(1);
    outbox.flush();
    await turnEnd();
    expect(link.messages).toHaveLength(1);
  });

  test('are filled up to 64 KiB, and no record spans two of them', () => {
    const { outbox, link } = start();
    // Four of these are exactly 64 KiB.
    for (let i = 0; i < 9; i++) outbox.write(notify(1, new Uint8Array(16 * KiB - 16)));
    outbox.flush();
    expect(link.wholes.map(({ length }) => length)).toEqual([64 * KiB, 64 * KiB, 16 * KiB]);
  });

  test('a record above 64 KiB is a message of its own', () => {
    const { outbox, link } = start();
    outbox.write(notify(1, new Uint8Array(1)));
    outbox.carry(OPS.notify, 0, 7, 2, new Uint8Array(64 * KiB));
    outbox.write(notify(3, new Uint8Array(1)));
    outbox.flush();
    expect(link.wholes.map(({ length }) => length)).toEqual([17, 64 * KiB + 16, 17]);
  });
});

describe('bytes', () => {
  test.each<[string, (outbox: Outbox, data: Uint8Array) => void]>([
    ['written', (outbox, data) => outbox.write(notify(1, data))],
    ['carried', (outbox, data) => outbox.carry(OPS.notify, 0, 7, 1, data)],
  ])('a payload from 16 KiB on that is %s stays as it is, a smaller one need not', (_, add) => {
    const { outbox, link } = start();
    const large = new Uint8Array(16 * KiB).fill(1);
    const small = new Uint8Array(16 * KiB - 1).fill(2);
    for (const data of [small, large, small]) add(outbox, data);
    outbox.flush();
    const [parts = []] = link.messages;
    expect(parts.filter((part) => part === large)).toHaveLength(1);
    const expected = concat([...notify(1, small), ...notify(1, large), ...notify(1, small)]);
    expect(Buffer.compare(link.bytes, expected)).toBe(0);
  });

  test.each<[string, 'notify' | 'close', Uint8Array | null, boolean]>([
    ['null', 'notify', null, false],
    ['nothing, which is not null', 'notify', new Uint8Array(0), false],
    ['bytes', 'notify', new Uint8Array([1, 2, 3]), false],
    ['a last message', 'close', new Uint8Array([1, 2, 3]), false],
    ['the release triple', 'close', null, true],
  ])('what is carried is the record: %s', (_, op, data, isRelease) => {
    const bytes = written((outbox) => outbox.carry(OPS[op], isRelease ? FLAGS.release : 0, 7, 1, data));
    expect(bytes).toEqual(single(carried(op, data, isRelease)));
  });

  test('what is forwarded is not copied, and neighbours are one piece', () => {
    const { outbox, link } = start();
    const message = new Uint8Array(48).map((_, at) => at);
    outbox.forward(message, 0, 16);
    outbox.forward(message, 16, 32);
    outbox.flush();
    outbox.forward(message, 0, 16);
    outbox.forward(message, 32, 48);
    outbox.flush();
    expect(link.messages.map((parts) => parts.length)).toEqual([1, 2]);
    for (const part of link.messages.flat()) expect(part.buffer).toBe(message.buffer);
    expect(link.wholes).toEqual([message.subarray(0, 32), concat([message.subarray(0, 16), message.subarray(32)])]);
  });
});

describe('cumulative records', () => {
  test('one that differs in the sequence only takes the place of the one before it', () => {
    const bytes = written((outbox) => {
      for (const sequence of [1, 2, 3]) outbox.settled(7, sequence, 0);
      for (const sequence of [1, 2, 3]) outbox.settled(7, sequence, 0x00040007);
      for (const sequence of [1, 2, 3]) outbox.release(7, sequence);
    });
    expect(bytes).toEqual(concat([settled(3), settled(3, { hresult: 0x00040007 }), release(3)]));
  });

  test('the last of a run counts even where its number is the smaller one: numbers wrap', () => {
    const bytes = written((outbox) => {
      outbox.settled(7, 0xffffffff, 0);
      outbox.settled(7, 0, 0);
    });
    expect(bytes).toEqual(settled(0));
  });

  test.each<[string, (outbox: Outbox) => void, Uint8Array, Uint8Array]>([
    ['another end', (outbox) => outbox.settled(8, 2, 0), settled(1), settled(2, { end: 8 })],
    ['another code', (outbox) => outbox.settled(7, 2, 0x00040007), settled(1), settled(2, { hresult: 0x00040007 })],
    ['another op', (outbox) => outbox.release(7, 2), settled(1), release(2)],
  ])('%s: both are sent', (_, second, ...expected) => {
    const bytes = written((outbox) => {
      outbox.settled(7, 1, 0);
      second(outbox);
    });
    expect(bytes).toEqual(concat(expected));
  });

  test.each<[string, (outbox: Outbox, record: Uint8Array) => void]>([
    ['written', (outbox, record) => outbox.write([record])],
    ['forwarded', (outbox, record) => outbox.forward(record, 0, record.length)],
    ['shared', (outbox, record) => outbox.share(batchOf(record), record.length)],
  ])('what was %s between keeps its place, and is never replaced itself: order is part of what is said', (_, add) => {
    const between = settled(2);
    const bytes = written((outbox) => {
      outbox.settled(7, 1, 0);
      add(outbox, between);
      outbox.settled(7, 3, 0);
    });
    expect(bytes).toEqual(concat([settled(1), between, settled(3)]));
    expect(between).toEqual(settled(2));
  });

  test('one alone stays one: what says all up to a number does not take its place', () => {
    const bytes = written((outbox) => {
      outbox.write([release(1, { only: true })]);
      outbox.release(7, 2);
    });
    expect(bytes).toEqual(concat([release(1, { only: true }), release(2)]));
  });

  test('one that need not leave yet leaves with the next, and in the same way stands for what came before', async () => {
    const { outbox, link } = start();
    outbox.settledSoon(7, 1, 0);
    await turnEnd();
    expect([outbox.isWaiting, link.wholes]).toEqual([true, []]);
    outbox.settledSoon(7, 2, 0);
    outbox.write([release(1)]);
    await turnEnd();
    expect([outbox.isWaiting, link.wholes]).toEqual([false, [concat([settled(2), release(1)])]]);
  });

  test('one that need not leave yet does, where what it stands for must', async () => {
    const { outbox, link } = start();
    outbox.settledSoon(7, 1, 0);
    outbox.settled(7, 2, 0);
    outbox.settledSoon(7, 3, 0);
    await turnEnd();
    expect(link.wholes).toEqual([settled(3)]);
    const { flushes } = outbox;
    outbox.settledSoon(7, 4, 0);
    await turnEnd();
    expect(outbox.flushes).toBe(flushes);
    outbox.flush();
    expect([outbox.flushes, link.wholes]).toEqual([flushes + 1, [settled(3), settled(4)]]);
  });

  test('one that has left is not taken back', async () => {
    const { outbox, link } = start();
    outbox.settled(7, 1, 0);
    await turnEnd();
    outbox.settled(7, 2, 0);
    outbox.flush();
    outbox.settled(7, 3, 0);
    await turnEnd();
    expect(link.wholes).toEqual([settled(1), settled(2), settled(3)]);
  });
});
