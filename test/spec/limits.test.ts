/** Limits and defaults: section 6 of the fact sheet. */

import { describe, expect, test } from 'vitest';
import {
  DataObject,
  DEFAULT_LIMITS,
  type Interest,
  NOTIFICATION_RELEASE,
  notificationType,
} from '../../shared/index.ts';
import { startRig, TRANSPORTS } from '../harness/index.ts';
import { RawClient } from './raw-client.ts';
import { DIALOGUE, registered, stage, TYPE } from './stage.ts';

const BROADCAST = { name: 'Lab', type: TYPE } as const;
const BROADCAST_INTEREST: Interest = {
  name: '\\\\localhost\\Lab',
  type: TYPE,
  filter: 'kPerUser',
  style: 'kUniDirectional',
};
const OTHER_TYPE = notificationType('MS_ASYNCNOTIFY_UI');
const TOO_LARGE = { code: 'MAX_NOTIFICATION_SIZE_EXCEEDED', hresult: 0x80040012 };
const S_OK = { code: 'S_OK', hresult: 0 };

const TEN_MIB = 10_485_760;
/** No two places of it look alike, so that a lost or moved piece shows. */
const largest = new Uint8Array(new Uint32Array(TEN_MIB / 4).map((_, index) => index * 2654435761).buffer);
const oneMore = new Uint8Array(TEN_MIB + 1);
/** Larger than a message may be: it must not even be tried. */
const farMore = new Uint8Array(TEN_MIB + 2 * 1024 * 1024);

function expectLargest({ data }: { readonly data: Uint8Array | null }): void {
  expect(data === null ? 'null' : Buffer.compare(data, largest)).toBe(0);
}

test('the defaults are those of the documents (PAN-239, PAN-240, PAN-242, PAN-247, PAN-248, GAP-17)', () => {
  expect(DEFAULT_LIMITS).toMatchObject({
    payload: TEN_MIB,
    queueLength: 100,
    registrationsPerName: 10_000,
    channels: 10_000,
  });
});

