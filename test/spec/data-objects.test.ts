/** Data objects from end to end: section 2 of the fact sheet. The counting alone is in shared/data-object.test.ts. */

import { describe, expect, test } from 'vitest';
import { createListener } from '../../client/listener.ts';
import { createSender } from '../../client/sender.ts';
import {
  DataObject,
  encodeRecord,
  type Interest,
  type Lease,
  type Link,
  type LinkHandlers,
  NOTIFICATION_RELEASE,
  notificationType,
} from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import { memoryLinks, type Rig, read, startRig, TRANSPORTS } from '../harness/index.ts';
import { WireClient } from './wire-client.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const otherType = notificationType('MS_ASYNCNOTIFY_UI');
const style = 'kBiDirectional';
const lab: Interest = { name: String.raw`\\localhost\Lab`, type, filter: 'kPerUser', style: 'kUniDirectional' };

const bytes = Uint8Array.of(1, 2, 3);
const noBytes = new Uint8Array(0);
const triple = { data: null, size: 0, type: NOTIFICATION_RELEASE };

/** A source and a listener on one unidirectional channel. */
async function lecture(rig: Rig, seen = rig.recorder()) {
  const listener = await rig.listener();
  await listener.registerForNotifications({ name: 'Lab', type }, seen);
  const sender = await rig.sender();
  const channel = await sender.createNotificationChannel({ name: 'Lab', type });
  return { listener, sender, channel, seen };
}

/** A source and a listener on one bidirectional channel; the listener has the first notification to answer. */
async function dialogue(rig: Rig) {
  const seen = rig.recorder();
  const listener = await rig.listener();
  await listener.registerForNotifications({ name: 'Lab', type, style }, seen);
  const answers = rig.senderRecorder();
  const sender = await rig.sender();
  const source = await sender.createNotificationChannel({ name: 'Lab', type, style }, answers);
  await source.sendNotification('question');
  const { channel } = await seen.nextNotification();
  if (!channel) throw new Error('a bidirectional notification came without its channel');
  return { source, answers, channel, seen };
}

describe.each(TRANSPORTS)('a data object over %s', (transport) => {
  test("carries notification, response and both ends' close reasons (PAN-36, PAN-37)", async () => {
    await using rig = await startRig({ transport });
    const { source, answers, channel } = await dialogue(rig);
    const object = (data: Uint8Array): DataObject => new DataObject({ type, data });
    await channel.sendNotification(object(bytes));
    expect(await answers.nextNotification()).toMatchObject({ data: bytes, size: 3, type });
    const second = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type, style }, second);
    const other = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type, style });
    await other.closeChannel(object(bytes));
    expect(await second.nextClose()).toMatchObject({ data: bytes, size: 3, type });
    await channel.closeChannel(object(Uint8Array.of(9)));
    expect(await answers.nextClose()).toMatchObject({ data: Uint8Array.of(9), size: 1, type });
    expect(source.state).toBe('closed');
  });

  test('yields bytes, length and type all three, always (PAN-37, PAN-38)', async () => {
    await using rig = await startRig({ transport });
    const { channel, seen } = await lecture(rig);
    await channel.sendNotification('paper jam');
    const { data, size, type: seenType } = await seen.nextNotification();
    expect([data, size, seenType]).toEqual([new TextEncoder().encode('paper jam'), 9, type]);
    await channel.closeChannel();
  });

  test.each([
    ['NULL', null],
    ['zero bytes', noBytes],
  ])('of %s arrives as such: a notification, a response, a last message (PAN-51)', async (_, data) => {
    await using rig = await startRig({ transport });
    const expected = { data, size: 0, type };
    const { channel, seen } = await lecture(rig);
    await channel.sendNotification(new DataObject({ type, data }));
    expect(await seen.nextNotification()).toMatchObject(expected);
    await channel.closeChannel();

    const { source, answers, channel: answering, seen: asked } = await dialogue(rig);
    await answering.sendNotification(new DataObject({ type, data }));
    expect(await answers.nextNotification()).toMatchObject(expected);
    await source.sendNotification(new DataObject({ type, data }));
    expect(await asked.nextNotification()).toMatchObject(expected);
    await answering.closeChannel(new DataObject({ type, data }));
    expect(await answers.nextClose()).toMatchObject({ ...expected, cause: 'closed' });
  });

  test('of NULL cannot have bytes: such a record ends the session and reaches nobody (PAN-51)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    await using raw = await WireClient.join(rig);
    const [opened] = await raw.exchange({ op: 'open', end: 0, request: 1, interest: lab });
    const end = opened?.op === 'result' ? opened.id : 0;
    const record = concat(encodeRecord({ op: 'notify', end, sequence: 1, data: bytes, release: false }));
    record[1] = 0x01;
    raw.sendBytes(record);
    expect(await raw.closed).toBe(4400);
    await rig.settle();
    expect(seen.seen).toEqual([]);
  });
});

