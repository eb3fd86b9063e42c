/** Subscriptions: kinds, scope, properties, and how they are kept (EVC-80 to EVC-108). */

import { describe, expect, test } from 'vitest';
import { guid } from '../../../shared/index.ts';
import type { Subscription } from '../../../spooler/events/subscription.ts';
import { anybody, type EventStore, LiveObject, newId, openEventStore, TestStore } from './event-store.ts';
import { COPIER, IPRINTER, ISUPPLY, OFFICE, officeDocument } from './office.ts';

const SUBSCRIBER = 'c1c1c1c1-0000-4000-8000-000000000001';
const OTHER = 'c1c1c1c1-0000-4000-8000-000000000002';
const code = (code: string): unknown => expect.objectContaining({ code });
const invalid = (input: unknown): unknown => expect.objectContaining({ code: 'E_INVALIDARG', input });

const transient = { name: 'Jams', eventClass: OFFICE };
const persistent = { ...transient, subscriberClsid: SUBSCRIBER };

async function opened(parts?: Parameters<typeof openEventStore>[1]): Promise<EventStore> {
  const made = await openEventStore(new TestStore(), parts);
  await made.catalogue.install(officeDocument(), 'ann');
  return made;
}

function found({ subscriptions }: EventStore, method = 'onPaperJam', publisherId?: string): readonly string[] {
  return subscriptions
    .find({ eventClass: guid(OFFICE), interface: guid(IPRINTER), method, publisherId })
    .map(({ name }) => name);
}

describe('kinds', () => {
  test('EVC-80, EVC-82, EVC-84: a transient one holds a live object until it ends, then lets it go, once', async () => {
    const { subscriptions } = await opened();
    const object = new LiveObject();
    const { id, subscriberClsid } = await subscriptions.subscribe(transient, 'ann', object);
    expect(subscriberClsid).toBeUndefined();
    expect(subscriptions.live(id)).toBe(object);
    await subscriptions.modify(id, { enabled: false }, anybody);
    expect(object.released).toBe(0);
    await subscriptions.unsubscribe(id, anybody);
    expect(subscriptions.live(id)).toBeUndefined();
    expect(object.released).toBe(1);
  });

  test('EVC-80: a persistent one holds a class ID and no object', async () => {
    const { subscriptions } = await opened();
    const { id, subscriberClsid } = await subscriptions.subscribe(persistent, 'ann');
    expect(subscriberClsid).toBe(SUBSCRIBER);
    expect(subscriptions.live(id)).toBeUndefined();
  });

  test('EVC-98: it is one or the other; what is refused leaves the object to its owner', async () => {
    const { subscriptions } = await opened();
    const object = new LiveObject();
    await expect(subscriptions.subscribe(persistent, 'ann', object)).rejects.toThrow(
      invalid('subscriberClsid: a live object, or a class, not both (EVC-98)'),
    );
    await expect(subscriptions.subscribe(transient, 'ann')).rejects.toThrow(
      invalid('subscriberClsid: a live object, or a class, one of them (EVC-98)'),
    );
    expect(object.released).toBe(0);
    expect(subscriptions.query()).toEqual([]);
  });

  test('EVC-85, EVC-86: at the next start the persistent ones are there, the transient ones are not', async () => {
    const first = await opened();
    await first.subscriptions.subscribe(transient, 'ann', new LiveObject());
    const kept = await first.subscriptions.subscribe(
      {
        ...persistent,
        description: 'why',
        interface: IPRINTER,
        method: 'onPaperJam',
        enabled: false,
        perUser: true,
        user: 'bob',
        filterCriteria: 'tray = 2',
        filterLanguage: 'extended',
        acceptFrom: ['drivers'],
        queued: true,
        exceptionClsid: OTHER,
        publisherProperties: { floor: 3 },
        subscriberProperties: { room: 'A1' },
      },
      'ann',
    );
    const second = await openEventStore(first.store);
    expect(second.subscriptions.query()).toEqual([kept]);
    expect(second.corrupt).toEqual([]);
  });

  test('EVC-10: it can be made before anybody publishes or serves its class, and survives without them', async () => {
    const first = await opened();
    await first.subscriptions.subscribe(persistent, 'ann');
    expect(found(await openEventStore(first.store))).toEqual(['Jams']);
  });

  test('EVC-92, EVC-OPEN-9: the end of the spooler lets every live object go', async () => {
    const { subscriptions } = await opened();
    const objects = [new LiveObject(), new LiveObject()];
    for (const object of objects) await subscriptions.subscribe(transient, 'ann', object);
    expect(subscriptions.transient()).toHaveLength(2);
    subscriptions.close();
    expect(objects.map(({ released }) => released)).toEqual([1, 1]);
  });

  test('EVC-88: the object of a transient one need be of no class', async () => {
    const { subscriptions } = await opened();
    const object = { released: 0, release: () => {}, releaseAfterCall: () => {} };
    const { id } = await subscriptions.subscribe(transient, 'ann', object);
    expect(subscriptions.live(id)).toBe(object);
  });

  test('EVC-122: a persistent one can be queued whatever its event class, since events only take arguments', async () => {
    const { subscriptions } = await opened();
    for (const eventClass of [OFFICE, COPIER]) {
      expect(await subscriptions.subscribe({ ...persistent, eventClass, queued: true }, 'ann')).toMatchObject({
        queued: true,
      });
    }
  });

  test('EVC-OPEN-12: a transient one cannot be queued, nor have an exception class', async () => {
    const { subscriptions } = await opened();
    for (const more of [{ queued: true }, { exceptionClsid: OTHER }]) {
      await expect(subscriptions.subscribe({ ...transient, ...more }, 'ann', new LiveObject())).rejects.toThrow(
        code('E_INVALIDARG'),
      );
    }
  });
});

