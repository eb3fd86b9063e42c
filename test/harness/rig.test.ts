/** The rig does what it says: starts, joins, breaks and moves time. */

import { afterEach, describe, expect, test, vi } from 'vitest';
import { notificationType, systemClock } from '../../shared/index.ts';
import { TokenTable } from '../../spooler/index.ts';
import { startRig, TRANSPORTS } from './index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const bulletin = { name: 'Lab', type } as const;
const dialogue = { ...bulletin, style: 'kBiDirectional' } as const;

const tokens = TokenTable.parse(
  JSON.stringify({
    tokens: [
      { token: 'ann-has-this-token', user: 'ann', rights: ['listen', 'send'] },
      { token: 'bob-has-this-token', user: 'bob', rights: ['listen'] },
    ],
  }),
);

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('ends are ann unless they say who they are', async () => {
    await using rig = await startRig({ transport });
    expect((await rig.listener()).user).toBe('ann');
    expect((await rig.sender()).user).toBe('ann');
    expect((await rig.listener({ user: 'bob' })).user).toBe('bob');
  });

  test('with tokens ends are whom their token names, and nobody gets in without one', async () => {
    await using rig = await startRig({ transport, tokens });
    const bob = await rig.listener({ token: 'bob-has-this-token' });
    expect(bob.user).toBe('bob');
    const seen = rig.recorder();
    await expect(bob.registerForNotifications({ ...bulletin, filter: 'kAllUsers' }, seen)).rejects.toMatchObject({
      code: 'E_ACCESSDENIED',
    });
    await expect(rig.sender()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    await expect(rig.listener({ token: 'nobody-has-this-one' })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    await expect(rig.link()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('limits and the name of the server are the spooler’s', async () => {
    await using rig = await startRig({ transport, limits: { payload: 4 }, server: 'print01' });
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel(bulletin);
    expect(channel.interest.name).toBe('\\\\print01\\Lab');
    await expect(channel.sendNotification('12345')).rejects.toMatchObject({ code: 'MAX_NOTIFICATION_SIZE_EXCEEDED' });
  });

  test('many ends may be made at once', async () => {
    await using rig = await startRig({ transport });
    const making = [
      rig.listener({ user: 'ann' }),
      rig.listener({ user: 'bob' }),
      rig.listener({ user: 'cat' }),
    ] as const;
    const [ann, bob, cat] = await Promise.all(making);
    expect([ann.user, bob.user, cat.user]).toEqual(['ann', 'bob', 'cat']);
    rig.cut(bob);
    await rig.settle();
    expect(rig.events.filter(({ kind }) => kind === 'sessionEnded')).toMatchObject([{ user: 'bob', cause: 'died' }]);
  });

  test('a spooler that is killed takes every end with it; the next one knows nothing of it (PAN-172)', async () => {
    await using rig = await startRig({ transport });
    const [seen, answers] = [rig.recorder(), rig.senderRecorder()];
    const listener = await rig.listener();
    await listener.registerForNotifications(dialogue, seen);
    const sender = await rig.sender();
    await sender.createNotificationChannel(dialogue, answers);
    await seen.nextOffer();
    await rig.killSpooler();
    expect([...seen.closes, ...answers.closes].map(({ cause }) => cause)).toEqual(['lost', 'lost']);
    await expect(rig.listener()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    await rig.startSpooler();
    expect((await (await rig.listener()).status()).totals).toMatchObject({
      sessions: 1,
      registrations: 0,
      channels: 0,
    });
  });

  test('a listener that wants to comes back to the next spooler, in the time of the clock', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const gaps: number[] = [];
    const onGap = ({ duration }: { readonly duration: number }): void => void gaps.push(duration);
    const listener = await rig.listener({ reconnect: { random: () => 0 }, onGap });
    await listener.registerForNotifications(bulletin, seen);
    await rig.killSpooler();
    await rig.startSpooler();
    await rig.advance(999);
    expect([listener.state, gaps]).toEqual(['away', []]);
    await rig.advance(1);
    expect([listener.state, gaps]).toEqual(['connected', [1_000]]);
    const channel = await (await rig.sender()).createNotificationChannel(bulletin);
    await channel.sendNotification('back again');
    await rig.settle();
    expect(seen.texts).toEqual(['back again']);
    // Its faults are those of the link it has now.
    rig.cut(listener);
    await rig.settle();
    expect(listener.state).toBe('away');
  });

  test('a silent end and the spooler find out about each other by the clock alone (GAP-24)', async () => {
    await using rig = await startRig({ transport });
    const [seen, answers] = [rig.recorder(), rig.senderRecorder()];
    const listener = await rig.listener();
    await listener.registerForNotifications(dialogue, seen);
    const channel = await (await rig.sender()).createNotificationChannel(dialogue, answers);
    await channel.sendNotification('q1');
    await (await seen.nextNotification()).channel?.sendNotification('a1');
    rig.goSilent(listener);
    await rig.advance(9_000);
    expect([answers.closes, seen.closes]).toEqual([[], []]);
    await rig.advance(2_000);
    expect(answers.closes).toMatchObject([{ cause: 'silent' }]);
    expect(seen.closes).toMatchObject([{ cause: 'lost' }]);
  });

  test('idle ends live on their pings: settling sends nothing (GAP-24)', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    const link = rig.faults(listener);
    const before = [link.sentBytes, link.receivedBytes];
    await rig.advance(60_000);
    expect([link.sentBytes, link.receivedBytes]).toEqual(before);
    expect(listener.state).toBe('connected');
  });

  test('what is held back crosses what is sent later', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications(dialogue, seen);
    const channel = await (await rig.sender()).createNotificationChannel(dialogue, rig.senderRecorder());
    await channel.sendNotification('q1');
    const { channel: end } = await seen.nextNotification();
    rig.faults(listener).hold('both');
    const answer = end?.sendNotification('a1');
    await channel.closeChannel();
    await rig.settle();
    expect(seen.closes).toEqual([]);
    rig.faults(listener).letGo();
    await expect(answer).rejects.toMatchObject({ code: 'CHANNEL_CLOSED_BY_SERVER' });
    expect(seen.closes).toMatchObject([{ cause: 'closed' }]);
  });

  describe('under a runner’s fake timers', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    test('everything works the same', async () => {
      vi.useFakeTimers();
      await using rig = await startRig({ transport });
      const seen = rig.recorder();
      await (await rig.listener()).registerForNotifications(bulletin, seen);
      const channel = await (await rig.sender()).createNotificationChannel(bulletin);
      void channel.sendNotification('paper jam');
      expect((await seen.nextNotification()).text).toBe('paper jam');
      await rig.advance(1_000);
      await channel.closeChannel();
    });
  });
});

test('a rig over websocket has an address that anybody may connect to', async () => {
  await using rig = await startRig({ transport: 'websocket' });
  expect(rig.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
  await rig.killSpooler();
  expect(() => rig.url).toThrow('the spooler was killed');
});

test('a rig over memory has none, and takes nothing that needs sockets', async () => {
  await using rig = await startRig();
  expect(() => rig.url).toThrow('a rig over memory has no address');
  await expect(startRig({ origins: ['https://print.example'] })).rejects.toThrow("transport: 'websocket'");
});

test('only one spooler runs at a time', async () => {
  await using rig = await startRig();
  await expect(rig.startSpooler()).rejects.toThrow('kill it first');
});

test('the ends of another rig are refused', async () => {
  await using rig = await startRig();
  await using other = await startRig();
  const stranger = await other.listener();
  expect(() => rig.cut(stranger)).toThrow('not of this rig');
});

test('an end may have a clock of its own', async () => {
  await using rig = await startRig();
  await rig.listener({ clock: systemClock });
  expect(rig.clock.pending).toBe(1);
});