describe.each(TRANSPORTS)('the type over %s', (transport) => {
  const wrong = () => new DataObject({ type: otherType, data: bytes });
  const refused = { code: 'INVALID_NOTIFICATION_TYPE', hresult: 0x80040014 };

  test("must be the channel's, whoever sends, and a refusal changes nothing (PAN-45, GAP-27)", async () => {
    await using rig = await startRig({ transport });
    const { channel, seen } = await lecture(rig);
    await expect(channel.sendNotification(wrong())).rejects.toMatchObject(refused);
    expect(await channel.sendNotification('right')).toMatchObject({ code: 'S_OK' });
    await rig.settle();
    expect(seen.texts).toEqual(['right']);
    await channel.closeChannel();

    const { source, answers, channel: answering } = await dialogue(rig);
    await expect(answering.sendNotification(wrong())).rejects.toMatchObject(refused);
    await expect(answering.closeChannel(wrong())).rejects.toMatchObject(refused);
    await answering.sendNotification('right');
    expect((await answers.nextNotification()).text).toBe('right');
    await expect(source.sendNotification(wrong())).rejects.toMatchObject(refused);
    await expect(source.closeChannel(wrong())).rejects.toMatchObject(refused);
    expect(await source.closeChannel('right')).toMatchObject({ code: 'S_OK' });
  });

  test('NOTIFICATION_RELEASE is reserved: nobody sends it, only a close has it, and then no bytes (PAN-45, PAN-46, PAN-178)', async () => {
    await using rig = await startRig({ transport });
    const reserved = () => new DataObject({ type: NOTIFICATION_RELEASE, data: bytes });
    const { source, answers, channel, seen } = await dialogue(rig);
    await expect(channel.sendNotification(reserved())).rejects.toMatchObject(refused);
    await channel.sendNotification('answer');
    await answers.nextNotification();
    await expect(source.sendNotification(reserved())).rejects.toMatchObject(refused);
    await source.closeChannel(reserved());
    expect(await seen.nextClose()).toMatchObject({ ...triple, cause: 'closed' });
    expect(seen.texts).toEqual(['question']);
  });

  test('NULL closes with the release triple, in either direction (PAN-50)', async () => {
    await using rig = await startRig({ transport });
    const first = await dialogue(rig);
    await first.source.closeChannel(null);
    expect(await first.seen.nextClose()).toMatchObject({ ...triple, cause: 'closed' });
    const second = await dialogue(rig);
    await second.channel.sendNotification('answer');
    await second.channel.closeChannel();
    expect(await second.answers.nextClose()).toMatchObject({ ...triple, cause: 'closed' });
  });
});

describe.each(TRANSPORTS)('the size over %s', (transport) => {
  const refused = { code: 'MAX_NOTIFICATION_SIZE_EXCEEDED', hresult: 0x80040012 };

  test('may be 10,485,760 bytes by default, and not one more (PAN-52, PAN-118)', async () => {
    await using rig = await startRig({ transport });
    const { channel, seen } = await lecture(rig);
    const tooLarge = new Uint8Array(10_485_761);
    await expect(channel.sendNotification(tooLarge)).rejects.toMatchObject(refused);
    expect(await channel.sendNotification(tooLarge.subarray(1))).toMatchObject({ code: 'S_OK' });
    expect((await seen.nextNotification()).size).toBe(10_485_760);
    await channel.closeChannel();
  });

  test('above it costs no connection, however far: the refusal is the same (PAN-52)', async () => {
    await using rig = await startRig({ transport });
    const { channel, seen } = await lecture(rig);
    await expect(channel.sendNotification(new Uint8Array(11 * 1024 * 1024))).rejects.toMatchObject(refused);
    await channel.sendNotification('still here');
    expect((await seen.nextNotification()).text).toBe('still here');
    await channel.closeChannel();
  });

  test('is bounded for responses and last messages too (PAN-52)', async () => {
    await using rig = await startRig({ transport, limits: { payload: 100 } });
    const large = new Uint8Array(101);
    const { source, answers, channel } = await dialogue(rig);
    await expect(channel.sendNotification(large)).rejects.toMatchObject(refused);
    await expect(channel.closeChannel(large)).rejects.toMatchObject(refused);
    await channel.sendNotification(large.subarray(1));
    expect((await answers.nextNotification()).size).toBe(100);
    await expect(source.sendNotification(large)).rejects.toMatchObject(refused);
    await expect(source.closeChannel(large)).rejects.toMatchObject(refused);
    await source.closeChannel(large.subarray(1));
  });

  test('is looked at after the type (GAP-28)', async () => {
    await using rig = await startRig({ transport, limits: { payload: 100 } });
    const { channel } = await lecture(rig);
    for (const size of [101, 11 * 1024 * 1024]) {
      const both = new DataObject({ type: otherType, data: new Uint8Array(size) });
      await expect(channel.sendNotification(both)).rejects.toMatchObject({ code: 'INVALID_NOTIFICATION_TYPE' });
    }
    await channel.closeChannel();
  });
});

