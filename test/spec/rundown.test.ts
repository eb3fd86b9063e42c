/** What the survivors are told when an end, or the spooler, is gone: PAN-46 to PAN-49, PAN-137, PAN-172, PROTOCOL.md section 7.1. */

import { describe, expect, test } from 'vitest';
import type { Listener } from '../../client/listener.ts';
import type { Sender, SenderChannel } from '../../client/sender.ts';
import { type Cause, NOTIFICATION_RELEASE, notificationType } from '../../shared/index.ts';
import type { Spooler } from '../../spooler/core/spooler.ts';
import { type Recorder, type Rig, startRig, TRANSPORTS } from '../harness/index.ts';
import { WireClient } from './wire-client.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const otherType = notificationType('MS_ASYNCNOTIFY_UI');
const style = 'kBiDirectional';
const triple = { data: null, size: 0, type: NOTIFICATION_RELEASE };

interface Dialogue {
  readonly listener: Listener;
  readonly sender: Sender;
  readonly source: SenderChannel;
  /** What each side is told. */
  readonly seen: Recorder;
  readonly answers: Recorder<SenderChannel>;
}

/** A source and the listener that owns its channel; it is the source's turn. */
async function dialogue(rig: Rig): Promise<Dialogue> {
  const seen = rig.recorder();
  const listener = await rig.listener({ user: 'ann' });
  await listener.registerForNotifications({ name: 'Lab', type, style }, seen);
  const answers = rig.senderRecorder();
  const sender = await rig.sender({ user: 'ann' });
  const source = await sender.createNotificationChannel({ name: 'Lab', type, style }, answers);
  await source.sendNotification('question');
  await (await seen.nextNotification()).channel?.sendNotification('answer');
  await answers.nextNotification();
  return { listener, sender, source, seen, answers };
}

