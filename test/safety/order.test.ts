/** Frames that come twice, late, out of order or for what is closed (T16; PROTOCOL.md 4, 11): ignored or refused, and nothing changes. */

import { describe, expect, test } from 'vitest';
import { hresultOf, notificationType, type SpoolerRecord } from '../../shared/index.ts';
import { type Rig, startRig, TRANSPORTS } from '../harness/index.ts';
import { Stranger } from './stranger.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const LAB = '\\\\localhost\\Lab';
const uni = { name: LAB, type, filter: 'kPerUser', style: 'kUniDirectional' } as const;
const bi = { ...uni, style: 'kBiDirectional' } as const;
const text = (value: string): Uint8Array => Buffer.from(value);

/** The numbers of answered sends and their codes. */
function settled(records: readonly SpoolerRecord[]): [sequence: number, hresult: number][] {
  return records.flatMap((one) => (one.op === 'settled' ? [[one.sequence, one.hresult]] : []));
}

async function opened(rig: Rig, interest: typeof uni | typeof bi): Promise<{ stranger: Stranger; end: number }> {
  const stranger = await Stranger.greeted(rig, { user: 'ann' });
  stranger.say({ op: 'open', end: 0, request: 1, interest });
  const records = await stranger.until((records) => records.some(({ op }) => op === 'result'));
  const result = records.find((record) => record.op === 'result');
  return { stranger, end: result?.id ?? 0 };
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('a notification that comes twice is delivered once; one that skips a number is refused and changes nothing', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    const { stranger, end } = await opened(rig, uni);
    for (const [sequence, data] of [
      [1, 'one'],
      [1, 'one again'],
      [3, 'three, too early'],
      [2, 'two'],
      [2, 'two again'],
      [1, 'one, late'],
      [0, 'a number that is none'],
      [0xffffffff, 'one from long ago'],
      [0x40000000, 'one from far ahead'],
      [3, 'three'],
    ] as const) {
      stranger.say({ op: 'notify', end, sequence, data: text(data), release: false });
      // Each in a turn of its own, so that no two answers are joined.
      expect(await stranger.isServed()).toBe(true);
    }
    const invalid = hresultOf('E_INVALIDARG');
    expect(settled(stranger.records)).toEqual([
      [1, 0],
      [3, invalid],
      [2, 0],
      [0x40000000, invalid],
      [3, 0],
    ]);
    await rig.settle();
    expect(seen.texts).toEqual(['one', 'two', 'three']);
    await stranger[Symbol.asyncDispose]();
  });

  test('a close that comes twice, or late, closes once; what follows is refused by itself', async () => {
    await using rig = await startRig({ transport });
    const { stranger, end } = await opened(rig, uni);
    stranger.say(
      { op: 'notify', end, sequence: 1, data: text('one'), release: false },
      { op: 'close', end, sequence: 2, data: null, release: true },
      { op: 'close', end, sequence: 2, data: null, release: true },
      { op: 'notify', end, sequence: 3, data: text('late'), release: false },
      { op: 'open', end, request: 2, interest: uni },
    );
    expect(await stranger.isServed()).toBe(true);
    const closed = hresultOf('CHANNEL_ALREADY_CLOSED');
    expect(settled(stranger.records)).toEqual([
      [1, hresultOf('NO_LISTENERS')],
      [2, 0],
      [3, closed],
    ]);
    expect(stranger.answers.at(-1)).toBe(hresultOf('CHANNEL_NOT_OPENED'));
    expect(rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 0, ends: 0 });
    await stranger[Symbol.asyncDispose]();
  });

  test('out of turn in a dialogue: refused, and the dialogue goes on (PAN-147, PAN-157)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type, style: 'kBiDirectional' }, seen);
    const { stranger, end } = await opened(rig, bi);
    const say = async (sequence: number, data: string): Promise<void> => {
      stranger.say({ op: 'notify', end, sequence, data: text(data), release: false });
      expect(await stranger.isServed()).toBe(true);
    };
    await say(1, 'q1');
    await say(2, 'q2, before the answer');
    const channel = (await seen.nextNotification()).channel;
    await channel?.sendNotification('a1');
    await expect(channel?.sendNotification('a2, before the question')).rejects.toMatchObject({
      code: 'ASYNC_CALL_IN_PROGRESS',
    });
    await say(2, 'q2, a number that was used up by the refusal');
    await say(3, 'q3');
    expect(settled(stranger.records)).toEqual([
      [1, 0],
      [2, hresultOf('CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION')],
      [3, 0],
    ]);
    await rig.settle();
    expect(seen.texts).toEqual(['q1', 'q3']);
    expect(seen.closes).toEqual([]);
    await stranger[Symbol.asyncDispose]();
  });

  test('releases that come twice, or for what is finished, follow the rule: once is right, also late; twice ends it', async () => {
    await using rig = await startRig({ transport });
    const stranger = await Stranger.greeted(rig, { user: 'ann' });
    stranger.say({ op: 'register', registration: 1, request: 1, interest: uni });
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    for (const number of ['one', 'two', 'three']) await channel.sendNotification(number);
    await channel.closeChannel();
    const records = await stranger.until((all) => all.some(({ op }) => op === 'closed'));
    const end = records.find((record) => record.op === 'offer')?.end ?? 0;
    expect(rig.spooler.stats().heldObjects).toBe(3);
    stranger.say({ op: 'release', end, sequence: 2, only: true }, { op: 'unregister', registration: 1, request: 2 });
    expect(await stranger.isServed()).toBe(true);
    stranger.say({ op: 'release', end, sequence: 3, only: false });
    expect(await stranger.isServed()).toBe(true);
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0, heldBytes: 0 });
    stranger.say({ op: 'release', end, sequence: 3, only: false });
    expect(await stranger.closed()).toBe(4404);
    expect(rig.spooler.stats()).toMatchObject({ sessions: 1, heldObjects: 0, heldBytes: 0 });
  });

  test('requests are answered once each and in order, whatever their numbers', async () => {
    await using rig = await startRig({ transport });
    const stranger = await Stranger.greeted(rig, { user: 'ann' });
    stranger.say(
      { op: 'register', registration: 5, request: 9, interest: uni },
      { op: 'register', registration: 5, request: 9, interest: uni },
      { op: 'unregister', registration: 5, request: 0 },
      { op: 'unregister', registration: 5, request: 0xffffffff },
    );
    expect(await stranger.isServed()).toBe(true);
    expect(stranger.records.filter((one) => one.op === 'result').map((one) => [one.request, one.hresult])).toEqual([
      [9, 0],
      [9, hresultOf('ALREADY_REGISTERED')],
      [0, 0],
      [0xffffffff, hresultOf('ALREADY_UNREGISTERED')],
    ]);
    await stranger[Symbol.asyncDispose]();
  });
});
