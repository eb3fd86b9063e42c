import { describe, expect, test } from 'vitest';
import { type Clock, encodeRecord, type RawRecord } from '../../shared/index.ts';
import { RecordingLink } from '../../test/fuzz/recording-link.ts';
import { Inbox } from './inbox.ts';

/** A clock on which reading one record takes so many milliseconds; what is due comes when the turn is over. */
class WorkClock implements Clock {
  #now = 0;
  #due: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  work(milliseconds: number): void {
    this.#now += milliseconds;
  }

  after(_: number, action: () => void): () => void {
    this.#due.push(action);
    return () => {
      this.#due = this.#due.filter((one) => one !== action);
    };
  }

  get pending(): number {
    return this.#due.length;
  }

  /** The next turn of the event loop; false where nothing is due in it. */
  async turn(): Promise<boolean> {
    // Whatever the last turn left to do at its end.
    await Promise.resolve();
    const due = this.#due.splice(0);
    for (const action of due) action();
    return due.length > 0;
  }
}

function pings(first: number, count: number): Uint8Array {
  return Buffer.concat(
    Array.from({ length: count }, (_, index) => encodeRecord({ op: 'ping', sequence: first + index })).flat(),
  );
}

function inbox(millisecondsEach: number, react: (record: RawRecord) => void = () => {}) {
  const clock = new WorkClock();
  const read: number[] = [];
  const said: string[] = [];
  const box = new Inbox(new RecordingLink(), clock, {
    read: (record) => {
      read.push(record.sequence);
      clock.work(millisecondsEach);
      react(record);
    },
    failed: (reason) => said.push(`failed: ${(reason as { code?: string }).code ?? String(reason)}`),
    busy: () => said.push('busy'),
    idle: () => said.push('idle'),
  });
  return { box, clock, read, said };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('an inbox', () => {
  test('reads what takes no time at once, whatever it is', () => {
    const { box, clock, read, said } = inbox(0);
    box.take(pings(1, 5_000));
    box.take(pings(5_001, 1));
    expect(read).toEqual(upTo(5_001));
    expect([said, clock.pending, box.isBusy]).toEqual([[], 0, false]);
  });

  test('reads what takes long in slices, in order, and asks for nothing else meanwhile', async () => {
    const { box, clock, read, said } = inbox(1);
    box.take(pings(1, 100));
    expect(read.length).toBeLessThan(40);
    expect([said, box.isBusy]).toEqual([['busy'], true]);
    // What was on its way already stands behind it.
    box.take(pings(101, 100));
    let turns = 0;
    let most = read.length;
    for (let before = read.length; await clock.turn(); before = read.length) {
      turns++;
      most = Math.max(most, read.length - before);
    }
    expect(read).toEqual(upTo(200));
    expect(turns).toBeGreaterThan(4);
    expect(most).toBeLessThan(40);
    expect(said.at(-1)).toBe('idle');
    expect(said.filter((word) => word === 'idle')).toHaveLength(1);
    expect(box.isBusy).toBe(false);
  });

  test('counts the time of many small messages in one turn together', () => {
    const { box, read, said } = inbox(1);
    for (const sequence of upTo(100)) box.take(pings(sequence, 1));
    expect(read.length).toBeLessThan(40);
    expect(said).toEqual(['busy']);
  });

  test('and gives each turn a slice of its own', async () => {
    const { box, clock, read } = inbox(1);
    for (let turn = 0; turn < 20; turn++) {
      box.take(pings(1 + turn * 10, 10));
      await clock.turn();
    }
    expect(read).toEqual(upTo(200));
  });

  test('says that it is finished when everything is read, or at once', async () => {
    const { box, clock, read, said } = inbox(1);
    box.finish(() => said.push('finished'));
    expect(said).toEqual(['finished']);
    box.take(pings(1, 100));
    box.finish(() => said.push(`finished after ${read.length}`));
    while (await clock.turn());
    expect(said).toEqual(['finished', 'busy', ...said.slice(2, -2), 'idle', 'finished after 100']);
  });

  test('reads nothing after it was ended, also from within', async () => {
    const { box, clock, read } = inbox(1, ({ sequence }) => {
      if (sequence === 3) box.end();
    });
    box.take(pings(1, 10));
    expect(read).toEqual([1, 2, 3]);
    const waiting = inbox(1);
    waiting.box.take(pings(1, 100));
    waiting.box.finish(() => waiting.said.push('finished'));
    const before = waiting.read.length;
    waiting.box.end();
    expect(waiting.clock.pending + clock.pending).toBe(0);
    await waiting.clock.turn();
    expect([waiting.read.length, waiting.said]).toEqual([before, ['busy']]);
  });

  test.each([
    ['what is no record', Buffer.concat([pings(1, 2), Buffer.alloc(3)]), [1, 2]],
    ['an empty message', new Uint8Array(), []],
  ])('fails at %s, after what came before it, and reads no more', (_, message, before) => {
    const { box, read, said } = inbox(0);
    box.take(message);
    expect(read).toEqual(before);
    expect(said).toEqual(['failed: MALFORMED_RECORD']);
  });

  test('fails with what reading throws', () => {
    const { box, read, said } = inbox(0, () => {
      throw new Error('not this one');
    });
    box.take(pings(1, 2));
    expect([read, said]).toEqual([[1], ['failed: Error: not this one']]);
  });
});
