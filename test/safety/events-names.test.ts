/** Hostile names in what the event system is told, and every method of its services without each right. */

import { describe, expect, test } from 'vitest';
import { compileFilter, SpoolError } from '../../shared/index.ts';
import { createEventSystem, TokenTable } from '../../spooler/index.ts';
import { startRig } from '../harness/index.ts';
import { EventClient, EventStage, IWeather, id, LIBRARY, WEATHER } from '../spec/events/event-stage.ts';

const CLSID = id(800);
const ODD = { eventClass: id(960), interface: id(961), method: 'onOdd' };
const UNPAIRED = 'a\ud800b';
const BY_CLASS = { name: 'p', eventClass: WEATHER, subscriberClsid: CLSID };

const libraryWith = (parameter: string, method = ODD.method): object => ({
  library: 'Odd',
  interfaces: [
    {
      name: 'IOdd',
      iid: ODD.interface,
      methods: [{ name: method, parameters: [{ name: parameter, type: 'string' }] }],
    },
  ],
  eventClasses: [{ name: 'Odd', clsid: ODD.eventClass, interfaces: ['IOdd'] }],
});

describe('names', () => {
  test.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'EVC-165: a parameter that every object has, %s, is the event’s own: in arguments and in criteria',
    async (name) => {
      await using stage = await EventStage.start();
      const ann = await stage.client();
      await ann.call('install', { library: libraryWith(name) });
      await ann.subscribe({ name: 'odd', eventClass: ODD.eventClass, filterCriteria: `${name} = 'yes'` });
      expect(await ann.fire('onOdd', { [name]: 'yes' }, ODD)).toBe('S_OK');
      expect(await ann.fire('onOdd', { [name]: 'no' }, ODD)).toBe('EVENT_S_NOSUBSCRIBERS');
      // What the arguments inherit is no argument.
      expect(await ann.fire('onOdd', {}, ODD)).toBe('E_INVALIDARG');
      expect(ann.got).toEqual(['odd onOdd yes']);
    },
  );

  test.each([
    ['parameter __proto__', libraryWith('__proto__')],
    ['parameter of 256 letters', libraryWith('p'.repeat(256))],
    ['parameter with an unpaired surrogate', libraryWith(UNPAIRED)],
    ['method __proto__', libraryWith('p', '__proto__')],
    ['method constructor', libraryWith('p', 'constructor')],
    ['method hasOwnProperty', libraryWith('p', 'hasOwnProperty')],
  ])('EVC-OPEN-3, decided: %s is refused, and the place is named', async (_, library) => {
    await using stage = await EventStage.start();
    await expect((await stage.client()).call('install', { library })).rejects.toMatchObject({
      code: 'E_INVALIDARG',
      input: expect.stringMatching(/^interfaces\.0\.methods\.0\./),
    });
  });

  test.each(['__proto__', 'prototype', 'constructor', '', 'a\nb', 'x'.repeat(256)])(
    'EVC-100: a property that cannot be kept under its name, %j, is refused, not left out',
    async (name) => {
      await using stage = await EventStage.start();
      const publisherProperties: unknown = JSON.parse(`{${JSON.stringify(name)}: 1}`);
      const subscription = { ...BY_CLASS, publisherProperties };
      await expect((await stage.client()).call('subscribe', { subscription })).rejects.toMatchObject({
        code: 'E_INVALIDARG',
        input: expect.stringMatching(/^publisherProperties/),
      });
    },
  );

  test('EVC-100: names and text that are no Unicode come back as they were', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    const properties = {
      name: UNPAIRED,
      description: '\udfff',
      publisherProperties: { [UNPAIRED]: UNPAIRED, toString: 1 },
    };
    await ann.call('subscribe', { subscription: { ...BY_CLASS, ...properties } });
    expect(await ann.call('subscriptions')).toMatchObject({ subscriptions: [properties] });
    await ann.call('install', { library: libraryWith('text') });
    await ann.subscribe({ name: 'odd', eventClass: ODD.eventClass, filterCriteria: `text = '${UNPAIRED}'` });
    expect(await ann.fire('onOdd', { text: UNPAIRED }, ODD)).toBe('S_OK');
    expect(await ann.fire('onOdd', { text: '\ufffd' }, ODD)).toBe('EVENT_S_NOSUBSCRIBERS');
  });

  test.each(['__proto__', 'constructor', 'toString'])(
    'EVC-151: a column that every object has, %s, is none of the store’s',
    (name) => {
      const criteria = `${name} = NULL`;
      expect(() => compileFilter(criteria).bind([{ name: 'tray', type: 'u8' }])).toThrow('[EVENT_E_QUERYFIELD]');
      expect(() => compileFilter(criteria).explain({ tray: 1 })).toThrow('[EVENT_E_QUERYFIELD]');
    },
  );

  test('EVC-105: a user is the same, however his name is composed', async () => {
    await using stage = await EventStage.start();
    const admin = await stage.client('admin');
    const subscription = { ...BY_CLASS, perUser: true, user: 'Andre\u0301' };
    await admin.call('subscribe', { subscription });
    expect(await admin.fire('onCalm')).toBe('EVENT_S_NOSUBSCRIBERS');
    await stage.client('Andr\u00e9');
    // Called, though nobody serves the class.
    expect(await admin.fire('onCalm')).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
  });
});

