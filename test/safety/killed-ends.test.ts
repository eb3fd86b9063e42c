/** Ends that are killed in the middle of a conversation (T1, T2): the survivor is told once, why, and nothing is left or hangs. */

import { describe, expect, test } from 'vitest';
import { connectListener, type Listener } from '../../client/listener.ts';
import { type Code, NOTIFICATION_RELEASE, notificationType } from '../../shared/index.ts';
import { Recorder, startRig } from '../harness/index.ts';
import { Child } from './child.ts';
import { eventually } from './eventually.ts';
import { codeOf } from './outcome.ts';

const LISTENER = new URL('listener.mjs', import.meta.url);
const SENDER = new URL('sender.mjs', import.meta.url);
const SPOOLER = new URL('spooler.mjs', import.meta.url);
const type = notificationType('SAMPLE_NOTIFICATION_UI');
const TIMES = 10;
const FEW = 4;
/** Starting a process is most of the time a round takes. */
const ENOUGH = { timeout: 60_000 };
const DIED = { data: null, size: 0, type: NOTIFICATION_RELEASE, cause: 'died' };

describe('the sender is killed (T1)', () => {
  test(
    `${TIMES} times: its listener gets one ChannelClosed each, and the spooler has what it had (PAN-46, PAN-170)`,
    ENOUGH,
    async () => {
      await using rig = await startRig({ transport: 'websocket' });
      const listener = await rig.listener();
      for (let round = 0; round < TIMES; round++) {
        const owner = rig.recorder((event) =>
          event.kind === 'notification' ? event.channel?.sendNotification('answer').catch(() => {}) : undefined,
        );
        // Offered the same channel, and never answers.
        const onlooker = rig.recorder();
        const name = `Printer ${round}`;
        await using watching = await listener.registerForNotifications(
          { name, type, style: 'kBiDirectional' },
          onlooker,
        );
        await using owning = await listener.registerForNotifications({ name, type, style: 'kBiDirectional' }, owner);
        const before = rig.spooler.stats();
        await using sender = Child.start(SENDER, [rig.url, name]);
        expect(await sender.line()).toBe('talking');
        expect(rig.spooler.stats()).toMatchObject({ sessions: 2, channels: 1 });
        await sender.kill();
        expect(await owner.nextClose()).toMatchObject(DIED);
        await rig.settle();
        expect(owner.closes).toHaveLength(1);
        expect(onlooker.closes).toMatchObject([{ cause: 'acquired' }]);
        expect(owner.seen.at(-1)).toBe(owner.closes[0]);
        expect(rig.spooler.stats()).toEqual(before);
        expect([owning.state, watching.state]).toEqual(['registered', 'registered']);
      }
      expect(rig.events.filter((event) => event.kind === 'sessionEnded').map(({ cause }) => cause)).toEqual(
        Array.from({ length: TIMES }, () => 'died'),
      );
    },
  );

  test('before anybody has answered: all who were offered the channel are told', async () => {
    await using rig = await startRig({ transport: 'websocket' });
    const seen = [rig.recorder(), rig.recorder(), rig.recorder()];
    for (const one of seen) {
      await (await rig.listener()).registerForNotifications({ name: 'Lab', type, style: 'kBiDirectional' }, one);
    }
    await using sender = Child.start(SENDER, [rig.url, 'Lab']);
    for (const one of seen) expect((await one.nextNotification()).text).toBe('question 0');
    await sender.kill();
    for (const one of seen) expect(await one.nextClose()).toMatchObject(DIED);
    await rig.settle();
    expect(seen.map(({ closes }) => closes.length)).toEqual([1, 1, 1]);
  });

  test('the spooler in a process of its own keeps no descriptor either (T1)', async () => {
    await using spooler = Child.start(SPOOLER, ['0']);
    const url = await spooler.line();
    await using listener: Listener = await connectListener(url, { user: 'ann' });
    const seen = new Recorder((event) =>
      event.kind === 'notification' ? event.channel?.sendNotification('answer').catch(() => {}) : undefined,
    );
    await listener.registerForNotifications({ name: 'Lab', type, style: 'kBiDirectional' }, seen);
    const before = await spooler.ask('stats');
    const senders = Array.from({ length: 3 }, () => Child.start(SENDER, [url, 'Lab']));
    for (const sender of senders) expect(await sender.line()).toBe('talking');
    expect(JSON.parse(await spooler.ask('stats'))).toMatchObject({ sessions: 4, channels: 3 });
    await Promise.all(senders.map((sender) => sender.kill()));
    for (const _ of senders) expect(await seen.nextClose()).toMatchObject(DIED);
    let after = '';
    await eventually(
      async () => (after = await spooler.ask('stats')) === before,
      () => `${after} instead of ${before}`,
    );
    expect(seen.closes).toHaveLength(3);
    expect(listener.stats()).toEqual({ ends: 0, requests: 0, sends: 0, liveObjects: 0, registrations: 1 });
  });
});

