/** Order, and who waits for whom: section 4.1 of the fact sheet. Where it speaks of parked calls, see PROTOCOL.md section 12. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SenderChannel } from '../../client/sender.ts';
import { type DataObject, notificationType } from '../../shared/index.ts';
import { type Recorder, type Rig, startRig, TRANSPORTS } from '../harness/index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const otherType = notificationType('MS_ASYNCNOTIFY_UI');
const style = 'kBiDirectional';
const ok = { code: 'S_OK', hresult: 0 };

async function registered(rig: Rig, seen: Recorder = rig.recorder()): Promise<Recorder> {
  const listener = await rig.listener();
  await listener.registerForNotifications({ name: 'Lab', type }, seen);
  return seen;
}

async function openChannel(rig: Rig): Promise<SenderChannel> {
  return (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
}

/** A listener that has been offered a bidirectional channel. */
async function dialogue(rig: Rig) {
  const seen = rig.recorder();
  const listener = await rig.listener();
  const registration = await listener.registerForNotifications({ name: 'Lab', type, style }, seen);
  const sender = await rig.sender();
  const answers = rig.senderRecorder();
  const source = await sender.createNotificationChannel({ name: 'Lab', type, style }, answers);
  const { channel } = await seen.nextOffer();
  return { listener, registration, seen, channel, sender, source, answers };
}

describe.each(TRANSPORTS)('order over %s', (transport) => {
  test('is kept on a channel for every listener, whatever the sizes (PAN-98)', async () => {
    const size = fc.oneof(fc.constant(0), fc.nat(200), fc.nat(80_000));
    await fc.assert(
      fc.asyncProperty(fc.array(size, { minLength: 1, maxLength: 40 }), async (sizes) => {
        await using rig = await startRig({ transport });
        const listeners = [await registered(rig), await registered(rig)];
        const channel = await openChannel(rig);
        const sends = sizes.map((length, index) => channel.sendNotification(new Uint8Array(length).fill(index)));
        await Promise.all(sends);
        await rig.settle();
        for (const { notifications } of listeners) {
          expect(notifications.map(({ size, data }) => [size, data?.[0]])).toEqual(
            sizes.map((length, index) => [length, length === 0 ? undefined : index]),
          );
        }
        await channel.closeChannel();
      }),
      { numRuns: 5 },
    );
  });

  test('is kept for each of several sources of one registration (PAN-98)', async () => {
    await using rig = await startRig({ transport });
    const seen = await registered(rig);
    const channels = [await openChannel(rig), await openChannel(rig), await openChannel(rig)];
    const numbers = Array.from({ length: 30 }, (_, index) => index);
    await Promise.all(
      numbers.flatMap((number) => channels.map((channel, source) => channel.sendNotification(`${source} ${number}`))),
    );
    await rig.settle();
    for (const source of channels.keys()) {
      const own = seen.texts.filter((text) => text.startsWith(`${source} `));
      expect(own).toEqual(numbers.map((number) => `${source} ${number}`));
    }
    for (const channel of channels) await channel.closeChannel();
  });

  test('is kept where a callback takes its time: the next begins when it has ended (PAN-98, GAP-30)', async () => {
    await using rig = await startRig({ transport });
    const steps: string[] = [];
    const finish: (() => void)[] = [];
    const seen = rig.recorder((event) => {
      steps.push(event.kind === 'notification' ? `begin ${event.text}` : event.kind);
      return new Promise<void>((resolve) => {
        finish.push(() => {
          steps.push('end');
          resolve();
        });
      });
    });
    await registered(rig, seen);
    const channel = await openChannel(rig);
    for (const text of ['a', 'b']) await channel.sendNotification(text);
    await rig.settle();
    expect(steps).toEqual(['begin a']);
    finish[0]?.();
    await seen.nextNotification();
    await rig.settle();
    expect(steps).toEqual(['begin a', 'end', 'begin b']);
    finish[1]?.();
    await channel.closeChannel();
  });

  test("is nobody's business between channels: one that takes its time holds up no other (PAN-98, GAP-30)", async () => {
    await using rig = await startRig({ transport });
    let finish = (): void => {};
    const seen = rig.recorder((event) => {
      if (event.kind !== 'notification' || event.text !== 'slow') return undefined;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type, style }, seen);
    const sender = await rig.sender();
    const [slow, quick] = [
      await sender.createNotificationChannel({ name: 'Lab', type, style }),
      await sender.createNotificationChannel({ name: 'Lab', type, style }),
    ];
    await slow.sendNotification('slow');
    await slow.closeChannel('last word');
    await quick.sendNotification('quick');
    await rig.settle();
    expect(seen.texts).toEqual(['slow', 'quick']);
    expect(seen.closes).toEqual([]);
    finish();
    expect((await seen.nextClose()).text).toBe('last word');
    await quick.closeChannel();
  });
});

