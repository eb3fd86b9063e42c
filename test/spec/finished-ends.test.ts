/** What a finished end answers: the table of PROTOCOL.md section 8, through the libraries and on the raw wire (PAN-166, PAN-197 to PAN-204, GAP-12). */

import { describe, expect, test } from 'vitest';
import { type Interest, type Outcome, SpoolError } from '../../shared/index.ts';
import { type Rig, startRig, TRANSPORTS } from '../harness/index.ts';
import { RawClient } from './raw-client.ts';
import { stage, TYPE } from './stage.ts';

type Who = 'source' | 'c1' | 'c2';

/** A source and two listeners on one channel, whatever language they speak. The calls resolve with the HRESULT that answers them. */
interface Scene extends AsyncDisposable {
  notify(who: Who, data: string): Promise<number>;
  /** With a last message, or with NOTIFICATION_RELEASE. */
  close(who: Who, data: string | null): Promise<number>;
  /** Ends the party's connection. */
  leave(who: Who): Promise<unknown>;
  /** Resolves when the party was told that its end is closed. */
  told(who: Who): Promise<unknown>;
}

async function throughLibraries(rig: Rig): Promise<Scene> {
  const { c1, c2, sender, source, answers } = await stage(rig, 'B1');
  const ends = { source, c1: c1.channel, c2: c2.channel };
  const clients = { source: sender, c1: c1.listener, c2: c2.listener };
  const seen = { source: answers, c1: c1.seen, c2: c2.seen };
  return {
    notify: (who, data) => hresultOfCall(ends[who].sendNotification(data)),
    close: (who, data) => hresultOfCall(ends[who].closeChannel(data)),
    leave: (who) => clients[who].close(),
    told: (who) => seen[who].nextClose(),
    // The rig closes them.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function hresultOfCall(call: Promise<Outcome>): Promise<number> {
  try {
    return (await call).hresult;
  } catch (reason) {
    return SpoolError.from(reason, 'PROTOCOL_VIOLATED').hresult;
  }
}

const INTEREST: Interest = { name: '\\\\localhost\\Lab', type: TYPE, filter: 'kPerUser', style: 'kBiDirectional' };

async function onTheRawWire(rig: Rig): Promise<Scene> {
  const [source, c1, c2] = [await RawClient.connect(rig), await RawClient.connect(rig), await RawClient.connect(rig)];
  const clients = { source, c1, c2 };
  await c1.register(1, INTEREST);
  await c2.register(1, INTEREST);
  // One number for all, since each has one end (PROTOCOL.md section 1).
  const { id } = await source.open(INTEREST);
  return {
    notify: (who, data) => clients[who].notify(id, data),
    close: (who, data) => clients[who].close(id, data, { release: data === null }),
    leave: (who) => clients[who][Symbol.asyncDispose](),
    told: (who) => clients[who].next('closed'),
    async [Symbol.asyncDispose]() {
      for (const client of [source, c1, c2]) await client[Symbol.asyncDispose]();
    },
  };
}

interface Row {
  readonly who: Who;
  readonly why: string;
  readonly finish: (scene: Scene, rig: Rig) => Promise<unknown>;
  readonly notify: number;
  readonly close: number;
}

const CLOSED_BY_SERVER = 0x80040001;
const CLOSED_BY_ANOTHER_LISTENER = 0x80040002;
const CLOSED_BY_SAME_LISTENER = 0x80040003;
const RELEASED_BY_LISTENER = 0x80040004;
const ALREADY_CLOSED = 0x80040008;
const NOT_OPENED = 0x8004000b;
const ACQUIRED = 0x80040010;
const ACQUIRED_AS_SUCCESS = 0x00040010;

async function c1Acquires(scene: Scene): Promise<void> {
  await scene.notify('source', 'q1');
  await scene.notify('c1', 'a1');
  await scene.told('c2');
}

const ROWS: readonly Row[] = [
  {
    who: 'source',
    why: 'it closed the channel itself (PAN-167)',
    finish: (scene) => scene.close('source', 'bye'),
    notify: ALREADY_CLOSED,
    close: ALREADY_CLOSED,
  },
  {
    who: 'source',
    why: 'the owner closed it (PAN-167)',
    finish: async (scene) => {
      await c1Acquires(scene);
      await scene.close('c1', 'bye');
      await scene.told('source');
    },
    notify: ALREADY_CLOSED,
    close: ALREADY_CLOSED,
  },
  {
    who: 'source',
    why: 'the owner is gone (PAN-170, PAN-167)',
    finish: async (scene) => {
      await c1Acquires(scene);
      await scene.leave('c1');
      await scene.told('source');
    },
    notify: ALREADY_CLOSED,
    close: ALREADY_CLOSED,
  },
  {
    who: 'source',
    why: 'the operator removed the printer (GAP-29)',
    finish: (scene, rig) => printerRemoved(scene, rig, 'source'),
    notify: ALREADY_CLOSED,
    close: ALREADY_CLOSED,
  },
  {
    who: 'c1',
    why: 'the source closed the channel (PAN-161, PAN-165, PAN-166)',
    finish: async (scene) => {
      await c1Acquires(scene);
      await scene.close('source', null);
      await scene.told('c1');
    },
    notify: CLOSED_BY_SERVER,
    close: CLOSED_BY_SERVER,
  },
  {
    who: 'c1',
    why: 'the source closed it before anybody had acquired it (PAN-162, GAP-25)',
    finish: async (scene) => {
      await scene.close('source', 'bye');
      await scene.told('c1');
    },
    notify: CLOSED_BY_SERVER,
    close: CLOSED_BY_SERVER,
  },
  {
    who: 'c1',
    why: 'the source is gone (PAN-172)',
    finish: async (scene) => {
      await scene.leave('source');
      await scene.told('c1');
    },
    notify: CLOSED_BY_SERVER,
    close: CLOSED_BY_SERVER,
  },
  {
    who: 'c1',
    why: 'the operator removed the printer (GAP-29)',
    finish: (scene, rig) => printerRemoved(scene, rig, 'c1'),
    notify: CLOSED_BY_SERVER,
    close: CLOSED_BY_SERVER,
  },
  {
    who: 'c1',
    why: 'it closed the channel itself, with a last message that acquired it (PAN-149, PAN-166)',
    finish: (scene) => scene.close('c1', 'bye'),
    notify: CLOSED_BY_SAME_LISTENER,
    close: CLOSED_BY_SAME_LISTENER,
  },
  {
    who: 'c1',
    why: 'it closed its own channel without a last message (PAN-158, PAN-166)',
    finish: async (scene) => {
      await c1Acquires(scene);
      await scene.close('c1', null);
    },
    notify: CLOSED_BY_SAME_LISTENER,
    close: CLOSED_BY_SAME_LISTENER,
  },
  {
    who: 'c1',
    why: 'it declined (PAN-150, PAN-200)',
    finish: (scene) => scene.close('c1', null),
    notify: RELEASED_BY_LISTENER,
    close: RELEASED_BY_LISTENER,
  },
  {
    who: 'c1',
    why: 'it declined, and then another acquired the channel (PAN-150, PAN-200)',
    finish: async (scene) => {
      await scene.close('c1', null);
      await scene.close('c2', 'mine');
    },
    notify: RELEASED_BY_LISTENER,
    close: RELEASED_BY_LISTENER,
  },
  {
    who: 'c2',
    why: 'another acquired the channel with a response (PAN-153, PAN-154, GAP-25)',
    finish: c1Acquires,
    notify: ACQUIRED,
    close: ACQUIRED_AS_SUCCESS,
  },
  {
    who: 'c2',
    why: 'another acquired the channel with a response, and then it was closed (PAN-153, PAN-154, PAN-17)',
    finish: async (scene) => {
      await c1Acquires(scene);
      await scene.close('source', 'bye');
    },
    notify: ACQUIRED,
    close: ACQUIRED_AS_SUCCESS,
  },
  {
    who: 'c2',
    why: 'another closed the channel with a payload (PAN-198, PAN-154)',
    finish: async (scene) => {
      await scene.notify('source', 'q1');
      await scene.close('c1', 'bye');
      await scene.told('c2');
    },
    notify: CLOSED_BY_ANOTHER_LISTENER,
    close: ACQUIRED_AS_SUCCESS,
  },
];

const VOICES = [
  ['through the libraries', throughLibraries],
  ['on the raw wire', onTheRawWire],
] as const;

async function printerRemoved(scene: Scene, rig: Rig, who: Who): Promise<void> {
  rig.spooler.removePrinter('\\\\localhost\\Lab');
  await scene.told(who);
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  describe.each(VOICES)('%s', (_, play) => {
    test.each(ROWS.map((row) => [row.who, row.why, row] as const))('%s calls: %s', async (who, _, row) => {
      const { finish, notify, close } = row;
      await using rig = await startRig({ transport });
      await using scene = await play(rig);
      await finish(scene, rig);
      // Twice: a refusal finishes nothing again.
      for (let i = 0; i < 2; i++) {
        expect(await scene.notify(who, 'late')).toBe(notify);
        expect(await scene.close(who, 'late')).toBe(close);
        expect(await scene.close(who, null)).toBe(close);
      }
    });
  });

  test('the exact code is kept for the last 1,024 finished ends; older ones are just closed (PAN-204, PAN-223)', async () => {
    await using rig = await startRig({ transport });
    await using source = await RawClient.connect(rig);
    await using listener = await RawClient.connect(rig);
    await listener.register(1, INTEREST);
    const numbers: number[] = [];
    for (let i = 0; i < 1025; i++) {
      const { id } = await source.open(INTEREST);
      numbers.push(id);
      await source.close(id, null, { release: true });
    }
    const [oldest = 0, next = 0] = numbers;
    await listener.roundTrip();
    expect(await listener.notify(oldest, 'late')).toBe(ALREADY_CLOSED);
    expect(await listener.close(oldest, 'late')).toBe(ALREADY_CLOSED);
    expect(await listener.notify(next, 'late')).toBe(CLOSED_BY_SERVER);
    expect(await source.notify(oldest, 'late')).toBe(ALREADY_CLOSED);
  });

  test('an end that never existed is not opened (PAN-207)', async () => {
    await using rig = await startRig({ transport });
    await using client = await RawClient.connect(rig);
    expect(await client.notify(77, 'hello')).toBe(NOT_OPENED);
    expect(await client.close(77, null, { release: true })).toBe(NOT_OPENED);
  });

  test('who closes its end successfully gets no close back, and nothing else on it (PAN-177)', async () => {
    await using rig = await startRig({ transport });
    await using source = await RawClient.connect(rig);
    await using c1 = await RawClient.connect(rig);
    await using c2 = await RawClient.connect(rig);
    for (const client of [c1, c2]) await client.register(1, INTEREST);
    const { id } = await source.open(INTEREST);
    // One declines, the other acquires and closes.
    expect(await c1.close(id, null, { release: true })).toBe(0);
    expect(await source.notify(id, 'q1')).toBe(0);
    await c2.next('notify');
    expect(await c2.close(id, 'bye')).toBe(0);
    await source.next('closed');
    for (const client of [c1, c2]) {
      await client.roundTrip();
      expect(client.closes).toEqual([]);
    }
    expect(c1.texts).toEqual([]);
  });

  test('ends of one client on one channel have numbers of their own, and finish on their own (PAN-16, PAN-153)', async () => {
    await using rig = await startRig({ transport });
    await using client = await RawClient.connect(rig);
    await client.register(1, INTEREST);
    await client.register(2, INTEREST);
    // It is the source too.
    const { id: source } = await client.open(INTEREST);
    const [first, second] = [await client.next('offer'), await client.next('offer')];
    expect([first.registration, second.registration]).toEqual([1, 2]);
    expect(new Set([source, first.end, second.end]).size).toBe(3);
    await client.notify(source, 'q1');
    expect(await client.notify(first.end, 'a1')).toBe(0);
    expect(await client.next('closed')).toMatchObject({ end: second.end, cause: 'acquired', release: true });
    expect(await client.notify(second.end, 'b1')).toBe(ACQUIRED);
    expect(await client.close(source, 'bye')).toBe(0);
    expect(await client.next('closed')).toMatchObject({ end: first.end, cause: 'closed', release: false });
    expect(await client.notify(first.end, 'late')).toBe(CLOSED_BY_SERVER);
    expect(await client.notify(source, 'late')).toBe(ALREADY_CLOSED);
  });

  test('what was delivered on a finished end can and must still be given back (PAN-39)', async () => {
    await using rig = await startRig({ transport });
    await using source = await RawClient.connect(rig);
    await using listener = await RawClient.connect(rig);
    await listener.register(1, INTEREST);
    const { id } = await source.open(INTEREST);
    await source.notify(id, 'q1');
    const { sequence } = await listener.next('notify');
    await source.close(id, null, { release: true });
    await listener.next('closed');
    expect(rig.spooler.stats().heldObjects).toBe(1);
    listener.send({ op: 'release', end: id, sequence, only: false });
    await listener.roundTrip();
    expect(rig.spooler.stats().heldObjects).toBe(0);
  });
});
