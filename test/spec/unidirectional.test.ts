/** A unidirectional channel, seen by its source: section 4.2 of the fact sheet. Overflow `wait` is in overflow-wait.test.ts. */

import { describe, expect, test } from 'vitest';
import { type ClientRecord, DataObject, type Interest, notificationType } from '../../shared/index.ts';
import { type Rig, startRig, TRANSPORTS } from '../harness/index.ts';
import { WireClient } from './wire-client.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const otherType = notificationType('MS_ASYNCNOTIFY_UI');
const lab: Interest = { name: String.raw`\\localhost\Lab`, type, filter: 'kPerUser', style: 'kUniDirectional' };

const ok = { code: 'S_OK', hresult: 0 };

/** A listener that gives nothing back, so that it holds one and then queues. */
async function slowListener(rig: Rig): Promise<WireClient> {
  const raw = await WireClient.join(rig);
  await raw.exchange({ op: 'register', registration: 1, request: 1, interest: lab });
  return raw;
}

async function openChannel(rig: Rig) {
  const sender = await rig.sender();
  return sender.createNotificationChannel({ name: 'Lab', type });
}

describe.each(TRANSPORTS)('creating over %s', (transport) => {
  test('succeeds whether or not anybody listens; the callback, if any, hears nothing of listeners (PAN-111, OBS-17)', async () => {
    await using rig = await startRig({ transport });
    const sender = await rig.sender();
    const callback = rig.senderRecorder();
    const alone = sender.prepareChannel({ name: 'Lab', type }, callback);
    expect(await alone.createNotificationChannel()).toEqual(ok);
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, rig.recorder());
    const heard = sender.prepareChannel({ name: 'Lab', type }, callback);
    expect(await heard.createNotificationChannel()).toEqual(ok);
    await heard.sendNotification('paper jam');
    await listener.close();
    await alone.closeChannel();
    await heard.closeChannel();
    await rig.settle();
    expect(callback.seen).toEqual([]);
  });

  test('above the limit is refused, of either style, whoever listens; a closed channel makes room (PAN-112, GAP-16)', async () => {
    await using rig = await startRig({ transport, limits: { channels: 2 } });
    for (let i = 0; i < 3; i++) {
      await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, rig.recorder());
    }
    const [ann, bob] = [await rig.sender({ user: 'ann' }), await rig.sender({ user: 'bob' })];
    const first = await ann.createNotificationChannel({ name: 'Lab', type });
    const second = await ann.createNotificationChannel({ name: 'Lab', type, style: 'kBiDirectional' });
    const third = bob.prepareChannel({ name: 'Hall', type: otherType });
    await expect(third.createNotificationChannel()).rejects.toMatchObject({
      code: 'MAX_CHANNEL_COUNT_EXCEEDED',
      hresult: 0x80040016,
    });
    expect([third.state, rig.spooler.stats().channels]).toEqual(['none', 2]);
    await first.closeChannel();
    expect(await third.createNotificationChannel()).toEqual(ok);
    await second.closeChannel();
    await third.closeChannel();
  });

  test('again on an open channel is refused, by the library and on the wire, and leaves it open (PAN-113)', async () => {
    await using rig = await startRig({ transport });
    const channel = await openChannel(rig);
    const refused = { code: 'CHANNEL_ALREADY_OPENED', hresult: 0x80040009 };
    await expect(channel.createNotificationChannel()).rejects.toMatchObject(refused);
    expect(channel.state).toBe('open');
    await using raw = await WireClient.join(rig);
    const open = (end: number): ClientRecord => ({ op: 'open', end, request: 1, interest: lab });
    const [opened] = await raw.exchange(open(0));
    const own = opened?.op === 'result' ? opened.id : 0;
    expect(await raw.exchange(open(own))).toMatchObject([{ id: own, hresult: refused.hresult }]);
    // Somebody else's is not its own to open.
    expect(await raw.exchange(open(own - 1))).toMatchObject([{ hresult: 0x8004000b }]);
    expect(rig.spooler.stats().channels).toBe(2);
    await channel.closeChannel();
  });
});