/** The spooler's session of one who goes by this agent or user. */
function endSession(rig: Rig, user: string, close: 'MALFORMED' | 'TOO_SLOW', cause: Cause): void {
  for (const session of [...(rig.spooler as Spooler).sessions()]) if (session.user === user) session.end(close, cause);
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  describe('a listener is told that its source is gone, once, with the release triple and the cause (PAN-46, PAN-47, PAN-172)', () => {
    test.each<[Cause, string, (rig: Rig, party: Dialogue) => unknown]>([
      ['left', 'it closes its connection', (_, { sender }) => sender.close()],
      ['died', 'its process is killed', (rig, { sender }) => rig.cut(sender)],
      ['silent', 'it freezes', (rig, { sender }) => (rig.goSilent(sender), rig.advance(10_100))],
      [
        'printerRemoved',
        'the operator removes the printer (GAP-29)',
        (rig) => rig.spooler.removePrinter(String.raw`\\localhost\Lab`),
      ],
      ['shutdown', 'the spooler shuts down', (rig) => rig.spooler.close()],
      ['lost', 'the spooler is killed', (rig) => rig.killSpooler()],
    ])('%s: %s', async (cause, _, go) => {
      await using rig = await startRig({ transport });
      const party = await dialogue(rig);
      await go(rig, party);
      const { channel } = party.seen.notifications[0] ?? {};
      expect(await party.seen.nextClose()).toMatchObject({ channel, ...triple, cause });
      await rig.settle();
      expect(party.seen.closes).toHaveLength(1);
    });
  });

  describe('a source is told that the owner is gone, once, with the release triple and the cause (PAN-47, PAN-170)', () => {
    test.each<[Cause, string, (rig: Rig, party: Dialogue) => unknown]>([
      ['left', 'it closes its connection', (_, { listener }) => listener.close()],
      ['died', 'its process is killed', (rig, { listener }) => rig.cut(listener)],
      ['silent', 'it freezes', (rig, { listener }) => (rig.goSilent(listener), rig.advance(10_100))],
      [
        'printerRemoved',
        'the operator removes the printer (GAP-29)',
        (rig) => rig.spooler.removePrinter(String.raw`\\LOCALHOST\lab`),
      ],
      ['shutdown', 'the spooler shuts down', (rig) => rig.spooler.close()],
      ['lost', 'the spooler is killed', (rig) => rig.killSpooler()],
    ])('%s: %s', async (cause, _, go) => {
      await using rig = await startRig({ transport });
      const party = await dialogue(rig);
      await go(rig, party);
      expect(await party.answers.nextClose()).toMatchObject({ channel: party.source, ...triple, cause });
      await rig.settle();
      expect(party.answers.closes).toHaveLength(1);
      expect(party.source.state).toBe('closed');
    });
  });

  test.each<[Cause, 'MALFORMED' | 'TOO_SLOW']>([
    ['faulty', 'MALFORMED'],
    ['slow', 'TOO_SLOW'],
  ])('%s: the spooler ends a session itself, and the other party hears why (PAN-47)', async (cause, close) => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener({ user: 'bob' });
    const seen = rig.recorder();
    await listener.registerForNotifications({ name: 'Lab', type, style }, seen);
    const sender = await rig.sender({ user: 'ann' });
    const answers = rig.senderRecorder();
    const source = await sender.createNotificationChannel({ name: 'Lab', type, style, user: 'bob' }, answers);
    await source.sendNotification('question');
    await (await seen.nextNotification()).channel?.sendNotification('answer');
    endSession(rig, 'bob', close, cause);
    expect(await answers.nextClose()).toMatchObject({ channel: source, ...triple, cause });
    // The one that was ended hears that it has lost its spooler.
    expect(await seen.nextClose()).toMatchObject({ ...triple, cause: 'lost' });
  });

  test('a record that is none is the fault of who sent it, and its listener hears so (PAN-47)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type, style }, seen);
    await using raw = await WireClient.join(rig);
    const interest = { name: String.raw`\\localhost\Lab`, type, filter: 'kPerUser', style } as const;
    await raw.exchange({ op: 'open', end: 0, request: 1, interest });
    await seen.nextOffer();
    raw.sendBytes(new Uint8Array(16).fill(0xff));
    expect(await seen.nextClose()).toMatchObject({ ...triple, cause: 'faulty' });
  });

  describe('a unidirectional listener is told once, without a channel, that its spooler is lost (GAP-1, GAP-7, PAN-137)', () => {
    test.each<[Cause, string, (rig: Rig, listener: Listener) => unknown]>([
      ['lost', 'the spooler is killed', (rig) => rig.killSpooler()],
      ['lost', 'the connection breaks', (rig, listener) => rig.cut(listener)],
      ['lost', 'the connection goes silent', (rig, listener) => (rig.goSilent(listener), rig.advance(10_100))],
      ['shutdown', 'the spooler shuts down (PAN-136)', (rig) => rig.spooler.close()],
    ])('%s: %s', async (cause, _, go) => {
      await using rig = await startRig({ transport });
      const recorders = [rig.recorder(), rig.recorder()];
      const listener = await rig.listener();
      for (const seen of recorders) await listener.registerForNotifications({ name: 'Lab', type }, seen);
      const sender = await rig.sender();
      // Several channels, and still one word for each registration.
      for (const text of ['a', 'b']) {
        const channel = await sender.createNotificationChannel({ name: 'Lab', type });
        await channel.sendNotification(text);
      }
      await rig.settle();
      await go(rig, listener);
      await rig.settle();
      for (const seen of recorders) {
        expect(seen.texts).toEqual(['a', 'b']);
        expect(seen.closes).toEqual([expect.objectContaining({ channel: null, ...triple, cause })]);
      }
    });

    test('and not that a source is gone, whose channel it never had', async () => {
      await using rig = await startRig({ transport });
      const seen = rig.recorder();
      await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
      const sender = await rig.sender();
      const channel = await sender.createNotificationChannel({ name: 'Lab', type });
      await channel.sendNotification('last words');
      rig.cut(sender);
      await rig.settle();
      expect(seen.seen).toHaveLength(1);
      expect(rig.spooler.stats()).toMatchObject({ channels: 0, ends: 0 });
    });

    test('and not of what it does itself: leaving, unregistering', async () => {
      await using rig = await startRig({ transport });
      const seen = rig.recorder();
      const listener = await rig.listener();
      const registration = await listener.registerForNotifications({ name: 'Lab', type }, seen);
      await listener.registerForNotifications({ name: 'Lab', type: otherType }, seen);
      await registration.unregisterForNotifications();
      await listener.close();
      await rig.settle();
      expect(seen.seen).toEqual([]);
    });
  });

  test('NOTIFICATION_RELEASE comes through channelClosed and never as a notification (PAN-49, GAP-1)', async () => {
    await using rig = await startRig({ transport });
    const { source, seen, answers } = await dialogue(rig);
    const unidirectional = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, unidirectional);
    await source.closeChannel();
    await rig.killSpooler();
    for (const { notifications } of [seen, unidirectional]) {
      expect(notifications.filter(({ type }) => type === NOTIFICATION_RELEASE)).toEqual([]);
    }
    expect(seen.closes.map(({ type }) => type)).toEqual([NOTIFICATION_RELEASE]);
    expect(unidirectional.closes.map(({ type }) => type)).toEqual([NOTIFICATION_RELEASE]);
    expect(answers.closes).toEqual([]);
  });

  test('everything delivered before comes first, then the close, then nothing (PAN-47, PAN-48)', async () => {
    await using rig = await startRig({ transport });
    const finish: (() => void)[] = [];
    const seen = rig.recorder(({ kind }) => {
      if (kind !== 'notification') return undefined;
      return new Promise<void>((resolve) => {
        finish.push(resolve);
      });
    });
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    for (const text of ['a', 'b', 'c']) await channel.sendNotification(text);
    await rig.settle();
    rig.cut(listener);
    await rig.settle();
    expect(seen.seen).toHaveLength(1);
    for (let turn = 0; turn < 3; turn++) {
      finish[turn]?.();
      await rig.settle();
    }
    expect(seen.seen.map((event) => (event.kind === 'notification' ? event.text : event.kind))).toEqual([
      'a',
      'b',
      'c',
      'closed',
    ]);
    await channel.closeChannel();
  });

  test('a close that crosses a death is told once (T2)', async () => {
    await using rig = await startRig({ transport });
    const { source, sender, seen } = await dialogue(rig);
    const closing = source.closeChannel('bye');
    rig.cut(sender);
    await closing.catch(() => {});
    await rig.settle();
    expect(seen.closes).toHaveLength(1);
  });

  test('two who die at once leave nothing (T1, T2)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
    const { sender, listener } = await dialogue(rig);
    await listener.registerForNotifications({ name: 'Lab', type }, rig.recorder());
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    for (const text of ['a', 'b']) await channel.sendNotification(text);
    rig.cut(sender);
    rig.cut(listener);
    await rig.settle();
    expect(Object.values(rig.spooler.stats()).filter((count) => count !== 0)).toEqual([]);
  });

  test('calls that wait are refused, and none hangs (T2)', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    for (const client of [listener, sender]) rig.faults(client).hold('both');
    const registration = listener.prepareRegistration({ name: 'Lab', type }, rig.recorder());
    const calls = [
      channel.sendNotification('a'),
      channel.closeChannel(),
      sender.createNotificationChannel({ name: 'Lab', type }),
      sender.status(),
      sender.roundTrip(),
      registration.registerForNotifications(),
    ];
    const outcomes = Promise.allSettled(calls);
    await rig.killSpooler();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CONNECTION_LOST' } });
    }
    expect([registration.state, channel.state]).toEqual(['object', 'closed']);
    await expect(channel.sendNotification('late')).rejects.toMatchObject({ code: 'CHANNEL_ALREADY_CLOSED' });
    await expect(channel.closeChannel()).rejects.toMatchObject({ code: 'CHANNEL_ALREADY_CLOSED' });
    await expect(registration.registerForNotifications()).rejects.toMatchObject({ code: 'CONNECTION_ENDED' });
  });
});

