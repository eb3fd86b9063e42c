/** The rig fails where something is left, and says what: without these tests every other test's end would prove nothing. */

import { describe, expect, test } from 'vitest';
import { createSender } from '../../client/sender.ts';
import { DataObject, type Lease, notificationType } from '../../shared/index.ts';
import type { Spooler } from '../../spooler/core/spooler.ts';
import { type Rig, RigNotClean, startRig, TRANSPORTS } from './index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const bulletin = { name: 'Lab', type } as const;

/** What the rig says when it is closed. */
async function complaintOf(rig: Rig): Promise<RigNotClean> {
  const reason: unknown = await rig.close().then(
    () => expect.unreachable('the rig was clean'),
    (thrown: unknown) => thrown,
  );
  if (!(reason instanceof RigNotClean)) throw reason;
  return reason;
}

/** A listener that was sent one notification. */
async function notified(rig: Rig, ...[react]: Parameters<Rig['recorder']>): Promise<void> {
  await (await rig.listener({ user: 'bob' })).registerForNotifications(
    { ...bulletin, filter: 'kAllUsers' },
    rig.recorder(react),
  );
  const channel = await (await rig.sender()).createNotificationChannel(bulletin);
  await channel.sendNotification('paper jam');
  await rig.settle();
}

describe.each(TRANSPORTS)('over %s a rig', (transport) => {
  test('that everybody used and nobody closed is clean', async () => {
    const rig = await startRig({ transport });
    await notified(rig);
    await expect(rig.close()).resolves.toBeUndefined();
  });

  test('complains about a data object that was acquired and not given back, and says where (T10)', async () => {
    const rig = await startRig({ transport });
    const leases: (Lease | undefined)[] = [];
    await notified(rig, function keepIt(_, object) {
      leases.push(object?.acquireData());
    });
    const { left } = await complaintOf(rig);
    expect(left).toEqual([
      'listener 1 (bob) still has 1 live object',
      expect.stringMatching(/^leak: a data object of type .*, 9 bytes, was never released\nacquired\n.*keepIt/s),
    ]);
    expect(leases).toHaveLength(1);
  });

  test('complains about one that was referenced more often than released', async () => {
    const rig = await startRig({ transport });
    await notified(rig, (_, object) => object?.addRef());
    const { left } = await complaintOf(rig);
    expect(left).toEqual(['listener 1 (bob) still has 1 live object', expect.stringContaining('referenced\n')]);
  });

  test('complains about a link of the test’s own that is open, and what it holds at the spooler', async () => {
    const rig = await startRig({ transport });
    const sender = await createSender(await rig.link(), { user: 'ann', clock: rig.clock });
    await sender.createNotificationChannel(bulletin);
    const { left } = await complaintOf(rig);
    expect(left[0]).toMatch(
      /^the spooler still has 1 session, 1 channel, 1 end.*; 1 of the test's own links was not closed$/,
    );
  });

  test('complains about a callback that threw, with the error as its cause', async () => {
    const rig = await startRig({ transport });
    const mine = new Error('my mistake');
    await notified(rig, () => {
      throw mine;
    });
    const complaint = await complaintOf(rig);
    expect(complaint.left).toEqual([
      expect.stringMatching(/^callbackThrew: onEventNotify of .*\nError: my mistake\n/s),
    ]);
    expect(complaint.cause).toBe(mine);
  });

  test('complains about a callback that never ends: its data object and its timer', async () => {
    const rig = await startRig({ transport });
    await notified(rig, () => new Promise(() => {}));
    const { left } = await complaintOf(rig);
    expect(left).toEqual([
      'listener 1 (bob) still has 1 live object',
      expect.stringMatching(/^a timer that is due at 30000 ms, set\n.*callback-sequence\.ts/s),
    ]);
  });

  test('complains about a fault of the spooler', async () => {
    const rig = await startRig({ transport });
    const reason = new Error('it cannot happen');
    (rig.spooler as Spooler).observe({ kind: 'fault', user: 'ann', reason });
    const complaint = await complaintOf(rig);
    expect(complaint.left).toEqual([expect.stringMatching(/^a fault of the spooler\nError: it cannot happen\n/)]);
    expect(complaint.cause).toBe(reason);
  });

  test('complains about ends that never come to an end', async () => {
    const rig = await startRig({ transport, patience: 50 });
    const dialogue = { ...bulletin, style: 'kBiDirectional' } as const;
    const endless = (event: { kind: string; channel: { sendNotification(text: string): unknown } | null }): unknown =>
      event.kind === 'notification' ? event.channel?.sendNotification('and you?') : undefined;
    await (await rig.listener()).registerForNotifications(dialogue, rig.recorder(endless));
    const channel = await (await rig.sender()).createNotificationChannel(dialogue, rig.senderRecorder(endless));
    await channel.sendNotification('how are you?');
    const { left } = await complaintOf(rig);
    expect(left).toContainEqual(expect.stringContaining('the rig does not become quiet'));
  });

  test('has closed everything all the same', async () => {
    const rig = await startRig({ transport });
    const link = await rig.link();
    await complaintOf(rig);
    expect(rig.spooler.stats().sessions).toBe(0);
    expect(link.closed).toBe(true);
  });

  test('forgives a reference that was given back after its connection was lost', async () => {
    const rig = await startRig({ transport });
    const leases: (Lease | undefined)[] = [];
    await notified(rig, (event, object) => {
      if (event.kind === 'notification') leases.push(object?.acquireData());
    });
    await rig.killSpooler();
    expect(rig.problems).toMatchObject([{ kind: 'leak' }]);
    for (const lease of leases) lease?.releaseData();
    await expect(rig.close()).resolves.toBeUndefined();
  });

  test('complains about one that a listener still has from before it came back', async () => {
    const rig = await startRig({ transport });
    const leases: (Lease | undefined)[] = [];
    const listener = await rig.listener({ reconnect: { random: () => 1 } });
    const seen = rig.recorder((event, object) => {
      if (event.kind === 'notification') leases.push(object?.acquireData());
    });
    await listener.registerForNotifications(bulletin, seen);
    const channel = await (await rig.sender()).createNotificationChannel(bulletin);
    await channel.sendNotification('paper jam');
    await rig.settle();
    rig.cut(listener);
    await rig.advance(1_500);
    expect(listener.state).toBe('connected');
    expect((await complaintOf(rig)).left).toEqual([expect.stringContaining('leak: a data object')]);
  });
});

