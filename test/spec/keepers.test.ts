/** Somebody in the spooler who keeps what channels send: the seam, without those who use it. All of it is our own decision. */

import { describe, expect, test } from 'vitest';
import { hresultOf, type Interest, notificationType, outcomeOf } from '../../shared/index.ts';
import type { RoomSeeker } from '../../spooler/core/delivery.ts';
import type { Target } from '../../spooler/core/directory.ts';
import type { Keeper, KeptInterest } from '../../spooler/core/keeper.ts';
import type { Message } from '../../spooler/core/message.ts';
import type { ServiceHost } from '../../spooler/index.ts';
import { type Rig, startRig } from '../harness/index.ts';
import { RawClient } from './raw-client.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const lab: Interest = { name: String.raw`\\localhost\Lab`, type, filter: 'kPerUser', style: 'kUniDirectional' };
const S_OK = hresultOf('S_OK');

/** Keeps in memory. What it is asked in one step waits for `answer`. */
class TestKeeper implements Keeper {
  readonly kept: string[] = [];
  hasRoom = true;
  /** Answers at once with this, where it is a number. */
  now: number | undefined;
  #seekers: RoomSeeker[] = [];
  #step: Step | undefined;

  keep(message: Message, { interest }: Target): number | Promise<number> {
    const bytes = new Uint8Array(message.size);
    message.copyTo(bytes, 0);
    this.kept.push(`${interest.name} ${message.isNull ? 'null' : new TextDecoder().decode(bytes)}`);
    if (this.now !== undefined) return this.now;
    this.#step ??= new Step();
    return this.#step.promise;
  }

  whenRoom(seeker: RoomSeeker): void {
    this.#seekers.push(seeker);
  }

