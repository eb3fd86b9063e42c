/** Records that many send alike: put together once, and the same parts for everybody who sends just them. */

import { describe, expect, test } from 'vitest';
import { RecordingLink } from '../test/fuzz/recording-link.ts';
import { Batch } from './batch.ts';
import { encodeRecord } from './encode-record.ts';
import { concat } from './join.ts';
import { Loan } from './loan.ts';
import { JOIN_LIMIT, Outbox } from './outbox.ts';

/** As it came from somebody. */
function record(sequence: number, size = 3): Uint8Array {
  const data = new Uint8Array(size).fill(sequence);
  return concat(encodeRecord({ op: 'notify', end: 7, sequence, data, release: false }));
}

describe('a batch', () => {
  test('gives everybody the same parts, frozen, and says once that somebody has them', () => {
    let sent = 0;
    const batch = new Batch(() => sent++);
    batch.joined();
    batch.joined();
    const message = concat([record(1), record(2)]);
    batch.add(message, 0, 19);
    batch.add(message, 19, 38);
    expect([batch.length, sent]).toEqual([38, 0]);
    const parts = batch.parts();
    expect(parts).toEqual([message]);
    expect(Object.isFrozen(parts)).toBe(true);
    expect(batch.parts()).toBe(parts);
    expect(sent).toBe(1);
  });

  test('of one alone is not frozen: nothing that is made of it has to be kept', () => {
    const batch = new Batch(() => {});
    batch.joined();
    batch.add(record(1), 0, 19);
    expect(Object.isFrozen(batch.parts())).toBe(false);
  });

  describe('whose memory can be used again', () => {
    function recycled(
      users: number,
      reads: 'read' | 'kept' = 'read',
    ): { readonly batch: Batch; readonly given: () => number } {
      let given = 0;
      const batch = new Batch(() => {});
      const lender = Object.assign(new RecordingLink(), { recycle: () => given++ });
      const loan = Loan.of(lender, record(1, 8 * 1024));
      if (loan) batch.use(loan);
      if (reads === 'read') loan?.done();
      batch.add(record(1), 0, 19);
      for (let user = 0; user < users; user++) batch.joined();
      return { batch, given: () => given };
    }

    test('gives it back once, when it has left everybody', () => {
      const { batch, given } = recycled(2);
      batch.over();
      batch.left?.();
      expect(given()).toBe(0);
      batch.left?.();
      expect(given()).toBe(1);
      batch.left?.();
      batch.over();
      expect(given()).toBe(1);
    });

    test('gives nothing back while another may come to it', () => {
      const { batch, given } = recycled(1);
      batch.left?.();
      expect(given()).toBe(0);
      batch.joined();
      batch.over();
      expect(given()).toBe(0);
      batch.left?.();
      expect(given()).toBe(1);
    });

    test('gives nothing back where somebody else refers to it', () => {
      const { batch, given } = recycled(1, 'kept');
      batch.over();
      batch.left?.();
      expect(given()).toBe(0);
    });
  });

  test('gives whoever has its parts no more than he had', () => {
    const batch = new Batch(() => {});
    batch.add(record(1), 0, 19);
    const before = batch.parts();
    batch.add(record(2), 0, 19);
    expect(concat(before)).toEqual(record(1));
    expect(concat(batch.parts())).toEqual(concat([record(1), record(2)]));
  });
});

/** Outboxes and a batch for them. */
class FanOut {
  readonly links = [new RecordingLink(), new RecordingLink(), new RecordingLink()] as const;
  readonly outboxes = this.links.map((link) => new Outbox(link));
  batch: Batch | undefined;

  /** One record for those outboxes, as a channel does it. */
  give(bytes: Uint8Array, to: readonly number[] = [0, 1, 2]): void {
    if (this.batch === undefined || this.batch.length + bytes.length > JOIN_LIMIT) {
      const batch: Batch = new Batch(() => {
        if (this.batch === batch) this.batch = undefined;
      });
      this.batch = batch;
    }
    this.batch.add(bytes, 0, bytes.length);
    for (const index of to) this.outboxes[index]?.share(this.batch, bytes.length);
  }

  flush(): void {
    for (const outbox of this.outboxes) outbox.flush();
  }

  /** Whether these links were given the very same array, as their message of that number. */
  same(message: number, ...links: readonly number[]): boolean {
    return new Set(links.map((index) => this.links[index]?.messages[message])).size === 1;
  }
}

describe('shared by outboxes', () => {
  test('is the same array on every link', () => {
    const fan = new FanOut();
    for (const sequence of [1, 2, 3]) fan.give(record(sequence));
    fan.flush();
    expect(fan.same(0, 0, 1, 2)).toBe(true);
    expect(fan.links[0].wholes).toEqual([concat([record(1), record(2), record(3)])]);
    expect(fan.batch).toBeUndefined();
  });

  test('what comes after somebody was sent it is for the next one', () => {
    const fan = new FanOut();
    fan.give(record(1));
    fan.outboxes[0]?.flush();
    fan.give(record(2));
    fan.flush();
    const [first, second] = fan.links;
    expect(first.wholes).toEqual([record(1), record(2)]);
    expect(second.bytes).toEqual(concat([record(1), record(2)]));
  });

  test('who has missed one, or has something of his own, sends what is his', () => {
    const fan = new FanOut();
    fan.give(record(1));
    fan.give(record(2), [0, 2]);
    fan.outboxes[2]?.settled(9, 1, 0);
    fan.give(record(3));
    fan.flush();
    const [whole, missed, own] = fan.links;
    const settled = concat(encodeRecord({ op: 'settled', end: 9, sequence: 1, hresult: 0 }));
    expect(whole.wholes).toEqual([concat([record(1), record(2), record(3)])]);
    expect(missed.wholes).toEqual([concat([record(1), record(3)])]);
    expect(own.wholes).toEqual([concat([record(1), record(2), settled, record(3)])]);
  });

  test('the last ones of it are sent by who came later, and nothing before them', () => {
    const fan = new FanOut();
    fan.give(record(1), [0]);
    fan.give(record(2));
    fan.flush();
    expect(fan.links[0].bytes).toEqual(concat([record(1), record(2)]));
    expect(fan.links[1].bytes).toEqual(record(2));
  });

  test('one that is full is the same array on every link too, however many follow it', () => {
    const fan = new FanOut();
    for (const sequence of [1, 2, 3, 4, 5, 6]) fan.give(record(sequence, 30_000));
    fan.flush();
    for (const { wholes } of fan.links) expect(wholes.map(({ length }) => length)).toEqual([60_032, 60_032, 60_032]);
    for (const message of [0, 1, 2]) expect(fan.same(message, 0, 1, 2)).toBe(true);
  });
});
