/** The bidirectional channel, row by row: section 4.4 of the fact sheet, through the libraries. `B0` to `B5` are its states. */

import { describe, expect, test } from 'vitest';
import { DataObject, NOTIFICATION_RELEASE, notificationType } from '../../shared/index.ts';
import { startRig, TRANSPORTS } from '../harness/index.ts';
import { RawClient } from './raw-client.ts';
import { DIALOGUE, offered, refusalOf, registered, type StageState, stage, TYPE } from './stage.ts';

/** What stands in place of a last word (PAN-46, PAN-47). */
const TRIPLE = { data: null, size: 0, type: NOTIFICATION_RELEASE };
const OTHER_TYPE = notificationType('MS_ASYNCNOTIFY_UI');
const INTEREST = { ...DIALOGUE, name: '\\\\localhost\\Lab', filter: 'kPerUser' } as const;
const S_OK = { code: 'S_OK', hresult: 0 };

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Takes a reference, so that the object counts as held until the test releases it. */
function keep(object: DataObject): DataObject {
  object.addRef();
  return object;
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  describe('opening and offering', () => {
    test('opens with listeners or without, and its callback receives the answers (PAN-138)', async () => {
      await using rig = await startRig({ transport });
      const sender = await rig.sender();
      const answers = rig.senderRecorder();
      const unheard = sender.prepareChannel(DIALOGUE);
      expect(await unheard.createNotificationChannel()).toEqual(S_OK);
      await unheard.closeChannel();
      const c1 = await registered(rig);
      const heard = sender.prepareChannel(DIALOGUE, answers);
      expect(await heard.createNotificationChannel()).toEqual(S_OK);
      await heard.sendNotification('q1');
      await (await c1.seen.nextNotification()).channel?.sendNotification('a1');
      expect(await answers.nextNotification()).toMatchObject({ channel: heard, text: 'a1', type: TYPE });
    });

    test('does not open above the channel limit (PAN-139)', async () => {
      await using rig = await startRig({ transport, limits: { channels: 1 } });
      const sender = await rig.sender();
      const first = await sender.createNotificationChannel(DIALOGUE);
      const second = sender.prepareChannel(DIALOGUE);
      await expect(second.createNotificationChannel()).rejects.toMatchObject({ code: 'MAX_CHANNEL_COUNT_EXCEEDED' });
      expect(second.state).toBe('none');
      await first.closeChannel();
      expect(await second.createNotificationChannel()).toEqual(S_OK);
    });

    test('can be closed directly after it was opened (PAN-140, GAP-8)', async () => {
      await using rig = await startRig({ transport });
      const c1 = await registered(rig);
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE);
      expect(await source.closeChannel()).toEqual(S_OK);
      expect(await c1.seen.nextClose()).toMatchObject({ ...TRIPLE, cause: 'closed' });
      expect((await sender.status()).totals.channels).toBe(0);
    });

    test('each matching registration is offered every unacquired channel once, opened before or after it (PAN-141, PAN-16)', async () => {
      await using rig = await startRig({ transport });
      const sender = await rig.sender();
      await sender.createNotificationChannel({ ...DIALOGUE, name: 'Lab' });
      const held = await sender.createNotificationChannel({ ...DIALOGUE, name: 'Attic' });
      await held.sendNotification('q1');
      const c1 = rig.recorder();
      const c2 = rig.recorder();
      for (const seen of [c1, c2]) {
        const listener = await rig.listener();
        await listener.registerForNotifications({ ...DIALOGUE, name: null }, seen);
      }
      await sender.createNotificationChannel({ ...DIALOGUE, name: 'Cellar' });
      await rig.settle();
      for (const seen of [c1, c2]) {
        const names = seen.offers.map(({ channel }) => channel.interest.name?.split('\\').at(-1));
        expect(names).toHaveLength(3);
        expect(new Set(names)).toEqual(new Set(['Attic', 'Cellar', 'Lab']));
      }
      const handles = [...c1.offers, ...c2.offers].map(({ channel }) => channel);
      expect(new Set(handles).size).toBe(6);
    });

    test('who registers only now receives the same held notification, as long as nobody has answered (PAN-142, PAN-184, PAN-175, GAP-23)', async () => {
      await using rig = await startRig({ transport });
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE);
      expect(await source.sendNotification('q1')).toEqual(S_OK);
      const received = [];
      for (let i = 0; i < 3; i++) {
        const late = await offered(await registered(rig));
        received.push((await late.seen.nextNotification()).text);
        // Whether the one before stays, declines or dies makes no difference.
        if (i === 0) await late.channel.closeChannel();
        if (i === 1) rig.cut(late.listener);
      }
      expect(received).toEqual(['q1', 'q1', 'q1']);
    });

    test.each(['B3', 'B4', 'B5'] as const)('a channel in %s is not offered any more (PAN-143)', async (state) => {
      await using rig = await startRig({ transport });
      const { source } = await stage(rig, state === 'B4' ? 'B4' : 'B3');
      if (state === 'B5') await source.closeChannel();
      const late = await registered(rig);
      await rig.settle();
      expect(late.seen.seen).toEqual([]);
    });
  });

  describe('the initial notification', () => {
    test('an answer before it is refused and acquires nothing (PAN-144, PAN-174)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2, source, answers, state } = await stage(rig, 'B1');
      await expect(c1.channel.sendNotification('early')).rejects.toMatchObject({ code: 'ASYNC_CALL_IN_PROGRESS' });
      expect(await state()).toBe('opened');
      await source.sendNotification('q1');
      await c2.seen.nextNotification();
      expect(await c2.channel.sendNotification('b1')).toEqual(S_OK);
      await rig.settle();
      expect(answers.texts).toEqual(['b1']);
    });

    test('reaches everyone who was offered the channel, with its type, and stays held (PAN-145, PAN-146)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2, source, state } = await stage(rig, 'B1');
      expect(await source.sendNotification('q1')).toEqual(S_OK);
      for (const { seen, channel } of [c1, c2])
        expect(await seen.nextNotification()).toMatchObject({ channel, text: 'q1', type: TYPE });
      expect(rig.spooler.stats().initialBytes).toBe(2);
      expect(await state()).toBe('held');
      const late = await offered(await registered(rig));
      expect(await late.seen.nextNotification()).toMatchObject({ text: 'q1', type: TYPE });
      // Holding it is not owning it.
      expect(await state()).toBe('held');
    });

    test('is held where nobody listens, and that is a success (GAP-14)', async () => {
      await using rig = await startRig({ transport });
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE);
      expect(await source.sendNotification('q1')).toEqual(S_OK);
      expect(rig.spooler.stats().initialBytes).toBe(2);
    });

    test.each(['B2', 'B4'] as const)(
      'a second send in %s, before the answer, is refused and not queued (PAN-147, PAN-101)',
      async (state) => {
        await using rig = await startRig({ transport });
        const { c1, c2, source } = await stage(rig, state);
        const before = [c1.seen.texts, c2.seen.texts];
        await expect(source.sendNotification('too early')).rejects.toMatchObject({
          code: 'CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION',
        });
        expect(await c1.channel.sendNotification('a')).toEqual(S_OK);
        await rig.settle();
        expect([c1.seen.texts, c2.seen.texts]).toEqual(before);
      },
    );
  });

  describe('acquiring', () => {
    test('the first to answer owns the channel; the source gets the answer; nothing is held any more (PAN-148)', async () => {
      await using rig = await startRig({ transport });
      const { c1, source, answers, state } = await stage(rig, 'B2');
      expect(await c1.channel.sendNotification('a1')).toEqual(S_OK);
      expect(await answers.nextNotification()).toMatchObject({ channel: source, text: 'a1', type: TYPE });
      expect(await state()).toBe('sourceTurn');
      expect(rig.spooler.stats().initialBytes).toBe(0);
    });

    test.each(['B1', 'B2'] as const)(
      'a close with a payload in %s acquires and closes in one step (PAN-149)',
      async (at) => {
        await using rig = await startRig({ transport });
        const { c1, c2, source, answers, state } = await stage(rig, at);
        expect(await c1.channel.closeChannel('done')).toEqual(S_OK);
        expect(await answers.nextClose()).toMatchObject({ channel: source, text: 'done', type: TYPE, cause: 'closed' });
        expect(await state()).toBeUndefined();
        // The last word is the source's alone.
        expect(await c2.seen.nextClose()).toMatchObject({ ...TRIPLE, channel: c2.channel, cause: 'acquired' });
        expect(rig.spooler.stats().initialBytes).toBe(0);
      },
    );

    test('a close with NULL of the channel type is a last word too, not a decline (PAN-149, PAN-173)', async () => {
      await using rig = await startRig({ transport });
      const { c1, answers } = await stage(rig, 'B2');
      await c1.channel.closeChannel(new DataObject({ type: TYPE, data: null }));
      expect(await answers.nextClose()).toMatchObject({ data: null, size: 0, type: TYPE, cause: 'closed' });
    });

    test.each(['closeChannel', 'release'] as const)(
      'who declines with %s steps back: the source is not told, the others keep competing (PAN-150, PAN-151, GAP-9)',
      async (decline) => {
        await using rig = await startRig({ transport });
        const { c1, c2, answers, state } = await stage(rig, 'B2');
        await c1.channel[decline]();
        await rig.settle();
        expect(await state()).toBe('held');
        expect(answers.seen).toEqual([]);
        expect(c2.seen.closes).toEqual([]);
        expect(await c2.channel.sendNotification('b1')).toEqual(S_OK);
        expect((await answers.nextNotification()).text).toBe('b1');
        // Who declined is done with it.
        await rig.settle();
        expect(c1.seen.closes).toEqual([]);
      },
    );

    test('a notification that crosses a decline is given back unread (PAN-150)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2, source } = await stage(rig, 'B1');
      rig.faults(c1.listener).hold('incoming');
      await source.sendNotification('q1');
      const declined = c1.channel.closeChannel();
      await c2.seen.nextNotification();
      rig.faults(c1.listener).letGo();
      expect(await declined).toEqual(S_OK);
      await rig.settle();
      expect(c1.seen.notifications).toEqual([]);
      expect(rig.spooler.stats().heldObjects).toBe(0);
    });

    test('when all have declined the channel still waits for whoever comes (PAN-150, PAN-175, GAP-9)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2, answers, state } = await stage(rig, 'B2');
      await c1.channel.closeChannel();
      await c2.channel.closeChannel();
      expect(await state()).toBe('held');
      const late = await offered(await registered(rig));
      expect((await late.seen.nextNotification()).text).toBe('q1');
      await late.channel.sendNotification('a1');
      expect((await answers.nextNotification()).text).toBe('a1');
    });

    test.each([
      ['B2', 'sendNotification'],
      ['B1', 'closeChannel'],
      ['B2', 'closeChannel'],
    ] as const)(
      'in %s, on a %s that acquires, everyone else is told at once with the release triple (PAN-152, PAN-182, GAP-11)',
      async (state, acquire) => {
        await using rig = await startRig({ transport });
        const { c1, c2 } = await stage(rig, state);
        await c1.channel[acquire]('a1');
        expect(await c2.seen.nextClose()).toMatchObject({ ...TRIPLE, channel: c2.channel, cause: 'acquired' });
        await rig.settle();
        expect(c2.seen.closes).toHaveLength(1);
        expect(c1.seen.closes).toEqual([]);
      },
    );

    test('of two answers that cross, the first that is processed wins; the other is refused and discarded (PAN-153, PAN-173)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2, answers } = await stage(rig, 'B2');
      rig.faults(c2.listener).hold('incoming');
      await c1.channel.sendNotification('a1');
      const late = refusalOf(c2.channel.sendNotification('b1'));
      await rig.settle();
      expect(c2.seen.closes).toEqual([]);
      rig.faults(c2.listener).letGo();
      expect(await late).toMatchObject({
        code: 'CHANNEL_ACQUIRED',
        hresult: 0x80040010,
      });
      await rig.settle();
      expect(c2.seen.closes).toMatchObject([{ ...TRIPLE, cause: 'acquired' }]);
      expect(answers.texts).toEqual(['a1']);
    });

    test('a decline that crosses the acquisition is answered like any close of a loser; the loser is told once (PAN-154)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2, answers } = await stage(rig, 'B2');
      rig.faults(c2.listener).hold('incoming');
      await c1.channel.sendNotification('a1');
      const late = c2.channel.closeChannel();
      rig.faults(c2.listener).letGo();
      expect(await late).toEqual({ code: 'CHANNEL_ACQUIRED', hresult: 0x00040010 });
      await rig.settle();
      expect(c2.seen.closes).toMatchObject([{ ...TRIPLE, cause: 'acquired' }]);
      expect(answers.seen).toMatchObject([{ kind: 'notification', text: 'a1' }]);
    });

    test.each(['B3', 'B4', 'B5'] as const)(
      'a loser that answers in %s is refused and changes nothing (PAN-153)',
      async (at) => {
        await using rig = await startRig({ transport });
        const { c2, source, answers, state } = await stage(rig, at === 'B4' ? 'B4' : 'B3');
        if (at === 'B5') await source.closeChannel();
        const before = await state();
        await expect(c2.channel.sendNotification('b1')).rejects.toMatchObject({ code: 'CHANNEL_ACQUIRED' });
        await rig.settle();
        expect(answers.texts).toEqual(['a1']);
        expect(await state()).toBe(before);
      },
    );

    test.each(['B3', 'B4', 'B5'] as const)(
      'a loser that closes in %s is told so as a success; the payload is discarded (PAN-154)',
      async (at) => {
        await using rig = await startRig({ transport });
        const { c2, source, answers, state } = await stage(rig, at === 'B4' ? 'B4' : 'B3');
        if (at === 'B5') await source.closeChannel();
        const before = await state();
        expect(await c2.channel.closeChannel('b1')).toEqual({ code: 'CHANNEL_ACQUIRED', hresult: 0x00040010 });
        await rig.settle();
        expect(answers.closes).toEqual([]);
        expect(await state()).toBe(before);
      },
    );
  });

  describe('the dialogue with the owner', () => {
    test('alternates: the source sends, the owner answers (PAN-155, PAN-156)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2, source, answers, state } = await stage(rig, 'B3');
      for (let round = 2; round <= 4; round++) {
        expect(await source.sendNotification(`q${round}`)).toEqual(S_OK);
        expect(await c1.seen.nextNotification()).toMatchObject({ text: `q${round}`, type: TYPE });
        expect(await state()).toBe('listenerTurn');
        expect(await c1.channel.sendNotification(`a${round}`)).toEqual(S_OK);
        expect(await answers.nextNotification()).toMatchObject({ channel: source, text: `a${round}`, type: TYPE });
        expect(await state()).toBe('sourceTurn');
      }
      expect(c2.seen.texts).toEqual(['q1']);
    });

    test('the owner may not answer twice, and the dialogue goes on undisturbed (PAN-157, PAN-103)', async () => {
      await using rig = await startRig({ transport });
      const { c1, source, answers, state } = await stage(rig, 'B3');
      await expect(c1.channel.sendNotification('again')).rejects.toMatchObject({ code: 'ASYNC_CALL_IN_PROGRESS' });
      expect(await state()).toBe('sourceTurn');
      await source.sendNotification('q2');
      await c1.seen.nextNotification();
      expect(await c1.channel.sendNotification('a2')).toEqual(S_OK);
      await rig.settle();
      expect(answers.texts).toEqual(['a1', 'a2']);
    });
  });

  describe('closing', () => {
    test.each([
      ['B4', 'bye', 'PAN-158', { text: 'bye', type: TYPE }],
      ['B4', null, 'PAN-158', TRIPLE],
      ['B3', 'bye', 'PAN-159', { text: 'bye', type: TYPE }],
      ['B3', null, 'PAN-159', TRIPLE],
    ] as const)('the owner closes in %s with %s (%s, PAN-180)', async (at, last, _, told) => {
      await using rig = await startRig({ transport });
      const { c1, source, answers, state } = await stage(rig, at);
      expect(await c1.channel.closeChannel(last)).toEqual(S_OK);
      expect(await answers.nextClose()).toMatchObject({ ...told, channel: source, cause: 'closed' });
      expect(await state()).toBeUndefined();
      await rig.settle();
      // Who closes is not told of it.
      expect(c1.seen.closes).toEqual([]);
    });

    test.each([
      ['B3', 'bye', 'PAN-160', { text: 'bye', type: TYPE }],
      ['B3', null, 'PAN-161', TRIPLE],
      ['B4', 'bye', 'PAN-164', { text: 'bye', type: TYPE }],
      ['B4', null, 'PAN-164', TRIPLE],
    ] as const)(
      'the source closes in %s with %s: the owner is told at once, the loser is not told again (%s, PAN-180, GAP-11)',
      async (at, last, _, told) => {
        await using rig = await startRig({ transport });
        const { c1, c2, source, answers } = await stage(rig, at);
        expect(await source.closeChannel(last)).toEqual(S_OK);
        expect(await c1.seen.nextClose()).toMatchObject({ ...told, channel: c1.channel, cause: 'closed' });
        await expect(c1.channel.sendNotification('late')).rejects.toMatchObject({ code: 'CHANNEL_CLOSED_BY_SERVER' });
        await rig.settle();
        expect(c2.seen.closes).toHaveLength(1);
        expect(answers.closes).toEqual([]);
      },
    );

    test.each([
      ['B1', 'bye', 'PAN-162', { text: 'bye', type: TYPE }],
      ['B1', null, 'PAN-162', TRIPLE],
      ['B2', 'bye', 'PAN-163', { text: 'bye', type: TYPE }],
      ['B2', null, 'PAN-163', TRIPLE],
    ] as const)(
      'the source closes in %s with %s: everyone who was offered the channel is told (%s, PAN-182)',
      async (at, last, _, told) => {
        await using rig = await startRig({ transport });
        const { c1, c2, source } = await stage(rig, at);
        expect(await source.closeChannel(last)).toEqual(S_OK);
        for (const { seen, channel } of [c1, c2]) {
          expect(await seen.nextClose()).toMatchObject({ ...told, channel, cause: 'closed' });
          await expect(channel.sendNotification('late')).rejects.toMatchObject({ code: 'CHANNEL_CLOSED_BY_SERVER' });
        }
        expect(rig.spooler.stats().initialBytes).toBe(0);
        const late = await registered(rig);
        await rig.settle();
        expect(late.seen.seen).toEqual([]);
      },
    );

    test('the close of the source and the answer of a listener cross: the answer is refused (PAN-163, PAN-165, GAP-11)', async () => {
      await using rig = await startRig({ transport });
      const { c1, source, answers } = await stage(rig, 'B4');
      rig.faults(c1.listener).hold('incoming');
      await source.closeChannel('bye');
      const late = refusalOf(c1.channel.sendNotification('a2'));
      await rig.settle();
      rig.faults(c1.listener).letGo();
      expect(await late).toMatchObject({
        code: 'CHANNEL_CLOSED_BY_SERVER',
      });
      expect(await c1.seen.nextClose()).toMatchObject({ text: 'bye', cause: 'closed' });
      await rig.settle();
      expect(answers.texts).toEqual(['a1']);
    });

    test('a former owner is refused, with the code that says who closed (PAN-165, PAN-166, PAN-176, GAP-12)', async () => {
      await using rig = await startRig({ transport });
      for (const by of ['source', 'owner'] as const) {
        const { c1, source } = await stage(rig, 'B4');
        await (by === 'source' ? source : c1.channel).closeChannel('bye');
        const code = by === 'source' ? 'CHANNEL_CLOSED_BY_SERVER' : 'CHANNEL_CLOSED_BY_SAME_LISTENER';
        await expect(c1.channel.sendNotification('late')).rejects.toMatchObject({ code });
        await expect(c1.channel.closeChannel('late')).rejects.toMatchObject({ code });
        await c1.listener.close();
      }
    });

    test.each(['source', 'owner'] as const)(
      'a source that uses a channel that its %s closed is refused (PAN-167)',
      async (by) => {
        await using rig = await startRig({ transport });
        const { c1, source } = await stage(rig, 'B3');
        await (by === 'source' ? source : c1.channel).closeChannel('bye');
        await rig.settle();
        expect(source.state).toBe('closed');
        for (const call of [source.sendNotification('late'), source.closeChannel('late'), source.closeChannel()])
          await expect(call).rejects.toMatchObject({ code: 'CHANNEL_ALREADY_CLOSED', hresult: 0x80040008 });
      },
    );

    test('both sides close at once: the first that is processed wins, the other is refused, nobody is told twice (PAN-167, PAN-191)', async () => {
      await using rig = await startRig({ transport });
      const { c1, sender, source, answers } = await stage(rig, 'B3');
      rig.faults(sender).hold('incoming');
      await c1.channel.closeChannel('bye from the owner');
      const late = refusalOf(source.closeChannel('bye from the source'));
      rig.faults(sender).letGo();
      expect(await late).toMatchObject({
        code: 'CHANNEL_ALREADY_CLOSED',
      });
      await rig.settle();
      expect(answers.closes).toMatchObject([{ text: 'bye from the owner' }]);
      expect(c1.seen.closes).toEqual([]);
    });
  });

  describe('a last word needs room, a close without one never does', () => {
    /** A listener that gives nothing back is full with the first thing it gets. */
    const limits = { sessionHeldObjects: 1, queueBytes: 0 };

    test('to listeners who were only offered the channel it arrives as the release triple (PAN-163)', async () => {
      await using rig = await startRig({ transport, limits });
      await using full = await RawClient.connect(rig);
      await full.register(1, INTEREST);
      const c1 = await registered(rig);
      const source = await (await rig.sender()).createNotificationChannel(DIALOGUE);
      await source.sendNotification('q1');
      await c1.seen.nextNotification();
      await rig.settle();
      expect(await source.closeChannel('bye')).toEqual(S_OK);
      expect(await full.next('closed')).toMatchObject({ release: true, data: null, cause: 'closed' });
      expect(await c1.seen.nextClose()).toMatchObject({ text: 'bye', type: TYPE });
    });

    test('to an owner it is refused, and nothing is closed (PAN-160, PAN-161, PAN-215)', async () => {
      await using rig = await startRig({ transport, limits });
      await using owner = await RawClient.connect(rig);
      await owner.register(1, INTEREST);
      const source = await (await rig.sender()).createNotificationChannel(DIALOGUE);
      await source.sendNotification('q1');
      const { end } = await owner.next('notify');
      await owner.notify(end, 'a1');
      await expect(source.closeChannel('bye')).rejects.toMatchObject({ code: 'INTERNAL_NOTIFICATION_QUEUE_IS_FULL' });
      expect(source.state).toBe('open');
      expect(await source.closeChannel()).toEqual(S_OK);
      expect(await owner.next('closed')).toMatchObject({ release: true, data: null, cause: 'closed' });
    });
  });

  describe('refused data', () => {
    const LIMIT = 8;

    test.each([
      ['B2', 'sendNotification'],
      ['B4', 'sendNotification'],
      ['B2', 'closeChannel'],
      ['B4', 'closeChannel'],
    ] as const)('in %s a %s of another type changes nothing (PAN-168, PAN-174, GAP-27)', async (at, call) => {
      await using rig = await startRig({ transport });
      const { c1, c2, answers, state } = await stage(rig, at);
      const before = await state();
      await expect(c1.channel[call](new DataObject({ type: OTHER_TYPE, data: bytes('a') }))).rejects.toMatchObject({
        code: 'INVALID_NOTIFICATION_TYPE',
        hresult: 0x80040014,
      });
      expect(await state()).toBe(before);
      // The end is as it was: whoever could answer before can answer now.
      const next = at === 'B2' ? c2 : c1;
      expect(await next.channel.sendNotification('right')).toEqual(S_OK);
      expect((await answers.nextNotification()).text).toBe('right');
    });

    test.each([
      ['B2', 'sendNotification'],
      ['B4', 'sendNotification'],
      ['B2', 'closeChannel'],
      ['B4', 'closeChannel'],
    ] as const)('in %s a %s above the limit changes nothing (PAN-169, GAP-27)', async (at, call) => {
      await using rig = await startRig({ transport, limits: { payload: LIMIT } });
      const { c1, c2, answers, state } = await stage(rig, at);
      const before = await state();
      await expect(c1.channel[call]('x'.repeat(LIMIT + 1))).rejects.toMatchObject({
        code: 'MAX_NOTIFICATION_SIZE_EXCEEDED',
        hresult: 0x80040012,
      });
      expect(await state()).toBe(before);
      const next = at === 'B2' ? c2 : c1;
      expect(await next.channel.sendNotification('x'.repeat(LIMIT))).toEqual(S_OK);
      expect((await answers.nextNotification()).size).toBe(LIMIT);
    });

    test('an answer of type NOTIFICATION_RELEASE is of another type (PAN-168, PAN-174)', async () => {
      await using rig = await startRig({ transport });
      const { c1, state } = await stage(rig, 'B2');
      const release = new DataObject({ type: NOTIFICATION_RELEASE, data: null });
      await expect(c1.channel.sendNotification(release)).rejects.toMatchObject({ code: 'INVALID_NOTIFICATION_TYPE' });
      expect(await state()).toBe('held');
    });

    test('checks come in order: the end, the owner, the type, the size (GAP-28)', async () => {
      await using rig = await startRig({ transport, limits: { payload: LIMIT } });
      const { c1, c2, source } = await stage(rig, 'B3');
      const wrongAndLarge = (): DataObject => new DataObject({ type: OTHER_TYPE, data: new Uint8Array(LIMIT + 1) });
      await expect(c2.channel.sendNotification(wrongAndLarge())).rejects.toMatchObject({ code: 'CHANNEL_ACQUIRED' });
      // Before whose turn it is, the owner's type and size count.
      await expect(c1.channel.sendNotification(wrongAndLarge())).rejects.toMatchObject({
        code: 'INVALID_NOTIFICATION_TYPE',
      });
      await expect(c1.channel.sendNotification(new Uint8Array(LIMIT + 1))).rejects.toMatchObject({
        code: 'MAX_NOTIFICATION_SIZE_EXCEEDED',
      });
      await source.closeChannel();
      await c1.seen.nextClose();
      await expect(c1.channel.sendNotification(wrongAndLarge())).rejects.toMatchObject({
        code: 'CHANNEL_CLOSED_BY_SERVER',
      });
    });

    test('after a refused answer the listener may close the channel (PAN-181)', async () => {
      await using rig = await startRig({ transport, limits: { payload: LIMIT } });
      const { c1, answers } = await stage(rig, 'B4');
      await expect(c1.channel.sendNotification('x'.repeat(LIMIT + 1))).rejects.toMatchObject({
        code: 'MAX_NOTIFICATION_SIZE_EXCEEDED',
      });
      expect(await c1.channel.closeChannel()).toEqual(S_OK);
      expect(await answers.nextClose()).toMatchObject({ ...TRIPLE, cause: 'closed' });
    });
  });

  describe('rundown', () => {
    test.each([
      ['B3', 'cut', 'died'],
      ['B4', 'cut', 'died'],
      ['B3', 'close', 'left'],
      ['B4', 'close', 'left'],
    ] as const)(
      'in %s the owner is gone (%s): the source is told by channelClosed, once, cause %s (PAN-170, PAN-17, GAP-1)',
      async (at, how, cause) => {
        await using rig = await startRig({ transport });
        const { c1, c2, source, answers, state } = await stage(rig, at);
        if (how === 'cut') rig.cut(c1.listener);
        else await c1.listener.close();
        expect(await answers.nextClose()).toMatchObject({ ...TRIPLE, channel: source, cause });
        expect(await state()).toBeUndefined();
        const late = await registered(rig);
        await rig.settle();
        expect(answers.closes).toHaveLength(1);
        expect(answers.texts).toEqual(['a1']);
        // It is not offered again, neither to those who lost nor to those who come.
        expect(c2.seen.offers).toHaveLength(1);
        expect(late.seen.seen).toEqual([]);
      },
    );

    test.each(['B1', 'B2'] as const)(
      'in %s the death of one that does not own the channel is nothing to the source (PAN-171)',
      async (at) => {
        await using rig = await startRig({ transport });
        const { c1, c2, source, answers, state } = await stage(rig, at);
        rig.cut(c1.listener);
        await rig.settle();
        expect(answers.seen).toEqual([]);
        expect(c2.seen.closes).toEqual([]);
        expect(await state()).toBe(at === 'B1' ? 'opened' : 'held');
        if (at === 'B1') {
          await source.sendNotification('q1');
          await c2.seen.nextNotification();
        }
        expect(await c2.channel.sendNotification('b1')).toEqual(S_OK);
      },
    );

    const ALL_STATES: readonly StageState[] = ['B1', 'B2', 'B3', 'B4'];

    test.each(ALL_STATES)('in %s the source dies: every listener end is told (PAN-172, GAP-1)', async (at) => {
      await using rig = await startRig({ transport });
      const { c1, c2, sender } = await stage(rig, at);
      rig.cut(sender);
      expect(await c1.seen.nextClose()).toMatchObject({ ...TRIPLE, channel: c1.channel, cause: 'died' });
      await rig.settle();
      expect(c1.seen.closes).toHaveLength(1);
      const lost = at === 'B3' || at === 'B4';
      expect(c2.seen.closes).toMatchObject([{ ...TRIPLE, cause: lost ? 'acquired' : 'died' }]);
      expect(rig.spooler.stats()).toMatchObject({ channels: 0, initialBytes: 0 });
    });

    test.each(ALL_STATES)('in %s the spooler dies: every end is told (PAN-172, GAP-1)', async (at) => {
      await using rig = await startRig({ transport });
      const { c1, c2, source, answers } = await stage(rig, at);
      await rig.killSpooler();
      const told = { ...TRIPLE, cause: 'lost' };
      expect(await c1.seen.nextClose()).toMatchObject({ ...told, channel: c1.channel });
      expect(await answers.nextClose()).toMatchObject({ ...told, channel: source });
      await rig.settle();
      const lost = at === 'B3' || at === 'B4';
      expect(c2.seen.closes).toMatchObject([{ ...TRIPLE, channel: c2.channel, cause: lost ? 'acquired' : 'lost' }]);
      for (const { closes } of [c1.seen, answers]) expect(closes).toHaveLength(1);
      await expect(source.sendNotification('late')).rejects.toMatchObject({ code: 'CHANNEL_ALREADY_CLOSED' });
      await expect(c1.channel.sendNotification('late')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    });

    test('the operator removes the printer: both sides are told (GAP-29)', async () => {
      await using rig = await startRig({ transport });
      const { c1, source, answers } = await stage(rig, 'B4');
      expect(rig.spooler.removePrinter('\\\\localhost\\lab')).toBe(1);
      expect(await answers.nextClose()).toMatchObject({ ...TRIPLE, channel: source, cause: 'printerRemoved' });
      expect(await c1.seen.nextClose()).toMatchObject({ ...TRIPLE, channel: c1.channel, cause: 'printerRemoved' });
    });

    test('the source dies while an answer is on its way: the answer is refused (PAN-172, PAN-165)', async () => {
      await using rig = await startRig({ transport });
      const { c1, sender } = await stage(rig, 'B4');
      rig.faults(c1.listener).hold('incoming');
      rig.cut(sender);
      await rig.settle();
      const late = refusalOf(c1.channel.sendNotification('a2'));
      rig.faults(c1.listener).letGo();
      expect(await late).toMatchObject({
        code: 'CHANNEL_CLOSED_BY_SERVER',
      });
      expect(await c1.seen.nextClose()).toMatchObject({ ...TRIPLE, cause: 'died' });
    });
  });

  describe('more rules', () => {
    test('whatever a finished end is asked for is refused and touches nothing (PAN-176, PAN-177)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2, source, answers } = await stage(rig, 'B2');
      await c1.channel.closeChannel();
      for (const call of [c1.channel.sendNotification('late'), c1.channel.closeChannel('late')])
        await expect(call).rejects.toMatchObject({ code: 'CHANNEL_RELEASED_BY_LISTENER' });
      await c2.channel.closeChannel('b1');
      for (const call of [c2.channel.sendNotification('late'), c2.channel.closeChannel('late')])
        await expect(call).rejects.toMatchObject({ code: 'CHANNEL_CLOSED_BY_SAME_LISTENER' });
      await rig.settle();
      expect(source.state).toBe('closed');
      expect(answers.seen).toMatchObject([{ kind: 'closed', text: 'b1' }]);
    });

    test.each(['B2', 'B4'] as const)(
      'in %s bytes that come with NOTIFICATION_RELEASE are ignored (PAN-178)',
      async (at) => {
        await using rig = await startRig({ transport });
        const { c1, answers, state } = await stage(rig, at);
        const release = new DataObject({ type: NOTIFICATION_RELEASE, data: bytes('ignore me') });
        expect(await c1.channel.closeChannel(release)).toEqual(S_OK);
        await rig.settle();
        // Nobody's channel: a decline. One's own: a close without a last word.
        expect(await state()).toBe(at === 'B2' ? 'held' : undefined);
        expect(answers.closes).toMatchObject(at === 'B2' ? [] : [{ ...TRIPLE, cause: 'closed' }]);
      },
    );

    test('a source that closes with NOTIFICATION_RELEASE and bytes says nothing more than one without (PAN-178, PAN-50)', async () => {
      await using rig = await startRig({ transport });
      const { c1, source } = await stage(rig, 'B4');
      await source.closeChannel(new DataObject({ type: NOTIFICATION_RELEASE, data: bytes('ignore me') }));
      expect(await c1.seen.nextClose()).toMatchObject({ ...TRIPLE, cause: 'closed' });
    });

    test('a release comes as (null, 0, NOTIFICATION_RELEASE); everything else with the channel type (PAN-179)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2, source, answers } = await stage(rig, 'B4');
      await c1.channel.sendNotification('a2');
      await source.sendNotification(null);
      await c1.seen.nextNotification();
      await c1.channel.closeChannel('bye');
      await answers.nextClose();
      expect([...c1.seen.notifications, ...c2.seen.notifications, ...answers.notifications]).toHaveLength(6);
      for (const { notifications } of [c1.seen, c2.seen, answers])
        for (const { type } of notifications) expect(type).toBe(TYPE);
      expect(answers.closes).toMatchObject([{ type: TYPE, text: 'bye' }]);
      expect(c2.seen.closes).toMatchObject([TRIPLE]);
    });

    test('a listener is told of the close of a channel on which it never saw anything (PAN-183)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2 } = await stage(rig, 'B1');
      await c1.channel.closeChannel('done');
      expect(await c2.seen.nextClose()).toMatchObject({ ...TRIPLE, channel: c2.channel });
      expect(c2.seen.notifications).toEqual([]);
    });

    test('a close discards what is still queued for a listener at its bound (PAN-102, PAN-163)', async () => {
      await using rig = await startRig({ transport, limits: { sessionHeldObjects: 1 } });
      const taken: DataObject[] = [];
      const seen = rig.recorder((event, object) => {
        if (event.kind === 'notification' && object) taken.push(keep(object));
      });
      const c1 = await registered(rig, seen);
      const sender = await rig.sender();
      const first = await sender.createNotificationChannel(DIALOGUE);
      const second = await sender.createNotificationChannel(DIALOGUE);
      await first.sendNotification('q1');
      await seen.nextNotification();
      await second.sendNotification('queued');
      expect(rig.spooler.stats().queued).toBe(1);
      await second.closeChannel();
      await seen.nextClose();
      expect(rig.spooler.stats().queued).toBe(0);
      for (const object of taken) object.release();
      await rig.settle();
      expect(seen.texts).toEqual(['q1']);
      expect(c1.listener.stats().liveObjects).toBe(0);
    });

    test.each(['sourceCloses', 'ownerCloses', 'ownerDies'] as const)(
      'a close discards the answer still queued for a source at its bound: nothing follows a close (PAN-102, %s)',
      async (how) => {
        await using rig = await startRig({ transport, limits: { sessionHeldObjects: 1 } });
        const taken: DataObject[] = [];
        const answers = rig.senderRecorder((event, object) => {
          if (event.kind === 'notification' && object) taken.push(keep(object));
        });
        const c1 = await registered(rig);
        const sender = await rig.sender();
        const source = await sender.createNotificationChannel(DIALOGUE, answers);
        const { channel } = await offered(c1);
        await source.sendNotification('q1');
        await c1.seen.nextNotification();
        await channel.sendNotification('a1');
        await answers.nextNotification();
        await source.sendNotification('q2');
        await c1.seen.nextNotification();
        await channel.sendNotification('queued');
        expect(rig.spooler.stats().queued).toBe(1);
        if (how === 'sourceCloses') await source.closeChannel();
        else if (how === 'ownerCloses') await channel.closeChannel();
        else rig.cut(c1.listener);
        await rig.settle();
        expect(rig.spooler.stats().queued).toBe(0);
        for (const object of taken) object.release();
        await rig.settle();
        expect(answers.texts).toEqual(['a1']);
        expect(answers.closes).toHaveLength(how === 'sourceCloses' ? 0 : 1);
      },
    );
  });
});
