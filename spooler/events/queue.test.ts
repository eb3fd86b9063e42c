import { describe, expect, test } from 'vitest';
import { guid, hresultOf, SpoolError } from '../../shared/index.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import type { Change, Store } from '../store/store.ts';
import { DeadLetters } from './dead-letters.ts';
import { DEFAULT_QUEUE_LIMITS, EventQueue, type QueueLimits } from './queue.ts';
import type { Played } from './queue-player.ts';
import type { QueuedMessage, Recording } from './queued-message.ts';

const S = guid('00000000-0000-4000-8000-00000000000a');
const T = guid('00000000-0000-4000-8000-00000000000b');
const OK: Played = { kind: 'done', hresult: 0 };
const FAILED: Played = { kind: 'done', hresult: hresultOf('E_FAIL') };
const MINUTE = 60_000;

/** A store in memory that outlives the queue, and fails when told to. */
class FakeStore implements Store {
  readonly kept = new Map<string, Uint8Array>();
  full = false;
  /** Bytes that were put. */
  written = 0;

  async *entries(prefix: string): AsyncIterable<[string, Uint8Array]> {
    for (const key of [...this.kept.keys()].sort()) if (key.startsWith(prefix)) yield [key, this.kept.get(key)!];
  }

  async write(changes: readonly Change[]): Promise<void> {
    await Promise.resolve();
    if (this.full) throw new SpoolError('E_OUTOFMEMORY', { input: 'the disk' });
    for (const change of changes) {
      if ('put' in change) {
        this.kept.set(...change.put);
        this.written += change.put[1].length;
      } else {
        this.kept.delete(change.remove);
      }
    }
  }

  /** The keys of what waits, and of dead letters. */
  get messages(): readonly string[] {
    return [...this.kept.keys()].filter((key) => !key.startsWith('number/'));
  }

  async close(): Promise<void> {}
}

/** Subscribers that answer as they are told, and remember what they got. */
class Stage {
  readonly clock = new ManualClock();
  readonly store = new FakeStore();
  readonly got: string[] = [];
  readonly died: QueuedMessage[] = [];
  readonly faults: unknown[] = [];
  readonly corrupt: string[] = [];
  answer: (message: QueuedMessage) => Played | Promise<Played> = () => OK;
  lastChance: (message: QueuedMessage) => Promise<boolean> = async () => false;
  wall = 1_000_000;

  async open(limits: Partial<QueueLimits> = {}): Promise<EventQueue> {
    const queue = await this.opened(limits);
    queue.begin();
    return queue;
  }

  opened(limits: Partial<QueueLimits> = {}): Promise<EventQueue> {
    return EventQueue.open({
      store: this.store,
      clock: this.clock,
      wallClock: () => this.wall + this.clock.now(),
      limits: { ...DEFAULT_QUEUE_LIMITS, ...limits },
      play: async (message) => {
        const played = await this.answer(message);
        const how = played.kind !== 'done' ? played.kind : played.hresult === 0 ? '' : 'failed';
        this.got.push(`${message.calls[0]} ${how}`.trim());
        return played;
      },
      lastChance: (message) => this.lastChance(message),
      died: (message) => this.died.push(message),
      corrupt: (key) => this.corrupt.push(key),
      fault: (reason) => this.faults.push(reason),
    });
  }

