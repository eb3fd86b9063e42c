/** The spooler dies and another takes its place (T10): everybody comes back, and nothing reaches a registration that is gone. */

import { describe, expect, test } from 'vitest';
import { connectListener, type Gap, type Loss } from '../../client/listener.ts';
import { connectSender } from '../../client/sender.ts';
import { notificationType } from '../../shared/index.ts';
import { Recorder, startRig, TRANSPORTS } from '../harness/index.ts';
import { Child } from './child.ts';
import { eventually } from './eventually.ts';
import { codeOf } from './outcome.ts';

const SPOOLER = new URL('spooler.mjs', import.meta.url);
const type = notificationType('SAMPLE_NOTIFICATION_UI');
const DIALOGUE = { name: 'Lab', type, style: 'kBiDirectional' } as const;

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('twenty listeners register again and each gets what is sent afterwards once (PAN-251)', async () => {
    await using rig = await startRig({ transport });
    const gaps: Gap[] = [];
    const seen = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const recorder = rig.recorder();
        const listener = await rig.listener({ reconnect: true, onGap: (gap) => gaps.push(gap) });
        await listener.registerForNotifications({ name: 'Lab', type }, recorder);
        await listener.registerForNotifications(DIALOGUE, recorder);
        return { recorder, listener };
      }),
    );
    const losses: Loss[] = [];
    const sender = await rig.sender({ onLost: (loss) => losses.push(loss) });
    const answers = rig.senderRecorder();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await sender.createNotificationChannel(DIALOGUE, answers);
    await channel.sendNotification('before');
    await rig.killSpooler();

    expect(losses).toHaveLength(1);
    expect(answers.closes).toMatchObject([{ cause: 'lost' }]);
    await expect(channel.sendNotification('into the void')).rejects.toMatchObject({ code: 'CHANNEL_ALREADY_CLOSED' });
    await rig.advance(30_000);
    expect(seen.map(({ listener }) => listener.state)).toEqual(seen.map(() => 'away'));
    await rig.startSpooler();
    // At the worst they have just tried, and wait for the longest time of their policy.
    await rig.advance(60_000);
    expect(rig.spooler.stats()).toMatchObject({ sessions: 20, registrations: 40 });
    expect(gaps).toHaveLength(20);

    const again = await rig.sender();
    const reopened = await again.createNotificationChannel({ name: 'Lab', type });
    const redialled = await again.createNotificationChannel(DIALOGUE, answers);
    expect(await reopened.sendNotification('after')).toMatchObject({ code: 'S_OK' });
    await redialled.sendNotification('anybody?');
    await rig.settle();
    for (const { recorder } of seen) {
      // The dialogue opened before was offered too, and closed like the registration for notifications.
      expect(recorder.texts.toSorted()).toEqual(['after', 'anybody?', 'before']);
      expect(recorder.closes.map(({ cause }) => cause)).toEqual(['lost', 'lost']);
    }
  });

  test('listeners that were lost together do not come back together', async () => {
    await using rig = await startRig({ transport });
    const back: number[] = [];
    for (let number = 0; number < 20; number++) {
      await rig.listener({ reconnect: true, onGap: () => back.push(rig.clock.now()) });
    }
    await rig.killSpooler();
    await rig.startSpooler();
    const lostAt = rig.clock.now();
    await rig.advance(1_500);
    expect(back).toHaveLength(20);
    expect(Math.min(...back)).toBeGreaterThanOrEqual(lostAt + 1_000);
    expect(new Set(back).size).toBeGreaterThan(10);
  });

  test('a registration that was ended while the spooler was away is not made again', async () => {
    await using rig = await startRig({ transport });
    const [kept, ended] = [rig.recorder(), rig.recorder()];
    const listener = await rig.listener({ reconnect: true });
    await listener.registerForNotifications({ name: 'Lab', type }, kept);
    const registration = await listener.registerForNotifications({ name: 'Lab', type }, ended);
    await rig.killSpooler();
    await registration.unregisterForNotifications();
    await rig.startSpooler();
    await rig.advance(1_500);
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('paper jam');
    await rig.settle();
    expect(rig.spooler.stats().registrations).toBe(1);
    expect(kept.texts).toEqual(['paper jam']);
    expect(ended.notifications).toEqual([]);
  });

  test('nor is one that is ended while the listener is coming back, whether its turn has come or not', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener({ reconnect: true });
    const seen = [rig.recorder(), rig.recorder(), rig.recorder()] as const;
    const registrations = [];
    for (const one of seen) registrations.push(await listener.registerForNotifications({ name: 'Lab', type }, one));
    await rig.killSpooler();
    await rig.startSpooler();
    // The listener tries; what it sends is on its way when two of its registrations are ended.
    rig.clock.advance(1_500);
    await eventually(() => listener.state === 'connected');
    const ended = registrations.filter((_, number) => number !== 1);
    await Promise.all(ended.map((one) => one.unregisterForNotifications()));
    await rig.settle();
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('paper jam');
    await rig.settle();
    expect(rig.spooler.stats().registrations).toBe(1);
    expect(seen.map(({ texts }) => texts)).toEqual([[], ['paper jam'], []]);
    expect(registrations.map(({ state }) => state)).toEqual(['unregistered', 'registered', 'unregistered']);
  });

  test('lost again while it is registering again, a listener comes back once, not twice', async () => {
    await using rig = await startRig({ transport });
    const gaps: Gap[] = [];
    const losses: Loss[] = [];
    const listener = await rig.listener({
      reconnect: true,
      onGap: (gap) => gaps.push(gap),
      onLost: (loss) => losses.push(loss),
    });
    for (let number = 0; number < 3; number++) {
      await listener.registerForNotifications({ name: `Printer ${number}`, type }, rig.recorder());
    }
    await rig.killSpooler();
    await rig.startSpooler();
    rig.clock.advance(1_500);
    await eventually(() => listener.state === 'connected');
    rig.cut(listener);
    await rig.advance(60_000);
    expect(losses).toHaveLength(2);
    expect(gaps).toHaveLength(1);
    expect(rig.events.filter(({ kind }) => kind === 'sessionOpened')).toHaveLength(3);
    expect(rig.spooler.stats()).toMatchObject({ sessions: 1, registrations: 3 });
  });

  test.each([
    ['waits to try again', 0],
    ['tries', 1_000],
  ])('a listener that is closed while it %s is gone, and has nothing left', async (_, milliseconds) => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener({ reconnect: true });
    await listener.registerForNotifications({ name: 'Lab', type }, rig.recorder());
    await rig.killSpooler();
    await rig.startSpooler();
    rig.clock.advance(milliseconds);
    await listener.close();
    await rig.advance(60_000);
    expect(rig.spooler.stats().sessions).toBe(0);
    expect(listener.stats()).toMatchObject({ registrations: 0, requests: 0 });
  });

  test('one that is closed while it registers again has nothing left either', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener({ reconnect: true });
    for (let number = 0; number < 3; number++) {
      await listener.registerForNotifications({ name: 'Lab', type }, rig.recorder());
    }
    await rig.killSpooler();
    await rig.startSpooler();
    rig.clock.advance(1_500);
    await eventually(() => listener.state === 'connected');
    await listener.close();
    await rig.advance(60_000);
    expect(rig.spooler.stats().sessions).toBe(0);
    expect(listener.stats()).toEqual({ ends: 0, requests: 0, sends: 0, liveObjects: 0, registrations: 0 });
  });
});

