/** What a listener is done with and gives back a little later (PROTOCOL.md section 5.9). */

import { describe, expect, test } from 'vitest';
import type { Listener, ListenerRegistration } from '../../client/listener.ts';
import type { SenderChannel } from '../../client/sender.ts';
import { type DataObject, type Limits, notificationType } from '../../shared/index.ts';
import { type Recorder, type Rig, startRig, TRANSPORTS } from '../harness/index.ts';
import { stage } from './stage.ts';
import { WireClient } from './wire-client.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const limits: Partial<Limits> = { keptObjects: 8, keptBytes: 1_000 };

interface Joined {
  readonly listener: Listener;
  readonly registration: ListenerRegistration;
  readonly seen: Recorder;
  readonly channel: SenderChannel;
}

async function join(rig: Rig): Promise<Joined> {
  const seen = rig.recorder();
  const listener = await rig.listener();
  const registration = await listener.registerForNotifications({ name: 'Lab', type }, seen);
  const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
  return { listener, registration, seen, channel };
}

async function send(channel: SenderChannel, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await channel.sendNotification(text);
}

/** What the spooler counts as held once nothing is on its way. */
async function held(rig: Rig): Promise<{ readonly heldObjects: number; readonly heldBytes: number }> {
  await rig.settle();
  const { heldObjects, heldBytes } = rig.spooler.stats();
  return { heldObjects, heldBytes };
}

const NOTHING = { heldObjects: 0, heldBytes: 0 };

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('a listener keeps back as many as it may, and gives all of them back with the next', async () => {
    await using rig = await startRig({ transport, limits });
    const { listener, seen, channel } = await join(rig);
    for (let count = 1; count <= 8; count++) {
      await send(channel, 'abc');
      expect(await held(rig)).toEqual({ heldObjects: count, heldBytes: 3 * count });
      expect(listener.stats().liveObjects).toBe(0);
    }
    await send(channel, 'abc');
    expect(await held(rig)).toEqual(NOTHING);
    expect(seen.texts).toHaveLength(9);
  });

  test('it counts bytes too', async () => {
    await using rig = await startRig({ transport, limits: { keptObjects: 8, keptBytes: 10 } });
    const { channel } = await join(rig);
    await send(channel, '123456', '7890', '');
    expect(await held(rig)).toEqual({ heldObjects: 3, heldBytes: 10 });
    await send(channel, 'x');
    expect(await held(rig)).toEqual(NOTHING);
    await send(channel, '12345678901');
    expect(await held(rig)).toEqual(NOTHING);
  });

  test.each<[string, (joined: Joined) => Promise<unknown>]>([
    ['a round trip', ({ listener }) => listener.roundTrip()],
    ['a request', ({ listener }) => listener.status()],
    ['a question', ({ registration }) => registration.explain()],
    ['another registration', ({ listener, seen }) => listener.registerForNotifications({ name: 'Hall', type }, seen)],
    ['the end of the registration', ({ registration }) => registration.unregisterForNotifications()],
    ['the end of the connection', ({ listener }) => listener.close()],
  ])('%s takes along what is kept back', async (_, go) => {
    await using rig = await startRig({ transport, limits });
    const joined = await join(rig);
    await send(joined.channel, 'a', 'b', 'c');
    expect(await held(rig)).toMatchObject({ heldObjects: 3 });
    await go(joined);
    expect(await held(rig)).toEqual(NOTHING);
  });

  test('so does whatever is sent on a channel, by either end', async () => {
    await using rig = await startRig({ transport, limits });
    const { c1, source } = await stage(rig, 'B3');
    // "q1" at the one who lost, "a1" at the source.
    expect(await held(rig)).toMatchObject({ heldObjects: 2 });
    await source.sendNotification('question');
    expect(await held(rig)).toEqual({ heldObjects: 2, heldBytes: 'q1question'.length });
    await c1.channel.sendNotification('a');
    expect(await held(rig)).toEqual({ heldObjects: 2, heldBytes: 'q1a'.length });
    await c1.channel.closeChannel('bye');
    await source.closeChannel().catch(() => {});
    expect(await held(rig)).toMatchObject({ heldBytes: 'q1'.length });
  });

  test('nobody who asks the spooler finds that he holds what he gave back before he asked', async () => {
    await using rig = await startRig({ transport, limits });
    const { listener, channel } = await join(rig);
    await send(channel, 'a', 'b', 'c');
    await rig.settle();
    const { sessions } = await listener.status();
    expect(sessions.map(({ heldObjects }) => heldObjects)).toEqual([0, 0]);
  });

  test('after half a second nothing is kept back any more, and nobody waits for anything', async () => {
    await using rig = await startRig({ transport, limits });
    const { channel } = await join(rig);
    await rig.settle();
    const idle = rig.clock.pending;
    await send(channel, 'a', 'b');
    await rig.advance(499);
    expect(await held(rig)).toMatchObject({ heldObjects: 2 });
    await rig.advance(1);
    expect(await held(rig)).toEqual(NOTHING);
    expect(rig.clock.pending).toBe(idle);
  });

  test('what somebody still uses is not kept back but held, and what came after it is given back at once', async () => {
    await using rig = await startRig({ transport, limits });
    const { listener, seen, channel } = await join(rig);
    const using: DataObject[] = [];
    const keeping = rig.recorder((_, object) => {
      if (!object || using.length > 0) return;
      object.addRef();
      using.push(object);
    });
    await listener.registerForNotifications({ name: 'Lab', type }, keeping);
    await send(channel, 'a', 'b', 'c');
    // Three at the one registration, and one at the other.
    expect(await held(rig)).toMatchObject({ heldObjects: 4 });
    for (const object of using) object.release();
    await rig.advance(500);
    expect(await held(rig)).toEqual(NOTHING);
    expect([seen.texts, keeping.texts]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  test('a spooler that dies, or cuts the connection, leaves nothing of it', async () => {
    await using rig = await startRig({ transport, limits });
    const { listener, channel } = await join(rig);
    await send(channel, 'a', 'b');
    await rig.settle();
    await rig.killSpooler();
    await rig.advance(1_000);
    expect(listener.stats()).toMatchObject({ ends: 0, liveObjects: 0 });
  });
});

describe('what may be kept back', () => {
  test.each<[string, Partial<Limits>, number, number]>([
    ['as much as the operator says', { keptObjects: 5, keptBytes: 6 }, 5, 6],
    ['nothing, where he says so', { keptObjects: 0 }, 0, 5_000],
    ['a quarter of the objects of a registration', { registrationHeldObjects: 100 }, 25, 5_000],
    ['a quarter of its bytes', { registrationHeldBytes: 100 }, 1_024, 25],
    ['a quarter of what a connection may hold', { sessionHeldObjects: 9, sessionHeldBytes: 11 }, 2, 2],
    ['nothing, where hardly anything may be held', { registrationHeldObjects: 3, sessionHeldBytes: 1 }, 0, 0],
  ])('is %s', async (_, bounds, keptObjects, keptBytes) => {
    await using rig = await startRig({ limits: { keptObjects: 1_024, keptBytes: 5_000, ...bounds } });
    await using client = await WireClient.connect(rig);
    const [welcome] = await client.exchange({ op: 'hello', user: 'ann' });
    expect(welcome).toMatchObject({ op: 'welcome', limits: { keptObjects, keptBytes } });
  });
});