const ADMIN = { token: 'admin-token-0123456789', user: 'admin', rights: ['listen', 'send', 'administer'] };

describe('rights', () => {
  const RIGHTS = ['listen', 'send', 'administer'] as const;
  const call = { eventClass: WEATHER, interface: IWeather, method: 'onCalm', arguments: {} };
  const subscription = BY_CLASS;
  /** What each method wants. */
  const METHODS: readonly (readonly [string, string, object, readonly (typeof RIGHTS)[number][]])[] = [
    ['events', 'install', { library: LIBRARY }, ['administer']],
    ['events', 'remove', { id: id(4) }, ['administer']],
    ['events', 'remove', { criteria: "EventClassName = 'none'" }, ['administer']],
    ['events', 'classes', {}, []],
    ['events', 'subscribe', { subscription }, ['listen']],
    ['events', 'subscribe', { subscription: { ...subscription, user: 'somebody else' } }, ['listen', 'administer']],
    ['events', 'subscriptions', {}, []],
    ['events', 'fire', call, ['send']],
    ['events', 'commit', { calls: [call] }, ['send']],
    ['events', 'deadLetters', {}, ['administer']],
    ['events', 'replay', {}, ['administer']],
    ['events', 'purge', {}, ['administer']],
    ['events', 'verifyTransientSubscribers', {}, ['administer']],
    ['classes', 'register', { clsid: CLSID }, ['listen']],
  ];

  test.each(METHODS)('EVC-200, EVC-206: %s.%s %j without each right', async (service, method, json, needed) => {
    const tokens = RIGHTS.map((missing) => ({
      token: `without-${missing}-0123456789`,
      user: `without ${missing}`,
      rights: RIGHTS.filter((right) => right !== missing),
    }));
    const { services } = createEventSystem();
    await using rig = await startRig({
      services,
      tokens: TokenTable.parse(JSON.stringify({ tokens: [...tokens, ADMIN] })),
    });
    const admin = new EventClient(rig, await rig.listener({ token: ADMIN.token }));
    await admin.call('install', { library: LIBRARY });
    for (const [index, { token }] of tokens.entries()) {
      const client = await rig.listener({ token });
      const code = await client.connection.call(service, method, json).then(
        ({ outcome }) => outcome.code,
        (reason: unknown) => SpoolError.from(reason, 'E_UNEXPECTED').code,
      );
      const missing = RIGHTS[index];
      expect([missing, code === 'E_ACCESSDENIED']).toEqual([missing, needed.some((right) => right === missing)]);
      await client.close();
    }
  });

  test('EVC-206: who administers some printers only administers no events, and ends nobody’s subscription', async () => {
    const lab = { token: 'lab-token-0123456789', user: 'lab', rights: RIGHTS, printers: ['\\\\localhost\\Lab'] };
    const tokens = TokenTable.parse(JSON.stringify({ tokens: [lab, ADMIN] }));
    await using stage = await EventStage.start({ tokens });
    const [admin, some] = [await stage.client('admin', ADMIN.token), await stage.client('lab', lab.token)];
    const made = (await admin.call('subscribe', { subscription })) as { id: string };
    const refused = { code: 'E_ACCESSDENIED' };
    await expect(some.call('unsubscribe', { id: made.id })).rejects.toMatchObject(refused);
    await expect(some.call('modify', { id: made.id, changes: {} })).rejects.toMatchObject(refused);
    await expect(some.call('deadLetters')).rejects.toMatchObject(refused);
    expect(await some.call('subscriptions')).toEqual({ subscriptions: [] });
  });
});