describe.each(TRANSPORTS)('references over %s', (transport) => {
  test('a callback borrows its object: it lives until the callback ends (GAP-2, PAN-53)', async () => {
    await using rig = await startRig({ transport });
    let lent: DataObject | undefined;
    let finish = (): void => {};
    const seen = rig.recorder((_, object) => {
      lent = object;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    const { channel } = await lecture(rig, seen);
    await channel.sendNotification('paper jam');
    await seen.nextNotification();
    await rig.settle();
    expect(lent?.alive).toBe(true);
    expect(rig.spooler.stats().heldObjects).toBe(1);
    finish();
    await rig.settle();
    expect(lent?.alive).toBe(false);
    expect(() => lent?.acquireData()).toThrow(expect.objectContaining({ code: 'USE_AFTER_RELEASE' }));
    expect(rig.spooler.stats().heldObjects).toBe(0);
    await channel.closeChannel();
  });

  test.each<['acquireData' | 'addRef', 'releaseData' | 'release']>([
    ['acquireData', 'releaseData'],
    ['addRef', 'release'],
  ])(
    'who wants it longer calls %s, and the spooler holds it until %s (PAN-39, PAN-40, GAP-2)',
    async (keep, giveBack) => {
      await using rig = await startRig({ transport });
      const kept: DataObject[] = [];
      const seen = rig.recorder((_, object) => {
        object?.[keep]();
        if (object) kept.push(object);
      });
      const { channel } = await lecture(rig, seen);
      for (const text of ['first', 'second']) await channel.sendNotification(text);
      await rig.settle();
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 2, heldBytes: 11 });
      expect(kept.map((object) => read(object).text)).toEqual(['first', 'second']);
      // The later one first: each is given back for itself.
      kept[1]?.[giveBack]();
      await rig.settle();
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 1, heldBytes: 5 });
      kept[0]?.[giveBack]();
      await rig.settle();
      expect(rig.spooler.stats().heldObjects).toBe(0);
      await channel.closeChannel();
    },
  );

  test('who releases what it only borrowed is told, and nobody else is harmed (GAP-2, OBS-9, T17)', async () => {
    await using rig = await startRig({ transport });
    const { channel, seen } = await lecture(
      rig,
      rig.recorder((_, object) => object?.release()),
    );
    for (const text of ['first', 'second']) await channel.sendNotification(text);
    await rig.settle();
    expect(seen.texts).toEqual(['first', 'second']);
    expect(rig.spooler.stats().heldObjects).toBe(0);
    const told = { kind: 'callbackThrew', reason: expect.objectContaining({ code: 'OVER_RELEASE' }) };
    expect(rig.problems.splice(0)).toEqual([expect.objectContaining(told), expect.objectContaining(told)]);
    await channel.closeChannel();
  });

  test('what is never given back is reported when the listener leaves, with the place where it was taken', async () => {
    await using rig = await startRig({ transport });
    const hoarded: (Lease | undefined)[] = [];
    function hoard(object: DataObject | undefined): void {
      hoarded.push(object?.acquireData());
    }
    const { listener, channel, seen } = await lecture(
      rig,
      rig.recorder((_, object) => hoard(object)),
    );
    await channel.sendNotification('paper jam');
    await seen.nextNotification();
    await listener.close();
    expect(rig.problems.splice(0)).toEqual([
      {
        kind: 'leak',
        what: expect.stringContaining(`type ${type}, 9 bytes`) as string,
        reason: expect.stringMatching(/^acquired\n +at hoard .*data-objects\.test\.ts/) as string,
      },
    ]);
    expect(listener.stats().liveObjects).toBe(1);
    hoarded[0]?.releaseData();
    expect(listener.stats().liveObjects).toBe(0);
    await channel.closeChannel();
  });

  test('releasing on the wire what was not delivered ends the session (T17)', async () => {
    await using rig = await startRig({ transport });
    await using raw = await WireClient.join(rig);
    raw.send({ op: 'release', end: 7, sequence: 1, only: false });
    expect(await raw.closed).toBe(4404);
  });

  test("a send takes one reference of the caller's object and gives it back, answered or refused", async () => {
    await using rig = await startRig({ transport });
    const { channel } = await lecture(rig);
    const object = new DataObject({ type, data: bytes });
    const sending = channel.sendNotification(object);
    expect(object.references).toBeGreaterThan(1);
    await sending;
    expect(object.references).toBe(1);
    await channel.closeChannel();
    await expect(channel.sendNotification(object)).rejects.toMatchObject({ code: 'CHANNEL_ALREADY_CLOSED' });
    expect(object.references).toBe(1);
    object.release();
    await expect(channel.sendNotification(object)).rejects.toMatchObject({ code: 'USE_AFTER_RELEASE' });
    expect(object.references).toBe(0);
  });
});

