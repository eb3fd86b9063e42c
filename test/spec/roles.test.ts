/** Who is who, and what the objects are: section 1 of the fact sheet. */

import { decode } from '@msgpack/msgpack';
import { describe, expect, test } from 'vitest';
import { DataObject, ListenerChannel, ListenerRegistration } from '../../client/listener.ts';
import { type ChannelSpecification, SenderChannel } from '../../client/sender.ts';
import { ALL_CODES, encodeRecord, guid, type Interest, notificationType, RawRecord } from '../../shared/index.ts';
import { TokenTable } from '../../spooler/index.ts';
import { read, startRig, TRANSPORTS } from '../harness/index.ts';
import { WireClient } from './wire-client.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const otherType = notificationType('MS_ASYNCNOTIFY_UI');
const style = 'kBiDirectional';
const lab = String.raw`\\localhost\Lab`;

describe.each(TRANSPORTS)('roles over %s', (transport) => {
  test('a source opens a channel, sends, and consumes the response (PAN-1)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder(({ kind, channel }) => kind === 'notification' && channel?.sendNotification('fixed'));
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type, style }, seen);
    const answers = rig.senderRecorder();
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, style }, answers);
    await channel.sendNotification('paper jam');
    expect(await answers.nextNotification()).toMatchObject({ channel, text: 'fixed', type });
    await channel.closeChannel();
  });

  test('a listener is who has registered; who is connected only is told nothing (PAN-2)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    const registration = listener.prepareRegistration({ name: 'Lab', type }, seen);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    expect(await channel.sendNotification('too early')).toMatchObject({ code: 'NO_LISTENERS' });
    await registration.registerForNotifications();
    await channel.sendNotification('in time');
    await rig.settle();
    expect(seen.texts).toEqual(['in time']);
    await channel.closeChannel();
  });

  test('a component that opens channels may register as well, and then hears itself (PAN-3)', async () => {
    await using rig = await startRig({ transport });
    await using both = await WireClient.join(rig);
    const interest: Interest = { name: lab, type, filter: 'kPerUser', style: 'kUniDirectional' };
    const [registered, opened] = await both.exchange(
      { op: 'register', registration: 1, request: 1, interest },
      { op: 'open', end: 0, request: 2, interest },
    );
    expect([registered, opened]).toMatchObject([{ hresult: 0 }, { hresult: 0 }]);
    const source = opened?.op === 'result' ? opened.id : 0;
    const told = await both.exchange({
      op: 'notify',
      end: source,
      sequence: 1,
      data: new Uint8Array(2),
      release: false,
    });
    expect(told.map(({ op }) => op)).toEqual(['offer', 'notify', 'settled']);
    await both.exchange({ op: 'close', end: source, sequence: 2, data: null, release: true });
  });

  test('a listener cannot begin: what it says before the first notification is refused and reaches nobody (PAN-4)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type, style }, seen);
    const answers = rig.senderRecorder();
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, style }, answers);
    const { channel: offered } = await seen.nextOffer();
    await expect(offered.sendNotification('hello')).rejects.toMatchObject({ code: 'ASYNC_CALL_IN_PROGRESS' });
    await rig.settle();
    expect(answers.seen).toEqual([]);
    await channel.closeChannel();
  });

  test('the spooler hosts registrations and channels, each tied to a printer (PAN-5, PAN-9)', async () => {
    await using rig = await startRig({ transport, server: 'print01' });
    const listener = await rig.listener({ user: 'bob' });
    await listener.registerForNotifications({ name: 'Lab', type, filter: 'kAllUsers' }, rig.recorder());
    const sender = await rig.sender({ user: 'ann' });
    const ofPrinter = await sender.createNotificationChannel({ name: 'Hall', type, style });
    const ofServer = await sender.createNotificationChannel({ name: null, type: otherType, filter: 'kAllUsers' });
    const { registrations, channels } = await sender.status();
    expect(registrations).toEqual([
      { name: String.raw`\\print01\Lab`, type, filter: 'kAllUsers', style: 'kUniDirectional', user: 'bob', queued: 0 },
    ]);
    expect(channels).toEqual([
      expect.objectContaining({ name: String.raw`\\print01\Hall`, type, filter: 'kPerUser', style, user: 'ann' }),
      expect.objectContaining({ name: null, type: otherType, filter: 'kAllUsers', user: null }),
    ]);
    await ofPrinter.closeChannel();
    await ofServer.closeChannel();
  });

  test.each([
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '00000000-0000-0000-0000-000000000001',
    'c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1',
  ])('any 128 bits name a type: %s (PAN-7)', async (text) => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type: guid(text) }, seen);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type: guid(text) });
    await channel.sendNotification('paper jam');
    expect((await seen.nextNotification()).type).toBe(text);
    await channel.closeChannel();
  });

  test('a channel has one type and one style, and reaches no registration of another (PAN-8)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type: otherType }, seen);
    await listener.registerForNotifications({ name: 'Lab', type, style }, seen);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    expect(await channel.sendNotification('paper jam')).toMatchObject({ code: 'NO_LISTENERS' });
    await rig.settle();
    expect(seen.seen).toEqual([]);
    await channel.closeChannel();
  });

  test('payloads pass as they are, whatever they look like (PAN-10)', async () => {
    const payloads = [
      new Uint8Array(0),
      // Every byte there is, NUL and MessagePack's forbidden 0xc1 among them.
      Uint8Array.from({ length: 256 }, (_, byte) => byte),
      // A whole record, as if the next one of the message.
      Buffer.concat([...encodeRecord({ op: 'ping', sequence: 7 })]),
      // Half a surrogate, which no text decoder passes.
      Uint8Array.of(0x00, 0xd8),
    ];
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    for (const payload of payloads) await channel.sendNotification(payload);
    await rig.settle();
    expect(seen.notifications.map(({ data }) => data)).toEqual(payloads.map((payload) => new Uint8Array(payload)));
    await channel.closeChannel();
  });
});