describe.each(TRANSPORTS)('sending over %s', (transport) => {
  test('without a matching registration is a success that says so, and nobody gets it later (PAN-114)', async () => {
    await using rig = await startRig({ transport });
    const channel = await openChannel(rig);
    expect(await channel.sendNotification('lost')).toEqual({ code: 'NO_LISTENERS', hresult: 0x00040007 });
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    expect(channel.state).toBe('open');
    await channel.sendNotification('found');
    await rig.settle();
    expect(seen.texts).toEqual(['found']);
    await channel.closeChannel();
  });

  test('reaches every matching registration once, also two of one client (PAN-115)', async () => {
    await using rig = await startRig({ transport });
    const recorders = [rig.recorder(), rig.recorder(), rig.recorder()] as const;
    const both = await rig.listener();
    await both.registerForNotifications({ name: 'Lab', type }, recorders[0]);
    await both.registerForNotifications({ name: null, type }, recorders[1]);
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, recorders[2]);
    const channel = await openChannel(rig);
    for (const text of ['a', 'b', 'c']) expect(await channel.sendNotification(text)).toEqual(ok);
    await rig.settle();
    for (const { texts } of recorders) expect(texts).toEqual(['a', 'b', 'c']);
    await channel.closeChannel();
  });

  test('reaches who registers and not who unregisters, from one notification to the next (PAN-115)', async () => {
    await using rig = await startRig({ transport });
    const [first, second] = [rig.recorder(), rig.recorder()];
    const listener = await rig.listener();
    const leaving = await listener.registerForNotifications({ name: 'Lab', type }, first);
    const channel = await openChannel(rig);
    await channel.sendNotification('a');
    await rig.settle();
    await listener.registerForNotifications({ name: 'Lab', type }, second);
    await channel.sendNotification('b');
    await rig.settle();
    await leaving.unregisterForNotifications();
    await channel.sendNotification('c');
    await rig.settle();
    expect([first.texts, second.texts]).toEqual([
      ['a', 'b'],
      ['b', 'c'],
    ]);
    await channel.closeChannel();
  });

  test('is lost for the one registration that is full, and the source is told (PAN-116)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, queueLength: 1 } });
    await using slow = await slowListener(rig);
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    const channel = await openChannel(rig);
    const outcomes = [];
    for (const text of ['a', 'b', 'c']) {
      outcomes.push(await channel.sendNotification(text));
      await rig.settle();
    }
    expect(outcomes).toEqual([ok, ok, { code: 'UNIRECTIONAL_NOTIFICATION_LOST', hresult: 0x00040005 }]);
    expect(channel.state).toBe('open');
    expect(seen.texts).toEqual(['a', 'b', 'c']);
    const [, delivered] = await slow.exchange();
    slow.send({ op: 'release', end: delivered?.op === 'notify' ? delivered.end : 0, sequence: 1, only: false });
    // It got what was queued, and never what was lost.
    expect(await slow.exchange()).toMatchObject([{ op: 'notify', sequence: 2 }]);
    expect(await channel.sendNotification('d')).toEqual(ok);
    await channel.closeChannel();
  });

  test('fails where none of those present could take it (PAN-117)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, queueLength: 0 } });
    await using first = await slowListener(rig);
    await using second = await slowListener(rig);
    const channel = await openChannel(rig);
    expect(await channel.sendNotification('a')).toEqual(ok);
    const failed = { code: 'ASYNC_NOTIFICATION_FAILURE', hresult: 0x80040006 };
    await expect(channel.sendNotification('b')).rejects.toMatchObject(failed);
    expect(channel.state).toBe('open');
    for (const raw of [first, second]) {
      expect((await raw.exchange()).map(({ op }) => op)).toEqual(['offer', 'notify']);
    }
    await channel.closeChannel();
  });

  test('fails where memory for it is short, however few there are (PAN-117)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, queueBytes: 10 } });
    await using slow = await slowListener(rig);
    const channel = await openChannel(rig);
    for (let i = 0; i < 2; i++) expect(await channel.sendNotification(new Uint8Array(10))).toEqual(ok);
    await expect(channel.sendNotification('one more')).rejects.toMatchObject({ code: 'ASYNC_NOTIFICATION_FAILURE' });
    expect(rig.spooler.stats()).toMatchObject({ queued: 1, queuedBytes: 10 });
    await channel.closeChannel();
    expect((await slow.exchange()).map(({ op }) => op)).toEqual(['offer', 'notify']);
  });

  test.each([
    [
      'a payload above the size limit (PAN-118)',
      'MAX_NOTIFICATION_SIZE_EXCEEDED',
      new DataObject({ type, data: new Uint8Array(101) }),
    ],
    [
      'a payload of another type (PAN-119)',
      'INVALID_NOTIFICATION_TYPE',
      new DataObject({ type: otherType, data: new Uint8Array(1) }),
    ],
  ])('%s is refused with %s, and the channel stays open', async (_, code, object) => {
    await using rig = await startRig({ transport, limits: { payload: 100 } });
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    const channel = await openChannel(rig);
    await expect(channel.sendNotification(object)).rejects.toMatchObject({ code });
    expect(channel.state).toBe('open');
    expect(await channel.sendNotification(new Uint8Array(100))).toEqual(ok);
    await rig.settle();
    expect(seen.notifications.map(({ size }) => size)).toEqual([100]);
    await channel.closeChannel();
  });

  test('before the channel was created is refused, by the library and on the wire (PAN-123)', async () => {
    await using rig = await startRig({ transport });
    const sender = await rig.sender();
    const channel = sender.prepareChannel({ name: 'Lab', type });
    const refused = { code: 'CHANNEL_NOT_OPENED', hresult: 0x8004000b };
    await expect(channel.sendNotification('early')).rejects.toMatchObject(refused);
    await expect(channel.closeChannel()).rejects.toMatchObject(refused);
    expect(channel.state).toBe('none');
    await using raw = await WireClient.join(rig);
    const data = new Uint8Array(1);
    expect(await raw.exchange({ op: 'notify', end: 77, sequence: 1, data, release: false })).toMatchObject([
      { op: 'settled', end: 77, sequence: 1, hresult: refused.hresult },
    ]);
    expect(await channel.createNotificationChannel()).toEqual(ok);
    await channel.closeChannel();
  });
});

