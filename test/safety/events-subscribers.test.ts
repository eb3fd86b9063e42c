/** Subscribers of events that are hostile, or merely careless: what they cost the others, and that nothing of them is left. */

import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, hresultOf, SpoolError } from '../../shared/index.ts';
import { TokenTable } from '../../spooler/index.ts';
import { EventStage, id, WEATHER } from '../spec/events/event-stage.ts';
import { PrinterEvents, startOffice } from '../spec/events/printer-events.ts';

const eventClass = PrinterEvents;

describe('answers that are none', () => {
  const deep = `{"hresult":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  test.each([
    ['nothing', ''],
    ['no JSON', 'S_OK'],
    ['no object', '7'],
    ['null', 'null'],
    ['no HRESULT', '{}'],
    ['a negative number', '{"hresult":-1}'],
    ['more than 32 bits', '{"hresult":4294967296}'],
    ['text', '{"hresult":"0"}'],
    ['a fraction', '{"hresult":0.5}'],
    ['a prototype', '{"__proto__":{"hresult":0}}'],
    ['nested deep', deep],
    ['8 MB that do not end', `{"hresult":0,"message":"${'x'.repeat(8_000_000)}`],
    ['no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
  ])('EVC-66, EVC-OPEN-7: %s: it has failed, the others are called, and so is it again', async (_, garbage) => {
    await using stage = await EventStage.start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    const answers: (string | Uint8Array | number)[] = [garbage, 0];
    await ann.subscribe({ name: 'garbage' }, () => answers.shift());
    await bob.subscribe({ name: 'good' });
    expect(await bob.fire('onCalm')).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED');
    expect(stage.log).toMatchObject([{ kind: 'methodFailed', name: 'garbage', hresult: hresultOf('E_UNEXPECTED') }]);
    expect(await bob.fire('onCalm')).toBe('S_OK');
    expect(bob.got).toHaveLength(2);
  });
});

const tokenOf = (user: string): string => `${user}-token-0123456789`;
/** They may listen and send, for themselves. */
const tokensOf = (...users: readonly string[]): TokenTable =>
  TokenTable.parse(
    JSON.stringify({ tokens: users.map((user) => ({ token: tokenOf(user), user, rights: ['listen', 'send'] })) }),
  );

/** The result of a firing, also where it is a failure. */
const codeOf = (fired: Promise<{ readonly code: string }>): Promise<string> =>
  fired.then(
    ({ code }) => code,
    (reason: unknown) => SpoolError.from(reason, 'E_UNEXPECTED').code,
  );

describe('a subscriber that is careless in its callback', () => {
  test.each([
    ['without waiting', false],
    ['and waits for it', true],
  ])('EVC-84: unsubscribes %s: the call that it is in still succeeds, and it is the last', async (_, waits) => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    let left: Promise<void> | undefined;
    const onCleared = (): Promise<void> | undefined => {
      left = subscription.unsubscribe();
      return waits ? left : undefined;
    };
    const subscription = await subscriber.subscribe({ eventClass, method: 'onCleared' }, { onCleared });
    const events = publisher.events(eventClass);
    expect(await codeOf(events.onCleared())).toBe('S_OK');
    await left;
    expect(await codeOf(events.onCleared())).toBe('EVENT_S_NOSUBSCRIBERS');
    await rig.settle();
    expect(subscriber.stats()).toMatchObject({ registrations: 0, ends: 0 });
    expect(rig.spooler.stats()).toMatchObject({ sessions: 2, channels: 0, registrations: 0 });
  });

  test.each([
    ['without waiting', false],
    ['and waits for it', true],
  ])('EVC-85: leaves the spooler %s: it has failed, since it cannot answer any more', async (_, waits) => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const onCleared = (): Promise<void> | undefined => {
      const left = subscriber.close();
      return waits ? left : undefined;
    };
    await subscriber.subscribe({ eventClass, method: 'onCleared' }, { onCleared });
    const events = publisher.events(eventClass);
    expect(await codeOf(events.onCleared())).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    expect(await codeOf(events.onCleared())).toBe('EVENT_S_NOSUBSCRIBERS');
    expect(rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 0, registrations: 0 });
  });

  test('EVC-64: fires at itself without waiting: it is called again afterwards', async () => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const events = publisher.events(eventClass);
    const fired: Promise<string>[] = [];
    const onCleared = (): void => {
      if (fired.length < 2) fired.push(codeOf(events.onCleared()));
    };
    await subscriber.subscribe({ eventClass, method: 'onCleared' }, { onCleared });
    expect(await codeOf(events.onCleared())).toBe('S_OK');
    expect([await fired[0], await fired[1]]).toEqual(['S_OK', 'S_OK']);
  });

  test('EVC-OPEN-8, decided: fires at itself and waits: it waits for itself until its time is over, not for ever', async () => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const events = publisher.events(eventClass);
    const inside: string[] = [];
    const onCleared = async (): Promise<void> => {
      if (inside.length === 0) inside.push(await codeOf(events.onCleared()));
    };
    await subscriber.subscribe({ eventClass, method: 'onCleared' }, { onCleared });
    const outside = codeOf(events.onCleared());
    await rig.advance(30_000);
    expect([await outside, ...inside]).toEqual(['EVENT_E_ALL_SUBSCRIBERS_FAILED', 'EVENT_E_ALL_SUBSCRIBERS_FAILED']);
    expect(await codeOf(events.onCleared())).toBe('S_OK');
  });
});

