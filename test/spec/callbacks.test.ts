/** What callbacks may do and what is done with them: sections 4.5 and 4.6 of the fact sheet, GAP-1, GAP-2 and GAP-30. */

import { describe, expect, test } from 'vitest';
import { type DataObject, NOTIFICATION_RELEASE, type SpoolError } from '../../shared/index.ts';
import { read, type Seen, startRig, TRANSPORTS } from '../harness/index.ts';
import { DIALOGUE, offered, registered, stage, TYPE } from './stage.ts';

const TRIPLE = { data: null, size: 0, type: NOTIFICATION_RELEASE };
const BROADCAST = { name: 'Lab', type: TYPE } as const;

/** Something to wait for that the test decides about. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  describe('what arrives where', () => {
    test('what one end sends comes to onEventNotify of the other: with the channel, or NULL on a unidirectional one (PAN-193)', async () => {
      await using rig = await startRig({ transport });
      const { c1, source, answers } = await stage(rig, 'B3');
      expect(c1.seen.notifications).toMatchObject([{ channel: c1.channel, text: 'q1', type: TYPE }]);
      expect(answers.notifications).toMatchObject([{ channel: source, text: 'a1', type: TYPE }]);
      const seen = rig.recorder();
      await c1.listener.registerForNotifications(BROADCAST, seen);
      const sender = await rig.sender();
      const broadcast = await sender.createNotificationChannel(BROADCAST);
      await broadcast.sendNotification('n1');
      expect(await seen.nextNotification()).toMatchObject({ channel: null, text: 'n1', type: TYPE });
    });

    test('the close of one end comes to channelClosed of the other, with the reason as data object (PAN-194, GAP-1)', async () => {
      await using rig = await startRig({ transport });
      const first = await stage(rig, 'B3');
      await first.source.closeChannel('out of paper');
      expect(await first.c1.seen.nextClose()).toMatchObject({
        channel: first.c1.channel,
        text: 'out of paper',
        type: TYPE,
      });
      const second = await stage(rig, 'B4');
      await second.c1.channel.closeChannel('refilled');
      expect(await second.answers.nextClose()).toMatchObject({ channel: second.source, text: 'refilled', type: TYPE });
    });

    test('NOTIFICATION_RELEASE comes through channelClosed only (PAN-49, GAP-1)', async () => {
      await using rig = await startRig({ transport });
      const { c1, c2, answers } = await stage(rig, 'B4');
      rig.cut(c1.listener);
      expect(await answers.nextClose()).toMatchObject(TRIPLE);
      expect(c2.seen.closes).toMatchObject([TRIPLE]);
      for (const { notifications } of [c2.seen, answers])
        expect(notifications.filter(({ type }) => type === NOTIFICATION_RELEASE)).toEqual([]);
    });

    test('a unidirectional listener that loses its spooler is told once for each registration, with no channel (GAP-1)', async () => {
      await using rig = await startRig({ transport });
      const listener = await rig.listener();
      const [first, second] = [rig.recorder(), rig.recorder()];
      for (const seen of [first, second]) await listener.registerForNotifications(BROADCAST, seen);
      const sender = await rig.sender();
      const channel = await sender.createNotificationChannel(BROADCAST);
      await channel.sendNotification('n1');
      await rig.settle();
      await rig.killSpooler();
      await first.nextClose();
      await second.nextClose();
      for (const { seen } of [first, second])
        expect(seen).toMatchObject([
          { kind: 'notification', text: 'n1' },
          { kind: 'closed', ...TRIPLE, channel: null, cause: 'lost' },
        ]);
    });
  });

  describe('calls from inside a callback', () => {
    test('each side replies from inside onEventNotify, until the listener closes from there (PAN-196, PAN-189)', async () => {
      await using rig = await startRig({ transport });
      const outcomes: unknown[] = [];
      const seen = rig.recorder(async (event) => {
        if (event.kind !== 'notification') return;
        const call =
          event.text === '4'
            ? event.channel?.closeChannel('done')
            : event.channel?.sendNotification(`re ${event.text}`);
        outcomes.push(await call);
      });
      await registered(rig, seen);
      const answers = rig.senderRecorder(async (event) => {
        if (event.kind !== 'notification') return;
        outcomes.push(await event.channel?.sendNotification(String(answers.texts.length + 1)));
      });
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE, answers);
      await source.sendNotification('1');
      expect(await answers.nextClose()).toMatchObject({ text: 'done' });
      await rig.settle();
      expect(seen.texts).toEqual(['1', '2', '3', '4']);
      expect(answers.texts).toEqual(['re 1', 're 2', 're 3']);
      expect(outcomes).toHaveLength(7);
      for (const outcome of outcomes) expect(outcome).toEqual({ code: 'S_OK', hresult: 0 });
    });

    test('the source closes from inside onEventNotify (PAN-196)', async () => {
      await using rig = await startRig({ transport });
      const c1 = await registered(rig);
      const answers = rig.senderRecorder((event) =>
        event.kind === 'notification' ? event.channel?.closeChannel('thanks') : undefined,
      );
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE, answers);
      await source.sendNotification('q1');
      await (await c1.seen.nextNotification()).channel?.sendNotification('a1');
      expect(await c1.seen.nextClose()).toMatchObject({ text: 'thanks', cause: 'closed' });
      await rig.settle();
      expect(source.state).toBe('closed');
    });

    test('a listener answers or declines as soon as it is offered the channel (PAN-149, PAN-192)', async () => {
      await using rig = await startRig({ transport });
      const decliner = rig.recorder((event) => {
        if (event.kind === 'offer') event.channel.release();
      });
      const closer = rig.recorder((event) => (event.kind === 'offer' ? event.channel.closeChannel('mine') : undefined));
      await registered(rig, decliner);
      await registered(rig, closer);
      const answers = rig.senderRecorder();
      const sender = await rig.sender();
      await sender.createNotificationChannel(DIALOGUE, answers);
      expect(await answers.nextClose()).toMatchObject({ text: 'mine' });
      await rig.settle();
      expect(decliner.seen).toMatchObject([{ kind: 'offer' }]);
    });

    test('a listener may let the channel go after closing it, in onEventNotify; both are harmless in channelClosed (PAN-189, OBS-7, GAP-13)', async () => {
      await using rig = await startRig({ transport });
      const refusals: SpoolError[] = [];
      const seen = rig.recorder(async (event) => {
        if (event.kind === 'offer') return;
        const { channel, kind } = event;
        const call = kind === 'closed' ? channel?.sendNotification('late') : channel?.closeChannel('done');
        await call?.catch((reason: SpoolError) => refusals.push(reason));
        channel?.release();
      });
      await registered(rig, seen);
      const answers = rig.senderRecorder();
      const sender = await rig.sender();
      const first = await sender.createNotificationChannel(DIALOGUE, answers);
      await first.sendNotification('q1');
      expect(await answers.nextClose()).toMatchObject({ text: 'done' });
      const second = await sender.createNotificationChannel(DIALOGUE, answers);
      await second.closeChannel('bye');
      await seen.nextClose();
      await rig.settle();
      expect(refusals).toMatchObject([{ code: 'CHANNEL_CLOSED_BY_SERVER' }]);
      expect(answers.closes).toHaveLength(1);
    });

    test('after channelClosed every method of the channel is refused and touches nothing (PAN-190)', async () => {
      await using rig = await startRig({ transport });
      const { c1, source, answers } = await stage(rig, 'B4');
      await source.closeChannel('bye');
      await c1.seen.nextClose();
      for (const call of [
        c1.channel.sendNotification('late'),
        c1.channel.closeChannel('late'),
        c1.channel.closeChannel(),
      ])
        await expect(call).rejects.toMatchObject({ code: 'CHANNEL_CLOSED_BY_SERVER' });
      c1.channel.release();
      await rig.settle();
      expect(answers.texts).toEqual(['a1']);
      expect(c1.seen.closes).toHaveLength(1);
    });
  });

  describe('who closes', () => {
    test('a source whose close fails keeps its channel; one that lost the race has none to give back (PAN-188)', async () => {
      await using rig = await startRig({ transport, limits: { payload: 8 } });
      const { c1, source } = await stage(rig, 'B3');
      await expect(source.closeChannel('too long a farewell')).rejects.toMatchObject({
        code: 'MAX_NOTIFICATION_SIZE_EXCEEDED',
      });
      expect(source.state).toBe('open');
      expect(await source.sendNotification('q2')).toMatchObject({ code: 'S_OK' });
      await c1.seen.nextNotification();
      await c1.channel.closeChannel();
      await rig.settle();
      await expect(source.closeChannel()).rejects.toMatchObject({ code: 'CHANNEL_ALREADY_CLOSED' });
      expect(rig.spooler.stats().channels).toBe(0);
    });

    test('a foreground thread and a callback that both close: one of them does, the other is told so (PAN-191)', async () => {
      await using rig = await startRig({ transport });
      const outcomes: Promise<unknown>[] = [];
      const close = (event: Seen, word: string): void => {
        if (event.kind !== 'notification' || event.channel === null) return;
        outcomes.push(event.channel.closeChannel(word).catch((reason: SpoolError) => reason));
      };
      const seen = rig.recorder((event) => {
        close(event, 'from the callback');
        close(event, 'from the foreground');
      });
      await registered(rig, seen);
      const answers = rig.senderRecorder();
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE, answers);
      await source.sendNotification('q1');
      expect(await answers.nextClose()).toMatchObject({ text: 'from the callback' });
      expect(await Promise.all(outcomes)).toMatchObject([
        { code: 'S_OK' },
        { code: 'CHANNEL_CLOSED_BY_SAME_LISTENER' },
      ]);
      await rig.settle();
      expect(answers.closes).toHaveLength(1);
    });
  });

  describe('what callbacks return', () => {
    test.each([0, 0x80040013, 0x80070057, -1, 'E_INVALIDARG', false, null, {}])(
      'means nothing to the pipe: %j (PAN-195)',
      async (returned) => {
        await using rig = await startRig({ transport });
        const c1 = await registered(
          rig,
          rig.recorder(() => returned),
        );
        const answers = rig.senderRecorder(() => returned);
        const sender = await rig.sender();
        const source = await sender.createNotificationChannel(DIALOGUE, answers);
        const { channel } = await offered(c1);
        for (const round of ['1', '2']) {
          expect(await source.sendNotification(`q${round}`)).toMatchObject({ code: 'S_OK' });
          expect((await c1.seen.nextNotification()).text).toBe(`q${round}`);
          expect(await channel.sendNotification(`a${round}`)).toMatchObject({ code: 'S_OK' });
          expect((await answers.nextNotification()).text).toBe(`a${round}`);
        }
        await source.closeChannel('bye');
        expect((await c1.seen.nextClose()).text).toBe('bye');
        await rig.settle();
        expect(rig.spooler.stats().heldObjects).toBe(0);
      },
    );

    test.each([
      [
        'throws',
        () => {
          throw new Error('mine');
        },
      ],
      ['rejects', () => Promise.reject(new Error('mine'))],
    ] as const)(
      'a callback that %s harms nobody: neither its channel, nor its connection, nor others (PAN-195)',
      async (_, fail) => {
        await using rig = await startRig({ transport });
        const [c1, c2] = [await registered(rig, rig.recorder(fail)), await registered(rig)];
        const answers = rig.senderRecorder(fail);
        const sender = await rig.sender();
        const source = await sender.createNotificationChannel(DIALOGUE, answers);
        const { channel } = await offered(c1);
        await source.sendNotification('q1');
        await c1.seen.nextNotification();
        await c2.seen.nextNotification();
        await channel.sendNotification('a1');
        await answers.nextNotification();
        await c2.seen.nextClose();
        await source.closeChannel('bye');
        expect((await c1.seen.nextClose()).text).toBe('bye');
        await rig.settle();
        expect(rig.spooler.stats().heldObjects).toBe(0);
        expect(c1.listener.state).toBe('connected');
        // c1: offer, notification, close; the source: one answer.
        expect(rig.problems.splice(0)).toMatchObject(
          Array.from({ length: 4 }, () => ({ kind: 'callbackThrew', reason: { message: 'mine' } })),
        );
      },
    );
  });

  describe('the data object of a callback', () => {
    test('is borrowed: the library gives it back when the callback returns (GAP-2, PAN-53)', async () => {
      await using rig = await startRig({ transport });
      let object: DataObject | undefined;
      const seen = rig.recorder((event, borrowed) => {
        if (event.kind !== 'notification') return;
        object = borrowed;
        expect(borrowed?.alive).toBe(true);
      });
      const listener = await rig.listener();
      await listener.registerForNotifications(BROADCAST, seen);
      const sender = await rig.sender();
      const channel = await sender.createNotificationChannel(BROADCAST);
      await channel.sendNotification('n1');
      await seen.nextNotification();
      await rig.settle();
      expect(object?.alive).toBe(false);
      expect(() => object?.acquireData()).toThrow(expect.objectContaining({ code: 'USE_AFTER_RELEASE' }));
      expect(rig.spooler.stats().heldObjects).toBe(0);
    });

    test('of an asynchronous one, when its promise has settled (GAP-2)', async () => {
      await using rig = await startRig({ transport });
      const { passed, open } = gate();
      let object: DataObject | undefined;
      const seen = rig.recorder((event, borrowed) => {
        if (event.kind !== 'notification') return undefined;
        object = borrowed;
        return passed;
      });
      const listener = await rig.listener();
      await listener.registerForNotifications(BROADCAST, seen);
      const sender = await rig.sender();
      const channel = await sender.createNotificationChannel(BROADCAST);
      await channel.sendNotification('n1');
      await seen.nextNotification();
      await rig.settle();
      expect(object?.alive).toBe(true);
      expect(rig.spooler.stats().heldObjects).toBe(1);
      open();
      await passed;
      await rig.settle();
      expect(object?.alive).toBe(false);
      expect(rig.spooler.stats().heldObjects).toBe(0);
    });

    test.each([
      ['addRef', (object: DataObject) => object.addRef(), (object: DataObject) => object.release()],
      ['acquireData', (object: DataObject) => object.acquireData(), (object: DataObject) => object.releaseData()],
    ] as const)('stays with whoever called %s, until it is given back (GAP-2, PAN-40)', async (_, take, giveBack) => {
      await using rig = await startRig({ transport });
      const kept: DataObject[] = [];
      const answers = rig.senderRecorder((event, borrowed) => {
        if (event.kind !== 'notification' || !borrowed) return;
        take(borrowed);
        kept.push(borrowed);
      });
      const c1 = await registered(rig);
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE, answers);
      await source.sendNotification('q1');
      await (await c1.seen.nextNotification()).channel?.sendNotification('a1');
      await answers.nextNotification();
      await rig.settle();
      const [object] = kept;
      if (!object) throw new Error('nothing was kept');
      expect(rig.spooler.stats().heldObjects).toBe(1);
      expect(read(object).text).toBe('a1');
      giveBack(object);
      await rig.settle();
      expect(object.alive).toBe(false);
      expect(rig.spooler.stats().heldObjects).toBe(0);
    });

    test('released by the callback although it was only borrowed: its own fault, told to itself (GAP-2, OBS-9)', async () => {
      await using rig = await startRig({ transport });
      const seen = rig.recorder((event, borrowed) => {
        if (event.kind === 'notification') borrowed?.release();
      });
      const listener = await rig.listener();
      await listener.registerForNotifications(BROADCAST, seen);
      const sender = await rig.sender();
      const channel = await sender.createNotificationChannel(BROADCAST);
      for (const text of ['n1', 'n2']) {
        await channel.sendNotification(text);
        expect((await seen.nextNotification()).text).toBe(text);
      }
      await rig.settle();
      expect(listener.state).toBe('connected');
      expect(rig.spooler.stats().heldObjects).toBe(0);
      expect(rig.problems.splice(0)).toMatchObject([
        { reason: { code: 'OVER_RELEASE' } },
        { reason: { code: 'OVER_RELEASE' } },
      ]);
    });

    test('that the spooler itself makes is counted like any other (GAP-2, PAN-48)', async () => {
      await using rig = await startRig({ transport });
      const kept: DataObject[] = [];
      const c1 = await registered(
        rig,
        rig.recorder((event, borrowed) => {
          if (event.kind !== 'closed' || !borrowed) return;
          borrowed.addRef();
          kept.push(borrowed);
        }),
      );
      const sender = await rig.sender();
      await sender.createNotificationChannel(DIALOGUE);
      await sender.close();
      await c1.seen.nextClose();
      expect(c1.listener.stats().liveObjects).toBe(1);
      for (const object of kept) object.release();
      expect(c1.listener.stats().liveObjects).toBe(0);
    });
  });

  describe('the order of callbacks', () => {
    test('those of one bidirectional channel run one after another, channelClosed last (GAP-30)', async () => {
      await using rig = await startRig({ transport });
      const { passed, open } = gate();
      const done: string[] = [];
      const seen = rig.recorder(async (event) => {
        if (event.kind === 'notification' && event.text === 'q1') {
          await event.channel?.sendNotification('a1');
          await passed;
        }
        done.push(event.kind === 'notification' ? event.text : event.kind);
      });
      const c1 = await registered(rig, seen);
      const answers = rig.senderRecorder();
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE, answers);
      await source.sendNotification('q1');
      await answers.nextNotification();
      await source.sendNotification('q2');
      await source.closeChannel('bye');
      await rig.settle();
      // All of it has arrived; only the first callback has begun.
      expect(c1.listener.stats().liveObjects).toBe(3);
      expect(seen.texts).toEqual(['q1']);
      open();
      expect((await seen.nextClose()).text).toBe('bye');
      await rig.settle();
      expect(done).toEqual(['offer', 'q1', 'q2', 'closed']);
    });

    test('those of one unidirectional registration run in the order of its queue, whatever the channel (GAP-30, PAN-98)', async () => {
      await using rig = await startRig({ transport });
      const { passed, open } = gate();
      const done: string[] = [];
      const seen = rig.recorder(async (event) => {
        if (event.kind !== 'notification') return;
        if (event.text === '1') await passed;
        done.push(event.text);
      });
      const listener = await rig.listener();
      await listener.registerForNotifications(BROADCAST, seen);
      const sender = await rig.sender();
      const channels = [
        await sender.createNotificationChannel(BROADCAST),
        await sender.createNotificationChannel(BROADCAST),
      ];
      for (const text of ['1', '2', '3', '4']) await channels[Number(text) % 2]?.sendNotification(text);
      await rig.settle();
      expect(seen.texts).toEqual(['1']);
      open();
      await passed;
      await rig.settle();
      expect(done).toEqual(['1', '2', '3', '4']);
    });

    test('those of other channels do not wait (GAP-30)', async () => {
      await using rig = await startRig({ transport });
      const { passed, open } = gate();
      const seen = rig.recorder((event) =>
        event.kind === 'notification' && event.text === 'slow' ? passed : undefined,
      );
      await registered(rig, seen);
      const sender = await rig.sender();
      const slow = await sender.createNotificationChannel(DIALOGUE);
      const quick = await sender.createNotificationChannel(DIALOGUE);
      await slow.sendNotification('slow');
      await quick.sendNotification('quick');
      await seen.nextNotification();
      expect((await seen.nextNotification()).text).toBe('quick');
      await quick.closeChannel();
      await seen.nextClose();
      open();
    });
  });
});
