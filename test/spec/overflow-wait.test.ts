/** Overflow `wait`: a source that would rather wait than lose (PROTOCOL.md section 6; PAN-100, PAN-116, PAN-129). */

import { describe, expect, test } from 'vitest';
import type { SenderChannel } from '../../client/sender.ts';
import { DataObject, type Interest, type Limits, notificationType, SpoolError } from '../../shared/index.ts';
import { type Rig, startRig, TRANSPORTS } from '../harness/index.ts';
import { WireClient } from './wire-client.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const lab: Interest = { name: String.raw`\\localhost\Lab`, type, filter: 'kPerUser', style: 'kUniDirectional' };

/** One held, one queued, and the registration is full. */
const limits: Partial<Limits> = { registrationHeldObjects: 1, queueLength: 1 };

/** A listener that gives back when it is told to. */
class SlowListener implements AsyncDisposable {
  readonly raw: WireClient;
  readonly texts: string[] = [];
  #end = 0;
  /** The last delivery not given back. */
  #held: number | undefined;

  private constructor(raw: WireClient) {
    this.raw = raw;
  }

  static async register(rig: Rig): Promise<SlowListener> {
    const raw = await WireClient.join(rig);
    await raw.exchange({ op: 'register', registration: 1, request: 1, interest: lab });
    return new SlowListener(raw);
  }

  /** Reads what has come. */
  async look(): Promise<void> {
    for (const record of await this.raw.exchange()) {
      if (record.op === 'offer') this.#end = record.end;
      if (record.op !== 'notify') continue;
      this.#held = record.sequence;
      this.texts.push(new TextDecoder().decode(record.data ?? undefined));
    }
  }