describe('a subscriber that is slow', () => {
  test('EVC-OPEN-8, decided: costs two publishers its time together, and everybody after them nothing', async () => {
    await using stage = await EventStage.start({ subscriberTime: 1_000 });
    const [ann, bob, carl] = [await stage.client('ann'), await stage.client('bob'), await stage.client('carl')];
    await carl.subscribe({ name: 'slow' }, () => undefined);
    await carl.subscribe({ name: 'quick' });
    const fired = [ann.fire('onCalm'), bob.fire('onCalm')];
    await stage.rig.advance(1_000);
    expect(await Promise.all(fired)).toEqual(Array(2).fill('EVENT_S_SOME_SUBSCRIBERS_FAILED'));
    expect(await ann.fire('onCalm')).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED');
    expect(carl.got).toEqual(['slow onCalm', ...Array<string>(3).fill('quick onCalm')]);
    expect(stage.log.map(({ kind }) => kind)).toEqual(Array(3).fill('methodFailed'));
  });

  test('EVC-63: unsubscribed while a second publisher waits for its turn: it is not meant any more', async () => {
    await using stage = await EventStage.start({ subscriberTime: 1_000 });
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    const slow = await bob.subscribe({ name: 'slow' }, () => undefined);
    const fired = [ann.fire('onCalm'), bob.fire('onCalm')];
    await stage.settle();
    await bob.call('unsubscribe', { id: slow });
    expect(await fired[1]).toBe('EVENT_S_NOSUBSCRIBERS');
    // The first is in the call: it has its time.
    await stage.rig.advance(1_000);
    expect(await fired[0]).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    await stage.settle();
    expect(stage.rig.spooler.stats()).toMatchObject({ sessions: 2, channels: 0 });
  });
});

describe('many subscriptions', () => {
  test('EVC-85: 5,000 of a session that is killed: nothing of them is left', { timeout: 60_000 }, async () => {
    // Running them down takes more than a second of a processor that others may want.
    await using stage = await EventStage.start({ patience: 20_000 });
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    const before = stage.rig.spooler.stats();
    for (let hundred = 0; hundred < 50; hundred++) {
      await Promise.all(Array.from({ length: 100 }, () => bob.subscribe({}, () => 0)));
    }
    expect(stage.rig.spooler.stats()).toMatchObject({ channels: 5_000, registrations: 5_000 });
    stage.rig.cut(bob.listener);
    await stage.settle();
    expect(await ann.fire('onCalm')).toBe('EVENT_S_NOSUBSCRIBERS');
    expect(await ann.call('subscriptions', {})).toEqual({ subscriptions: [] });
    const { sessions, channels, registrations } = stage.rig.spooler.stats();
    expect([sessions, channels, registrations]).toEqual([before.sessions - 1, 0, 0]);
  });
});

