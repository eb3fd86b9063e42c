/** Peers that vanish without a word (T3; PROTOCOL.md 7.1): whoever is left notices within two beats, on both sides, and idle is not dead. */

import { describe, expect, test } from 'vitest';
import type { Loss } from '../../client/sender.ts';
import { NOTIFICATION_RELEASE, notificationType } from '../../shared/index.ts';
import { type Rig, startRig, TRANSPORTS } from '../harness/index.ts';
import { codeOf } from './outcome.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const DIALOGUE = { name: 'Lab', type, style: 'kBiDirectional' } as const;
const TRIPLE = { data: null, size: 0, type: NOTIFICATION_RELEASE };

/** A dialogue after its first answer: the listener is the owner, it is the source's turn. */
async function dialogue(rig: Rig) {
  const losses: Loss[] = [];
  const seen = rig.recorder();
  const listener = await rig.listener({ onLost: (loss) => losses.push(loss) });
  await listener.registerForNotifications(DIALOGUE, seen);
  const answers = rig.senderRecorder();
  const sender = await rig.sender({ onLost: (loss) => losses.push(loss) });
  const channel = await sender.createNotificationChannel(DIALOGUE, answers);
  await channel.sendNotification('q1');
  const asked = await seen.nextNotification();
  await asked.channel?.sendNotification('a1');
  await answers.nextNotification();
  return { listener, seen, sender, channel, answers, losses };
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('a listener that goes silent is noticed ten seconds after its last byte, not before, and told of once', async () => {
    await using rig = await startRig({ transport });
    const { listener, answers } = await dialogue(rig);
    rig.goSilent(listener);
    await rig.advance(9_999);
    expect(answers.closes).toEqual([]);
    expect(rig.spooler.stats().sessions).toBe(2);
    await rig.advance(1);
    expect(answers.closes).toMatchObject([{ ...TRIPLE, cause: 'silent' }]);
    expect(rig.spooler.stats()).toMatchObject({ sessions: 1, registrations: 0, channels: 0, ends: 0 });
    await rig.advance(60_000);
    expect(answers.closes).toHaveLength(1);
  });

  test('so is a sender, whether it was idle or in the middle of a sentence', async () => {
    await using rig = await startRig({ transport });
    const { sender, seen, channel } = await dialogue(rig);
    for (let second = 0; second < 30; second++) {
      await channel.sendNotification('a question');
      await (await seen.nextNotification()).channel?.sendNotification('an answer');
      await rig.advance(1_000);
    }
    rig.goSilent(sender);
    await rig.advance(8_999);
    expect(seen.closes).toEqual([]);
    await rig.advance(1_001);
    expect(seen.closes).toMatchObject([{ ...TRIPLE, cause: 'silent' }]);
  });

  test('a spooler that goes silent is noticed by both ends: callbacks are told, what waits fails, once (PAN-172)', async () => {
    await using rig = await startRig({ transport });
    const { listener, seen, sender, channel, answers, losses } = await dialogue(rig);
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    rig.goSilent(sender);
    rig.goSilent(listener);
    // It never reaches the spooler.
    const asking = codeOf(channel.sendNotification('q2'));
    const opening = sender.createNotificationChannel({ name: 'Hall', type }).catch((reason: unknown) => reason);
    await rig.advance(9_999);
    expect(losses).toEqual([]);
    expect([sender.isOpen, listener.state]).toEqual([true, 'connected']);
    await rig.advance(1);
    expect(await asking).toBe('CONNECTION_LOST');
    expect(await opening).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(answers.closes).toMatchObject([{ ...TRIPLE, cause: 'lost' }]);
    // The dialogue, and the registration for notifications, which has no channel (GAP-1).
    expect(seen.closes.toSorted((a) => (a.channel ? -1 : 1))).toMatchObject([
      { ...TRIPLE, cause: 'lost' },
      { ...TRIPLE, cause: 'lost', channel: null },
    ]);
    expect(losses).toMatchObject([
      { code: 4407, cause: 'lost' },
      { code: 4407, cause: 'lost' },
    ]);
    expect([sender.isOpen, listener.state]).toEqual([false, 'closed']);
    await rig.advance(60_000);
    expect([answers.closes.length, seen.closes.length, losses.length]).toEqual([1, 2, 2]);
  });

  test('tuned to beats of 5 and 2.5 seconds, both sides notice after 7.5', async () => {
    const heartbeat = { interval: 5_000, timeout: 2_500 };
    await using rig = await startRig({ transport, limits: { heartbeatInterval: 5_000, heartbeatTimeout: 2_500 } });
    const losses: Loss[] = [];
    const listener = await rig.listener({ heartbeat, onLost: (loss) => losses.push(loss) });
    await rig.settle();
    rig.goSilent(listener);
    await rig.advance(7_499);
    expect([losses.length, rig.spooler.stats().sessions]).toEqual([0, 1]);
    await rig.advance(1);
    expect([losses.length, rig.spooler.stats().sessions]).toEqual([1, 0]);
  });

  test('idle is not dead: after an hour without a word everybody is there', async () => {
    await using rig = await startRig({ transport });
    const { channel, answers, seen, losses } = await dialogue(rig);
    await rig.advance(3_600_000);
    expect([losses, answers.closes, seen.closes]).toEqual([[], [], []]);
    await channel.sendNotification('still there?');
    expect((await seen.nextNotification()).text).toBe('still there?');
  });

  test('one whose beat is slower than the other side wants is not taken for dead', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener({ heartbeat: { interval: 3_600_000, timeout: 1_000 } });
    await rig.advance(600_000);
    expect(listener.state).toBe('connected');
    expect(rig.spooler.stats().sessions).toBe(1);
  });
});
