import { describe, expect, test } from 'vitest';
import { ClassTable, createEventSystem, type MultiInterfacePublisherFilter } from '../../../spooler/index.ts';
import { startRig } from '../../harness/index.ts';
import { EventClient, EventStage, IWeather, id, LIBRARY, WEATHER } from './event-stage.ts';

const CLSID = id(800);

describe('the service refuses', () => {
  test.each([
    ['E_NOTIMPL', 'shout', {}],
    ['E_NOTIMPL', 'toString', {}],
    ['E_INVALIDARG', 'fire', { eventClass: WEATHER }],
    ['E_INVALIDARG', 'fire', []],
    ['E_INVALIDARG', 'fire', { publisherId: 7 }],
    ['E_INVALIDARG', 'commit', { calls: 1 }],
    ['E_INVALIDARG', 'commit', { calls: [null] }],
    ['E_INVALIDARG', 'subscribe', {}],
    ['E_INVALIDARG', 'subscribe', { subscription: { name: 'live, but which object?', eventClass: WEATHER } }],
    ['E_INVALIDARG', 'unsubscribe', { id: CLSID }],
    ['E_INVALIDARG', 'unsubscribe', { id: 'mine' }],
    ['E_INVALIDARG', 'modify', { id: CLSID, changes: {} }],
    ['E_INVALIDARG', 'install', { library: { library: 'x', eventClasses: [{ name: 'x', interfaces: ['y'] }] } }],
    ['E_INVALIDARG', 'remove', { id: CLSID }],
    ['E_INVALIDARG', 'remove', {}],
    ['E_INVALIDARG', 'deadLetters', { all: true }],
    ['E_INVALIDARG', 'replay', { ids: ['1'] }],
    [
      'EVENT_E_MISSING_EVENTCLASS',
      'subscribe',
      { subscription: { name: 'x', eventClass: CLSID, subscriberClsid: CLSID } },
    ],
  ])('EVC-52, EVC-101: with %s: %s %j', async (code, method, json) => {
    await using stage = await EventStage.start();
    await expect((await stage.client()).call(method, json)).rejects.toMatchObject({ code });
    expect(stage.rig.events.filter(({ kind }) => kind === 'fault')).toEqual([]);
  });

  test('EVC-168, EVC-170: criteria with their code, the position and the text there', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    const details = { position: 17, offending: '>' };
    await expect(ann.call('classes', { criteria: 'EventClassName = > 7' })).rejects.toMatchObject({
      code: 'EVENT_E_QUERYSYNTAX',
      details,
    });
    await expect(ann.subscribe({ filterCriteria: 'Temperature = > 7' })).rejects.toMatchObject({
      code: 'EVENT_E_QUERYSYNTAX',
      details: { position: 14, offending: '>' },
    });
    await expect(ann.call('subscriptions', { criteria: 'Colour = 7' })).rejects.toMatchObject({
      code: 'EVENT_E_QUERYFIELD',
      details: { position: 0, offending: 'Colour' },
    });
  });

  test('EVC-80: a live subscription that is refused leaves no channel', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    await expect(ann.subscribe({ eventClass: CLSID })).rejects.toMatchObject({ code: 'EVENT_E_MISSING_EVENTCLASS' });
    await stage.settle();
    expect(stage.rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 0 });
  });
});

describe('the catalogue', () => {
  test('EVC-45, EVC-104: is filled, queried and emptied by program', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    const rain = { name: 'Rain', clsid: CLSID, interfaces: ['IWeather'] };
    const library = { ...LIBRARY, library: 'Rain', eventClasses: [rain] };
    expect(await ann.call('install', { library })).toEqual({ classes: [{ clsid: CLSID, name: 'Rain' }] });
    const criteria = `EventClassID == {${CLSID}}`;
    expect(await ann.call('classes', { criteria })).toMatchObject({
      classes: [{ clsid: CLSID, name: 'Rain', owner: 'ann', typelib: 'Rain', interfaces: [{ iid: IWeather }] }],
    });
    expect(await ann.call('remove', { criteria })).toEqual({ removed: [CLSID] });
    expect(await ann.call('classes', { criteria })).toEqual({ classes: [] });
  });

  test('EVC-11, EVC-12: tells of its changes with events of its own', async () => {
    await using stage = await EventStage.start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    const { eventObjectChangeEventClassId: eventClass } = stage.system().catalogue;
    const watching = await bob.subscribe({ name: 'change', eventClass });
    await stage.settle();
    bob.got.length = 0;
    await ann.call('install', { library: LIBRARY });
    const subscription = { name: 'p', eventClass: WEATHER, subscriberClsid: CLSID };
    const made = (await ann.call('subscribe', { subscription })) as { id: string };
    await ann.call('modify', { id: made.id, changes: { enabled: false } });
    await ann.call('unsubscribe', { id: made.id });
    await stage.settle();
    expect(bob.got).toEqual([
      `change ChangedEventClass 1 ${WEATHER}`,
      `change ChangedSubscription 0 ${made.id}`,
      `change ChangedSubscription 1 ${made.id}`,
      `change ChangedSubscription 2 ${made.id}`,
    ]);
    await bob.call('unsubscribe', { id: watching });
  });
});

