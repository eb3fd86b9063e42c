/** Objects that are called over channels, in a rig: the listener's side is that of the libraries. */

import { describe, expect, test } from 'vitest';
import type { Listener, ListenerChannel } from '../../client/listener.ts';
import { type Code, guid, hresultOf, type SpoolError } from '../../shared/index.ts';
import {
  type Reaction,
  type Recorder,
  type Rig,
  type RigOptions,
  startRig,
  TRANSPORTS,
} from '../../test/harness/index.ts';
import { ALL_RIGHTS } from '../core/identity.ts';
import type { ServiceHost } from '../core/service.ts';
import { type ChannelObject, openObject } from './channel-object.ts';
import { InProcessSource, type Target } from './in-process-source.ts';

const TYPE = guid('5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c01');
const TARGET: Target = { name: 'subscriber', type: TYPE, user: 'ann' };

const utf8 = new TextEncoder();
const bytes = (text: string): Uint8Array => utf8.encode(text);

interface Stage extends AsyncDisposable {
  readonly rig: Rig;
  readonly source: InProcessSource;
  /** Opens an object; calls take 1,000 ms at most. */
  open(target?: Partial<Target>): Promise<ChannelObject>;
  /** A subscriber of Ann's, or another's, that reacts so. */
  subscriber(react?: Reaction, user?: string): Promise<{ readonly listener: Listener; readonly seen: Recorder }>;
}

