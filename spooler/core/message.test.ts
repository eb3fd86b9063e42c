/** Who refers to the memory a message came in, and when that is its link's again. */

import { describe, expect, test } from 'vitest';
import { Batch } from '../../shared/batch.ts';
import { encodeRecord, RawRecord } from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import { Loan } from '../../shared/loan.ts';
import { Outbox } from '../../shared/outbox.ts';
import { Slab } from '../../shared/slab.ts';
import { RecordingLink } from '../../test/fuzz/recording-link.ts';
import { Message } from './message.ts';

const END = 7;
const LARGE = 20_000;

/** A message in lent memory, behind which so many bytes came with it. */
function lent(size = LARGE, behind = 0) {
  let given = 0;
  const lender = Object.assign(new RecordingLink(), { recycle: () => given++ });
  const data = new Uint8Array(size).fill(3);
  const record = concat(encodeRecord({ op: 'notify', end: END, sequence: 9, data, release: false }));
  const bytes = concat([record, new Uint8Array(behind)]);
  const loan = Loan.of(lender, bytes);
  const message = new Message(new RawRecord(bytes, 0), loan);
  return { message, loan, bytes, record, given: () => given };
}

/** Gives it to one, who sends it at once. */
function sendInBatch(message: Message): { readonly sent: Uint8Array; readonly leaves: () => void } {
  const batch = new Batch(() => {});
  const length = message.addTo(batch);
  batch.joined();
  const sent = concat(batch.parts());
  expect(sent).toHaveLength(length);
  return {
    sent,
    leaves: () => {
      batch.over();
      batch.left?.();
    },
  };
}

describe('the memory of a message', () => {
  test('that nobody wants is free when it was read', () => {
    const { loan, given } = lent();
    loan?.done();
    expect(given()).toBe(1);
  });

  test('that many are sent alike is free when it has left', () => {
    const { message, loan, given, record } = lent();
    const { sent, leaves } = sendInBatch(message);
    loan?.done();
    expect([given(), Buffer.compare(sent, record)]).toEqual([0, 0]);
    leaves();
    expect(given()).toBe(1);
  });

  test.each<[what: string, refer: (message: Message) => unknown]>([
    ['its data', (message) => message.data],
    ['its record', (message) => message.record(END)],
    ['its record for another end', (message) => message.record(END + 1)],
    ['an outbox it was forwarded to', (message) => message.forwardTo(new Outbox(new RecordingLink()))],
  ])('is nobody else’s once somebody has %s', (_, refer) => {
    const { message, loan, given } = lent();
    refer(message);
    loan?.done();
    expect(given()).toBe(0);
  });

  test('is free although its data was copied, or looked at', () => {
    const { message, loan, given } = lent();
    const copy = new Uint8Array(LARGE + 1);
    message.copyTo(copy, 1);
    expect([message.isNull, message.size, message.length, message.fits(END)]).toEqual([false, LARGE, LARGE + 16, true]);
    loan?.done();
    expect(given()).toBe(1);
    expect(copy.subarray(0, 3)).toEqual(Uint8Array.of(0, 3, 3));
  });
});

describe('a message that is kept', () => {
  test('for a while keeps its memory until it has been sent', () => {
    const { message, loan, given, record } = lent();
    const kept = message.keep();
    loan?.done();
    expect(given()).toBe(0);
    const { sent, leaves } = sendInBatch(kept);
    expect([given(), Buffer.compare(sent, record)]).toEqual([0, 0]);
    leaves();
    expect(given()).toBe(1);
  });

  test('twice keeps it until both were sent', () => {
    const { message, loan, given } = lent();
    const kept = [message.keep(), message.keep()] as const;
    loan?.done();
    sendInBatch(kept[0]).leaves();
    expect(given()).toBe(0);
    sendInBatch(kept[1]).leaves();
    expect(given()).toBe(1);
  });

  test('and kept again from that keeps it too', () => {
    const { message, loan, given } = lent();
    const kept = message.keep();
    loan?.done();
    const again = kept.keep();
    sendInBatch(kept).leaves();
    expect(given()).toBe(0);
    sendInBatch(again).leaves();
    expect(given()).toBe(1);
  });

  test('and whose data somebody has is never given back', () => {
    const { message, loan, given } = lent();
    const kept = message.keep();
    loan?.done();
    const { data } = kept;
    sendInBatch(kept).leaves();
    expect([given(), data?.length]).toEqual([0, LARGE]);
  });

  test.each<[what: string, slab: Slab | undefined, size: number]>([
    ['with memory of its own', undefined, 3_000],
    ['in a slab', new Slab(), 3_000],
    ['beside a slab where it is larger', new Slab(), 5_000],
  ])('and is little of what it came in is a copy %s, and that is free', (_, slab, size) => {
    const { message, loan, given, bytes, record } = lent(size, 2 * LARGE);
    const kept = message.keep(slab);
    loan?.done();
    expect(given()).toBe(1);
    bytes.fill(0xee);
    expect(Buffer.compare(concat(kept.record(END)), record)).toBe(0);
    expect(kept.data).toEqual(new Uint8Array(size).fill(3));
    expect([kept.sequence, kept.size, kept.fits(END), kept.isNull]).toEqual([9, size, true, false]);
  });

  test('is not another when the one it was kept from is', () => {
    const { message, record } = lent();
    const kept = message.keep();
    const other = lent();
    message.moveTo(new RawRecord(other.bytes, 0), other.loan);
    expect(Buffer.compare(concat(kept.record(END)), record)).toBe(0);
    other.loan?.done();
    expect(other.given()).toBe(1);
  });
});
