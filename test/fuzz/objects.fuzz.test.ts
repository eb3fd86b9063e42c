/** Random lives of an object: whatever its channel does, every call ends once, in order, and with its own answer. */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SpoolError } from '../../shared/index.ts';
import { ChannelObject } from '../../spooler/objects/channel-object.ts';
import { ManualClock } from '../harness/index.ts';
import { turn } from '../harness/real-time.ts';

const CALL_TIME = 100;
const utf8 = new TextEncoder();

/** The other end: has what was sent to it, one at a time, and answers with its number. */
class Listener {
  sent: number | undefined;
  closed = false;
  /** What must not be done to a channel. */
  readonly faults: string[] = [];

  send(bytes: Uint8Array): void {
    // One message is in flight on a channel (PAN-101).
    if (this.sent !== undefined) this.faults.push('sent before the answer');
    if (this.closed) this.faults.push('sent after the close');
    [this.sent] = bytes;
  }

  close(): void {
    this.closed = true;
  }

  /** What it would answer; it has answered. */
  take(): number | undefined {
    const { sent } = this;
    this.sent = undefined;
    return sent;
  }
}

const ENDS = ['die', 'sayGoodbye', 'hearOfDeath', 'release'] as const;
const deed = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('call', 'answer', 'wait') },
  { weight: 3, arbitrary: fc.constantFrom('babble', 'refuse') },
  { weight: 1, arbitrary: fc.constantFrom(...ENDS) },
);

test('every call ends once, in the order they were made, and never with the answer to another', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 60, size: 'max' }), fc.boolean(), async (deeds, turns) => {
      const clock = new ManualClock();
      const listener = new Listener();
      const object = new ChannelObject({ clock, callTime: CALL_TIME });
      object.take(listener);
      /** By number: how each call ended. */
      const ends: string[] = [];
      const order: number[] = [];
      let calls = 0;
      const ended = (number: number, how: string): void => {
        ends[number] = how;
        order.push(number);
      };
      const deeply = {
        call() {
          const number = calls++;
          object.call(new Uint8Array([number])).then(
            (hresult) => ended(number, `answered ${hresult}`),
            ({ code }: SpoolError) => ended(number, code),
          );
        },
        answer() {
          const number = listener.take();
          if (number !== undefined) object.answered(utf8.encode(JSON.stringify({ hresult: number })));
        },
        babble() {
          if (listener.take() !== undefined) object.answered(null);
        },
        refuse() {
          if (listener.take() !== undefined) object.refused(new SpoolError('MAX_NOTIFICATION_SIZE_EXCEEDED'));
        },
        wait: () => clock.advance(CALL_TIME / 2),
        die: () => object.closed('died', undefined),
        sayGoodbye: () => object.closed('closed', utf8.encode(JSON.stringify({ hresult: listener.take() ?? 0 }))),
        hearOfDeath: () => object.listenerGone('died'),
        release: () => object.release(),
      };
      for (const what of deeds) {
        if (listener.closed && what !== 'call') continue;
        deeply[what]();
        if (turns) await turn();
      }
      // Some lives have ended by now, the others are ended.
      object.release();
      await object.gone;
      await turn();
      expect(ends.length).toBe(calls);
      expect(ends.filter((how, number) => how.startsWith('answered') && how !== `answered ${number}`)).toEqual([]);
      expect(listener.faults).toEqual([]);
      expect(order).toEqual(Array.from({ length: calls }, (_, number) => number));
      expect(clock.pending).toBe(0);
      expect(listener.closed).toBe(true);
    }),
    { numRuns: 500 },
  );
});
