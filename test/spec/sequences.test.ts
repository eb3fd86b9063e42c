/**
 * The sequences of section 8.2 of the fact sheet, step by step. `S` is the source, `C1` and `C2` are clients, as there.
 *
 * How its parked calls map onto a pipe that pushes: opnum 3 (GetNewChannel) has no caller, offers come by themselves; the first opnum 4
 * (GetNotificationSendResponse) is implied by having been offered, a later one is `sendNotification`; opnum 5 (GetNotification) has no
 * caller, notifications come by themselves; opnum 6 is `closeChannel`. "Parked" reads: nothing has come yet.
 */

import { describe, expect, test } from 'vitest';
import { type Guid, type Interest, NOTIFICATION_RELEASE, notificationType } from '../../shared/index.ts';
import { type Received, startRig, TRANSPORTS } from '../harness/index.ts';
import { RawClient } from './raw-client.ts';
import { DIALOGUE, offered, refusalOf, registered, stage, TYPE } from './stage.ts';

const BROADCAST = { name: 'Lab', type: TYPE } as const;
const ASYNC_UI = notificationType('AsyncPrintNotificationType_AsyncUI');
const S_OK = { code: 'S_OK', hresult: 0 };
/** What a completion with (handle NULL, R, 0, NULL) becomes: `channelClosed` with the release triple. */
const RELEASED = { kind: 'closed', data: null, size: 0, type: NOTIFICATION_RELEASE };

const utf16le = (text: string): Uint8Array => Buffer.from(text, 'utf16le');