describe.each(TRANSPORTS)('heartbeat over %s (GAP-24, T3)', (transport) => {
  test('an end that gives no sign of life is taken for dead after ten seconds, not before', async () => {
    await using rig = await startRig({ transport });
    const { sender, seen } = await dialogue(rig);
    rig.goSilent(sender);
    await rig.advance(9_900);
    expect(seen.closes).toEqual([]);
    await rig.advance(200);
    expect(seen.closes).toMatchObject([{ ...triple, cause: 'silent' }]);
    expect(rig.events).toContainEqual(expect.objectContaining({ kind: 'sessionEnded', cause: 'silent' }));
  });

  test('a client takes its spooler for dead after the same time (PAN-172)', async () => {
    await using rig = await startRig({ transport });
    const losses: unknown[] = [];
    const listener = await rig.listener({ onLost: (loss, retrying) => losses.push([loss.code, loss.cause, retrying]) });
    const seen = rig.recorder();
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    rig.goSilent(listener);
    await rig.advance(9_900);
    expect([seen.seen, losses]).toEqual([[], []]);
    await rig.advance(200);
    expect(seen.closes).toMatchObject([{ channel: null, ...triple, cause: 'lost' }]);
    expect(losses).toEqual([[4407, 'lost', false]]);
  });

  test("the times are the spooler's and the client's to choose", async () => {
    await using rig = await startRig({ transport, limits: { heartbeatInterval: 1_000, heartbeatTimeout: 500 } });
    const { sender, seen } = await dialogue(rig);
    rig.goSilent(sender);
    await rig.advance(1_600);
    expect(seen.closes).toMatchObject([{ cause: 'silent' }]);
    const hasty = await rig.listener({ heartbeat: { interval: 200, timeout: 100 } });
    const lost = rig.recorder();
    await hasty.registerForNotifications({ name: 'Hall', type }, lost);
    rig.goSilent(hasty);
    await rig.advance(350);
    expect(lost.closes).toMatchObject([{ cause: 'lost' }]);
  });

  test('idle is not dead: an hour without a word harms nobody', async () => {
    await using rig = await startRig({ transport, limits: { heartbeatInterval: 60_000, heartbeatTimeout: 60_000 } });
    const heartbeat = { interval: 60_000, timeout: 60_000 };
    const seen = rig.recorder();
    const listener = await rig.listener({ heartbeat });
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const sender = await rig.sender({ heartbeat });
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await rig.advance(3_600_000);
    await channel.sendNotification('still here');
    await rig.settle();
    expect(seen.texts).toEqual(['still here']);
    await channel.closeChannel();
  });
});

