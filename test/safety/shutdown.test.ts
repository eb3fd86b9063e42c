/** The spooler ends in good order while everybody is at work (T15; PROTOCOL.md 7.1): answered, drained, told, and nothing new begun. */

import { describe, expect, test } from 'vitest';
import type { Loss } from '../../client/listener.ts';
import { type Code, NOTIFICATION_RELEASE, notificationType } from '../../shared/index.ts';
import { startRig, TRANSPORTS } from '../harness/index.ts';
import { codeOf } from './outcome.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const DIALOGUE = { name: 'Lab', type, style: 'kBiDirectional' } as const;
const SHUTDOWN = { data: null, size: 0, type: NOTIFICATION_RELEASE, cause: 'shutdown' };

/** A callback that keeps what it is told of until `give`. */
function keeper(): { keep: () => Promise<void>; give: () => void } {
  let give: () => void = () => {};
  const kept = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { keep: () => kept, give };
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('what was sent is answered, what is queued is taken, everybody is told once', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
    const losses: (Loss & { retrying: boolean | undefined })[] = [];
    const onLost = (loss: Loss, retrying?: boolean): void => void losses.push({ ...loss, retrying });
    const { keep, give } = keeper();
    const slow = rig.recorder((event) => (event.kind === 'notification' ? keep() : undefined));
    const owner = rig.recorder((event) =>
      event.kind === 'notification' ? event.channel?.sendNotification('answer') : undefined,
    );
    const listener = await rig.listener({ onLost });
    await listener.registerForNotifications({ name: 'Lab', type }, slow);
    await listener.registerForNotifications(DIALOGUE, owner);
    const sender = await rig.sender({ onLost });
    const answers = rig.senderRecorder();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    const dialogue = await sender.createNotificationChannel(DIALOGUE, answers);
    await dialogue.sendNotification('question');
    await answers.nextNotification();
    const sends = Array.from({ length: 50 }, (_, number) => codeOf(channel.sendNotification(`${number}`)));
    await rig.settle();
    expect(rig.spooler.stats()).toMatchObject({ queued: 49 });

    let ended = false;
    const closing = rig.spooler.close().then(() => {
      ended = true;
    });
    // Nothing new begins; what is open goes on while the queue is taken.
    await expect(sender.createNotificationChannel({ name: 'Hall', type })).rejects.toMatchObject({
      code: 'RPC_S_CALL_CANCELLED',
    });
    await expect(listener.registerForNotifications({ name: 'Hall', type }, slow)).rejects.toMatchObject({
      code: 'RPC_S_CALL_CANCELLED',
    });
    await dialogue.sendNotification('still there?');
    expect((await answers.nextNotification()).text).toBe('answer');
    expect(ended).toBe(false);
    expect(slow.texts).toEqual(['0']);
    give();
    await closing;
    await rig.settle();

    expect(new Set(await Promise.all(sends))).toEqual(new Set<Code>(['S_OK']));
    expect(slow.texts).toEqual(Array.from({ length: 50 }, (_, number) => `${number}`));
    expect(slow.closes).toMatchObject([{ ...SHUTDOWN, channel: null }]);
    expect(owner.closes).toMatchObject([SHUTDOWN]);
    expect(answers.closes).toMatchObject([SHUTDOWN]);
    expect(losses).toMatchObject([
      { code: 1001, cause: 'shutdown' },
      { code: 1001, cause: 'shutdown' },
    ]);
    expect(dialogue.state).toBe('closed');
  });

  test('what waits for room is answered too: it was not delivered', async () => {
    await using rig = await startRig({
      transport,
      limits: { registrationHeldObjects: 1, queueLength: 1, stallTime: 60_000 },
    });
    const { keep, give } = keeper();
    const slow = rig.recorder((event) => (event.kind === 'notification' ? keep() : undefined));
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, slow);
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type, overflow: 'wait' });
    const sends = ['given', 'queued', 'waits', 'waits too'].map((text) => codeOf(channel.sendNotification(text)));
    await rig.settle();
    const closing = rig.spooler.close();
    await rig.advance(2_000);
    await closing;
    expect(await Promise.all(sends)).toEqual(['S_OK', 'S_OK', 'RPC_S_CALL_CANCELLED', 'RPC_S_CALL_CANCELLED']);
    give();
    await rig.settle();
    expect(slow.texts).toEqual(['given']);
  });

  test('it waits two seconds for who takes nothing, not longer; asking again waits for the same end', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, stallTime: 60_000 } });
    const { keep, give } = keeper();
    const slow = rig.recorder((event) => (event.kind === 'notification' ? keep() : undefined));
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, slow);
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    for (const text of ['given', 'queued']) await channel.sendNotification(text);
    const closings = [rig.spooler.close(), rig.spooler.close()];
    await rig.advance(1_999);
    expect(rig.spooler.stats()).toMatchObject({ sessions: 2, queued: 1 });
    await rig.advance(1);
    await Promise.all(closings);
    expect(rig.spooler.stats()).toMatchObject({
      sessions: 0,
      channels: 0,
      registrations: 0,
      queued: 0,
      heldObjects: 0,
    });
    give();
    await rig.settle();
    expect(slow.texts).toEqual(['given']);
  });

  test('with nothing queued it ends at once, and a listener that comes back finds the next one', async () => {
    await using rig = await startRig({ transport });
    const losses: boolean[] = [];
    const seen = rig.recorder();
    const listener = await rig.listener({ reconnect: true, onLost: (_, retrying) => losses.push(retrying) });
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    await rig.spooler.close();
    await rig.killSpooler();
    expect(losses).toEqual([true]);
    expect(seen.closes).toMatchObject([SHUTDOWN]);
    await rig.startSpooler();
    await rig.advance(1_500);
    expect(rig.spooler.stats()).toMatchObject({ sessions: 1, registrations: 1 });
  });
});