describe('scope', () => {
  test('EVC-95: a single method, all methods of an interface, or everything of an event class', async () => {
    const store = await opened();
    const { subscriptions } = store;
    await subscriptions.subscribe({ ...persistent, name: 'class' }, 'ann');
    await subscriptions.subscribe({ ...persistent, name: 'interface', interface: IPRINTER }, 'ann');
    await subscriptions.subscribe({ ...persistent, name: 'other', interface: ISUPPLY }, 'ann');
    await subscriptions.subscribe({ ...persistent, name: 'method', interface: IPRINTER, method: 'onPaperJam' }, 'ann');
    await subscriptions.subscribe({ ...persistent, name: 'by name', method: 'onPaperJam' }, 'ann');
    await subscriptions.subscribe({ ...persistent, name: 'copier', eventClass: COPIER }, 'ann');
    expect(found(store)).toEqual(['class', 'interface', 'method', 'by name']);
    expect(found(store, 'onCleared')).toEqual(['class', 'interface']);
  });

  test('EVC-97, EVC-98: of every class that publishes under an ID, or of an interface whoever fires it', async () => {
    const store = await opened();
    const of = (more: object): Promise<Subscription> =>
      store.subscriptions.subscribe({ subscriberClsid: SUBSCRIBER, ...more }, 'ann');
    await of({ name: 'office', publisherId: 'office' });
    await of({ name: 'jams', publisherId: 'office', interface: IPRINTER, method: 'onPaperJam' });
    await of({ name: 'any', interface: IPRINTER });
    expect(found(store)).toEqual(['any']);
    expect(found(store, 'onPaperJam', 'office')).toEqual(['office', 'jams', 'any']);
    expect(found(store, 'onCleared', 'office')).toEqual(['office', 'any']);
    expect(found(store, 'onPaperJam', 'Office')).toEqual(['any']);
  });

  test('EVC-99, decided: never both an event class and a publisher ID, at least one of class, ID and interface', async () => {
    const { subscriptions } = await opened();
    await expect(subscriptions.subscribe({ ...persistent, publisherId: 'office' }, 'ann')).rejects.toThrow(
      invalid('publisherId: an event class or a publisher ID, not both (EVC-97)'),
    );
    const nothing = { name: 'x', method: 'onPaperJam', subscriberClsid: SUBSCRIBER };
    await expect(subscriptions.subscribe(nothing, 'ann')).rejects.toThrow(
      invalid('eventClass: an event class, a publisher ID or an interface is needed (EVC-98)'),
    );
  });

  test('EVC-101, EVC-191, EVC-OPEN-10, decided: of an event class that there is', async () => {
    const { subscriptions } = await opened();
    await expect(subscriptions.subscribe({ ...persistent, eventClass: OTHER }, 'ann')).rejects.toThrow(
      code('EVENT_E_MISSING_EVENTCLASS'),
    );
  });

  test('decided: of an interface and a method that the class has; a slip of the pen would never be called', async () => {
    const { subscriptions } = await opened();
    for (const [more, input] of [
      [{ interface: OTHER }, `interface: Office.Printer has no ${OTHER}`],
      [{ method: 'onpaperjam' }, 'method: Office.Printer has no "onpaperjam" there'],
      [{ interface: ISUPPLY, method: 'onPaperJam' }, 'method: Office.Printer has no "onPaperJam" there'],
    ] as const) {
      await expect(subscriptions.subscribe({ ...persistent, ...more }, 'ann')).rejects.toThrow(invalid(input));
    }
  });

  test('EVC-OPEN-10, decided: it outlives its event class, and is found again when the class is there again', async () => {
    const store = await opened();
    const { id } = await store.subscriptions.subscribe(persistent, 'ann');
    await store.catalogue.remove(guid(OFFICE), anybody);
    await store.subscriptions.modify(id, { description: 'sleeps' }, anybody);
    const after = await openEventStore(store.store);
    await after.catalogue.install(officeDocument(), 'ann');
    expect(found(after)).toEqual(['Jams']);
  });
});