/** Reads what came as UTF-16LE; the type and the size must fit. */
function textOf({ data, size, type }: Received, expected: Guid): string {
  expect(type).toBe(expected);
  expect(size).toBe(data?.length);
  return Buffer.from(data ?? []).toString('utf16le');
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('unidirectional, one client (PAN-361)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const channel = await (await rig.sender()).createNotificationChannel(BROADCAST);
    // C1 -> RemoteObject_Create, Register
    const c1 = await rig.listener();
    const registration = c1.prepareRegistration(BROADCAST, seen);
    expect(await registration.registerForNotifications()).toEqual(S_OK);
    // C1 -> GetNotification: parked
    await rig.settle();
    expect(seen.seen).toEqual([]);
    // S: notification T, "n1"; C1 <- T, "n1"
    expect(await channel.sendNotification('n1')).toEqual(S_OK);
    expect(await seen.nextNotification()).toMatchObject({ channel: null, type: TYPE, text: 'n1' });
    // C1 -> GetNotification: parked; C1 -> Unregister: success, not waiting
    expect(await registration.unregisterForNotifications()).toEqual(S_OK);
    // C1 <- the parked call fails: here no call is left that could fail, and nothing comes any more.
    expect(await channel.sendNotification('n2')).toMatchObject({ code: 'NO_LISTENERS' });
    await rig.settle();
    expect(seen.seen).toHaveLength(1);
    // C1 -> RemoteObject_Delete
    await c1.close();
  });

  test('unidirectional, several matching clients: each gets its own copy (PAN-361)', async () => {
    await using rig = await startRig({ transport });
    const all = [rig.recorder(), rig.recorder(), rig.recorder()];
    for (const seen of all) await (await rig.listener()).registerForNotifications(BROADCAST, seen);
    const channel = await (await rig.sender()).createNotificationChannel(BROADCAST);
    expect(await channel.sendNotification('n1')).toEqual(S_OK);
    for (const seen of all) expect((await seen.nextNotification()).text).toBe('n1');
  });

  test('AsyncUI balloon (PAN-362)', async () => {
    const balloon =
      '<?xml version="1.0" ?>' +
      '<asyncPrintUIRequest xmlns="http://schemas.microsoft.com/2003/print/asyncui/v1/request"><v1><requestOpen>' +
      '<balloonUI iconID="1" resourceDll="IHV.dll">' +
      '<title stringID="1234" resourceDll="IHV.dll"/><body stringID="100" resourceDll="IHV.dll"/>' +
      '</balloonUI></requestOpen></v1></asyncPrintUIRequest>';
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    // C1 -> Register(.., AsyncUI, .., Uni), GetNotification
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type: ASYNC_UI }, seen);
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type: ASYNC_UI });
    // S: notification; C1 <- AsyncUI, the balloon
    expect(await channel.sendNotification(utf16le(balloon))).toEqual(S_OK);
    const notification = await seen.nextNotification();
    expect(textOf(notification, ASYNC_UI)).toBe(balloon);
    // The client sends nothing back: it has nothing to send it on.
    expect(notification.channel).toBeNull();
  });

  test('bidirectional, two clients compete (PAN-363)', async () => {
    await using rig = await startRig({ transport });
    // C1, C2: Register(.., T, .., Bi), GetNewChannel: parked
    const [first, second] = [await registered(rig), await registered(rig)];
    expect([...first.seen.seen, ...second.seen.seen]).toEqual([]);
    // S: opens channel X; C1 <- x1, C2 <- x2
    const answers = rig.senderRecorder();
    const sender = await rig.sender();
    const x = await sender.createNotificationChannel(DIALOGUE, answers);
    const [c1, c2] = [await offered(first), await offered(second)];
    // C1, C2 -> GetNotifSendResp(x, NULL, 0): parked
    await rig.settle();
    expect([...c1.seen.notifications, ...c2.seen.notifications]).toEqual([]);
    // S: initial notification "q1"; C1 <- T, "q1"; C2 <- T, "q1"
    expect(await x.sendNotification('q1')).toEqual(S_OK);
    for (const { seen, channel } of [c1, c2])
      expect(await seen.nextNotification()).toMatchObject({ channel, type: TYPE, text: 'q1' });
    // Until its next call C2 would not know who was faster; here what the spooler pushes is kept back, so that it does not either.
    rig.faults(c2.listener).hold('incoming');
    // C1 -> GetNotifSendResp(x1, T, "a1"): parked. C1 acquires X; S receives "a1"
    expect(await c1.channel.sendNotification('a1')).toEqual(S_OK);
    expect(await answers.nextNotification()).toMatchObject({ channel: x, type: TYPE, text: 'a1' });
    // C2 -> GetNotifSendResp(x2, T, "b1"); C2 <- NULL, R, 0, NULL: C2 lost; "b1" is discarded
    const lost = refusalOf(c2.channel.sendNotification('b1'));
    await rig.settle();
    rig.faults(c2.listener).letGo();
    expect(await lost).toMatchObject({ code: 'CHANNEL_ACQUIRED' });
    expect(await c2.seen.nextClose()).toMatchObject({ ...RELEASED, channel: c2.channel, cause: 'acquired' });
    // S: next notification "q2"; C1 <- T, "q2"
    expect(await x.sendNotification('q2')).toEqual(S_OK);
    expect(await c1.seen.nextNotification()).toMatchObject({ channel: c1.channel, type: TYPE, text: 'q2' });
    // C1 -> CloseChannel(x1, T, "a2"); S receives ChannelClosed "a2"
    expect(await c1.channel.closeChannel('a2')).toEqual(S_OK);
    expect(await answers.nextClose()).toMatchObject({ channel: x, type: TYPE, text: 'a2' });
    expect(answers.texts).toEqual(['a1']);
    // Both keep listening (GetNewChannel was called again): the next channel is offered to both.
    await sender.createNotificationChannel(DIALOGUE);
    await rig.settle();
    for (const { seen } of [c1, c2]) expect(seen.offers).toHaveLength(2);
  });

  test('AsyncUI message box (PAN-364)', async () => {
    const box =
      '<?xml version="1.0" ?>' +
      '<asyncPrintUIRequest xmlns="http://schemas.microsoft.com/2003/print/asyncui/v1/request"><v1><requestOpen>' +
      '<messageBoxUI><title stringID="100" resourceDll="IHV.dll"/><body stringID="101" resourceDll="IHV.dll"/>' +
      '<buttons><button stringID="102" resourceDll="IHV.dll" buttonID="3"/>' +
      '<button stringID="103" resourceDll="IHV.dll" buttonID="4"/></buttons>' +
      '</messageBoxUI></requestOpen></v1></asyncPrintUIRequest>';
    const reply =
      '<?xml version="1.0" ?>' +
      '<asyncPrintUIResponse xmlns="http://schemas.microsoft.com/2003/print/asyncui/v1/response"><v1><requestClose>' +
      '<messageBoxUI><buttonID>4</buttonID></messageBoxUI></requestClose></v1></asyncPrintUIResponse>';
    await using rig = await startRig({ transport });
    const asyncUI = { name: 'Lab', type: ASYNC_UI, style: 'kBiDirectional' } as const;
    // As the sequence before, up to the initial notification.
    const [seen, other] = [rig.recorder(), rig.recorder()];
    for (const each of [seen, other]) await (await rig.listener()).registerForNotifications(asyncUI, each);
    const answers = rig.senderRecorder();
    const x = await (await rig.sender()).createNotificationChannel(asyncUI, answers);
    expect(await x.sendNotification(utf16le(box))).toEqual(S_OK);
    const notification = await seen.nextNotification();
    expect(textOf(notification, ASYNC_UI)).toBe(box);
    expect(textOf(await other.nextNotification(), ASYNC_UI)).toBe(box);
    // C1 -> CloseChannel(x1, AsyncUI, reply): straight away, no second opnum 4
    expect(await notification.channel?.closeChannel(utf16le(reply))).toEqual(S_OK);
    // S receives ChannelClosed with the reply, and never a response
    expect(textOf(await answers.nextClose(), ASYNC_UI)).toBe(reply);
    expect(answers.notifications).toEqual([]);
    expect(await other.nextClose()).toMatchObject({ ...RELEASED, cause: 'acquired' });
  });

  test('the loser closes (PAN-365)', async () => {
    await using rig = await startRig({ transport });
    // As in "two clients compete", until C1 has acquired
    const { c2, answers } = await stage(rig, 'B3');
    // C2 -> CloseChannel(x2, T, "b1"): 0x00040010
    expect(await c2.channel.closeChannel('b1')).toEqual({ code: 'CHANNEL_ACQUIRED', hresult: 0x00040010 });
    await rig.settle();
    expect(answers.closes).toEqual([]);
  });

  test('one declines (PAN-366)', async () => {
    await using rig = await startRig({ transport });
    // Both hold "q1"
    const { c1, c2, answers } = await stage(rig, 'B2');
    // C1 -> CloseChannel(x1, R, 0): success, not an acquisition
    expect(await c1.channel.closeChannel()).toEqual(S_OK);
    await rig.settle();
    expect(answers.seen).toEqual([]);
    // C2 -> GetNotifSendResp(x2, T, "b1"): parked. C2 acquires; S receives "b1"
    expect(await c2.channel.sendNotification('b1')).toEqual(S_OK);
    expect((await answers.nextNotification()).text).toBe('b1');
  });

  test('a close with payload acquires, even before any notification (PAN-367)', async () => {
    await using rig = await startRig({ transport });
    // S has opened Y and sent nothing yet; C1 holds y1; C2 is parked in its first opnum 4 on y2
    const { c1, c2, source, answers } = await stage(rig, 'B1');
    // C1 -> CloseChannel(y1, T, "done"); S receives ChannelClosed "done"
    expect(await c1.channel.closeChannel('done')).toEqual(S_OK);
    expect(await answers.nextClose()).toMatchObject({ channel: source, type: TYPE, text: 'done' });
    // C2 <- NULL, R, 0, NULL: its parked first call is released
    expect(await c2.seen.nextClose()).toMatchObject({ ...RELEASED, channel: c2.channel });
  });

  test('the source closes while the owner waits (PAN-368)', async () => {
    await using rig = await startRig({ transport });
    // C1 owner, parked
    const { c1, source } = await stage(rig, 'B3');
    // S: CloseChannel(reason "bye"); C1 <- NULL, T, "bye"
    expect(await source.closeChannel('bye')).toEqual(S_OK);
    expect(await c1.seen.nextClose()).toMatchObject({ channel: c1.channel, type: TYPE, text: 'bye' });
    // C1 -> GetNotifSendResp(x1, T, "late"): refused. Here the code also says who closed (GAP-12).
    await expect(c1.channel.sendNotification('late')).rejects.toMatchObject({ code: 'CHANNEL_CLOSED_BY_SERVER' });
  });

  test('two calls at once (PAN-369)', async () => {
    await using rig = await startRig({ transport });
    // C1 parked in opnum 4 on x1
    const { c1, source, answers } = await stage(rig, 'B3');
    // C1 -> GetNotifSendResp(x1, T, "again"): 0x8004000C on the wire, ASYNC_CALL_IN_PROGRESS in the local API (PAN-157)
    expect(await refusalOf(c1.channel.sendNotification('again'))).toMatchObject({
      code: 'ASYNC_CALL_IN_PROGRESS',
      cause: { code: 'ASYNC_CALL_ALREADY_PARKED', hresult: 0x8004000c },
    });
    // The first stays parked: it completes with the next notification.
    expect(await source.sendNotification('q2')).toEqual(S_OK);
    expect((await c1.seen.nextNotification()).text).toBe('q2');
    expect(answers.texts).toEqual(['a1']);
    // C1 -> GetNewChannel(obj1) twice: offers come by themselves, so there is nothing to call twice.
  });

  test('a late client (PAN-370)', async () => {
    await using rig = await startRig({ transport });
    // S opens X and sends "q1" with nobody registered
    const x = await (await rig.sender()).createNotificationChannel(DIALOGUE);
    expect(await x.sendNotification('q1')).toEqual(S_OK);
    // C1 registers, gets x1 at once from opnum 3 and "q1" at once from its first opnum 4
    const { seen } = await registered(rig);
    await rig.settle();
    const [offer] = seen.offers;
    expect(seen.seen).toMatchObject([{ kind: 'offer' }, { kind: 'notification', type: TYPE, text: 'q1' }]);
    expect(seen.notifications[0]?.channel).toBe(offer?.channel);
  });

  test('overrun (PAN-371)', async () => {
    const interest: Interest = {
      name: '\\\\localhost\\Lab',
      type: TYPE,
      filter: 'kPerUser',
      style: 'kUniDirectional',
    };
    // With one object that a registration may hold, taking one and giving back the one before is a fetch.
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
    // C1 registered Uni and not fetching, C2 registered Uni and fetching
    await using c1 = await RawClient.connect(rig);
    await c1.register(1, interest);
    const seen = rig.recorder();
    const c2 = await rig.listener();
    await c2.registerForNotifications(BROADCAST, seen);
    const channel = await (await rig.sender()).createNotificationChannel(BROADCAST);
    // What pushing adds: one is under way to C1 before it fetches any.
    await channel.sendNotification('under way');
    await seen.nextNotification();
    // Notifications 1 to 100: S_OK
    const numbers = Array.from({ length: 100 }, (_, index) => String(index + 1));
    for (const number of numbers) {
      expect(await channel.sendNotification(number)).toEqual(S_OK);
      expect((await seen.nextNotification()).text).toBe(number);
    }
    // Notification 101: C2 gets it, C1 not
    expect(await channel.sendNotification('101')).toEqual({
      code: 'UNIRECTIONAL_NOTIFICATION_LOST',
      hresult: 0x00040005,
    });
    expect((await seen.nextNotification()).text).toBe('101');
    // C2 leaves: the next send fails
    await c2.close();
    await rig.settle();
    await expect(channel.sendNotification('102')).rejects.toMatchObject({
      code: 'ASYNC_NOTIFICATION_FAILURE',
      hresult: 0x80040006,
    });
    // C1 then fetches 1 to 100 in order
    for (let i = 0; i <= 100; i++) {
      const { end, sequence } = await c1.next('notify');
      c1.send({ op: 'release', end, sequence, only: false });
    }
    await c1.roundTrip();
    expect(c1.texts).toEqual(['under way', ...numbers]);
  });

  test('the owner dies (PAN-372)', async () => {
    await using rig = await startRig({ transport });
    // C1 owner; its connection breaks
    const { c1, c2, source, answers } = await stage(rig, 'B3');
    rig.cut(c1.listener);
    // S is told: closed, NULL, 0, R
    expect(await answers.nextClose()).toMatchObject({ ...RELEASED, channel: source, cause: 'died' });
    // C2, which lost earlier, is not offered X again
    await rig.settle();
    expect(c2.seen.offers).toHaveLength(1);
  });

  test('the server shuts down (PAN-373)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
    // C1 is parked in opnum 4, C2 in opnum 5; somebody is slow, so that the end takes its time.
    const { c1, source, answers } = await stage(rig, 'B3');
    const fetching = rig.recorder();
    const losses: number[] = [];
    const c2 = await rig.listener({ onLost: ({ code }) => losses.push(code) });
    await c2.registerForNotifications(BROADCAST, fetching);
    await using slow = await RawClient.connect(rig);
    await slow.register(1, { ...BROADCAST, name: '\\\\localhost\\Lab', filter: 'kPerUser', style: 'kUniDirectional' });
    const sender = await rig.sender();
    const broadcast = await sender.createNotificationChannel(BROADCAST);
    await broadcast.sendNotification('n1');
    await broadcast.sendNotification('n2');
    await rig.settle();
    const ended = rig.spooler.close();
    // Opnum 3 and 5 fail with 0x8007071A, and again on every later try. Here what asks for more is register, and it is refused so.
    const registration = c2.prepareRegistration(BROADCAST, fetching);
    for (let i = 0; i < 3; i++)
      await expect(registration.registerForNotifications()).rejects.toMatchObject({
        code: 'RPC_S_CALL_CANCELLED',
        hresult: 0x8007071a,
      });
    await rig.advance(2_000);
    await ended;
    // Every parked opnum 4: handle NULL, R, 0
    expect(await c1.seen.nextClose()).toMatchObject({ ...RELEASED, channel: c1.channel, cause: 'shutdown' });
    expect(await answers.nextClose()).toMatchObject({ ...RELEASED, channel: source, cause: 'shutdown' });
    // The parked opnum 5 ends with its registration: told once, without a channel (GAP-1).
    expect(await fetching.nextClose()).toMatchObject({ ...RELEASED, channel: null, cause: 'shutdown' });
    expect(fetching.texts).toEqual(['n1', 'n2']);
    await rig.settle();
    expect(losses).toEqual([1001]);
  });

  describe('the dialogue of the WDK sample', () => {
    const STARTED = Uint8Array.of(1, 0, 0, 0);
    const DIALOGUE_ENDED = Uint8Array.of(3, 0, 0, 0);
    const ACKNOWLEDGED = Uint8Array.of(0x0f, 0, 0, 0);

    test('the client acknowledges by closing (PAN-374)', async () => {
      await using rig = await startRig({ transport });
      const seen = rig.recorder((event) =>
        event.kind === 'notification' ? event.channel?.closeChannel(ACKNOWLEDGED) : undefined,
      );
      await registered(rig, seen);
      // S: open channel (per user, Bi), SendNotification(01 00 00 00)
      const answers = rig.senderRecorder();
      const channel = await (await rig.sender()).createNotificationChannel(
        { ...DIALOGUE, filter: 'kPerUser' },
        answers,
      );
      expect(await channel.sendNotification(STARTED)).toEqual(S_OK);
      // C1: OnEventNotify(channel, 01 00 00 00) -> CloseChannel(0F 00 00 00)
      const { data, type } = await seen.nextNotification();
      expect([...(data ?? [])]).toEqual([...STARTED]);
      expect(type).toBe(notificationType('SAMPLE_NOTIFICATION_UI'));
      // S: ChannelClosed(channel, 0F 00 00 00)
      const closed = await answers.nextClose();
      expect(closed.channel).toBe(channel);
      expect([...(closed.data ?? [])]).toEqual([...ACKNOWLEDGED]);
    });

    test('the client answers instead, and the source closes from its callback (PAN-374)', async () => {
      await using rig = await startRig({ transport });
      const seen = rig.recorder((event) =>
        event.kind === 'notification' ? event.channel?.sendNotification(ACKNOWLEDGED) : undefined,
      );
      await registered(rig, seen);
      const answers = rig.senderRecorder((event) =>
        event.kind === 'notification' ? event.channel?.closeChannel(DIALOGUE_ENDED) : undefined,
      );
      const channel = await (await rig.sender()).createNotificationChannel(DIALOGUE, answers);
      await channel.sendNotification(STARTED);
      const closed = await seen.nextClose();
      expect([...(closed.data ?? [])]).toEqual([...DIALOGUE_ENDED]);
      expect([...(answers.notifications[0]?.data ?? [])]).toEqual([...ACKNOWLEDGED]);
    });
  });
});