describe.each(TRANSPORTS)('over %s', (transport) => {
  describe('the size of a payload', () => {
    test('10 MiB pass, every byte of them, as a unidirectional notification (PAN-240)', async () => {
      await using rig = await startRig({ transport });
      const seen = rig.recorder();
      await (await rig.listener()).registerForNotifications(BROADCAST, seen);
      const channel = await (await rig.sender()).createNotificationChannel(BROADCAST);
      expect(await channel.sendNotification(largest)).toEqual(S_OK);
      expectLargest(await seen.nextNotification());
    });

    test('10 MiB pass in both directions of a dialogue, and as its last word (PAN-239, PAN-240, GAP-26)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2, source, answers } = await stage(rig, 'B1');
      expect(await source.sendNotification(largest)).toEqual(S_OK);
      for (const { seen } of [c1, c2]) expectLargest(await seen.nextNotification());
      expect(await c1.channel.sendNotification(largest)).toEqual(S_OK);
      expectLargest(await answers.nextNotification());
      expect(await source.sendNotification(largest)).toEqual(S_OK);
      expectLargest(await c1.seen.nextNotification());
      expect(await c1.channel.closeChannel(largest)).toEqual(S_OK);
      expectLargest(await answers.nextClose());
    });

    test('10 MiB pass as the last word of a source (PAN-240)', async () => {
      await using rig = await startRig({ transport });
      const { c1, source } = await stage(rig, 'B4');
      expect(await source.closeChannel(largest)).toEqual(S_OK);
      expectLargest(await c1.seen.nextClose());
    });

    test.each([
      ['one byte more', oneMore],
      ['far more than a message holds', farMore],
    ])('%s is refused to either side, and nothing else happens (PAN-239, PAN-240, GAP-27)', async (_, payload) => {
      await using rig = await startRig({ transport });
      const { c1, sender, source, answers } = await stage(rig, 'B3');
      await expect(source.sendNotification(payload)).rejects.toMatchObject(TOO_LARGE);
      await expect(source.closeChannel(payload)).rejects.toMatchObject(TOO_LARGE);
      await source.sendNotification('q2');
      await c1.seen.nextNotification();
      await expect(c1.channel.sendNotification(payload)).rejects.toMatchObject(TOO_LARGE);
      await expect(c1.channel.closeChannel(payload)).rejects.toMatchObject(TOO_LARGE);
      expect(await c1.channel.sendNotification('a2')).toEqual(S_OK);
      await rig.settle();
      expect(answers.texts).toEqual(['a1', 'a2']);
      expect(sender.isOpen).toBe(true);
      expect(c1.listener.state).toBe('connected');
    });

    test('what no message can hold is refused by the library itself: nothing leaves (PAN-214)', async () => {
      await using rig = await startRig({ transport });
      const sender = await rig.sender();
      for (const overflow of ['lose', 'wait'] as const) {
        const channel = await sender.createNotificationChannel({ ...BROADCAST, overflow });
        const before = rig.faults(sender).sentBytes;
        await expect(channel.sendNotification(farMore)).rejects.toMatchObject(TOO_LARGE);
        expect(rig.faults(sender).sentBytes).toBe(before);
        expect(await channel.sendNotification('n1')).toMatchObject({ code: 'NO_LISTENERS' });
      }
    });

    test('with NOTIFICATION_RELEASE size does not matter: a close ignores the bytes, a send has the wrong type (PAN-178, GAP-28)', async () => {
      await using rig = await startRig({ transport });
      const { c1, source, answers } = await stage(rig, 'B4');
      const release = (): DataObject => new DataObject({ type: NOTIFICATION_RELEASE, data: farMore });
      for (const end of [c1.channel, source])
        await expect(end.sendNotification(release())).rejects.toMatchObject({ code: 'INVALID_NOTIFICATION_TYPE' });
      expect(await c1.channel.closeChannel(release())).toEqual(S_OK);
      expect(await answers.nextClose()).toMatchObject({ data: null, size: 0, type: NOTIFICATION_RELEASE });
    });

    test('no size in between costs the connection (PAN-214, PAN-216, GAP-28)', async () => {
      await using rig = await startRig({ transport, limits: { payload: 100, message: 1_000 } });
      const channel = await (await rig.sender()).createNotificationChannel(BROADCAST);
      for (const size of [101, 500, 919, 920, 921, 944, 960, 983, 984, 985, 999, 1_000, 1_001, 5_000]) {
        const data = new Uint8Array(size);
        await expect(channel.sendNotification(data)).rejects.toMatchObject(TOO_LARGE);
        await expect(channel.sendNotification(new DataObject({ type: OTHER_TYPE, data }))).rejects.toMatchObject({
          code: 'INVALID_NOTIFICATION_TYPE',
        });
      }
      expect(await channel.sendNotification(new Uint8Array(100))).toMatchObject({ code: 'NO_LISTENERS' });
    });
  });

  describe('counts', () => {
    test('as many notifications queue for a registration as configured, each registration on its own (PAN-242, PAN-244)', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, queueLength: 3 } });
      await using client = await RawClient.connect(rig);
      await client.register(1, BROADCAST_INTEREST);
      const channel = await (await rig.sender()).createNotificationChannel(BROADCAST);
      const send = async (text: string): Promise<string> => (await channel.sendNotification(text)).code;
      // The first is given to it, three more wait.
      for (const text of ['1', '2', '3']) expect(await send(text)).toBe('S_OK');
      await client.register(2, BROADCAST_INTEREST);
      expect(await send('4')).toBe('S_OK');
      expect(await send('5')).toBe('UNIRECTIONAL_NOTIFICATION_LOST');
      await client.roundTrip();
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 2, queued: 4 });
    });

    test('one message is in flight on a bidirectional channel, one call outstanding on an end (PAN-245, PAN-249)', async () => {
      await using rig = await startRig({ transport });
      const { c1, source } = await stage(rig, 'B3');
      await expect(c1.channel.sendNotification('a second answer')).rejects.toMatchObject({
        code: 'ASYNC_CALL_IN_PROGRESS',
      });
      await source.sendNotification('q2');
      await expect(source.sendNotification('q3')).rejects.toMatchObject({
        code: 'CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION',
      });
    });

    test('none or one notification is held on a bidirectional channel: the initial one (PAN-246)', async () => {
      await using rig = await startRig({ transport });
      for (const [state, held] of [
        ['B1', 0],
        ['B2', 2],
        ['B3', 0],
        ['B4', 0],
      ] as const) {
        const { source } = await stage(rig, state);
        expect(rig.spooler.stats().initialBytes).toBe(held);
        await source.closeChannel();
        expect(rig.spooler.stats().initialBytes).toBe(0);
      }
    });

    test('registrations are limited for each type and each printer or the server (PAN-247)', async () => {
      await using rig = await startRig({ transport, limits: { registrationsPerName: 2 } });
      const [first, second] = [await rig.listener(), await rig.listener()];
      const register = async (listener: typeof first, name: string | null, type = TYPE) =>
        listener.registerForNotifications({ name, type }, rig.recorder());
      await register(first, 'Lab');
      const leaving = await register(second, 'LAB');
      await expect(register(second, 'lab')).rejects.toMatchObject({ code: 'MAX_REGISTRATION_COUNT_EXCEEDED' });
      // Elsewhere there is room.
      await register(second, 'Attic');
      await register(second, null);
      await register(second, 'Lab', OTHER_TYPE);
      await leaving.unregisterForNotifications();
      await register(second, 'Lab');
    });

    test('channels of all sources together are limited, listeners or not; a closed one makes room (PAN-248, GAP-16)', async () => {
      await using rig = await startRig({ transport, limits: { channels: 2 } });
      const [first, second] = [await rig.sender(), await rig.sender()];
      const listeners = [await registered(rig), await registered(rig), await registered(rig)];
      const channel = await first.createNotificationChannel(DIALOGUE);
      await second.createNotificationChannel(BROADCAST);
      for (const sender of [first, second])
        await expect(sender.createNotificationChannel(DIALOGUE)).rejects.toMatchObject({
          code: 'MAX_CHANNEL_COUNT_EXCEEDED',
        });
      await channel.closeChannel();
      await second.createNotificationChannel(DIALOGUE);
      await rig.settle();
      for (const { seen } of listeners) expect(seen.offers).toHaveLength(2);
    });

    test('a channel has one owner in its whole life, also after that one is gone (PAN-250, PAN-17)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2, answers } = await stage(rig, 'B4');
      rig.cut(c1.listener);
      await answers.nextClose();
      await expect(c2.channel.sendNotification('mine now?')).rejects.toMatchObject({ code: 'CHANNEL_ACQUIRED' });
      const late = await registered(rig);
      await rig.settle();
      expect(late.seen.seen).toEqual([]);
      expect(answers.texts).toEqual(['a1']);
    });
  });

  test('an offer, an unanswered notification and a silent owner have no timer: they live as long as it takes (PAN-252, PAN-175)', async () => {
    const year = 365 * 24 * 60 * 60 * 1_000;
    const heartbeat = { interval: 10 * year, timeout: year };
    await using rig = await startRig({ transport, limits: { heartbeatInterval: 10 * year } });
    const seen = rig.recorder();
    await (await rig.listener({ heartbeat })).registerForNotifications(DIALOGUE, seen);
    const answers = rig.senderRecorder();
    const sender = await rig.sender({ heartbeat });
    const idle = rig.clock.pending;
    const source = await sender.createNotificationChannel(DIALOGUE, answers);
    const { channel } = await seen.nextOffer();
    const aYearLater = async (): Promise<void> => {
      await rig.settle();
      expect(rig.clock.pending).toBe(idle);
      await rig.advance(year);
    };
    await aYearLater();
    await source.sendNotification('q1');
    await aYearLater();
    await channel.sendNotification('a1');
    await aYearLater();
    await source.sendNotification('q2');
    await aYearLater();
    await channel.sendNotification('a2');
    await rig.settle();
    expect(rig.clock.now()).toBe(4 * year);
    expect(answers.seen).toMatchObject([{ text: 'a1' }, { text: 'a2' }]);
    expect(seen.closes).toEqual([]);
  });
});

describe('the defaults themselves', () => {
  test('10,000 channels open, no more (PAN-248)', async () => {
    await using rig = await startRig();
    await using client = await RawClient.connect(rig);
    const results = new Set<number>();
    for (let i = 0; i < 10_000; i++) results.add((await client.open(BROADCAST_INTEREST)).hresult);
    expect([...results]).toEqual([0]);
    expect((await client.open(BROADCAST_INTEREST)).hresult).toBe(0x80040016);
  });

  test('10,000 registrations for one type and printer are made, no more (PAN-247)', async () => {
    await using rig = await startRig();
    await using client = await RawClient.connect(rig);
    await using other = await RawClient.connect(rig);
    const results = new Set<number>();
    for (let i = 1; i <= 10_000; i++) results.add((await client.register(i, BROADCAST_INTEREST)).hresult);
    expect([...results]).toEqual([0]);
    expect((await other.register(1, BROADCAST_INTEREST)).hresult).toBe(0x80070015);
    expect((await other.register(1, { ...BROADCAST_INTEREST, name: null })).hresult).toBe(0);
  });
});