describe('properties', () => {
  test('EVC-96: have the defaults of the documents; outer blanks of the name are stripped', async () => {
    const { subscriptions } = await opened();
    const { id, ...made } = await subscriptions.subscribe({ ...persistent, name: '  Jams ' }, 'ann');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(made).toEqual({
      name: 'Jams',
      eventClass: OFFICE,
      subscriberClsid: SUBSCRIBER,
      enabled: true,
      perUser: false,
      queued: false,
      owner: 'ann',
      configured: false,
      order: 1,
    });
  });

  test('EVC-89, EVC-98: an ID is made where none was given; one that is there already is refused', async () => {
    const { subscriptions } = await opened();
    const id = newId();
    expect(await subscriptions.subscribe({ ...persistent, id: `{${id.toUpperCase()}}` }, 'ann')).toMatchObject({ id });
    await expect(subscriptions.subscribe({ ...persistent, id }, 'bob')).rejects.toThrow(
      invalid(`id: ${id} is there already`),
    );
    const twice = newId();
    const both = [1, 2].map(() => subscriptions.subscribe({ ...transient, id: twice }, 'ann', new LiveObject()));
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  test.each<[key: string, value: unknown, input: string]>([
    ['name', undefined, 'name: is missing'],
    ['name', '   ', 'name: a name has 1 to 255 characters, no control characters'],
    ['name', 'x'.repeat(256), 'name: a name has 1 to 255 characters, no control characters'],
    ['eventClass', 'Office.Printer', 'eventClass: not a GUID'],
    ['enabled', 'yes', 'enabled: Invalid type: Expected boolean'],
    ['colour', 'red', 'colour: an unknown key'],
    ['publisherProperties', { floor: 1.5 }, 'publisherProperties.floor: a number that is whole'],
    ['machineName', 'elsewhere', 'machineName: there is one machine here, srv (EVC-OPEN-4)'],
  ])('EVC-49, EVC-98, EVC-100: %s cannot be %j', async (key, value, input) => {
    const { subscriptions } = await opened();
    const document: unknown = JSON.parse(JSON.stringify({ ...persistent, [key]: value }));
    await expect(subscriptions.subscribe(document, 'ann')).rejects.toThrow(invalid(input));
  });

  test('EVC-100: both property bags take text and whole numbers, and give them back', async () => {
    const { subscriptions } = await opened();
    const bags = { publisherProperties: { a: 'x', b: -(2 ** 40) }, subscriberProperties: { 'Müller 1': '' } };
    expect(await subscriptions.subscribe({ ...persistent, ...bags }, 'ann')).toMatchObject(bags);
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`p${index}`, 1]));
    await expect(subscriptions.subscribe({ ...persistent, publisherProperties: many }, 'ann')).rejects.toThrow(
      code('E_INVALIDARG'),
    );
  });

  test('EVC-168, EVC-184: a filter is checked when it is set, and the error says where', async () => {
    const { subscriptions } = await opened();
    const { id } = await subscriptions.subscribe({ ...persistent, filterCriteria: 'tray = 2' }, 'ann');
    const refused = expect.objectContaining({ code: 'EVENT_E_QUERYSYNTAX', position: 5 });
    await expect(subscriptions.subscribe({ ...persistent, filterCriteria: 'tray > 2' }, 'ann')).rejects.toThrow(
      refused,
    );
    await expect(subscriptions.modify(id, { filterCriteria: 'tray > 2' }, anybody)).rejects.toThrow(refused);
    expect(subscriptions.get(id)).toMatchObject({ filterCriteria: 'tray = 2' });
    const extended = { filterCriteria: 'tray > 2', filterLanguage: 'extended' };
    expect(await subscriptions.modify(id, extended, anybody)).toMatchObject(extended);
    await expect(subscriptions.modify(id, { filterLanguage: null }, anybody)).rejects.toThrow(refused);
  });

  test('EVC-102, EVC-112: what can be changed is, in another object; null takes the default again', async () => {
    const store = await opened();
    const { subscriptions } = store;
    const made = await subscriptions.subscribe({ ...persistent, description: 'x', queued: true }, 'ann');
    const changed = await subscriptions.modify(
      made.id,
      { name: 'Other', enabled: false, description: null, queued: null, method: 'onCleared', subscriberClsid: OTHER },
      anybody,
    );
    expect(changed).toEqual({
      name: 'Other',
      id: made.id,
      eventClass: OFFICE,
      method: 'onCleared',
      enabled: false,
      perUser: false,
      queued: false,
      subscriberClsid: OTHER,
      owner: 'ann',
      configured: false,
      order: made.order,
    });
    expect(made.enabled).toBe(true);
    expect(subscriptions.get(made.id)).toBe(changed);
    expect(found(store)).toEqual([]);
    expect(found(store, 'onCleared')).toEqual(['Other']);
    expect((await openEventStore(store.store)).subscriptions.query()).toEqual([changed]);
  });

  test('EVC-96: the event class, the publisher ID and the ID are written once, a live one’s interface too', async () => {
    const { subscriptions } = await opened();
    const { id } = await subscriptions.subscribe(persistent, 'ann');
    for (const key of ['id', 'eventClass', 'publisherId']) {
      await expect(subscriptions.modify(id, { [key]: OTHER }, anybody)).rejects.toThrow(
        invalid(`${key}: cannot be changed (EVC-96)`),
      );
    }
    expect(await subscriptions.modify(id, { interface: IPRINTER }, anybody)).toMatchObject({ interface: IPRINTER });
    const live = await subscriptions.subscribe(transient, 'ann', new LiveObject());
    await expect(subscriptions.modify(live.id, { interface: IPRINTER }, anybody)).rejects.toThrow(
      invalid('interface: cannot be changed (EVC-96)'),
    );
    await expect(subscriptions.modify(live.id, { subscriberClsid: OTHER }, anybody)).rejects.toThrow(
      code('E_INVALIDARG'),
    );
    await expect(subscriptions.modify(id, { subscriberClsid: null }, anybody)).rejects.toThrow(code('E_INVALIDARG'));
    await expect(subscriptions.modify(id, { owner: 'bob' }, anybody)).rejects.toThrow(invalid('owner: an unknown key'));
  });

  test('EVC-105, EVC-107, EVC-188: a per-user one is for somebody there is, its owner by default', async () => {
    const { subscriptions } = await opened({ isUser: (user) => user !== 'nobody' });
    expect(await subscriptions.subscribe({ ...persistent, perUser: true }, 'ann')).toMatchObject({ user: 'ann' });
    await expect(subscriptions.subscribe({ ...persistent, perUser: true, user: 'nobody' }, 'ann')).rejects.toThrow(
      code('EVENT_E_INVALID_PER_USER_SID'),
    );
    // Whom another one is for is not looked at.
    expect(await subscriptions.subscribe({ ...persistent, user: 'nobody' }, 'ann')).toMatchObject({ perUser: false });
  });

  test('EVC-OPEN-4, decided: the machine may be named as long as it is this one', async () => {
    const { subscriptions } = await opened();
    expect(await subscriptions.subscribe({ ...persistent, machineName: 'SRV' }, 'ann')).toMatchObject({
      machineName: 'SRV',
    });
  });
});

