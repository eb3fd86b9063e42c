import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataObject, hresultOf, notificationType, type Outcome, SpoolError } from '../shared/index.ts';
import { turnEnd } from '../test/fuzz/recording-link.ts';
import { Unanswered } from './unanswered.ts';

const S_OK = hresultOf('S_OK');
const LOST = hresultOf('UNIRECTIONAL_NOTIFICATION_LOST');
const FULL = hresultOf('ASYNC_NOTIFICATION_FAILURE');
const PARKED = hresultOf('ASYNC_CALL_ALREADY_PARKED');

/** What was sent, and how each of it has ended so far. */
class Sends {
  /** By number, in the order in which they ended. */
  readonly ended: string[] = [];
  /** Each time less was unanswered: how much still is. */
  readonly left: number[] = [];
  readonly unanswered = new Unanswered(
    (reason) => (reason.code === 'ASYNC_CALL_ALREADY_PARKED' ? new SpoolError('ASYNC_CALL_IN_PROGRESS') : reason),
    () => this.left.push(this.unanswered.objects),
  );

  add(sequence: number, size = 1): void {
    const note = (code: string): unknown => this.ended.push(`${sequence} ${code}`);
    this.unanswered.add(sequence, size).then(
      ({ code }: Outcome) => note(code),
      (reason: unknown) => note(reason instanceof SpoolError ? reason.code : String(reason)),
    );
  }

  async after(): Promise<readonly string[]> {
    await turnEnd();
    return this.ended;
  }
}

describe('an answer', () => {
  test('ends everything up to its number, in order, and nothing behind it', async () => {
    const sends = new Sends();
    for (const sequence of [1, 2, 3, 4]) sends.add(sequence, sequence);
    expect(sends.unanswered).toMatchObject({ objects: 4, bytes: 10 });
    sends.unanswered.settled(2, S_OK);
    expect(sends.unanswered).toMatchObject({ objects: 2, bytes: 7 });
    sends.unanswered.settled(3, LOST);
    expect(await sends.after()).toEqual(['1 S_OK', '2 S_OK', '3 UNIRECTIONAL_NOTIFICATION_LOST']);
    sends.unanswered.settled(4, FULL);
    expect(await sends.after()).toHaveLength(4);
    expect(sends.ended[3]).toBe('4 ASYNC_NOTIFICATION_FAILURE');
    expect(sends.unanswered).toMatchObject({ objects: 0, bytes: 0 });
    expect(sends.left).toEqual([2, 1, 0]);
  });

  test('that is an error is an error of its own for everybody, named as it is called here', async () => {
    const sends = new Sends();
    const reasons: unknown[] = [];
    for (const sequence of [1, 2]) sends.unanswered.add(sequence, 1).catch((reason: unknown) => reasons.push(reason));
    sends.unanswered.settled(2, PARKED);
    await turnEnd();
    expect(reasons).toMatchObject([{ code: 'ASYNC_CALL_IN_PROGRESS' }, { code: 'ASYNC_CALL_IN_PROGRESS' }]);
    expect(reasons[0]).not.toBe(reasons[1]);
  });

  test('to what was answered before, or to nothing, says nothing', async () => {
    const sends = new Sends();
    sends.unanswered.settled(1, S_OK);
    sends.add(1);
    sends.add(2);
    sends.unanswered.settled(1, S_OK);
    sends.unanswered.settled(1, FULL);
    sends.unanswered.settled(0, FULL);
    expect(await sends.after()).toEqual(['1 S_OK']);
    expect(sends.left).toEqual([1]);
  });

  test('to a number that was never sent ends what was sent, no more', async () => {
    const sends = new Sends();
    sends.add(1);
    sends.unanswered.settled(100, S_OK);
    sends.add(2);
    expect(await sends.after()).toEqual(['1 S_OK']);
    expect(sends.unanswered.objects).toBe(1);
    sends.unanswered.settled(2, S_OK);
    expect(await sends.after()).toEqual(['1 S_OK', '2 S_OK']);
  });

  test('says beforehand whether it is the last', () => {
    const sends = new Sends();
    for (const sequence of [1, 2, 3]) sends.add(sequence);
    expect([0, 1, 2, 3].map((sequence) => sends.unanswered.isLast(sequence))).toEqual([false, false, false, true]);
    sends.unanswered.settled(3, S_OK);
  });

  test('goes across the place where the numbers wrap', async () => {
    const sends = new Sends();
    for (const sequence of [0xfffffffe, 0xffffffff, 0, 1]) sends.add(sequence);
    sends.unanswered.settled(0xfffffffe, S_OK);
    sends.unanswered.settled(0, S_OK);
    expect(await sends.after()).toEqual(['4294967294 S_OK', '4294967295 S_OK', '0 S_OK']);
    expect(sends.unanswered.isLast(1)).toBe(true);
    sends.unanswered.settled(1, S_OK);
  });
});