describe.each(TRANSPORTS)('roles with tokens over %s', (transport) => {
  const tokens = TokenTable.parse(
    JSON.stringify({
      tokens: [
        { token: 'token-of-ann-0000', user: 'ann', rights: ['listen'] },
        { token: 'token-of-bob-0000', user: 'bob', rights: ['listen', 'send'] },
      ],
    }),
  );

  test('only who may send opens channels, everybody else can only register (PAN-3)', async () => {
    await using rig = await startRig({ transport, tokens });
    const application = { user: 'ann', token: 'token-of-ann-0000' };
    const listener = await rig.listener(application);
    await listener.registerForNotifications({ name: 'Lab', type }, rig.recorder());
    const sender = await rig.sender(application);
    await expect(sender.createNotificationChannel({ name: 'Lab', type })).rejects.toMatchObject({
      code: 'E_ACCESSDENIED',
    });
    const driver = await rig.sender({ user: 'bob', token: 'token-of-bob-0000' });
    const channel = await driver.createNotificationChannel({ name: 'Lab', type });
    await channel.closeChannel();
  });

  test("the identity is the token's, whatever the client says, and stays with what it registers (PAN-6)", async () => {
    await using rig = await startRig({ transport, tokens });
    await using liar = await WireClient.connect(rig, { token: 'token-of-ann-0000' });
    liar.send({ op: 'hello', user: 'bob' });
    expect(await liar.closed).toBe(4403);
    const listener = await rig.listener({ user: 'ann', token: 'token-of-ann-0000' });
    await listener.registerForNotifications({ name: 'Lab', type }, rig.recorder());
    expect(listener.user).toBe('ann');
    expect((await listener.status()).registrations).toMatchObject([{ user: 'ann' }]);
    const sender = await rig.sender({ user: 'bob', token: 'token-of-bob-0000' });
    await expect(sender.createNotificationChannel({ name: 'Lab', type, user: 'ann' })).rejects.toMatchObject({
      code: 'E_ACCESSDENIED',
    });
  });
});