describe('queries and removal', () => {
  test('EVC-104, EVC-121, EVC-151: look at what a subscription says, with its defaults', async () => {
    const { subscriptions } = await opened();
    const { id } = await subscriptions.subscribe(
      { ...persistent, interface: IPRINTER, method: 'onPaperJam', filterCriteria: 'tray = 2', queued: true },
      'ann',
    );
    await subscriptions.subscribe(
      { ...transient, name: 'Live', enabled: false, perUser: true },
      'bob',
      new LiveObject(),
    );
    const names = (criteria: string): string[] => subscriptions.query(criteria).map(({ name }) => name);
    expect(names('ALL')).toEqual(['Jams', 'Live']);
    expect(names(`SUBSCRIPTIONID = {${id}} AND SUBSCRIPTIONNAME = 'Jams' AND OWNERSID = 'ann'`)).toEqual(['Jams']);
    expect(names(`INTERFACEID = {${IPRINTER}} AND METHODNAME = 'onPaperJam'`)).toEqual(['Jams']);
    expect(names("FILTERCRITERIA = 'tray = 2'")).toEqual(['Jams']);
    expect(names(`SUBSCRIBERCLSID = {${SUBSCRIBER}}`)).toEqual(['Jams']);
    expect(names(`SUBSCRIBERMONIKER = 'queue:/new:/{${SUBSCRIBER}}'`)).toEqual(['Jams']);
    expect(names('SUBSCRIBERCLSID = NULL AND ENABLED = FALSE AND PERUSER = TRUE')).toEqual(['Live']);
    expect(names(`EVENTCLASSID = {${OFFICE}} AND PUBLISHERID = '' AND MACHINENAME = ''`)).toEqual(['Jams', 'Live']);
  });

  test('EVC-171: the published query for a method of an event class', async () => {
    const { subscriptions } = await opened();
    await subscriptions.subscribe({ ...persistent, method: 'onPaperJam' }, 'ann');
    await subscriptions.subscribe({ ...persistent, name: 'other' }, 'ann');
    expect(subscriptions.query(`EventClassID == {${OFFICE}} AND MethodName = 'onPaperJam'`)).toMatchObject([
      { name: 'Jams' },
    ]);
  });

  test('EVC-103, EVC-192: what one may remove is removed, live objects let go; something left is told', async () => {
    const { subscriptions, store } = await opened();
    const object = new LiveObject();
    await subscriptions.subscribe(transient, 'ann', object);
    await subscriptions.subscribe(persistent, 'ann');
    await subscriptions.subscribe({ ...persistent, name: 'Bobs' }, 'bob');
    const mine = ({ owner }: { readonly owner: string }): boolean => owner === 'ann';
    await expect(subscriptions.removeMatching('ALL', mine)).rejects.toThrow(code('EVENT_E_NOT_ALL_REMOVED'));
    expect(subscriptions.query()).toMatchObject([{ name: 'Bobs' }]);
    expect(object.released).toBe(1);
    expect((await store.keys()).filter((key) => key.startsWith('subscription/'))).toHaveLength(1);
    await expect(subscriptions.removeMatching("OWNERSID = 'ann'", mine)).rejects.toThrow(code('E_INVALIDARG'));
  });

  test('E_ACCESSDENIED for what is another’s, E_INVALIDARG for what is not there: nothing changes', async () => {
    const { subscriptions } = await opened();
    const { id } = await subscriptions.subscribe(persistent, 'ann');
    const nobody = (): boolean => false;
    await expect(subscriptions.modify(id, { enabled: false }, nobody)).rejects.toThrow(code('E_ACCESSDENIED'));
    await expect(subscriptions.unsubscribe(id, nobody)).rejects.toThrow(code('E_ACCESSDENIED'));
    await expect(subscriptions.unsubscribe(newId(), anybody)).rejects.toThrow(code('E_INVALIDARG'));
    expect(subscriptions.get(id)?.enabled).toBe(true);
  });
});