describe.each(TRANSPORTS)('a send over %s', (transport) => {
  test('that succeeds says that the spooler will try, not that anybody got it (PAN-99)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const channel = await openChannel(rig);
    rig.goSilent(listener);
    expect(await channel.sendNotification('into the void')).toEqual(ok);
    await rig.settle();
    expect(seen.seen).toEqual([]);
    await channel.closeChannel();
  });

  test('on a unidirectional channel may follow one that is not answered yet (PAN-100)', async () => {
    await using rig = await startRig({ transport });
    const seen = await registered(rig);
    const channel = await openChannel(rig);
    const texts = Array.from({ length: 200 }, (_, index) => `${index}`);
    expect(await Promise.all(texts.map((text) => channel.sendNotification(text)))).toEqual(texts.map(() => ok));
    await rig.settle();
    expect(seen.texts).toEqual(texts);
    await channel.closeChannel();
  });

  test('on a bidirectional channel before the answer fails and is not queued (PAN-101)', async () => {
    await using rig = await startRig({ transport });
    const { seen, channel, source, answers } = await dialogue(rig);
    const waiting = { code: 'CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION', hresult: 0x8004000a };
    await source.sendNotification('first');
    await expect(source.sendNotification('too early')).rejects.toMatchObject(waiting);
    await channel.sendNotification('answer');
    await answers.nextNotification();
    await rig.settle();
    expect(seen.texts).toEqual(['first']);
    expect(await source.sendNotification('second')).toEqual(ok);
    await expect(source.sendNotification('too early again')).rejects.toMatchObject(waiting);
    await rig.settle();
    expect(seen.texts).toEqual(['first', 'second']);
    await source.closeChannel();
  });
});

describe.each(TRANSPORTS)('a close over %s', (transport) => {
  /** A dialogue whose listener holds all it may, so that what the source sends next is queued. */
  async function atItsBound(rig: Rig) {
    const kept: DataObject[] = [];
    const party = await dialogue(rig);
    const hoard = rig.recorder((_, object) => {
      object?.addRef();
      if (object) kept.push(object);
    });
    await party.listener.registerForNotifications({ name: 'Lab', type: otherType }, hoard);
    const filler = await party.sender.createNotificationChannel({ name: 'Lab', type: otherType });
    const fill = async (): Promise<void> => {
      await filler.sendNotification('filler');
      await rig.settle();
    };
    const letGo = async (): Promise<void> => {
      for (const object of kept.splice(0)) object.release();
      await rig.settle();
      await filler.closeChannel();
    };
    return { ...party, fill, letGo };
  }

  const limits = { sessionHeldObjects: 1 };

  test('by the source discards what is queued (PAN-102)', async () => {
    await using rig = await startRig({ transport, limits });
    const { seen, channel, source, fill, letGo } = await atItsBound(rig);
    await fill();
    await source.sendNotification('queued');
    expect(rig.spooler.stats().queued).toBe(1);
    await source.closeChannel();
    expect(rig.spooler.stats().queued).toBe(0);
    expect(await seen.nextClose()).toMatchObject({ channel, data: null, cause: 'closed' });
    await letGo();
    expect(seen.texts).toEqual([]);
  });

  test('by the owner discards what is queued for it (PAN-102)', async () => {
    await using rig = await startRig({ transport, limits });
    const { seen, channel, source, answers, fill, letGo } = await atItsBound(rig);
    await source.sendNotification('question');
    await rig.settle();
    await channel.sendNotification('answer');
    await answers.nextNotification();
    await fill();
    await source.sendNotification('queued');
    expect(rig.spooler.stats().queued).toBe(1);
    await channel.closeChannel('enough');
    expect(rig.spooler.stats().queued).toBe(0);
    expect((await answers.nextClose()).text).toBe('enough');
    await letGo();
    expect(seen.texts).toEqual(['question']);
  });

  test("by the owner waits for nothing, also while it is the source's turn (PAN-108)", async () => {
    await using rig = await startRig({ transport });
    const { channel, source, answers } = await dialogue(rig);
    await source.sendNotification('question');
    await rig.settle();
    await channel.sendNotification('answer');
    expect(await channel.closeChannel()).toEqual(ok);
    expect(await answers.nextClose()).toMatchObject({ data: null, cause: 'closed' });
    expect(source.state).toBe('closed');
  });
});