describe('the listener is killed (T2)', () => {
  test(
    `${TIMES} times, owner of a dialogue: its source gets one ChannelClosed each, nothing hangs (PAN-170)`,
    ENOUGH,
    async () => {
      await using rig = await startRig({ transport: 'websocket' });
      const sender = await rig.sender();
      const before = rig.spooler.stats();
      for (let round = 0; round < TIMES; round++) {
        const name = `Printer ${round}`;
        await using listener = Child.start(LISTENER, [rig.url, name, 'kBiDirectional']);
        expect(await listener.line()).toBe('listening');
        const asks: Promise<Code>[] = [];
        const answers = rig.senderRecorder((event) => {
          // Asked again inside the callback, so that a question is on its way whenever the listener dies.
          if (event.kind !== 'notification') return;
          if (event.channel) asks.push(codeOf(event.channel.sendNotification('question')));
        });
        const channel = await sender.createNotificationChannel({ name, type, style: 'kBiDirectional' }, answers);
        await channel.sendNotification('question');
        for (let told = 1; told <= 20; told++) expect(await listener.line()).toBe(`told ${told}`);
        await listener.kill();
        expect(await answers.nextClose()).toMatchObject(DIED);
        const codes = await Promise.all(asks);
        await rig.settle();
        expect(answers.closes).toHaveLength(1);
        expect(codes.filter((code) => code !== 'S_OK' && code !== 'CHANNEL_ALREADY_CLOSED')).toEqual([]);
        await expect(channel.sendNotification('?')).rejects.toMatchObject({ code: 'CHANNEL_ALREADY_CLOSED' });
        expect(rig.spooler.stats()).toEqual(before);
      }
    },
  );

  test.each(['lose', 'wait'] as const)(
    `${FEW} times, frozen and full, while a source sends with overflow %s: every send is answered (PAN-114 to PAN-117)`,
    ENOUGH,
    async (overflow) => {
      await using rig = await startRig({ transport: 'websocket' });
      const sender = await rig.sender();
      const before = rig.spooler.stats();
      for (let round = 0; round < FEW; round++) {
        const name = `Printer ${round}`;
        await using listener = Child.start(LISTENER, [rig.url, name, 'kUniDirectional']);
        expect(await listener.line()).toBe('listening');
        const channel = await sender.createNotificationChannel({ name, type, overflow });
        await channel.sendNotification('first');
        expect(await listener.line()).toBe('told 1');
        listener.freeze();
        const data = new Uint8Array(64 * 1024);
        const codes = new Map<string, number>();
        const sends = Array.from({ length: 200 }, async () => {
          const code = await codeOf(channel.sendNotification(data));
          codes.set(code, (codes.get(code) ?? 0) + 1);
        });
        // 2 MiB are held and 2 MiB queued for it; the rest is lost, or waits for room.
        await rig.settle();
        expect(rig.spooler.stats().queued).toBeGreaterThan(0);
        expect(codes.size > 1).toBe(overflow === 'lose');
        await listener.kill();
        await Promise.all(sends);
        const lost = overflow === 'lose' ? 'ASYNC_NOTIFICATION_FAILURE' : 'NO_LISTENERS';
        expect([...codes.keys()].toSorted()).toEqual([lost, 'S_OK'].toSorted());
        await eventually(
          () => rig.spooler.stats().registrations === 0,
          () => JSON.stringify(rig.spooler.stats()),
        );
        expect(await channel.sendNotification('nobody')).toMatchObject({ code: 'NO_LISTENERS' });
        await channel.closeChannel();
        expect(rig.spooler.stats()).toEqual(before);
      }
    },
  );
});