describe('the store', () => {
  test('that refuses leaves everything as it was', async () => {
    const store = await opened();
    const { subscriptions, changes } = store;
    const { id } = await subscriptions.subscribe(persistent, 'ann');
    const [before, told] = [subscriptions.query(), changes.length];
    store.store.refusal = new Error('disk full');
    await expect(subscriptions.subscribe({ ...persistent, name: 'x' }, 'ann')).rejects.toThrow('disk full');
    await expect(subscriptions.modify(id, { enabled: false }, anybody)).rejects.toThrow('disk full');
    await expect(subscriptions.unsubscribe(id, anybody)).rejects.toThrow('disk full');
    await expect(subscriptions.removeMatching('ALL', anybody)).rejects.toThrow('disk full');
    expect(subscriptions.query()).toEqual(before);
    expect(changes).toHaveLength(told);
    expect(found(store)).toEqual(['Jams']);
    // What lives in memory alone does not need it.
    await subscriptions.subscribe({ ...transient, name: 'Live' }, 'ann', new LiveObject());
    expect(found(store)).toEqual(['Jams', 'Live']);
  });

  test('has an ID taken from the moment it is given it, and makes it free again where it refuses (EVC-98)', async () => {
    const { subscriptions, store } = await opened();
    let refuse: (reason: Error) => void = () => {};
    store.write = () =>
      new Promise((_, reject) => {
        refuse = reject;
      });
    const id = newId();
    const writing = subscriptions.subscribe({ ...persistent, id }, 'ann');
    await Promise.resolve();
    const live = (): Promise<Subscription> => subscriptions.subscribe({ ...transient, id }, 'bob', new LiveObject());
    await expect(live()).rejects.toThrow(code('E_INVALIDARG'));
    refuse(new Error('disk full'));
    await expect(writing).rejects.toThrow('disk full');
    expect(await live()).toMatchObject({ id, owner: 'bob' });
  });

  test('is waited for by those that are kept only; one that ended meanwhile is told of once (EVC-12)', async () => {
    const { subscriptions, store, changes } = await opened();
    await subscriptions.subscribe(persistent, 'ann');
    const { id } = await subscriptions.subscribe(transient, 'ann', new LiveObject());
    let take: () => void = () => {};
    store.write = () =>
      new Promise((resolve) => {
        take = resolve;
      });
    const removing = subscriptions.removeMatching('ALL', anybody);
    await Promise.resolve();
    await subscriptions.unsubscribe(id, anybody);
    take();
    expect(await removing).toHaveLength(2);
    expect(changes.filter((change) => change.id === id).map(({ type }) => type)).toEqual([
      'EOC_NewObject',
      'EOC_DeletedObject',
    ]);
    expect(subscriptions.query()).toEqual([]);
  });

  test.each([
    ['no JSON', () => 'x'],
    ['of another version', (text: string) => text.replace('"version":1', '"version":9')],
    ['without a class', (text: string) => text.replace('"subscriberClsid"', '"description"')],
    ['with a filter that is none', (text: string) => text.replace('tray = 2', 'tray =')],
    ['under another ID', (text: string) => text.replace(/"id":"./, '"id":"f')],
  ])('EVC-199: that has one that is %s: 4362 is reported, it is left there, the others are read', async (_, spoil) => {
    const { store, subscriptions } = await opened();
    const { id } = await subscriptions.subscribe({ ...persistent, filterCriteria: 'tray = 2' }, 'ann');
    await subscriptions.subscribe({ ...persistent, name: 'Good' }, 'ann');
    const key = `subscription/${id}`;
    for await (const [, bytes] of store.entries(key)) {
      await store.write([{ put: [key, new TextEncoder().encode(spoil(new TextDecoder().decode(bytes)))] }]);
    }
    const after = await openEventStore(store);
    expect(after.corrupt).toEqual([{ kind: 'corrupt', id: 4362, key }]);
    expect(after.subscriptions.query()).toMatchObject([{ name: 'Good' }]);
    expect(await store.keys()).toContain(key);
  });

  test('goes on with the order of making where it had stopped', async () => {
    const first = await opened();
    for (const name of ['one', 'two']) await first.subscriptions.subscribe({ ...persistent, name }, 'ann');
    const second = await openEventStore(first.store);
    await second.subscriptions.subscribe({ ...persistent, name: 'three' }, 'ann');
    expect(found(second)).toEqual(['one', 'two', 'three']);
  });
});

describe('limits', () => {
  test('of one owner and of all are MAX_REGISTRATION_COUNT_EXCEEDED; what has ended makes room', async () => {
    const { subscriptions } = await opened({ limits: { subscriptions: 3, subscriptionsPerOwner: 2 } });
    const { id } = await subscriptions.subscribe(persistent, 'ann');
    await subscriptions.subscribe(transient, 'ann', new LiveObject());
    await expect(subscriptions.subscribe(persistent, 'ann')).rejects.toThrow(code('MAX_REGISTRATION_COUNT_EXCEEDED'));
    await subscriptions.subscribe(persistent, 'bob');
    await expect(subscriptions.subscribe(persistent, 'cid')).rejects.toThrow(code('MAX_REGISTRATION_COUNT_EXCEEDED'));
    await subscriptions.modify(id, { enabled: false }, anybody);
    await subscriptions.unsubscribe(id, anybody);
    await subscriptions.subscribe(persistent, 'ann');
    expect(subscriptions.query()).toHaveLength(3);
  });
});

test('EVC-11, EVC-12: making, changing and ending a subscription are events, of transient ones too', async () => {
  const { subscriptions, changes } = await opened();
  const before = changes.length;
  const { id } = await subscriptions.subscribe(transient, 'ann', new LiveObject());
  await subscriptions.modify(id, { enabled: false }, anybody);
  await subscriptions.unsubscribe(id, anybody);
  expect(changes.slice(before)).toEqual(
    ['EOC_NewObject', 'EOC_ModifiedObject', 'EOC_DeletedObject'].map((type) => ({ object: 'subscription', id, type })),
  );
});