async function stage(options: RigOptions = {}): Promise<Stage> {
  const hosts: ServiceHost[] = [];
  const rig = await startRig({
    ...options,
    services: [
      (host) => {
        hosts.push(host);
        return { name: 'objects', call: () => ({ hresult: 0 }) };
      },
    ],
  });
  const [host] = hosts;
  if (!host) throw new Error('the spooler did not make its service');
  const source = new InProcessSource(host, { user: 'events', rights: ALL_RIGHTS }, 'events');
  return {
    rig,
    source,
    open: (target) => openObject(source, { ...TARGET, ...target }, { clock: rig.clock, callTime: 1_000 }),
    async subscriber(react, user = 'ann') {
      const listener = await rig.listener({ user });
      const seen = rig.recorder(react);
      await listener.registerForNotifications({ name: TARGET.name, type: TYPE, style: 'kBiDirectional' }, seen);
      return { listener, seen };
    },
    // Leaving proves that nothing is left.
    [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
  };
}

/** Answers each call with success, or with what the call asks for. */
const answering: Reaction = (event) => {
  if (event.kind !== 'notification') return undefined;
  const wanted = /^fail (\w+)$/.exec(event.text)?.[1] as Code | undefined;
  return event.channel?.sendNotification(JSON.stringify({ hresult: wanted === undefined ? 0 : hresultOf(wanted) }));
};

/** What a promise came to, looked at without waiting for it. */
function watched(call: Promise<number>): { state: string } {
  const result = { state: 'pending' };
  call.then(
    (hresult) => {
      result.state = `resolved 0x${hresult.toString(16)}`;
    },
    ({ code, input }: SpoolError) => {
      result.state = `rejected ${code} (${input})`;
    },
  );
  return result;
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('EVC-82: a call is a notification, the response its result; the object stays for the next one', async () => {
    await using all = await stage({ transport });
    const { seen } = await all.subscriber(answering);
    const object = await all.open();
    expect(await object.call(bytes('first'))).toBe(0);
    expect(await object.call(bytes('fail E_FAIL'))).toBe(0x80004005);
    expect(await object.call(bytes('last'))).toBe(0);
    expect(seen.texts).toEqual(['first', 'fail E_FAIL', 'last']);
    expect(seen.offers).toHaveLength(1);
    object.release();
    expect(await object.gone).toBe('closed');
    await all.rig.settle();
    expect(seen.closes).toMatchObject([{ data: null, cause: 'closed' }]);
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 0, ends: 0, heldObjects: 0 });
  });

  test('calls queue one after another, in the order they were made', async () => {
    await using all = await stage({ transport });
    const channels: ListenerChannel[] = [];
    const { seen } = await all.subscriber((event) => {
      if (event.kind === 'notification' && event.channel) channels.push(event.channel);
    });
    const object = await all.open();
    const calls = ['a', 'b', 'c'].map((text) => watched(object.call(bytes(text))));
    for (const [index, text] of ['a', 'b', 'c'].entries()) {
      await all.rig.settle();
      expect(seen.texts.at(-1)).toBe(text);
      expect(calls.map(({ state }) => state).filter((state) => state === 'pending')).toHaveLength(3 - index);
      void channels.at(-1)?.sendNotification(JSON.stringify({ hresult: index }));
    }
    await all.rig.settle();
    expect(calls.map(({ state }) => state)).toEqual(['resolved 0x0', 'resolved 0x1', 'resolved 0x2']);
    object.release();
  });

  test('an object that nobody has listens as soon as somebody registers for it (PAN-141, PAN-142)', async () => {
    await using all = await stage({ transport });
    const object = await all.open();
    const call = object.call(bytes('early'));
    const { seen } = await all.subscriber(answering);
    expect(await call).toBe(0);
    expect(seen.texts).toEqual(['early']);
    object.release();
  });

  test('only the user it is for is called (EVC-83)', async () => {
    await using all = await stage({ transport });
    const bob = await all.subscriber(answering, 'bob');
    const ann = await all.subscriber(answering);
    const object = await all.open({ user: 'ann' });
    expect(await object.call(bytes('x'))).toBe(0);
    expect([ann.seen.texts, bob.seen.texts, bob.seen.offers]).toEqual([['x'], [], []]);
    object.release();
  });

  test('when the listener dies between calls the object is gone with the cause, and calls reject', async () => {
    await using all = await stage({ transport });
    const { listener } = await all.subscriber(answering);
    const object = await all.open();
    await object.call(bytes('x'));
    all.rig.cut(listener);
    expect(await object.gone).toBe('died');
    await expect(object.call(bytes('y'))).rejects.toMatchObject({ code: 'CONNECTION_LOST', input: 'died' });
    await all.rig.settle();
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 0, channels: 0 });
  });

  test('when it dies during a call, that one and those behind it reject', async () => {
    await using all = await stage({ transport });
    const { listener } = await all.subscriber((event, object) =>
      event.kind === 'notification' && event.text === 'x' ? answering(event, object) : undefined,
    );
    const object = await all.open();
    await object.call(bytes('x'));
    const calls = [watched(object.call(bytes('y'))), watched(object.call(bytes('z')))];
    await all.rig.settle();
    all.rig.cut(listener);
    expect(await object.gone).toBe('died');
    await all.rig.settle();
    expect(calls.map(({ state }) => state)).toEqual([
      'rejected CONNECTION_LOST (died)',
      'rejected CONNECTION_LOST (died)',
    ]);
  });

  test('before the first answer nobody owns the channel: whoever knows of the death says so', async () => {
    await using all = await stage({ transport });
    const { listener } = await all.subscriber();
    const object = await all.open();
    const call = watched(object.call(bytes('x')));
    await all.rig.settle();
    all.rig.cut(listener);
    await all.rig.settle();
    expect(call.state).toBe('pending');
    object.listenerGone('died');
    await all.rig.settle();
    expect(call.state).toBe('rejected CONNECTION_LOST (died)');
    expect(await object.gone).toBe('died');
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 0, channels: 0, initialBytes: 0 });
  });

  test('afterwards the channel tells, with the true cause', async () => {
    await using all = await stage({ transport });
    await all.subscriber(answering);
    const object = await all.open();
    await object.call(bytes('x'));
    object.listenerGone('silent');
    await all.rig.settle();
    expect(await object.call(bytes('y'))).toBe(0);
    object.release();
  });

  test('a listener that closes with a last message has answered; without one it has not', async () => {
    await using all = await stage({ transport });
    const { seen } = await all.subscriber((event, object) => {
      if (event.kind !== 'notification') return undefined;
      if (event.text === 'bye') return event.channel?.closeChannel('{"hresult":1}');
      if (event.text === 'go') return event.channel?.closeChannel();
      return answering(event, object);
    });
    const polite = await all.open();
    await polite.call(bytes('x'));
    expect(await polite.call(bytes('bye'))).toBe(1);
    expect(await polite.gone).toBe('closed');
    const rude = await all.open();
    await rude.call(bytes('x'));
    await expect(rude.call(bytes('go'))).rejects.toMatchObject({ code: 'CONNECTION_LOST', input: 'closed' });
    expect(await rude.gone).toBe('closed');
    await all.rig.settle();
    expect(seen.closes).toEqual([]);
  });

  test('a release rejects what is under way, is told once, and is harmless afterwards', async () => {
    await using all = await stage({ transport });
    const { seen } = await all.subscriber();
    const object = await all.open();
    const calls = [watched(object.call(bytes('x'))), watched(object.call(bytes('y')))];
    await all.rig.settle();
    object.release();
    object.release();
    await all.rig.settle();
    expect(calls.map(({ state }) => state.slice(0, 31))).toEqual(Array(2).fill('rejected CHANNEL_ALREADY_CLOSED'));
    await expect(object.call(bytes('z'))).rejects.toMatchObject({ code: 'CHANNEL_ALREADY_CLOSED' });
    expect(seen.closes).toHaveLength(1);
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 0 });
  });

  test('what is no answer is an error of that call alone', async () => {
    await using all = await stage({ transport });
    await all.subscriber((event, object) =>
      event.kind === 'notification' && event.text === 'x'
        ? event.channel?.sendNotification('yes')
        : answering(event, object),
    );
    const object = await all.open();
    await expect(object.call(bytes('x'))).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATED' });
    expect(await object.call(bytes('y'))).toBe(0);
    object.release();
  });

  test('what the pipe refuses is an error of that call alone', async () => {
    await using all = await stage({ transport, limits: { payload: 10 } });
    await all.subscriber((event) =>
      event.kind === 'notification' ? event.channel?.sendNotification('{"hresult":0}'.slice(0, 10)) : undefined,
    );
    const object = await all.open();
    await expect(object.call(bytes('12345678901'))).rejects.toMatchObject({ code: 'MAX_NOTIFICATION_SIZE_EXCEEDED' });
    // The limit binds both sides: this listener has room for no answer.
    await expect(object.call(bytes('1234567890'))).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATED' });
    object.release();
  });
});

