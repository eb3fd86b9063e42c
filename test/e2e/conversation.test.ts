/** The shortest whole conversations, over every transport. */

import { describe, expect, test } from 'vitest';
import { notificationType } from '../../shared/index.ts';
import { startRig, TRANSPORTS } from '../harness/index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('a unidirectional notification reaches a listener (PAN-115, PAN-193)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'lab', type });
    expect(await channel.sendNotification('paper jam')).toEqual({ code: 'S_OK', hresult: 0 });
    expect(await seen.nextNotification()).toMatchObject({ channel: null, text: 'paper jam', size: 9, type });
    await channel.closeChannel();
  });

  test('a dialogue, until the listener closes with a last word (PAN-148, PAN-149, PAN-158)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: null, type, style: 'kBiDirectional' }, seen);
    const answers = rig.senderRecorder();
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, style: 'kBiDirectional' }, answers);
    await channel.sendNotification('q1');
    const first = await seen.nextNotification();
    await first.channel?.sendNotification('a1');
    expect((await answers.nextNotification()).text).toBe('a1');
    await channel.sendNotification('q2');
    const second = await seen.nextNotification();
    expect(await second.channel?.closeChannel('a2')).toMatchObject({ code: 'S_OK' });
    expect(await answers.nextClose()).toMatchObject({ text: 'a2', cause: 'closed' });
    expect(channel.state).toBe('closed');
  });

  test('the death of the owner is told once, with the release triple (PAN-170)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type, style: 'kBiDirectional' }, seen);
    const answers = rig.senderRecorder();
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, style: 'kBiDirectional' }, answers);
    await channel.sendNotification('q1');
    await (await seen.nextNotification()).channel?.sendNotification('a1');
    rig.cut(listener);
    expect(await answers.nextClose()).toMatchObject({
      data: null,
      size: 0,
      type: notificationType('NOTIFICATION_RELEASE'),
      cause: 'died',
    });
    await rig.settle();
    expect(answers.closes).toHaveLength(1);
  });
});