/** A link that shows what passes it, by identity. */
class TappedLink implements Link {
  readonly sent: Uint8Array[] = [];
  readonly received: Uint8Array[] = [];
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  attach(handlers: LinkHandlers): void {
    const onMessage = (message: Uint8Array): void => {
      this.received.push(message);
      handlers.onMessage(message);
    };
    this.#link.attach({ ...handlers, onMessage });
  }

  send(parts: readonly Uint8Array[]): void {
    this.sent.push(...parts);
    this.#link.send(parts);
  }

  get buffered(): number {
    return this.#link.buffered;
  }

  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  close(code: number, reason: string): void {
    this.#link.close(code, reason);
  }

  terminate(): void {
    this.#link.terminate();
  }
}

/** Both sides of a new connection to the rig's spooler. */
function tap(rig: Rig): { readonly near: TappedLink; readonly far: TappedLink } {
  const [near, far] = memoryLinks().map((link) => new TappedLink(link));
  if (!near || !far) throw new Error('a pair of links has two');
  rig.spooler.accept(far);
  return { near, far };
}

describe('a large payload is nowhere copied by the libraries or the spooler', () => {
  const large = new Uint8Array(100_000).fill(7);

  test("sent, it leaves as the caller's own bytes", async () => {
    await using rig = await startRig();
    const { near } = tap(rig);
    await using sender = await createSender(near, { user: 'ann', clock: rig.clock });
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification(large);
    expect(near.sent.filter((part) => part === large)).toHaveLength(1);
  });

  test('passed on, it leaves the spooler as a view of the message it came in', async () => {
    await using rig = await startRig();
    const { near, far: fromSender } = tap(rig);
    await using sender = await createSender(near, { user: 'ann', clock: rig.clock });
    const { near: nearListener, far: toListener } = tap(rig);
    const link = (): Promise<Link> => Promise.resolve(nearListener);
    await using listener = await createListener(link, { user: 'ann', clock: rig.clock });
    await listener.registerForNotifications({ name: 'Lab', type }, rig.recorder());
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification(large);
    const [came] = fromSender.received.filter((message) => message.length >= large.length);
    const [went] = toListener.sent.filter((part) => part.length >= large.length);
    expect(went?.length).toBe(large.length + 16);
    expect(went?.buffer).toBe(came?.buffer);
  });

  test('received, it is a view of the message it came in', async () => {
    await using rig = await startRig();
    const { near } = tap(rig);
    const link = (): Promise<Link> => Promise.resolve(near);
    await using listener = await createListener(link, { user: 'ann', clock: rig.clock });
    const views: Uint8Array[] = [];
    const seen = rig.recorder((_, object) => {
      using lease = object?.acquireData();
      if (lease?.data) views.push(lease.data);
    });
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification(large);
    await seen.nextNotification();
    const [came] = near.received.filter((message) => message.length >= large.length);
    const [view] = views;
    expect(view?.buffer).toBe(came?.buffer);
    // The last of the message, whatever stands before it.
    expect(view?.byteOffset).toBe((came?.byteOffset ?? 0) + (came?.length ?? 0) - large.length);
    expect(view).toEqual(large);
    await channel.closeChannel();
  });
});