describe.each(TRANSPORTS)('closing over %s', (transport) => {
  test('succeeds, and the spooler forgets the channel (PAN-120)', async () => {
    await using rig = await startRig({ transport });
    const channel = await openChannel(rig);
    expect(await channel.closeChannel()).toEqual(ok);
    expect(channel.state).toBe('closed');
    expect(rig.spooler.stats().channels).toBe(0);
  });

  test('right after creating is allowed (GAP-8)', async () => {
    await using rig = await startRig({ transport });
    const sender = await rig.sender();
    const channel = sender.prepareChannel({ name: 'Lab', type });
    const created = channel.createNotificationChannel();
    await created;
    expect(await channel.closeChannel()).toEqual(ok);
  });

  test('does not take back what registrations were given or have queued (GAP-5, PAN-120)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
    await using slow = await slowListener(rig);
    const channel = await openChannel(rig);
    for (const text of ['a', 'b', 'c']) await channel.sendNotification(text);
    await channel.closeChannel();
    const [offer, first] = await slow.exchange();
    expect([offer, first]).toMatchObject([{ op: 'offer' }, { op: 'notify', sequence: 1 }]);
    const end = offer?.op === 'offer' ? offer.end : 0;
    const next = (sequence: number) => slow.exchange({ op: 'release', end, sequence, only: false });
    expect(await next(1)).toMatchObject([{ op: 'notify', sequence: 2 }]);
    // The number is finished after everything queued, and the last delivery is still to be given back.
    expect(await next(2)).toMatchObject([
      { op: 'notify', sequence: 3 },
      { op: 'closed', end, cause: 'closed' },
    ]);
    expect(rig.spooler.stats().heldObjects).toBe(1);
    expect(await next(3)).toEqual([]);
    expect(rig.spooler.stats().heldObjects).toBe(0);
  });

  test('tells a listener nothing: it never had the channel (GAP-1, PAN-124)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    const channel = await openChannel(rig);
    await channel.sendNotification('paper jam');
    await channel.closeChannel('bye');
    await rig.settle();
    expect(seen.seen).toHaveLength(1);
  });

  test('then sending and closing are refused, as errors (PAN-121, PAN-122, GAP-6)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    const channel = await openChannel(rig);
    await channel.closeChannel();
    const refused = { code: 'CHANNEL_ALREADY_CLOSED', hresult: 0x80040008 };
    await expect(channel.sendNotification('late')).rejects.toMatchObject(refused);
    await expect(channel.closeChannel()).rejects.toMatchObject(refused);
    await expect(channel.closeChannel('late')).rejects.toMatchObject(refused);
    await expect(channel.createNotificationChannel()).rejects.toMatchObject({ code: 'CHANNEL_ALREADY_OPENED' });
    expect(seen.seen).toEqual([]);
  });

  test('what was sent without waiting, close and all, is done in order (PAN-98, PAN-100)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    const channel = await openChannel(rig);
    const calls = [channel.sendNotification('a'), channel.sendNotification('b'), channel.closeChannel()];
    const late = channel.sendNotification('late');
    expect(await Promise.all(calls)).toEqual([ok, ok, ok]);
    await expect(late).rejects.toMatchObject({ code: 'CHANNEL_ALREADY_CLOSED' });
    await rig.settle();
    expect(seen.texts).toEqual(['a', 'b']);
  });
});

describe.each(TRANSPORTS)('a listener over %s', (transport) => {
  test('has no channel to answer on (PAN-124, PAN-193)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    const channel = await openChannel(rig);
    await channel.sendNotification('paper jam');
    expect((await seen.nextNotification()).channel).toBeNull();
    await channel.closeChannel();
  });

  test('that sends or closes on the wire all the same is refused, and the source hears nothing (PAN-124)', async () => {
    await using rig = await startRig({ transport });
    await using raw = await slowListener(rig);
    const callback = rig.senderRecorder();
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type }, callback);
    await channel.sendNotification('paper jam');
    const [offer] = await raw.exchange();
    const end = offer?.op === 'offer' ? offer.end : 0;
    const invalid = 0x80070057;
    const answers = await raw.exchange(
      { op: 'notify', end, sequence: 1, data: new Uint8Array(1), release: false },
      { op: 'close', end, sequence: 2, data: null, release: true },
    );
    // One answer for both, since it is the same.
    expect(answers).toEqual([{ op: 'settled', end, sequence: 2, hresult: invalid }]);
    expect(await channel.sendNotification('still open')).toEqual(ok);
    await rig.settle();
    expect(callback.seen).toEqual([]);
    await channel.closeChannel();
  });
});
