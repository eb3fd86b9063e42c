/** Settling is sound: it never says "quiet" while something is on its way, and it never waits for what does not come. */

import { describe, expect, test } from 'vitest';
import type { SenderChannel } from '../../client/sender.ts';
import { type Lease, notificationType } from '../../shared/index.ts';
import { type Reaction, type Rig, startRig, TRANSPORTS } from './index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const bulletin = { name: 'Lab', type } as const;
const dialogue = { ...bulletin, style: 'kBiDirectional' } as const;
const MiB = 1024 * 1024;

/** A dialogue in which either side answers so many times; sent and not waited for. */
async function startDialogue(rig: Rig, answers: number): Promise<readonly string[]> {
  const told: string[] = [];
  const answer: Reaction & Reaction<SenderChannel> = async (event) => {
    if (event.kind !== 'notification') return;
    told.push(event.text);
    if (told.length <= answers) await event.channel?.sendNotification(`answer ${told.length}`).catch(() => {});
  };
  await (await rig.listener()).registerForNotifications(dialogue, rig.recorder(answer));
  const channel = await (await rig.sender()).createNotificationChannel(dialogue, rig.senderRecorder(answer));
  void channel.sendNotification('question');
  return told;
}

describe.each(TRANSPORTS)('over %s, when it resolves', (transport) => {
  test('what was sent has arrived everywhere', async () => {
    await using rig = await startRig({ transport });
    const recorders = [rig.recorder(), rig.recorder(), rig.recorder()];
    for (const seen of recorders) await (await rig.listener()).registerForNotifications(bulletin, seen);
    const channel = await (await rig.sender()).createNotificationChannel(bulletin);
    for (let round = 1; round <= 20; round++) {
      void channel.sendNotification(`${round}`);
      await rig.settle();
      for (const seen of recorders) expect(seen.seen).toHaveLength(round);
    }
  });

  test('payloads that fill every buffer have arrived too', async () => {
    await using rig = await startRig({ transport });
    const recorders = [rig.recorder(), rig.recorder()];
    for (const seen of recorders) await (await rig.listener()).registerForNotifications(bulletin, seen);
    const channel = await (await rig.sender()).createNotificationChannel(bulletin);
    void channel.sendNotification(new Uint8Array(8 * MiB));
    await rig.settle();
    expect(recorders.map((seen) => seen.notifications.map(({ size }) => size))).toEqual([[8 * MiB], [8 * MiB]]);
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0, queued: 0 });
  });

  test('whatever answers cause has happened', async () => {
    await using rig = await startRig({ transport });
    const told = await startDialogue(rig, 50);
    await rig.settle();
    expect(told).toHaveLength(51);
  });

  test('a cut has been noticed by everybody', async () => {
    await using rig = await startRig({ transport });
    const answers = rig.senderRecorder();
    const seen = rig.recorder((event) => event.kind === 'notification' && event.channel?.sendNotification('mine'));
    const listener = await rig.listener();
    await listener.registerForNotifications(dialogue, seen);
    const channel = await (await rig.sender()).createNotificationChannel(dialogue, answers);
    void channel.sendNotification('whose?');
    await rig.settle();
    rig.cut(listener);
    await rig.settle();
    expect(answers.closes).toMatchObject([{ cause: 'died' }]);
    expect(rig.spooler.stats().sessions).toBe(1);
  });

  test('the last end that left is gone', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    void listener.close();
    await rig.settle();
    expect(rig.spooler.stats().sessions).toBe(0);
  });

  test('an end that was just made is connected or refused', async () => {
    await using rig = await startRig({ transport });
    const making = rig.listener();
    let made = false;
    void making.then(() => {
      made = true;
    });
    await rig.settle();
    expect(made).toBe(true);
  });

  test('what the operator does has been told', async () => {
    await using rig = await startRig({ transport });
    const answers = rig.senderRecorder();
    await (await rig.sender()).createNotificationChannel(dialogue, answers);
    rig.spooler.removePrinter('\\\\localhost\\Lab');
    await rig.settle();
    expect(answers.closes).toMatchObject([{ cause: 'printerRemoved' }]);
  });
});

describe.each(TRANSPORTS)('over %s it does not wait for', (transport) => {
  test('what is silent', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications(bulletin, seen);
    rig.goSilent(listener);
    const channel = await (await rig.sender()).createNotificationChannel(bulletin);
    await channel.sendNotification('unheard');
    await rig.settle();
    expect(seen.seen).toEqual([]);
    expect(rig.spooler.stats().heldObjects).toBe(1);
  });

  test('what is held back, and waits for it again once it is let go', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications(bulletin, seen);
    rig.faults(listener).hold('incoming');
    const channel = await (await rig.sender()).createNotificationChannel(bulletin);
    await channel.sendNotification('later');
    await rig.settle();
    expect(seen.seen).toEqual([]);
    rig.faults(listener).letGo();
    await rig.settle();
    expect(seen.texts).toEqual(['later']);
    expect(rig.spooler.stats().heldObjects).toBe(0);
  });

  test('a link that nobody reads', async () => {
    await using rig = await startRig({ transport });
    const link = await rig.link();
    await expect(rig.settle()).resolves.toBeUndefined();
    link.cut();
  });

  test('two ends that never come to an end: it gives up', async () => {
    await using rig = await startRig({ transport, patience: 100 });
    const told = await startDialogue(rig, Number.POSITIVE_INFINITY);
    await expect(rig.settle()).rejects.toThrow('the rig does not become quiet; the spooler has 2 sessions');
    expect(told.length).toBeGreaterThan(2);
    await rig.killSpooler();
  });
});

test('advancing lets everything happen that a timer causes before the next one runs', async () => {
  await using rig = await startRig({ limits: { stallTime: 1_000, sessionHeldObjects: 1 } });
  const kept: Lease[] = [];
  const seen = rig.recorder((event, object) => {
    if (event.kind === 'notification' && object) kept.push(object.acquireData());
  });
  const lost: number[] = [];
  const listener = await rig.listener({ onLost: () => lost.push(rig.clock.now()) });
  await listener.registerForNotifications(bulletin, seen);
  const channel = await (await rig.sender()).createNotificationChannel(bulletin);
  await channel.sendNotification('kept');
  await channel.sendNotification('queued');
  await rig.advance(3_000);
  // At the moment it was cut off, not when all the time had passed.
  expect(lost).toEqual([1_000]);
  for (const lease of kept) lease.releaseData();
});