  /** Until everything has happened that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async advance(milliseconds: number): Promise<void> {
    const until = this.clock.now() + milliseconds;
    await this.settle();
    while (this.clock.step(until)) await this.settle();
  }
}

const recording = (recorder: number, ...calls: string[]): Recording => ({
  subscription: S,
  recorder,
  publisher: { user: 'ann' },
  calls,
});

test('EVC-123: the calls of one recorder are played in the order they were recorded', async () => {
  const stage = new Stage();
  const queue = await stage.open();
  await queue.accept([recording(1, 'a', 'b')]);
  await queue.accept([recording(1, 'c')]);
  await stage.settle();
  expect(stage.got).toEqual(['a', 'b', 'c']);
  expect([queue.waiting, stage.store.messages.length, stage.clock.pending]).toEqual([0, 0, 0]);
});

test('own decision: what the store held is played once it is told to begin', async () => {
  const stage = new Stage();
  stage.answer = () => ({ kind: 'hold' });
  const before = await stage.open();
  await before.accept([recording(1, 'a')]);
  await before.close();
  stage.got.length = 0;
  stage.answer = () => OK;
  const queue = await stage.opened();
  await stage.settle();
  expect(stage.got).toEqual([]);
  queue.begin();
  await stage.settle();
  expect(stage.got).toEqual(['a']);
});

test('EVC-123: what one recorder recorded waits for its first call, that of another does not', async () => {
  const stage = new Stage();
  const queue = await stage.open();
  stage.answer = ({ calls }) => (calls[0] === 'a' && stage.clock.now() === 0 ? FAILED : OK);
  await queue.accept([recording(1, 'a', 'b')]);
  await queue.accept([recording(2, 'x')]);
  await stage.settle();
  expect(stage.got).toEqual(['a failed', 'x']);
  await stage.advance(MINUTE);
  expect(stage.got).toEqual(['a failed', 'x', 'a', 'b']);
  await queue.close();
});

test('EVC-126: five rungs, three tries each, then the dead letters, and the line goes on', async () => {
  const stage = new Stage();
  const queue = await stage.open();
  const tries: number[] = [];
  stage.answer = ({ calls }) => {
    if (calls[0] !== 'poison') return OK;
    tries.push(stage.clock.now() / MINUTE);
    return FAILED;
  };
  await queue.accept([recording(1, 'poison')]);
  await queue.accept([recording(1, 'next')]);
  await stage.advance(94 * MINUTE);
  expect(tries).toEqual([0, 1, 2, 3, 5, 7, 9, 13, 17, 21, 29, 37, 45, 61, 77, 93]);
  expect(stage.got.at(-1)).toBe('next');
  expect(stage.died).toMatchObject([{ calls: ['poison'], failures: 16, hresult: hresultOf('E_FAIL') }]);
  expect(queue.deadLetters.list()).toEqual(stage.died);
  expect(stage.store.messages).toEqual(['dead/0000000000000001']);
});

test('EVC-128: with fewer rungs it is dead sooner', async () => {
  const stage = new Stage();
  stage.answer = () => FAILED;
  const queue = await stage.open({ rungs: 0 });
  await queue.accept([recording(1, 'a')]);
  await stage.settle();
  expect(queue.deadLetters.size).toBe(1);
});

test('EVC-127: before it is dead it has a last chance', async () => {
  const stage = new Stage();
  stage.answer = () => FAILED;
  const chances: string[] = [];
  stage.lastChance = async ({ calls }) => {
    chances.push(...calls);
    return calls[0] === 'a';
  };
  const queue = await stage.open({ rungs: 0 });
  await queue.accept([recording(1, 'a'), recording(2, 'b', 'c')]);
  await stage.settle();
  expect(chances).toEqual(['a', 'b', 'c']);
  expect(queue.deadLetters.list()).toMatchObject([{ calls: ['b', 'c'] }]);
  expect(stage.store.messages.length).toBe(1);
});

test('EVC-127: dead letters can be read, replayed and purged, one by one or all', async () => {
  const stage = new Stage();
  stage.answer = () => FAILED;
  const queue = await stage.open({ rungs: 0 });
  await queue.accept([recording(1, 'a'), recording(2, 'b'), recording(3, 'c')]);
  await stage.settle();
  const [a, b] = queue.deadLetters.list();
  stage.answer = () => OK;
  stage.got.length = 0;
  expect(await queue.replay([a!.id, 999])).toBe(1);
  await stage.settle();
  expect(stage.got).toEqual(['a']);
  expect(await queue.purge([b!.id])).toBe(1);
  expect(queue.deadLetters.list()).toMatchObject([{ calls: ['c'] }]);
  expect(await queue.purge()).toBe(1);
  expect(stage.store.messages.length).toBe(0);
  // None of them takes up room any more.
  await expect(queue.accept([recording(4, 'd')])).resolves.toBeUndefined();
  await stage.settle();
  expect(stage.got).toEqual(['a', 'd']);
});

test('EVC-129: what waits survives the spooler, with its place and its tries', async () => {
  const stage = new Stage();
  stage.answer = () => FAILED;
  const queue = await stage.open();
  await queue.accept([recording(1, 'a', 'b')]);
  await queue.accept([recording(1, 'c')]);
  await stage.advance(2 * MINUTE);
  await queue.close();
  expect(stage.clock.pending).toBe(0);

  stage.got.length = 0;
  stage.answer = () => OK;
  const again = await stage.open();
  await stage.settle();
  expect(stage.got).toEqual([]);
  await stage.advance(MINUTE);
  expect(stage.got).toEqual(['a', 'b', 'c']);
  // Numbers are not used twice.
  expect(again.newRecorder()).toBeGreaterThan(2);
});

test('a number is not given again, though what had it is gone when the spooler comes back', async () => {
  const stage = new Stage();
  const queue = await stage.open();
  await queue.accept([recording(1, 'a')]);
  await queue.accept([recording(1, 'b')]);
  await stage.settle();
  expect(stage.store.messages).toEqual([]);
  await queue.close();

  stage.answer = () => FAILED;
  const again = await stage.open({ rungs: 0 });
  await again.accept([recording(1, 'c')]);
  await stage.settle();
  expect(again.deadLetters.list()).toMatchObject([{ id: 3, calls: ['c'] }]);
});

test('EVC-123, EVC-129: a message that was played half goes on behind what was played, also in another life', async () => {
  const stage = new Stage();
  stage.answer = ({ calls }) => (calls[0] === 'c' ? FAILED : OK);
  const queue = await stage.open();
  await queue.accept([recording(1, 'a', 'b', 'c', 'd')]);
  await stage.advance(1);
  await queue.close();
  expect(stage.got.splice(0)).toEqual(['a', 'b', 'c failed']);

  stage.answer = () => FAILED;
  const again = await stage.open({ rungs: 0 });
  await stage.advance(MINUTE);
  await again.close();
  expect(stage.got.splice(0)).toEqual(['c failed']);
  expect(again.deadLetters.list()).toMatchObject([{ calls: ['c', 'd'], failures: 2 }]);
  expect(stage.store.messages).toEqual(['dead/0000000000000001']);

  stage.answer = () => OK;
  const last = await stage.open();
  await last.replay();
  await stage.settle();
  expect(stage.got).toEqual(['c', 'd']);
  expect(stage.store.messages).toEqual([]);
});

test('playing a long message writes little: what has come of it, not all that is left', async () => {
  const stage = new Stage();
  const queue = await stage.open();
  const calls = Array.from({ length: 1_000 }, (_, index) => `call ${index}`.padEnd(100));
  await queue.accept([recording(1, ...calls)]);
  const accepted = stage.store.written;
  while (queue.waiting > 0) await stage.settle();
  expect(stage.got).toHaveLength(1_000);
  expect(stage.store.written).toBeLessThan(2 * accepted);
});

test('EVC-129: dead letters survive the spooler', async () => {
  const stage = new Stage();
  stage.answer = () => FAILED;
  const queue = await stage.open({ rungs: 0 });
  await queue.accept([recording(1, 'a')]);
  await stage.settle();
  await queue.close();
  expect((await stage.open()).deadLetters.list()).toMatchObject([{ calls: ['a'], publisher: { user: 'ann' } }]);
});

test('EVC-OPEN-13, decided: nothing is played that the store could not take', async () => {
  const stage = new Stage();
  const queue = await stage.open();
  stage.store.full = true;
  await expect(queue.accept([recording(1, 'a'), recording(2, 'b')])).rejects.toMatchObject({ code: 'E_OUTOFMEMORY' });
  stage.store.full = false;
  await queue.accept([recording(1, 'c')]);
  await stage.settle();
  expect(stage.got).toEqual(['c']);
  expect(queue.waiting).toBe(0);
});

test('EVC-OPEN-13, decided: what was delivered and cannot be struck out is told, and delivered again after a restart', async () => {
  const stage = new Stage();
  const queue = await stage.open();
  stage.answer = () => {
    stage.store.full = true;
    return OK;
  };
  await queue.accept([recording(1, 'a')]);
  await stage.settle();
  expect(stage.faults).toMatchObject([{ code: 'E_OUTOFMEMORY' }]);
  expect(queue.waiting).toBe(0);
  stage.store.full = false;
  stage.answer = () => OK;
  await stage.open();
  await stage.settle();
  expect(stage.got).toEqual(['a', 'a']);
});

test('EVC-102: a line that is held waits without spending tries, until it is woken', async () => {
  const stage = new Stage();
  const queue = await stage.open({ rungs: 0 });
  stage.answer = () => ({ kind: 'hold' });
  await queue.accept([recording(1, 'a')]);
  await stage.advance(5 * MINUTE);
  expect(stage.got).toEqual(Array(6).fill('a hold'));
  stage.answer = () => OK;
  queue.wake();
  await stage.settle();
  expect(stage.got.at(-1)).toBe('a');
  expect([queue.waiting, stage.clock.pending]).toEqual([0, 0]);
});

test('EVC-OPEN-12, decided: what is for nobody any more is forgotten', async () => {
  const stage = new Stage();
  const queue = await stage.open();
  stage.answer = () => ({ kind: 'gone' });
  await queue.accept([recording(1, 'a', 'b')]);
  await stage.settle();
  expect(stage.got).toEqual(['a gone']);
  expect(stage.store.messages.length).toBe(0);
});

test('EVC-126: the queue is bounded for each destination, and the whole of it', async () => {
  const stage = new Stage();
  stage.answer = () => ({ kind: 'hold' });
  const queue = await stage.open({ messages: 2, characters: 10 });
  const full = { code: 'INTERNAL_NOTIFICATION_QUEUE_IS_FULL' };
  await expect(queue.accept([1, 2, 3].map((recorder) => recording(recorder, 'a')))).rejects.toMatchObject(full);
  await queue.accept([recording(1, 'a'), recording(2, 'b')]);
  await expect(queue.accept([recording(1, 'c')])).rejects.toMatchObject(full);
  await expect(queue.accept([{ ...recording(1, 'far too long'), subscription: T }])).rejects.toMatchObject(full);
  await queue.accept([{ ...recording(1, '8 letters'.slice(0, 8)), subscription: T }]);
  expect(queue.waiting).toBe(3);
  await queue.close();
});

test('EVC-126: one subscription gets one call at a time, whoever recorded it', async () => {
  const stage = new Stage();
  const queue = await stage.open();
  let now = 0;
  let most = 0;
  stage.answer = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
    return OK;
  };
  await queue.accept([1, 2, 3].map((recorder) => recording(recorder, `call ${recorder}`)));
  while (queue.waiting > 0) await stage.settle();
  expect(most).toBe(1);
});

test('EVC-126: stored bytes that are no message are told and left alone', async () => {
  const stage = new Stage();
  stage.store.kept.set('queue/0000000000000001', new Uint8Array([0x7b]));
  stage.store.kept.set('queue/0000000000000002', new TextEncoder().encode('{"id": 2}'));
  const queue = await stage.open();
  expect(stage.corrupt).toEqual(['queue/0000000000000001', 'queue/0000000000000002']);
  expect([queue.waiting, stage.store.messages.length]).toEqual([0, 2]);
});

test('EVC-126: what has failed waits its time, whatever wakes those that are held', async () => {
  const stage = new Stage();
  stage.answer = () => FAILED;
  const queue = await stage.open();
  await queue.accept([recording(1, 'a')]);
  await stage.settle();
  queue.wake();
  await stage.advance(MINUTE - 1);
  expect(stage.got).toEqual(['a failed']);
  await stage.advance(1);
  expect(stage.got).toEqual(['a failed', 'a failed']);
});

test('EVC-129: however the machine is told the time meanwhile, nothing waits longer than the ladder says', async () => {
  const stage = new Stage();
  stage.answer = () => FAILED;
  const queue = await stage.open();
  await queue.accept([recording(1, 'a')]);
  await stage.settle();
  await queue.close();
  stage.wall = 0;
  stage.answer = () => OK;
  const again = await stage.open();
  await stage.advance(MINUTE - 1);
  expect(stage.got).toEqual(['a failed']);
  await stage.advance(1);
  expect(stage.got).toEqual(['a failed', 'a']);
  expect(again.waiting).toBe(0);
});

test('EVC-126: the end waits for what is being played, and nothing is played or waited for after it', async () => {
  const stage = new Stage();
  let answer: (played: Played) => void = () => {};
  stage.answer = () => new Promise((resolve) => (answer = resolve));
  const queue = await stage.open();
  await queue.accept([recording(1, 'a'), recording(1, 'b')]);
  await stage.settle();
  let closed = false;
  const closing = queue.close().then(() => (closed = true));
  await stage.settle();
  expect(closed).toBe(false);
  answer({ kind: 'hold' });
  await closing;
  await stage.settle();
  expect([stage.got, stage.clock.pending]).toEqual([['a hold'], 0]);
});

test('EVC-129: what the store takes while the end has come is kept, and not played', async () => {
  const stage = new Stage();
  const queue = await stage.open();
  let take: () => void = () => {};
  const write = stage.store.write.bind(stage.store);
  stage.store.write = async (changes) => {
    await new Promise<void>((resolve) => {
      take = resolve;
    });
    await write(changes);
  };
  const accepted = queue.accept([recording(1, 'a')]);
  await stage.settle();
  const closing = queue.close();
  take();
  await Promise.all([accepted, closing]);
  await stage.settle();
  expect([stage.got, stage.store.messages]).toEqual([[], ['queue/0000000000000001']]);
});

describe('EVC-127: a dead letter', () => {
  /** Everything fails, and what has failed once is dead. */
  async function dead(limits: Partial<QueueLimits> = {}) {
    const stage = new Stage();
    stage.answer = () => FAILED;
    const queue = await stage.open({ rungs: 0, ...limits });
    await queue.accept([recording(1, 'a')]);
    await stage.settle();
    expect(queue.deadLetters.size).toBe(1);
    return { stage, queue };
  }

