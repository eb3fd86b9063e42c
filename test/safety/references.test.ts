/** References given back twice, used too late, or by somebody else (T17; PAN-39 to PAN-44): a typed error, never less than none held. */

import { describe, expect, test } from 'vitest';
import { DataObject, type Lease, notificationType, ObjectLedger } from '../../shared/index.ts';
import { startRig, TRANSPORTS } from '../harness/index.ts';
import { Stranger } from './stranger.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const uni = { name: '\\\\localhost\\Lab', type, filter: 'kPerUser', style: 'kUniDirectional' } as const;
const OVER = expect.objectContaining({ code: 'OVER_RELEASE' });
const AFTER = expect.objectContaining({ code: 'USE_AFTER_RELEASE' });

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('a listener that releases what it only borrowed is told so, and its connection goes on (GAP-2)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder((_, object) => object?.release());
    const asynchronous = rig.recorder(async (_, object) => {
      await Promise.resolve();
      object?.release();
    });
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    await listener.registerForNotifications({ name: 'Lab', type }, asynchronous);
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    for (const text of ['one', 'two']) expect(await channel.sendNotification(text)).toMatchObject({ code: 'S_OK' });
    await rig.settle();
    expect([seen.texts, asynchronous.texts]).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ]);
    const problems = rig.problems.splice(0);
    expect(problems).toHaveLength(4);
    for (const problem of problems) expect(problem).toMatchObject({ kind: 'callbackThrew', reason: OVER });
    expect(rig.spooler.stats()).toMatchObject({ sessions: 2, heldObjects: 0, heldBytes: 0 });
    expect(listener.stats().liveObjects).toBe(0);
  });

  test('a lease that is kept keeps the bytes and the reference; given back twice or used afterwards it throws', async () => {
    await using rig = await startRig({ transport });
    const leases: Lease[] = [];
    const objects: DataObject[] = [];
    const seen = rig.recorder((_, object) => {
      if (!object) return;
      objects.push(object);
      leases.push(object.acquireData(), object.acquireData());
    });
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('paper jam');
    await rig.settle();
    const [first, second] = leases;
    const [object] = objects;
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 1, heldBytes: 9 });
    first?.releaseData();
    expect(() => first?.releaseData()).toThrow(OVER);
    expect(() => first?.data).toThrow(AFTER);
    await rig.settle();
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 1 });
    expect(Buffer.from(second?.data ?? []).toString()).toBe('paper jam');
    object?.releaseData();
    await rig.settle();
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0, heldBytes: 0 });
    // The last reference is gone: nothing brings it back, nothing is given back again.
    expect(() => object?.acquireData()).toThrow(AFTER);
    expect(() => object?.addRef()).toThrow(AFTER);
    expect(() => object?.releaseData()).toThrow(OVER);
    expect(() => object?.release()).toThrow(OVER);
    expect(() => second?.releaseData()).toThrow(OVER);
    expect(object?.references).toBe(0);
    await rig.settle();
    expect(rig.spooler.stats()).toMatchObject({ sessions: 2, heldObjects: 0, heldBytes: 0 });
  });

  test('a dead object cannot be sent, and sending one to where it fails gives its reference back', async () => {
    await using rig = await startRig({ transport });
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    const ledger = new ObjectLedger();
    const object = new DataObject({ type, data: Buffer.from('x'), ledger });
    await channel.sendNotification(object);
    expect(object.references).toBe(1);
    await channel.closeChannel();
    await expect(channel.sendNotification(object)).rejects.toMatchObject({ code: 'CHANNEL_ALREADY_CLOSED' });
    expect(object.references).toBe(1);
    object.release();
    expect(ledger.live).toBe(0);
    await expect(channel.sendNotification(object)).rejects.toMatchObject({ code: expect.any(String) });
    expect(ledger.live).toBe(0);
  });

  test("nobody gives back what another holds: he is cut, and the other's count is as it was", async () => {
    await using rig = await startRig({ transport });
    const owner = await Stranger.greeted(rig, { user: 'ann' });
    owner.say({ op: 'register', registration: 1, request: 1, interest: uni });
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('paper jam');
    const records = await owner.until((all) => all.some(({ op }) => op === 'notify'));
    const end = records.find((record) => record.op === 'notify')?.end ?? 0;
    for (const only of [false, true]) {
      const thief = await Stranger.greeted(rig, { user: 'ann' });
      thief.say({ op: 'release', end, sequence: 1, only });
      expect(await thief.closed()).toBe(4404);
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 1, heldBytes: 9 });
    }
    owner.say({ op: 'release', end, sequence: 1, only: true });
    expect(await owner.isServed()).toBe(true);
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0, heldBytes: 0 });
    await owner[Symbol.asyncDispose]();
  });

  test('what an end held when it died is given back, and nothing that comes from it afterwards counts', async () => {
    await using rig = await startRig({ transport });
    const kept: Lease[] = [];
    const seen = rig.recorder((event, object) => {
      if (object && event.kind === 'notification') kept.push(object.acquireData());
    });
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    for (const text of ['one', 'two']) await channel.sendNotification(text);
    await rig.settle();
    expect(rig.spooler.stats().heldObjects).toBe(2);
    rig.cut(listener);
    await rig.settle();
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0, heldBytes: 0 });
    // The bytes are the listener's own as long as it keeps them.
    expect(Buffer.from(kept[0]?.data ?? []).toString()).toBe('one');
    for (const lease of kept) lease.releaseData();
    await rig.settle();
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0, heldBytes: 0 });
    // Reported as held when the connection ended, as traced references are.
    expect(rig.problems.splice(0).map(({ kind }) => kind)).toEqual(['leak', 'leak']);
  });
});