  makeRoom(): void {
    this.hasRoom = true;
    for (const seeker of this.#seekers.splice(0)) seeker.roomMade();
  }

  /** Ends the step, which answers what it kept; what comes afterwards is another one. */
  step(): Step {
    const step = this.#step;
    if (!step) throw new Error('nothing is kept');
    this.#step = undefined;
    return step;
  }
}

class Step {
  answer: (hresult: number) => void = () => {};
  fail: (reason: unknown) => void = () => {};
  readonly promise = new Promise<number>((resolve, reject) => {
    this.answer = resolve;
    this.fail = reject;
  });
}

interface Stage extends AsyncDisposable {
  readonly rig: Rig;
  readonly host: ServiceHost;
  readonly sender: RawClient;
  readonly end: number;
  /** Sends without waiting for the answer. */
  send(...texts: readonly string[]): void;
  close(): void;
  /** The answers so far, cumulative ones as they came: `2 S_OK`. */
  answers(): Promise<readonly string[]>;
}

async function stage(asked: Partial<Interest> & { overflow?: 'wait' } = {}): Promise<Stage> {
  const hosts: ServiceHost[] = [];
  const rig = await startRig({
    services: [
      (host) => {
        hosts.push(host);
        return { name: 'keepers', call: () => ({ hresult: S_OK }) };
      },
    ],
  });
  const [host] = hosts;
  if (!host) throw new Error('no host');
  const sender = await RawClient.connect(rig);
  const { overflow, ...rest } = asked;
  sender.send({ op: 'open', end: 0, request: 1, interest: { ...lab, ...rest }, overflow });
  const { id: end } = await sender.next('result');
  let sequence = 0;
  return {
    rig,
    host,
    sender,
    end,
    send(...texts) {
      for (const text of texts) {
        const data = new TextEncoder().encode(text);
        sender.send({ op: 'notify', end, sequence: ++sequence, data, release: false });
      }
    },
    close: () => sender.send({ op: 'close', end, sequence: ++sequence, data: null, release: true }),
    async answers() {
      await rig.settle();
      return sender.records.flatMap((one) =>
        one.op === 'settled' ? [`${one.sequence} ${outcomeOf(one.hresult).code}`] : [],
      );
    },
    async [Symbol.asyncDispose]() {
      await sender[Symbol.asyncDispose]();
      await rig.close();
    },
  };
}

const keepLab = ({ host }: Stage, keeper: Keeper, asked: Partial<KeptInterest> = {}, user = 'ann'): (() => void) =>
  host.keep({ name: lab.name, type, filter: 'kPerUser', ...asked }, user, keeper);

describe('a keeper', () => {
  test('is asked for everything, and the answers wait for him: one for all that he kept in one step', async () => {
    await using one = await stage();
    const keeper = new TestKeeper();
    keepLab(one, keeper);
    one.send('a', 'b', 'c');
    expect(await one.answers()).toEqual([]);
    const first = keeper.step();
    one.send('d', 'e');
    await one.rig.settle();
    const second = keeper.step();
    first.answer(S_OK);
    expect(await one.answers()).toEqual(['3 S_OK']);
    second.answer(S_OK);
    expect(await one.answers()).toEqual(['3 S_OK', '5 S_OK']);
    expect(keeper.kept).toEqual(['a', 'b', 'c', 'd', 'e'].map((text) => `${lab.name} ${text}`));
  });

  test('whose later step ends first: the answers keep their order', async () => {
    await using one = await stage();
    const keeper = new TestKeeper();
    keepLab(one, keeper);
    one.send('a');
    await one.rig.settle();
    const first = keeper.step();
    one.send('b');
    await one.rig.settle();
    keeper.step().answer(hresultOf('STORE_FULL'));
    expect(await one.answers()).toEqual([]);
    first.answer(S_OK);
    expect(await one.answers()).toEqual(['1 S_OK', '2 STORE_FULL']);
  });

  test('is a listener: nobody hears NO_LISTENERS while he is there, and those present are told at once', async () => {
    await using one = await stage();
    one.send('nobody');
    expect(await one.answers()).toEqual(['1 NO_LISTENERS']);
    const keeper = new TestKeeper();
    const stop = keepLab(one, keeper);
    const listener = await RawClient.connect(one.rig);
    await listener.register(1, lab);
    one.send('both');
    expect(await one.answers()).toEqual(['1 NO_LISTENERS']);
    expect(listener.texts).toEqual(['both']);
    keeper.step().answer(S_OK);
    expect(await one.answers()).toEqual(['1 NO_LISTENERS', '2 S_OK']);
    await listener[Symbol.asyncDispose]();
    await one.rig.settle();
    stop();
    one.send('nobody');
    expect(await one.answers()).toEqual(['1 NO_LISTENERS', '2 S_OK', '3 NO_LISTENERS']);
  });

  test('that is gone leaves answers behind, and they are waited for', async () => {
    await using one = await stage();
    const keeper = new TestKeeper();
    const stop = keepLab(one, keeper);
    one.send('a');
    await one.rig.settle();
    stop();
    one.send('b');
    expect(await one.answers()).toEqual([]);
    keeper.step().answer(S_OK);
    expect(await one.answers()).toEqual(['1 S_OK', '2 NO_LISTENERS']);
  });

  test.each<[string, Partial<Interest>, Partial<KeptInterest>, string, boolean]>([
    ['PAN-67: the user of a kPerUser channel', {}, {}, 'ann', true],
    ['PAN-68: another user', {}, {}, 'bob', false],
    ['PAN-69: kAllUsers', {}, { filter: 'kAllUsers' }, 'bob', true],
    ['PAN-65, GAP-3: a kAllUsers channel', { filter: 'kAllUsers' }, {}, 'bob', true],
    ['GAP-4: every printer', {}, { name: null }, 'ann', true],
    ['GAP-4: the same name in other letters', {}, { name: lab.name?.toUpperCase() ?? null }, 'ann', true],
    ['PAN-70: another type', {}, { type: notificationType('MS_ASYNCNOTIFY_UI') }, 'ann', false],
  ])('is found as a registration is: %s', async (_, channel, interest, user, found) => {
    await using one = await stage(channel);
    const keeper = new TestKeeper();
    keeper.now = S_OK;
    keepLab(one, keeper, interest, user);
    one.send('a');
    expect(await one.answers()).toEqual([found ? '1 S_OK' : '1 NO_LISTENERS']);
    expect(keeper.kept).toHaveLength(found ? 1 : 0);
  });

  test('copies what may be null, and what may have no bytes', async () => {
    await using one = await stage();
    const keeper = new TestKeeper();
    keeper.now = S_OK;
    keepLab(one, keeper);
    await one.sender.notify(one.end, null);
    await one.sender.notify(one.end, '');
    expect(keeper.kept).toEqual([`${lab.name} null`, `${lab.name} `]);
  });

  test('OBS-4: is seen by whoever asks why nobody was told', async () => {
    await using one = await stage();
    keepLab(one, new TestKeeper());
    one.sender.send({ op: 'explain', request: 9, side: 'channel', interest: lab });
    const { json } = await one.sender.next('result');
    expect(JSON.parse(new TextDecoder().decode(json))).toMatchObject({ matches: 1 });
  });
});

describe('several keepers', () => {
  test('that share their steps are answered in one', async () => {
    await using one = await stage();
    const keeper = new TestKeeper();
    keepLab(one, keeper);
    keepLab(one, keeper, { name: null });
    one.send('a', 'b');
    await one.rig.settle();
    keeper.step().answer(S_OK);
    expect(await one.answers()).toEqual(['2 S_OK']);
  });

  test.each([
    ['S_OK', S_OK, S_OK],
    ['STORE_FULL', S_OK, hresultOf('STORE_FULL')],
    ['STORE_FULL', hresultOf('STORE_FULL'), S_OK],
  ])('of their own: %s once all have answered', async (code, first, second) => {
    await using one = await stage();
    const [left, right] = [new TestKeeper(), new TestKeeper()];
    keepLab(one, left);
    keepLab(one, right);
    one.send('a');
    await one.rig.settle();
    left.step().answer(first);
    expect(await one.answers()).toEqual([]);
    right.step().answer(second);
    expect(await one.answers()).toEqual([`1 ${code}`]);
  });
});

describe('a keeper without room', () => {
  test('PAN-116: has lost the notification, and the sender is told', async () => {
    await using one = await stage();
    const full = new TestKeeper();
    full.hasRoom = false;
    keepLab(one, full);
    one.send('a');
    const other = new TestKeeper();
    other.now = S_OK;
    await one.rig.settle();
    keepLab(one, other);
    one.send('b');
    expect(await one.answers()).toEqual(['1 ASYNC_NOTIFICATION_FAILURE', '2 UNIRECTIONAL_NOTIFICATION_LOST']);
    expect(full.kept).toEqual([]);
  });

  test('keeps a sender waiting that would rather wait', async () => {
    await using one = await stage({ overflow: 'wait' });
    const keeper = new TestKeeper();
    keeper.hasRoom = false;
    keepLab(one, keeper);
    one.send('a', 'b');
    one.close();
    one.send('after the close');
    expect(await one.answers()).toEqual([]);
    keeper.makeRoom();
    expect(await one.answers()).toEqual([]);
    expect(keeper.kept).toHaveLength(2);
    keeper.step().answer(S_OK);
    expect(await one.answers()).toEqual(['3 S_OK', '4 CHANNEL_ALREADY_CLOSED']);
  });
});

describe('while answers are pending', () => {
  test('a refusal waits for its turn', async () => {
    await using one = await stage();
    const keeper = new TestKeeper();
    keepLab(one, keeper);
    one.send('a');
    one.sender.send({
      op: 'notify',
      end: one.end,
      sequence: 2,
      data: new Uint8Array(1),
      release: false,
      type: notificationType('MS_ASYNCNOTIFY_UI'),
    });
    expect(await one.answers()).toEqual([]);
    keeper.step().answer(S_OK);
    expect(await one.answers()).toEqual(['1 S_OK', '2 INVALID_NOTIFICATION_TYPE']);
  });

  test('a close stands behind them, and what comes after it finds the channel closed', async () => {
    await using one = await stage();
    const keeper = new TestKeeper();
    keepLab(one, keeper);
    one.send('a');
    one.close();
    one.send('b');
    expect(await one.answers()).toEqual([]);
    expect(one.rig.spooler.stats().channels).toBe(1);
    keeper.step().answer(S_OK);
    expect(await one.answers()).toEqual(['2 S_OK', '3 CHANNEL_ALREADY_CLOSED']);
    expect(keeper.kept).toHaveLength(1);
    expect(one.rig.spooler.stats().channels).toBe(0);
  });

  test('the sender may die: nothing is answered, what is kept stands', async () => {
    await using one = await stage();
    const keeper = new TestKeeper();
    keepLab(one, keeper);
    one.send('a');
    await one.rig.settle();
    await one.sender[Symbol.asyncDispose]();
    await one.rig.settle();
    expect(one.rig.spooler.stats().channels).toBe(0);
    keeper.step().answer(S_OK);
    expect(await one.answers()).toEqual([]);
    expect(keeper.kept).toHaveLength(1);
  });

  test('an operator who removes the printer has them answered, once', async () => {
    await using one = await stage();
    const keeper = new TestKeeper();
    keepLab(one, keeper);
    one.send('a', 'b');
    await one.rig.settle();
    one.rig.spooler.removePrinter(lab.name ?? '');
    expect(await one.answers()).toEqual(['2 RPC_S_CALL_CANCELLED']);
    keeper.step().answer(S_OK);
    expect(await one.answers()).toEqual(['2 RPC_S_CALL_CANCELLED']);
  });

  test('on a channel that waits no more may be unanswered than is allowed', async () => {
    await using one = await stage({ overflow: 'wait' });
    const keeper = new TestKeeper();
    keepLab(one, keeper);
    const most = one.rig.spooler.limits.waitingObjects;
    one.send(...Array.from({ length: most }, () => ''));
    await one.rig.settle();
    expect(one.sender.closeCode).toBeUndefined();
    one.send('one more');
    await one.rig.settle();
    expect(one.sender.closeCode).toBe(4409);
    keeper.step().answer(S_OK);
  });
});

describe('a keeper that fails', () => {
  test.each<[string, (keeper: TestKeeper) => void]>([
    ['throws', (keeper) => Object.assign(keeper, { keep: boom })],
    ['rejects', (keeper) => Object.assign(keeper, { keep: () => Promise.reject(new Error('boom')) })],
  ])('%s: the sender is told, the operator hears of it, those present are told all the same', async (_, harm) => {
    await using one = await stage();
    const keeper = new TestKeeper();
    harm(keeper);
    keepLab(one, keeper);
    const listener = await RawClient.connect(one.rig);
    await listener.register(1, lab);
    one.send('a');
    expect(await one.answers()).toEqual(['1 E_UNEXPECTED']);
    expect(listener.texts).toEqual(['a']);
    expect(one.rig.events.filter(({ kind }) => kind === 'fault')).toHaveLength(1);
    one.rig.events.length = 0;
    await listener[Symbol.asyncDispose]();
  });
});

function boom(): never {
  throw new Error('boom');
}