  test('that is played again has all its tries again', async () => {
    const { stage, queue } = await dead();
    await queue.replay();
    await stage.settle();
    expect(queue.deadLetters.list()).toMatchObject([{ calls: ['a'], failures: 1 }]);
  });

  test('has its place among those that wait until it is purged', async () => {
    const { stage, queue } = await dead({ messages: 1 });
    await expect(queue.accept([recording(1, 'b')])).rejects.toMatchObject({
      code: 'INTERNAL_NOTIFICATION_QUEUE_IS_FULL',
    });
    expect(await queue.purge()).toBe(1);
    stage.answer = () => OK;
    await queue.accept([recording(1, 'b')]);
    await stage.settle();
    expect(stage.got.at(-1)).toBe('b');
  });

  test('stays where the store cannot take what is asked of it', async () => {
    const { stage, queue } = await dead();
    stage.store.full = true;
    await expect(queue.replay()).rejects.toMatchObject({ code: 'E_OUTOFMEMORY' });
    await expect(queue.purge()).rejects.toMatchObject({ code: 'E_OUTOFMEMORY' });
    expect([queue.deadLetters.size, queue.waiting]).toEqual([1, 0]);
  });

  test('of which a part was played goes on behind it, in this life and the next', async () => {
    const stage = new Stage();
    stage.answer = ({ calls: [call] }) => (call === 'a' ? OK : FAILED);
    const queue = await stage.open({ rungs: 0 });
    await queue.accept([recording(1, 'a', 'b', 'c')]);
    await stage.settle();
    stage.answer = ({ calls: [call] }) => (call === 'b' ? OK : { kind: 'hold' });
    await queue.replay();
    await stage.settle();
    await queue.close();
    stage.answer = () => OK;
    await stage.open();
    await stage.settle();
    expect(stage.got).toEqual(['a', 'b failed', 'b', 'c hold', 'c']);
  });