describe.each(TRANSPORTS)('a listener over %s', (transport) => {
  test('may not answer out of turn; that is not queued and does not disturb (PAN-103)', async () => {
    await using rig = await startRig({ transport });
    const { seen, channel, source, answers } = await dialogue(rig);
    await source.sendNotification('question');
    await seen.nextNotification();
    await channel.sendNotification('answer');
    await expect(channel.sendNotification('and another')).rejects.toMatchObject({ code: 'ASYNC_CALL_IN_PROGRESS' });
    await source.sendNotification('more');
    expect((await seen.nextNotification()).text).toBe('more');
    await rig.settle();
    expect(answers.texts).toEqual(['answer']);
    await channel.sendNotification('the second answer');
    await rig.settle();
    expect(answers.texts).toEqual(['answer', 'the second answer']);
    await source.closeChannel();
  });

  test('is offered a channel when there is one, and nothing before (PAN-104)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type, style }, seen);
    await rig.settle();
    expect(seen.seen).toEqual([]);
    const source = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type, style });
    await rig.settle();
    expect(seen.seen.map(({ kind }) => kind)).toEqual(['offer']);
    await source.closeChannel();
  });

  test('that was offered a channel is told of its initial notification or its close, and of nothing else (PAN-105)', async () => {
    await using rig = await startRig({ transport });
    const { seen, channel, source, answers } = await dialogue(rig);
    await rig.settle();
    expect(seen.seen).toHaveLength(1);
    await source.sendNotification('question');
    await rig.settle();
    expect(seen.seen).toHaveLength(2);
    await channel.sendNotification('answer');
    await answers.nextNotification();
    await rig.settle();
    expect(seen.seen).toHaveLength(2);
    await source.closeChannel('bye');
    await rig.settle();
    expect(seen.seen.map(({ kind }) => kind)).toEqual(['offer', 'notification', 'closed']);
  });

  test('that owns a channel is given each further notification at once, and asks for none (PAN-110)', async () => {
    await using rig = await startRig({ transport });
    const { seen, source, answers, channel } = await dialogue(rig);
    await source.sendNotification('0');
    await seen.nextNotification();
    for (let turn = 1; turn <= 5; turn++) {
      await channel.sendNotification(`answer ${turn}`);
      await answers.nextNotification();
      await source.sendNotification(`${turn}`);
      expect((await seen.nextNotification()).text).toBe(`${turn}`);
    }
    await source.closeChannel();
  });

  test('gives back by itself what its callbacks are done with, so that the spooler keeps nothing for it (PAN-109)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, queueLength: 0 } });
    const seen = await registered(rig);
    const channel = await openChannel(rig);
    for (let i = 0; i < 20; i++) {
      expect(await channel.sendNotification(`${i}`)).toEqual(ok);
      await rig.settle();
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0, queued: 0 });
    }
    expect(seen.texts).toHaveLength(20);
    await channel.closeChannel();
  });
});