test('when no answer can come any more everything is rejected, and what comes later is something new', async () => {
  const sends = new Sends();
  for (const sequence of [1, 2, 3]) sends.add(sequence, 10);
  sends.unanswered.settled(1, S_OK);
  sends.unanswered.rejectAll(new SpoolError('CONNECTION_LOST'));
  expect(sends.unanswered).toMatchObject({ objects: 0, bytes: 0 });
  // Whoever waits for room hears of it.
  expect(sends.left).toEqual([2, 0]);
  expect(await sends.after()).toEqual(['1 S_OK', '2 CONNECTION_LOST', '3 CONNECTION_LOST']);
  sends.add(4, 5);
  sends.unanswered.settled(3, S_OK);
  expect(sends.unanswered).toMatchObject({ objects: 1, bytes: 5 });
  sends.unanswered.settled(4, S_OK);
  expect(await sends.after()).toHaveLength(4);
});

describe('what was lent', () => {
  const lend = (): DataObject => {
    const object = new DataObject({ type: notificationType('MS_ASYNCNOTIFY_UI'), data: new Uint8Array(1) });
    object.addRef();
    return object;
  };

  test('is given back with its own answer and before it, once, wherever it stands among others', async () => {
    const { unanswered } = new Sends();
    const [second, fourth] = [lend(), lend()];
    const references = (): readonly number[] => [second.references, fourth.references];
    const seen: (readonly number[])[] = [];
    for (const [sequence, lent] of [[1], [2, second], [3], [4, fourth]] as const)
      void unanswered.add(sequence, 1, lent).then(() => seen.push(references()));
    unanswered.settled(1, S_OK);
    expect(references()).toEqual([2, 2]);
    unanswered.settled(3, S_OK);
    expect(references()).toEqual([1, 2]);
    unanswered.settled(4, S_OK);
    expect(references()).toEqual([1, 1]);
    await turnEnd();
    expect(seen).toHaveLength(4);
    expect(seen[1]?.[0]).toBe(1);
  });

  test('is given back where no answer can come any more', () => {
    const { unanswered } = new Sends();
    const lent = lend();
    unanswered.add(1, 1, lent).catch(() => {});
    unanswered.rejectAll(new SpoolError('CONNECTION_LOST'));
    expect(lent.references).toBe(1);
  });

  test('stays with its own answer when what is answered before it is let go', () => {
    const { unanswered } = new Sends();
    for (let sequence = 1; sequence <= 2_000; sequence++) void unanswered.add(sequence, 1);
    const lent = lend();
    void unanswered.add(2_001, 1, lent);
    unanswered.settled(1_900, S_OK);
    expect(lent.references).toBe(2);
    for (let sequence = 2_002; sequence <= 2_010; sequence++) void unanswered.add(sequence, 1);
    unanswered.settled(2_000, S_OK);
    expect(lent.references).toBe(2);
    unanswered.settled(2_001, S_OK);
    expect(lent.references).toBe(1);
    unanswered.settled(2_010, S_OK);
  });
});

test('each ends once and as it was answered, in order, however many there are and wherever the numbers begin', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('send'), count: fc.oneof(fc.nat(3), fc.nat(3_000)) }),
    fc.record({
      kind: fc.constant('settled'),
      count: fc.oneof(fc.nat(3), fc.nat(3_000)),
      hresult: fc.constantFrom(S_OK, LOST),
    }),
  );
  const start = fc.constantFrom(1, 0x7ffffffe, 0xfffffff0);
  await fc.assert(
    fc.asyncProperty(start, fc.array(step, { maxLength: 12 }), async (start, steps) => {
      const sends = new Sends();
      const expected: string[] = [];
      let sent = 0;
      const settle = (count: number, hresult: number): void => {
        const code = hresult === S_OK ? 'S_OK' : 'UNIRECTIONAL_NOTIFICATION_LOST';
        const upTo = Math.min(sent, expected.length + count);
        sends.unanswered.settled((start + upTo - 1) >>> 0, hresult);
        while (expected.length < upTo) expected.push(`${(start + expected.length) >>> 0} ${code}`);
        expect(sends.unanswered).toMatchObject({ objects: sent - expected.length, bytes: sent - expected.length });
      };
      for (const { kind, count, ...rest } of steps) {
        if (kind === 'settled' && 'hresult' in rest) settle(count, rest.hresult);
        else for (let i = 0; i < count; i++) sends.add((start + sent++) >>> 0);
      }
      settle(sent, S_OK);
      expect(await sends.after()).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});