  test('is listed in the order of recording, not of dying', () => {
    const letters = new DeadLetters();
    for (const id of [2, 1, 3]) letters.add({ id } as QueuedMessage);
    expect(letters.list().map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(letters.take([3, 1]).map(({ id }) => id)).toEqual([1, 3]);
  });
});

test('EVC-126: a call that was played takes up nothing more, and the next has all its tries', async () => {
  const stage = new Stage();
  const answers = [FAILED, FAILED, FAILED, OK, FAILED, FAILED, FAILED];
  stage.answer = () => answers.shift() ?? { kind: 'hold' };
  const queue = await stage.open({ characters: 8, rungs: 1 });
  await queue.accept([recording(1, 'aaaa', 'bbbb')]);
  await stage.advance(3 * MINUTE);
  await queue.accept([recording(2, 'cccc')]);
  await expect(queue.accept([recording(2, 'd')])).rejects.toMatchObject({
    code: 'INTERNAL_NOTIFICATION_QUEUE_IS_FULL',
  });
  await stage.advance(3 * MINUTE);
  expect(queue.deadLetters.size).toBe(0);
  await queue.close();
});

test('EVC-129: what was played and what is held are told apart in the next life', async () => {
  const stage = new Stage();
  stage.answer = ({ calls: [call] }) => (call === 'a' ? OK : { kind: 'hold' });
  const queue = await stage.open();
  await queue.accept([recording(1, 'a', 'b')]);
  await stage.settle();
  await queue.close();
  stage.answer = () => OK;
  await stage.open();
  await stage.settle();
  expect(stage.got).toEqual(['a', 'b hold', 'b']);
});