describe('live subscriptions', () => {
  test('EVC-84, EVC-89: the ID revokes the subscription, and its object is let go', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    const subscription = await ann.subscribe();
    expect(stage.rig.spooler.stats().channels).toBe(1);
    await ann.call('unsubscribe', { id: subscription });
    await stage.settle();
    expect(stage.rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 0 });
    expect(await ann.fire('onCalm')).toBe('EVENT_S_NOSUBSCRIBERS');
  });

  test('EVC-85: end with their session, and with the object', async () => {
    await using stage = await EventStage.start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await ann.subscribe();
    await bob.subscribe({}, () => 0);
    await bob.fire('onCalm');
    await ann.listener.close();
    await stage.settle();
    expect(await bob.call('subscriptions')).toMatchObject({ subscriptions: [{ owner: 'bob' }] });
    expect(stage.rig.spooler.stats().channels).toBe(1);
  });

  test('EVC-89: an ID that is free again can be taken again at once', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    const subscription = { id: await ann.subscribe(), name: 'again', eventClass: WEATHER };
    const over = ann.call('unsubscribe', { id: subscription.id });
    await Promise.all([over, ann.call('subscribe', { subscription })]);
    await stage.settle();
    expect(await ann.call('subscriptions')).toMatchObject({ subscriptions: [{ name: 'again' }] });
    expect(await ann.fire('onCalm')).toBe('S_OK');
  });

  test('EVC-91: those that do not answer are found and ended; the others stay', async () => {
    await using stage = await EventStage.start({ subscriberTime: 1_000 });
    const ann = await stage.client();
    const good = await ann.subscribe({ name: 'good' });
    await ann.subscribe({ name: 'silent' }, () => undefined);
    const verified = ann.call('verifyTransientSubscribers');
    await stage.rig.advance(1_000);
    expect(await verified).toEqual({ ended: 1 });
    await stage.settle();
    expect(await ann.call('subscriptions')).toMatchObject({ subscriptions: [{ id: good }] });
    expect(await ann.fire('onCalm')).toBe('S_OK');
  });
});

describe('a publisher filter', () => {
  /** Fires at everybody, the last first. */
  const backwards: MultiInterfacePublisherFilter & {
    control?: Parameters<MultiInterfacePublisherFilter['initialize']>[0];
  } = {
    initialize(control) {
      this.control = control;
    },
    prepareToFire(iid, method, firing) {
      const subscriptions = [...(this.control?.getSubscriptions(iid, method) ?? [])].reverse();
      for (const subscription of subscriptions) void firing.fireSubscription(subscription);
    },
  };

  test('EVC-131, EVC-132: is a module by the class’s property', async () => {
    const load = async (): Promise<unknown> => ({ createObject: () => backwards });
    const table = new ClassTable([[CLSID, { kind: 'module', load }]]);
    const events = createEventSystem({ classes: { table } });
    await using rig = await startRig({ services: events.services });
    const ann = new EventClient(rig, await rig.listener());
    const [weather] = LIBRARY.eventClasses;
    const eventClasses = [{ ...weather, multiInterfacePublisherFilterClsid: CLSID }];
    await ann.call('install', { library: { ...LIBRARY, eventClasses } });
    for (const name of ['a', 'b']) await ann.subscribe({ name });
    expect(await ann.fire('onCalm')).toBe('S_OK');
    expect(ann.got).toEqual(['b onCalm', 'a onCalm']);
  });

  test('EVC-OPEN-15, decided: a class that is none, or that is no filter, withholds the event', async () => {
    const load = async (): Promise<unknown> => ({ createObject: () => ({}) });
    const events = createEventSystem({ classes: { table: new ClassTable([[CLSID, { kind: 'module', load }]]) } });
    await using rig = await startRig({ services: events.services });
    const ann = new EventClient(rig, await rig.listener());
    for (const [filter, code] of [
      [CLSID, 'E_NOINTERFACE'],
      [WEATHER, 'REGDB_E_CLASSNOTREG'],
    ]) {
      const eventClasses = [{ ...LIBRARY.eventClasses[0], multiInterfacePublisherFilterClsid: filter }];
      await ann.call('install', { library: { ...LIBRARY, eventClasses } });
      expect(await ann.fire('onCalm')).toBe(code);
    }
  });

  test('EVC-113, EVC-131: is set at run time by the program that embeds the spooler, and taken away again', async () => {
    const events = createEventSystem();
    expect(() => events.eventControl(WEATHER)).toThrow('[E_UNEXPECTED]');
    await using rig = await startRig({ services: events.services });
    await events.ready();
    const ann = new EventClient(rig, await rig.listener());
    await ann.call('install', { library: LIBRARY });
    for (const name of ['a', 'b']) await ann.subscribe({ name });
    events.setMultiInterfacePublisherFilter(WEATHER, backwards);
    await ann.fire('onCalm');
    events.setMultiInterfacePublisherFilter(WEATHER, null);
    await ann.fire('onCalm');
    expect(ann.got).toEqual(['b onCalm', 'a onCalm', 'a onCalm', 'b onCalm']);
  });

  test('EVC-139: without one, the default query chooses', async () => {
    const events = createEventSystem();
    await using rig = await startRig({ services: events.services });
    const ann = new EventClient(rig, await rig.listener());
    await ann.call('install', { library: LIBRARY });
    for (const name of ['a', 'b']) await ann.subscribe({ name });
    events.eventControl(WEATHER).setDefaultQuery(IWeather, 'onCalm', "SubscriptionName = 'b'");
    await ann.fire('onCalm');
    await ann.fire('onReading', { Temperature: 1, Pressure: 1 });
    expect(ann.got).toEqual(['b onCalm', 'a onReading 1 1', 'b onReading 1 1']);
  });
});