  /** Gives back what it has and reads what comes for it. */
  async giveBack(): Promise<void> {
    await this.look();
    if (this.#held === undefined) return;
    this.raw.send({ op: 'release', end: this.#end, sequence: this.#held, only: false });
    this.#held = undefined;
    await this.look();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.raw[Symbol.asyncDispose]();
  }
}

async function openWaiting(rig: Rig): Promise<SenderChannel> {
  const sender = await rig.sender();
  return sender.createNotificationChannel({ name: 'Lab', type, overflow: 'wait' });
}

/** What calls on a channel have been answered so far, in the order of the answers. */
class Answers {
  readonly seen: string[] = [];
  readonly #calls: Promise<unknown>[] = [];

  watch(name: string, call: Promise<{ readonly code: string }>): void {
    const note = (code: string): unknown => this.seen.push(`${name}: ${code}`);
    this.#calls.push(
      call.then(
        ({ code }) => note(code),
        (reason: unknown) => note(SpoolError.from(reason, 'PROTOCOL_VIOLATED').code),
      ),
    );
  }

  all(): Promise<unknown> {
    return Promise.all(this.#calls);
  }
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('a send is answered when there is room, and nothing is lost or out of order', async () => {
    await using rig = await startRig({ transport, limits });
    await using slow = await SlowListener.register(rig);
    const channel = await openWaiting(rig);
    const answers = new Answers();
    for (const text of ['a', 'b', 'c', 'd', 'e']) answers.watch(text, channel.sendNotification(text));
    await rig.settle();
    expect(answers.seen).toEqual(['a: S_OK', 'b: S_OK']);
    for (const answered of [3, 4, 5, 5, 5]) {
      await slow.giveBack();
      await rig.settle();
      expect(answers.seen).toHaveLength(answered);
    }
    expect(answers.seen).toEqual(['a: S_OK', 'b: S_OK', 'c: S_OK', 'd: S_OK', 'e: S_OK']);
    expect(slow.texts).toEqual(['a', 'b', 'c', 'd', 'e']);
    await channel.closeChannel();
  });

  test('waits for the slowest; who is quick gets the same in the same order', async () => {
    await using rig = await startRig({ transport, limits });
    const seen = rig.recorder();
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    await using slow = await SlowListener.register(rig);
    const channel = await openWaiting(rig);
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`);
    const answers = new Answers();
    for (const text of texts) answers.watch(text, channel.sendNotification(text));
    while (answers.seen.length < texts.length) {
      await slow.giveBack();
      await rig.settle();
    }
    expect(answers.seen).toEqual(texts.map((text) => `${text}: S_OK`));
    expect(seen.texts).toEqual(texts);
    await channel.closeChannel();
  });

  test('where nobody is full nothing waits, and where nobody is nothing is kept', async () => {
    await using rig = await startRig({ transport, limits });
    const channel = await openWaiting(rig);
    expect(await channel.sendNotification('nobody')).toMatchObject({ code: 'NO_LISTENERS' });
    await using slow = await SlowListener.register(rig);
    expect(await channel.sendNotification('somebody')).toMatchObject({ code: 'S_OK' });
    await slow.look();
    expect(slow.texts).toEqual(['somebody']);
    await channel.closeChannel();
  });

  test('a close takes its turn behind what waits, and needs no room of its own', async () => {
    await using rig = await startRig({ transport, limits });
    await using slow = await SlowListener.register(rig);
    const channel = await openWaiting(rig);
    const answers = new Answers();
    for (const text of ['a', 'b', 'c']) answers.watch(text, channel.sendNotification(text));
    answers.watch('close', channel.closeChannel());
    answers.watch('late', channel.sendNotification('late'));
    await rig.settle();
    expect(answers.seen).toEqual(['a: S_OK', 'b: S_OK']);
    expect(channel.state).toBe('open');
    // Room for "c", which fills the registration again.
    await slow.giveBack();
    await answers.all();
    // The library's promises of the last two need not settle in the order of the answers.
    expect(answers.seen.slice(2).sort()).toEqual(['c: S_OK', 'close: S_OK', 'late: CHANNEL_ALREADY_CLOSED']);
    expect(channel.state).toBe('closed');
    await slow.giveBack();
    await slow.giveBack();
    expect(slow.texts).toEqual(['a', 'b', 'c']);
  });

  test('a refusal takes its turn too, since answers are in order', async () => {
    await using rig = await startRig({ transport, limits });
    await using slow = await SlowListener.register(rig);
    const channel = await openWaiting(rig);
    const answers = new Answers();
    for (const text of ['a', 'b', 'c']) answers.watch(text, channel.sendNotification(text));
    const wrong = new DataObject({ type: notificationType('MS_ASYNCNOTIFY_UI'), data: null });
    answers.watch('wrong', channel.sendNotification(wrong));
    await rig.settle();
    expect(answers.seen).toHaveLength(2);
    await slow.giveBack();
    await answers.all();
    expect(answers.seen.slice(2)).toEqual(['c: S_OK', 'wrong: INVALID_NOTIFICATION_TYPE']);
    await channel.closeChannel();
  });

  test.each<[string, (slow: SlowListener) => unknown]>([
    ['unregisters', ({ raw }) => raw.exchange({ op: 'unregister', registration: 1, request: 2 })],
    ['leaves', ({ raw }) => raw[Symbol.asyncDispose]()],
  ])('what waits goes on when the slow listener %s', async (_, go) => {
    await using rig = await startRig({ transport, limits });
    const seen = rig.recorder();
    await using slow = await SlowListener.register(rig);
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, seen);
    const channel = await openWaiting(rig);
    const answers = new Answers();
    for (const text of ['a', 'b', 'c', 'd']) answers.watch(text, channel.sendNotification(text));
    await rig.settle();
    expect(answers.seen).toHaveLength(2);
    await go(slow);
    await answers.all();
    expect(answers.seen).toEqual(['a: S_OK', 'b: S_OK', 'c: S_OK', 'd: S_OK']);
    await rig.settle();
    expect(seen.texts).toEqual(['a', 'b', 'c', 'd']);
    await channel.closeChannel();
  });

  test('what waits finds nobody when the only listener leaves', async () => {
    await using rig = await startRig({ transport, limits });
    const slow = await SlowListener.register(rig);
    const channel = await openWaiting(rig);
    const answers = new Answers();
    for (const text of ['a', 'b', 'c']) answers.watch(text, channel.sendNotification(text));
    await rig.settle();
    await slow[Symbol.asyncDispose]();
    await answers.all();
    expect(answers.seen).toEqual(['a: S_OK', 'b: S_OK', 'c: NO_LISTENERS']);
    await channel.closeChannel();
  });

  test('a listener that gives nothing back does not hold up its source for ever: it is cut after two seconds', async () => {
    await using rig = await startRig({ transport, limits });
    await using slow = await SlowListener.register(rig);
    const channel = await openWaiting(rig);
    const answers = new Answers();
    for (const text of ['a', 'b', 'c']) answers.watch(text, channel.sendNotification(text));
    await rig.advance(1_999);
    expect(answers.seen).toHaveLength(2);
    await rig.advance(1);
    expect(await slow.raw.closed).toBe(4405);
    await answers.all();
    expect(answers.seen[2]).toBe('c: NO_LISTENERS');
    await channel.closeChannel();
  });

  test('what waits goes when its source dies, and reaches nobody', async () => {
    await using rig = await startRig({ transport, limits });
    await using slow = await SlowListener.register(rig);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, overflow: 'wait' });
    const answers = new Answers();
    for (const text of ['a', 'b', 'c', 'd']) answers.watch(text, channel.sendNotification(text));
    await rig.settle();
    rig.cut(sender);
    await answers.all();
    expect(answers.seen).toEqual(['a: S_OK', 'b: S_OK', 'c: CONNECTION_LOST', 'd: CONNECTION_LOST']);
    await slow.giveBack();
    await slow.giveBack();
    expect(slow.texts).toEqual(['a', 'b']);
    expect(rig.spooler.stats()).toMatchObject({ channels: 0, ends: 0, queued: 0, heldObjects: 0 });
  });

  test('what waits is answered when the operator removes the printer (GAP-29)', async () => {
    await using rig = await startRig({ transport, limits });
    await using slow = await SlowListener.register(rig);
    const callback = rig.senderRecorder();
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, overflow: 'wait' }, callback);
    const answers = new Answers();
    for (const text of ['a', 'b', 'c', 'd']) answers.watch(text, channel.sendNotification(text));
    await rig.settle();
    rig.spooler.removePrinter(String.raw`\\localhost\Lab`);
    await answers.all();
    expect(answers.seen.slice(2)).toEqual(['c: RPC_S_CALL_CANCELLED', 'd: RPC_S_CALL_CANCELLED']);
    expect(await callback.nextClose()).toMatchObject({ cause: 'printerRemoved' });
    await slow.giveBack();
    expect(slow.texts).toEqual(['a', 'b']);
  });

  test.each<[string, Partial<Limits>]>([
    ['objects', { waitingObjects: 2 }],
    ['bytes', { waitingBytes: 5 }],
  ])('the library keeps within what may be unanswered, in %s, however much is sent at once', async (_, bound) => {
    await using rig = await startRig({ transport, limits: { ...limits, ...bound } });
    await using slow = await SlowListener.register(rig);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, overflow: 'wait' });
    const texts = Array.from({ length: 10 }, (_, index) => `${index}.`);
    // One alone may be larger than the bound.
    texts.push('a large one', 'and another large one', 'end');
    const answers = new Answers();
    for (const text of texts) answers.watch(text, channel.sendNotification(text));
    answers.watch('close', channel.closeChannel());
    while (answers.seen.length < texts.length + 1) {
      await slow.giveBack();
      await rig.settle();
    }
    expect(answers.seen).toEqual([...texts.map((text) => `${text}: S_OK`), 'close: S_OK']);
    while (slow.texts.length < texts.length) await slow.giveBack();
    expect(slow.texts).toEqual(texts);
    expect(sender.isOpen).toBe(true);
  });

  test.each<[string, Partial<Limits>, number]>([
    ['objects', { waitingObjects: 3 }, 1],
    ['bytes', { waitingBytes: 30 }, 10],
  ])('who sends more than may be unanswered, in %s, is cut, and its listener is not (T16)', async (_, bound, size) => {
    await using rig = await startRig({ transport, limits: { ...limits, ...bound } });
    await using slow = await SlowListener.register(rig);
    await using raw = await WireClient.join(rig);
    const [opened] = await raw.exchange({ op: 'open', end: 0, request: 1, interest: lab, overflow: 'wait' });
    const end = opened?.op === 'result' ? opened.id : 0;
    const notify = (sequence: number) =>
      ({ op: 'notify', end, sequence, data: new Uint8Array(size), release: false }) as const;
    // Two are taken, three may wait.
    const answered = await raw.exchange(notify(1), notify(2), notify(3), notify(4), notify(5));
    expect(answered).toEqual([{ op: 'settled', end, sequence: 2, hresult: 0 }]);
    raw.send(notify(6));
    expect(await raw.closed).toBe(4409);
    await slow.giveBack();
    await slow.giveBack();
    expect(slow.texts).toHaveLength(2);
  });

  test('who stands in line with closes instead is cut as well (T16)', async () => {
    await using rig = await startRig({ transport, limits: { ...limits, waitingObjects: 2 } });
    await using slow = await SlowListener.register(rig);
    await using raw = await WireClient.join(rig);
    const [opened] = await raw.exchange({ op: 'open', end: 0, request: 1, interest: lab, overflow: 'wait' });
    const end = opened?.op === 'result' ? opened.id : 0;
    for (let sequence = 1; sequence <= 4; sequence++) {
      raw.send({ op: 'notify', end, sequence, data: new Uint8Array(1), release: false });
    }
    for (let sequence = 5; sequence <= 6; sequence++) {
      raw.send({ op: 'close', end, sequence, data: null, release: true });
    }
    expect(await raw.closed).toBe(4409);
    await slow.look();
    expect(slow.texts).toHaveLength(1);
  });

  test('is for unidirectional channels only', async () => {
    await using rig = await startRig({ transport, limits });
    const sender = await rig.sender();
    await expect(
      sender.createNotificationChannel({ name: 'Lab', type, style: 'kBiDirectional', overflow: 'wait' }),
    ).rejects.toMatchObject({ code: 'E_INVALIDARG' });
  });
});