test('EVC-126: progress that leaves nothing, and a number that is none, are not believed', async () => {
  const stage = new Stage();
  const queue = await stage.opened();
  await queue.accept([recording(1, 'a')]);
  await queue.close();
  const utf8 = new TextEncoder();
  const nothingLeft = { played: 1, failures: 0, due: 0, hresult: 0 };
  stage.store.kept.set('progress/0000000000000001', utf8.encode(JSON.stringify(nothingLeft)));
  stage.store.kept.set('number/queue', utf8.encode('none'));
  const again = await stage.open();
  await stage.settle();
  expect(stage.got).toEqual(['a']);
  expect(again.newRecorder()).toBe(2);
});

test('EVC-126: a delivery that the end of the spooler broke off is not counted', async () => {
  const stage = new Stage();
  const queue = await stage.open();
  let fail: (played: Played) => void = () => {};
  stage.answer = () =>
    new Promise((resolve) => {
      fail = resolve;
    });
  await queue.accept([recording(1, 'a')]);
  await stage.settle();
  const closed = queue.close();
  fail(FAILED);
  await closed;
  await expect(queue.accept([recording(1, 'b')])).rejects.toMatchObject({ code: 'RPC_S_CALL_CANCELLED' });
  stage.answer = () => OK;
  stage.got.length = 0;
  await stage.open();
  await stage.settle();
  expect(stage.got).toEqual(['a']);
});