describe.each(TRANSPORTS)('objects over %s', (transport) => {
  test("a registration is its client's alone: others have the same number for another (PAN-11)", async () => {
    await using rig = await startRig({ transport });
    await using ann = await WireClient.join(rig, 'ann');
    await using bob = await WireClient.join(rig, 'bob');
    const interest: Interest = { name: lab, type, filter: 'kPerUser', style: 'kUniDirectional' };
    await ann.exchange({ op: 'register', registration: 1, request: 1, interest });
    // Nobody else can end it.
    const unregister = { op: 'unregister', registration: 1, request: 2 } as const;
    expect(await bob.exchange(unregister)).toMatchObject([{ op: 'result', hresult: 0x8004000d }]);
    expect(await bob.exchange({ op: 'register', registration: 1, request: 3, interest })).toMatchObject([
      { hresult: 0 },
    ]);
    expect(await bob.exchange(unregister)).toMatchObject([{ hresult: 0 }]);
    expect(rig.spooler.stats().registrations).toBe(1);
  });

  test('a registration keeps all it was asked for, and filters with each of it (PAN-12)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener({ user: 'ann' });
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const sender = await rig.sender({ user: 'ann' });
    const fitting = { name: 'Lab', type, filter: 'kPerUser', style: 'kUniDirectional', user: 'ann' } as const;
    const others: ChannelSpecification[] = [
      { ...fitting, name: 'Hall' },
      { ...fitting, type: otherType },
      { ...fitting, user: 'bob' },
      { ...fitting, style },
    ];
    for (const specification of [...others, fitting]) {
      const channel = await sender.createNotificationChannel(specification);
      await channel.sendNotification(JSON.stringify(specification));
      await channel.closeChannel();
    }
    await rig.settle();
    expect(seen.texts).toEqual([JSON.stringify(fitting)]);
  });

  test('each unidirectional registration has a queue of its own (PAN-13)', async () => {
    const limits = { registrationHeldObjects: 1, queueLength: 3 };
    await using rig = await startRig({ transport, limits });
    await using listener = await WireClient.join(rig);
    const interest: Interest = { name: lab, type, filter: 'kPerUser', style: 'kUniDirectional' };
    const other: Interest = { ...interest, type: otherType };
    await listener.exchange(
      { op: 'register', registration: 1, request: 1, interest },
      { op: 'register', registration: 2, request: 2, interest: other },
    );
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    for (let i = 0; i < 4; i++) await channel.sendNotification(`${i}`);
    expect((await sender.status()).registrations).toMatchObject([
      { type, queued: 3 },
      { type: otherType, queued: 0 },
    ]);
    await channel.closeChannel();
  });

  test('a bidirectional registration is offered every channel not yet acquired, also one made before it (PAN-14, PAN-104)', async () => {
    await using rig = await startRig({ transport });
    const sender = await rig.sender();
    const owner = await rig.listener();
    const owned = await sender.createNotificationChannel({ name: 'Lab', type, style });
    await owned.sendNotification('mine');
    const owns = rig.recorder(({ kind, channel }) => kind === 'notification' && channel?.sendNotification('yes'));
    const registration = await owner.registerForNotifications({ name: 'Lab', type, style }, owns);
    await rig.settle();
    await registration.unregisterForNotifications();
    const before = await sender.createNotificationChannel({ name: 'Lab', type, style });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type, style }, seen);
    const after = await sender.createNotificationChannel({ name: 'Lab', type, style });
    await rig.settle();
    expect(seen.offers).toHaveLength(2);
    for (const channel of [owned, before, after]) await channel.closeChannel();
  });

  test('a bidirectional channel holds one notification for whoever asks, until it has its one owner (PAN-15)', async () => {
    await using rig = await startRig({ transport });
    const sender = await rig.sender({ user: 'ann' });
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, style, user: 'bob' });
    expect(rig.spooler.stats().initialBytes).toBe(0);
    await channel.sendNotification('12345');
    expect(rig.spooler.stats().initialBytes).toBe(5);
    expect((await sender.status()).channels).toMatchObject([{ type, filter: 'kPerUser', user: 'bob', state: 'held' }]);
    const first = rig.recorder();
    const late = rig.recorder();
    for (const seen of [first, late]) {
      const listener = await rig.listener({ user: 'bob' });
      await listener.registerForNotifications({ name: 'Lab', type, style }, seen);
      expect((await seen.nextNotification()).text).toBe('12345');
    }
    await first.notifications[0]?.channel?.sendNotification('mine');
    expect(rig.spooler.stats().initialBytes).toBe(0);
    expect((await sender.status()).channels).toMatchObject([{ state: 'sourceTurn', listeners: 1 }]);
    await channel.closeChannel();
  });

  test('each registration that is offered a channel has an end of its own, also two of one client (PAN-16)', async () => {
    await using rig = await startRig({ transport });
    const seen = [rig.recorder(), rig.recorder()] as const;
    const listener = await rig.listener();
    for (const recorder of seen) await listener.registerForNotifications({ name: 'Lab', type, style }, recorder);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, style });
    await channel.sendNotification('question');
    const [mine, other] = [await seen[0].nextNotification(), await seen[1].nextNotification()];
    expect(mine.channel).not.toBe(other.channel);
    await mine.channel?.sendNotification('answer');
    expect(await seen[1].nextClose()).toMatchObject({ channel: other.channel, cause: 'acquired' });
    await channel.closeChannel();
    expect(await seen[0].nextClose()).toMatchObject({ channel: mine.channel, cause: 'closed' });
  });

  test('once a channel is acquired nobody else is ever heard on it, not even after it was closed (PAN-17)', async () => {
    await using rig = await startRig({ transport });
    const sender = await rig.sender();
    const answers = rig.senderRecorder();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, style }, answers);
    const seen = [rig.recorder(), rig.recorder()] as const;
    for (const recorder of seen) {
      const listener = await rig.listener();
      await listener.registerForNotifications({ name: 'Lab', type, style }, recorder);
    }
    await channel.sendNotification('question');
    const [owner, loser] = [(await seen[0].nextNotification()).channel, (await seen[1].nextNotification()).channel];
    await owner?.sendNotification('first');
    await expect(loser?.sendNotification('second')).rejects.toMatchObject({ code: 'CHANNEL_ACQUIRED' });
    await channel.closeChannel();
    await expect(loser?.sendNotification('third')).rejects.toMatchObject({ code: 'CHANNEL_ACQUIRED' });
    await rig.settle();
    expect(answers.texts).toEqual(['first']);
  });
});