describe('somebody who registers under the ID of another’s subscription', () => {
  test('EVC-83: another user gets nothing of it: the registration is per user', async () => {
    await using stage = await EventStage.start({ tokens: tokensOf('ann', 'eve') });
    const [ann, eve] = [await stage.client('ann', tokenOf('ann')), await stage.client('eve', tokenOf('eve'))];
    // Eve knows the ID, and was there first.
    const ids = [id(7_001), id(7_002)];
    const stolen = stage.rig.recorder(({ channel }) => void channel?.sendNotification('{"hresult":0}').catch(() => {}));
    for (const name of ids)
      await eve.listener.registerForNotifications({ name, type: WEATHER, style: 'kBiDirectional' }, stolen);
    const got = stage.rig.recorder(({ channel }) => void channel?.sendNotification('{"hresult":0}').catch(() => {}));
    const [mine = ''] = ids;
    await ann.listener.registerForNotifications({ name: mine, type: WEATHER, style: 'kBiDirectional' }, got);
    await ann.call('subscribe', { subscription: { id: mine, name: 'mine', eventClass: WEATHER } });
    expect(await ann.fire('onCalm')).toBe('S_OK');
    expect([got.notifications.length, stolen.seen.length]).toEqual([1, 0]);
    await expect(
      eve.call('subscribe', { subscription: { id: mine, name: 'hers', eventClass: WEATHER } }),
    ).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    await expect(eve.call('unsubscribe', { id: mine })).rejects.toMatchObject({ code: 'E_ACCESSDENIED' });
  });
});

describe('somebody who makes the event system hold much', () => {
  const BIG = { eventClass: id(950), interface: id(951), method: 'onBig' };
  const library = {
    library: 'Big',
    interfaces: [
      {
        name: 'IBig',
        iid: BIG.interface,
        methods: [{ name: 'onBig', parameters: [{ name: 'text', type: 'string' }] }],
      },
    ],
    eventClasses: [{ name: 'Big', clsid: BIG.eventClass, interfaces: ['IBig'], fireInParallel: true }],
  };

  test('EVC-60: calls to subscribers that never answer use up what may be held for their user, and for nobody else', async () => {
    await using stage = await EventStage.start({ subscriberTime: 1_000 });
    const [ann, eve] = [await stage.client('ann'), await stage.client('eve')];
    await ann.call('install', { library });
    for (let one = 0; one < 4; one++) await eve.subscribe({ eventClass: BIG.eventClass }, () => undefined);
    await eve.subscribe({ name: 'one more' });
    await ann.subscribe();
    const bytesOfAll = DEFAULT_LIMITS.initialBytes;
    const head = JSON.stringify({ ...BIG, arguments: { text: '' } }).length;
    const fired = eve.fire(BIG.method, { text: 'x'.repeat(bytesOfAll / 4 - head) }, BIG);
    await stage.settle();
    expect(eve.got).toHaveLength(4);
    expect(await ann.fire('onCalm')).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED');
    const full = hresultOf('INTERNAL_NOTIFICATION_QUEUE_IS_FULL');
    expect([stage.log, ann.got]).toMatchObject([
      [{ name: 'one more', hresult: full }],
      [expect.stringMatching(/onCalm$/)],
    ]);
    await stage.rig.advance(1_000);
    expect(await fired).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
  });
});

describe('somebody who wants to know of each change, and never answers', () => {
  test('EVC-11: a thousand changes wait for him; of the next ones the operator hears, and nobody else waits', async () => {
    await using stage = await EventStage.start({ subscriberTime: 1_000 });
    const [ann, eve] = [await stage.client('ann'), await stage.client('eve')];
    const { eventObjectChangeEventClassId } = stage.system().catalogue;
    await eve.subscribe({ name: 'mute', eventClass: eventObjectChangeEventClassId }, () => undefined);
    const subscription = { name: 'p', eventClass: WEATHER, subscriberClsid: id(800) };
    const { id: made } = (await ann.call('subscribe', { subscription })) as { id: string };
    const changes = { description: 'again' };
    for (let hundred = 0; hundred < 11; hundred++) {
      await Promise.all(Array.from({ length: 100 }, () => ann.call('modify', { id: made, changes })));
    }
    expect(stage.log.filter(({ kind }) => kind === 'changeUntold').length).toBeGreaterThan(0);
    expect(stage.log).toMatchObject(
      stage.log.map(() => ({ kind: 'changeUntold', type: 'EOC_ModifiedObject', id: made })),
    );
    await stage.rig.advance(1_000);
    stage.log.length = 0;
    await ann.call('modify', { id: made, changes });
    await stage.settle();
    expect(stage.log).toMatchObject([{ kind: 'methodFailed', name: 'mute' }]);
  });
});