test('a timer that is left is named with its due time and who set it', async () => {
  const rig = await startRig();
  await rig.advance(5);
  (function mySetUp() {
    rig.clock.after(10, () => {});
  })();
  const { left, message } = await complaintOf(rig);
  expect(left).toEqual([expect.stringMatching(/^a timer that is due at 15 ms, set\n.*mySetUp/s)]);
  expect(message).toBe(`the rig is not clean:\n- ${left[0]}`);
});

test('problems and faults that a test provokes are forgiven once it has emptied the lists', async () => {
  const rig = await startRig();
  await notified(rig, () => {
    throw new Error('provoked');
  });
  (rig.spooler as Spooler).observe({ kind: 'fault', user: 'ann', reason: 'provoked' });
  expect(rig.problems.splice(0)).toHaveLength(1);
  rig.events.length = 0;
  await expect(rig.close()).resolves.toBeUndefined();
});

test('a data object of the test’s own is nobody else’s concern', async () => {
  const rig = await startRig();
  const mine = new DataObject({ type, data: null });
  const channel = await (await rig.sender()).createNotificationChannel(bulletin);
  await channel.sendNotification(mine);
  await expect(rig.close()).resolves.toBeUndefined();
  expect(mine.references).toBe(1);
});

test('closing again gives the same answer and does nothing more', async () => {
  const rig = await startRig();
  rig.clock.after(10, () => {});
  const complaint = await complaintOf(rig);
  expect(await complaintOf(rig)).toBe(complaint);
  await expect(rig[Symbol.asyncDispose]()).rejects.toBe(complaint);
});

test('an `await using` block rejects where the rig is not clean', async () => {
  const block = async (): Promise<void> => {
    await using rig = await startRig();
    rig.clock.after(10, () => {});
  };
  await expect(block()).rejects.toThrow(RigNotClean);
});