describe('the interfaces', () => {
  test.each<[string, object, string[]]>([
    ['IPrintAsyncNotifyDataObject (PAN-18)', DataObject.prototype, ['acquireData', 'releaseData']],
    ['IPrintAsyncNotifyChannel, the source (PAN-19)', SenderChannel.prototype, ['sendNotification', 'closeChannel']],
    ['IPrintAsyncNotifyChannel, a listener (PAN-19)', ListenerChannel.prototype, ['sendNotification', 'closeChannel']],
    [
      'IPrintAsyncNotifyRegistration (PAN-22)',
      ListenerRegistration.prototype,
      ['registerForNotifications', 'unregisterForNotifications'],
    ],
  ])('have their methods under the names of the documents: %s', (_, prototype, methods) => {
    expect(Object.getOwnPropertyNames(prototype)).toEqual(expect.arrayContaining(methods));
  });

  test('call back with the channel and the data object: IPrintAsyncNotifyCallback, on both sides (PAN-20)', async () => {
    await using rig = await startRig();
    const calls: [string, unknown, string][] = [];
    const callback = (side: string) => ({
      onEventNotify: (channel: unknown, data: DataObject) => calls.push([`${side} notified`, channel, read(data).text]),
      channelClosed: (channel: unknown, data: DataObject) => calls.push([`${side} closed`, channel, read(data).text]),
    });
    const listener = await rig.listener();
    let offered: ListenerChannel | undefined;
    const onNewChannel = (channel: ListenerChannel): void => {
      offered = channel;
    };
    await listener.registerForNotifications({ name: 'Lab', type, style }, { ...callback('listener'), onNewChannel });
    const sender = await rig.sender();
    const source = await sender.createNotificationChannel({ name: 'Lab', type, style }, callback('source'));
    await source.sendNotification('question');
    await rig.settle();
    await offered?.sendNotification('answer');
    await source.closeChannel('bye');
    const other = await sender.createNotificationChannel({ name: 'Lab', type, style }, callback('source'));
    await rig.settle();
    await offered?.closeChannel('last word');
    await rig.settle();
    expect(calls).toEqual([
      ['listener notified', expect.any(ListenerChannel), 'question'],
      ['source notified', source, 'answer'],
      ['listener closed', expect.any(ListenerChannel), 'bye'],
      ['source closed', other, 'last word'],
    ]);
  });

  test('take name, type, user filter, style and callback to create a channel, the callback optional (PAN-29)', async () => {
    await using rig = await startRig();
    const sender = await rig.sender();
    const specification = { name: null, type, filter: 'kAllUsers', style } as const;
    const channels = [
      await sender.createNotificationChannel(specification, rig.senderRecorder()),
      await sender.createNotificationChannel(specification),
    ];
    for (const channel of channels) {
      expect(channel.interest).toEqual(specification);
      await channel.closeChannel();
    }
  });

  test('take the same to register, the callback required, and give what unregisters (PAN-30, PAN-31, PAN-60)', async () => {
    await using rig = await startRig();
    const listener = await rig.listener();
    const specification = { name: null, type, filter: 'kAllUsers', style } as const;
    const registration = await listener.registerForNotifications(specification, rig.recorder());
    expect(registration.interest).toEqual(specification);
    expect(rig.spooler.stats().registrations).toBe(1);
    expect(await registration.unregisterForNotifications()).toEqual({ code: 'S_OK', hresult: 0 });
    expect(rig.spooler.stats().registrations).toBe(0);
    await expect(registration.unregisterForNotifications()).rejects.toMatchObject({ code: 'ALREADY_UNREGISTERED' });
  });
});