test('a spooler that is killed -9 and started again on its port is found by both libraries (T10)', async () => {
  let spooler = Child.start(SPOOLER, ['0']);
  const url = await spooler.line();
  const gaps: Gap[] = [];
  const seen = new Recorder();
  const reconnect = { first: 20, longest: 20 };
  const listener = await connectListener(url, { user: 'ann', reconnect, onGap: (gap) => gaps.push(gap) });
  try {
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    for (let round = 1; round <= 3; round++) {
      const sender = await connectSender(url, { user: 'ann' });
      const channel = await sender.createNotificationChannel({ name: 'Lab', type });
      expect(await channel.sendNotification(`round ${round}`)).toMatchObject({ code: 'S_OK' });
      expect((await seen.nextNotification()).text).toBe(`round ${round}`);
      await spooler.kill();
      expect((await seen.nextClose()).cause).toBe('lost');
      expect(['CONNECTION_LOST', 'CHANNEL_ALREADY_CLOSED']).toContain(await codeOf(channel.sendNotification('?')));
      spooler = Child.start(SPOOLER, [new URL(url).port]);
      expect(await spooler.line()).toBe(url);
      await eventually(
        () => gaps.length === round,
        () => `${gaps.length} gaps in round ${round}`,
      );
    }
    expect(seen.texts).toEqual(['round 1', 'round 2', 'round 3']);
    expect(JSON.parse(await spooler.ask('stats'))).toMatchObject({ sessions: 1, registrations: 1 });
  } finally {
    await listener.close();
    await spooler.kill();
  }
});