describe.each(TRANSPORTS)('what the operator does, over %s', (transport) => {
  test('removing a printer closes its channels and no other; registrations stay (GAP-29)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    const sender = await rig.sender();
    const callback = rig.senderRecorder();
    const ofLab = await sender.createNotificationChannel({ name: 'Lab', type }, callback);
    const ofHall = await sender.createNotificationChannel({ name: 'Hall', type });
    expect(rig.spooler.removePrinter(String.raw`\\localhost\LAB`)).toBe(1);
    expect(await callback.nextClose()).toMatchObject({ channel: ofLab, ...triple, cause: 'printerRemoved' });
    expect([ofLab.state, ofHall.state]).toEqual(['closed', 'open']);
    const again = await sender.createNotificationChannel({ name: 'Lab', type });
    await again.sendNotification('a new Lab');
    expect((await seen.nextNotification()).text).toBe('a new Lab');
    expect(seen.closes).toEqual([]);
    for (const channel of [ofHall, again]) await channel.closeChannel();
  });

  test('shutting down lets listeners take what is queued, then tells everybody (PAN-136)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
    const finish: (() => void)[] = [];
    const seen = rig.recorder(({ kind }) => {
      if (kind !== 'notification') return undefined;
      return new Promise<void>((resolve) => {
        finish.push(resolve);
      });
    });
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    for (const text of ['a', 'b', 'c']) await channel.sendNotification(text);
    const closing = rig.spooler.close();
    for (let turn = 0; turn < 3; turn++) {
      await seen.nextNotification();
      finish[turn]?.();
    }
    await closing;
    await rig.settle();
    expect(seen.texts).toEqual(['a', 'b', 'c']);
    expect(seen.closes).toMatchObject([{ cause: 'shutdown' }]);
    expect(sender.isOpen).toBe(false);
  });

  test('shutting down waits two seconds for a listener that takes nothing, and no longer (PAN-136)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, stallTime: 60_000 } });
    await using slow = await WireClient.join(rig);
    const interest = { name: String.raw`\\localhost\Lab`, type, filter: 'kPerUser', style: 'kUniDirectional' } as const;
    await slow.exchange({ op: 'register', registration: 1, request: 1, interest });
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    for (const text of ['a', 'b']) await channel.sendNotification(text);
    let closed = false;
    const closing = rig.spooler.close().then(() => {
      closed = true;
    });
    await rig.advance(1_999);
    expect(closed).toBe(false);
    await rig.advance(1);
    await closing;
    expect(await slow.closed).toBe(1001);
  });
});