describe('the enumerations', () => {
  test.each([
    ['kPerUser', 'kBiDirectional', 0, 0],
    ['kAllUsers', 'kUniDirectional', 1, 1],
  ] as const)(
    'travel as the header says: %s and %s (PAN-33, PAN-34, OBS-11)',
    (filter, style, filterNumber, styleNumber) => {
      const interest: Interest = { name: null, type, filter, style };
      const record = Buffer.concat([...encodeRecord({ op: 'register', registration: 1, request: 1, interest })]);
      expect(decode(new RawRecord(record, 0).header)).toMatchObject({ filter: filterNumber, style: styleNumber });
    },
  );

  test('PrintAsyncNotifyError has its 24 members, 0x01 to 0x18, as low words (PAN-35)', () => {
    const members = [
      'CHANNEL_CLOSED_BY_SERVER',
      'CHANNEL_CLOSED_BY_ANOTHER_LISTENER',
      'CHANNEL_CLOSED_BY_SAME_LISTENER',
      'CHANNEL_RELEASED_BY_LISTENER',
      'UNIRECTIONAL_NOTIFICATION_LOST',
      'ASYNC_NOTIFICATION_FAILURE',
      'NO_LISTENERS',
      'CHANNEL_ALREADY_CLOSED',
      'CHANNEL_ALREADY_OPENED',
      'CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION',
      'CHANNEL_NOT_OPENED',
      'ASYNC_CALL_ALREADY_PARKED',
      'NOT_REGISTERED',
      'ALREADY_UNREGISTERED',
      'ALREADY_REGISTERED',
      'CHANNEL_ACQUIRED',
      'ASYNC_CALL_IN_PROGRESS',
      'MAX_NOTIFICATION_SIZE_EXCEEDED',
      'INTERNAL_NOTIFICATION_QUEUE_IS_FULL',
      'INVALID_NOTIFICATION_TYPE',
      'MAX_REGISTRATION_COUNT_EXCEEDED',
      'MAX_CHANNEL_COUNT_EXCEEDED',
      'LOCAL_ONLY_REGISTRATION',
      'REMOTE_ONLY_REGISTRATION',
    ] as const;
    const lowWords = members.map((name) => (ALL_CODES.get(name)?.hresult ?? 0) & 0xffff);
    expect(lowWords).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
  });
});