describe('time', () => {
  test('EVC-OPEN-8, decided: a call that is not answered in time rejects, and every other with it until the late answer', async () => {
    await using all = await stage();
    const channels: ListenerChannel[] = [];
    const { seen } = await all.subscriber((event) => {
      if (event.kind === 'notification' && event.channel) channels.push(event.channel);
    });
    const object = await all.open();
    const calls = ['a', 'b', 'c'].map((text) => watched(object.call(bytes(text))));
    await all.rig.advance(999);
    expect(calls.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending']);
    await all.rig.advance(1);
    const others = 'rejected TIMED_OUT (no answer yet to a call before)';
    expect(calls.map(({ state }) => state)).toEqual(['rejected TIMED_OUT (1000 ms)', others, others]);
    await expect(object.call(bytes('d'))).rejects.toMatchObject({ code: 'TIMED_OUT' });
    expect(seen.texts).toEqual(['a']);
    void channels[0]?.sendNotification('{"hresult":7}');
    await all.rig.settle();
    const next = watched(object.call(bytes('e')));
    await all.rig.settle();
    expect(seen.texts).toEqual(['a', 'e']);
    void channels[0]?.sendNotification('{"hresult":8}');
    await all.rig.settle();
    expect(next.state).toBe('resolved 0x8');
    object.release();
  });

  test('one that never answers again costs all who wait the time of one', async () => {
    await using all = await stage();
    const { listener } = await all.subscriber();
    const object = await all.open();
    const calls = ['a', 'b'].map((text) => watched(object.call(bytes(text))));
    await all.rig.advance(1_000);
    expect(calls.map(({ state }) => state.split(' (')[0])).toEqual(Array(2).fill('rejected TIMED_OUT'));
    expect(all.rig.clock.timers().every(({ setAt }) => !setAt.includes('channel-object'))).toBe(true);
    object.release();
    await listener.close();
  });

  test('no limit: as long as it takes', async () => {
    await using all = await stage();
    await all.subscriber();
    const object = await openObject(all.source, TARGET, { clock: all.rig.clock });
    const call = watched(object.call(bytes('a')));
    await all.rig.advance(3_600_000);
    expect(call.state).toBe('pending');
    object.release();
  });
});

describe('the session of the source', () => {
  test('exists only while it has channels, and lives on pings meanwhile', async () => {
    await using all = await stage();
    expect(all.rig.spooler.stats().sessions).toBe(0);
    const [first, second] = await Promise.all([all.open(), all.open({ name: 'other' })]);
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 2 });
    await all.rig.advance(60_000);
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 2 });
    first.release();
    await all.rig.settle();
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 1 });
    second.release();
    await all.rig.settle();
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 0, channels: 0 });
    const third = await all.open();
    expect(all.rig.events.filter(({ kind }) => kind === 'sessionOpened')).toMatchObject([
      { user: 'events', agent: 'events' },
      { user: 'events', agent: 'events' },
    ]);
    third.release();
  });

  test('what cannot be opened says why, and leaves nothing', async () => {
    await using all = await stage({ limits: { channels: 1 } });
    await expect(all.open({ name: 'a,b' })).rejects.toMatchObject({ code: 'ERROR_INVALID_NAME' });
    const object = await all.open();
    await expect(all.open()).rejects.toMatchObject({ code: 'MAX_CHANNEL_COUNT_EXCEEDED' });
    object.release();
    await all.rig.settle();
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 0, channels: 0 });
  });

  test('has no privilege but its identity', async () => {
    const hosts: ServiceHost[] = [];
    await using other = await startRig({
      services: [
        (host) => {
          hosts.push(host);
          return { name: 'objects', call: () => ({ hresult: 0 }) };
        },
      ],
    });
    const [host] = hosts;
    if (!host) throw new Error('the spooler did not make its service');
    const rights = { listen: true, send: true, administer: false };
    const source = new InProcessSource(host, { user: 'bob', rights }, 'test');
    await expect(source.open(TARGET, { answered() {}, refused() {}, closed() {} })).rejects.toMatchObject({
      code: 'E_ACCESSDENIED',
    });
    await other.settle();
    expect(other.spooler.stats().sessions).toBe(0);
  });

  test('the end of the spooler ends every object, and what is opened afterwards is refused', async () => {
    await using all = await stage();
    await all.subscriber(answering);
    const object = await all.open();
    await object.call(bytes('x'));
    const held = await all.open({ name: 'nobody' });
    const call = watched(held.call(bytes('x')));
    await all.rig.spooler.close();
    expect([await object.gone, await held.gone]).toEqual(['shutdown', 'shutdown']);
    expect(call.state).toBe('rejected CONNECTION_LOST (shutdown)');
    await expect(all.open()).rejects.toMatchObject({ code: 'RPC_S_CALL_CANCELLED' });
    await all.rig.settle();
    expect(all.rig.spooler.stats().sessions).toBe(0);
  });

  test('many objects at once, with large calls: each gets its own', async () => {
    await using all = await stage();
    const { seen } = await all.subscriber(answering);
    const objects = await Promise.all(Array.from({ length: 50 }, () => all.open()));
    const calls = objects.map((object, index) => object.call(new Uint8Array(100_000).fill(index)));
    expect(await Promise.all(calls)).toEqual(Array(50).fill(0));
    expect(seen.notifications.map(({ data }) => data?.[99_999])).toEqual(
      Array.from({ length: 50 }, (_, index) => index),
    );
    for (const object of objects) object.release();
  });
});
