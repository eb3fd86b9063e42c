/** The operator's file: classes and persistent subscriptions, a world of their own (EVC-51, EVC-110, EVC-111). */

import { describe, expect, test } from 'vitest';
import { guid } from '../../../shared/index.ts';
import { configure, parseEventsFile } from '../../../spooler/events/events-file.ts';
import { anybody, openEventStore } from './event-store.ts';
import { COPIER, IPRINTER, OFFICE, officeDocument } from './office.ts';

const SUBSCRIBER = 'c1c1c1c1-0000-4000-8000-000000000001';
const ID = 'd1d1d1d1-0000-4000-8000-000000000001';
const code = (code: string): unknown => expect.objectContaining({ code });
const ours = "TYPELIB = 'Office'";

function fileText(changes: object = {}): string {
  return JSON.stringify({
    ...officeDocument(),
    subscriptions: [
      {
        id: ID,
        name: 'Jams',
        eventClass: OFFICE,
        interface: IPRINTER,
        method: 'onPaperJam',
        filterCriteria: 'tray = 2',
        queued: true,
        subscriberClsid: SUBSCRIBER,
        user: 'ann',
      },
    ],
    roles: { drivers: ['ann', 'bob'] },
    ...changes,
  });
}

describe("the operator's file", () => {
  test('EVC-110, EVC-111: installs classes and makes persistent subscriptions, with filters, queues, roles', async () => {
    const { catalogue, subscriptions, store } = await openEventStore();
    const file = parseEventsFile(fileText());
    configure(file, catalogue, subscriptions);
    expect(file.roles).toEqual({ drivers: ['ann', 'bob'] });
    expect(catalogue.query(ours)).toMatchObject([
      { clsid: OFFICE, configured: true, owner: 'operator' },
      { clsid: COPIER, fireInParallel: true },
    ]);
    expect(subscriptions.get(guid(ID))).toMatchObject({ configured: true, queued: true, filterCriteria: 'tray = 2' });
    // It comes with each start.
    expect(await store.keys()).toEqual([]);
  });

  test('EVC-51, EVC-194: programs cannot change what it configured', async () => {
    const { catalogue, subscriptions } = await openEventStore();
    configure(parseEventsFile(fileText()), catalogue, subscriptions);
    const configured = code('EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT');
    await expect(catalogue.install(officeDocument(), 'ann')).rejects.toThrow(configured);
    await expect(catalogue.remove(guid(OFFICE), anybody)).rejects.toThrow(configured);
    await expect(catalogue.removeMatching(ours, anybody)).rejects.toThrow(configured);
    await expect(subscriptions.modify(guid(ID), { enabled: false }, anybody)).rejects.toThrow(configured);
    await expect(subscriptions.unsubscribe(guid(ID), anybody)).rejects.toThrow(configured);
    await expect(subscriptions.removeMatching('ALL', anybody)).rejects.toThrow(configured);
    expect(catalogue.query(ours)).toHaveLength(2);
    expect(subscriptions.query()).toHaveLength(1);
    const own = { name: 'Own', eventClass: OFFICE, subscriberClsid: SUBSCRIBER };
    await subscriptions.subscribe(own, 'ann');
    await expect(subscriptions.removeMatching('ALL', anybody)).rejects.toThrow(code('EVENT_E_NOT_ALL_REMOVED'));
    expect(subscriptions.query()).toMatchObject([{ name: 'Jams' }]);
  });

  test('EVC-51, EVC-193: it cannot take the place of what a program made', async () => {
    const first = await openEventStore();
    await first.catalogue.install(officeDocument(), 'ann');
    const unconfigured = code('EVENT_E_CANT_MODIFY_OR_DELETE_UNCONFIGURED_OBJECT');
    expect(() => configure(parseEventsFile(fileText()), first.catalogue, first.subscriptions)).toThrow(unconfigured);
    await first.subscriptions.subscribe({ id: ID, name: 'x', eventClass: OFFICE, subscriberClsid: SUBSCRIBER }, 'ann');
    const onlySubscriptions = parseEventsFile(fileText({ interfaces: [], eventClasses: [] }));
    expect(() => configure(onlySubscriptions, first.catalogue, first.subscriptions)).toThrow(unconfigured);
    expect(first.subscriptions.get(guid(ID))).toMatchObject({ name: 'x', configured: false });
  });

  test('EVC-OPEN-10: its subscriptions may be to classes that programs installed, and not to none', async () => {
    const first = await openEventStore();
    await first.catalogue.install(officeDocument(), 'ann');
    const onlySubscriptions = parseEventsFile(fileText({ interfaces: [], eventClasses: [] }));
    configure(onlySubscriptions, first.catalogue, first.subscriptions);
    expect(first.subscriptions.query()).toHaveLength(1);
    const empty = await openEventStore();
    expect(() => configure(onlySubscriptions, empty.catalogue, empty.subscriptions)).toThrow(
      code('EVENT_E_MISSING_EVENTCLASS'),
    );
  });

  test.each<[what: string, text: string, input: string]>([
    ['no JSON', '{', 'not JSON'],
    ['a list', '[]', 'library: is missing'],
    ['a text', '"x"', 'the whole: Invalid type: Expected Object'],
    ['an unknown key', fileText({ colour: 1 }), 'colour: an unknown key'],
    [
      'a class without CLSID',
      fileText({ eventClasses: [{ name: 'X', interfaces: ['ISupplyEvents'] }] }),
      'eventClasses.0.clsid: is missing',
    ],
    ['a subscription without name', fileText({ subscriptions: [{ id: ID }] }), 'subscriptions.0.name: is missing'],
    ['a role that is no list', fileText({ roles: { drivers: 'ann' } }), 'roles.drivers: Invalid type: Expected Array'],
  ])('EVC-110: %s is refused, and the place is named', (_, text, input) => {
    expect(() => parseEventsFile(text)).toThrow(expect.objectContaining({ code: 'EVENTS_FILE_INVALID', input }));
  });

  test.each<[what: string, subscription: object, code: string, input: string]>([
    [
      'no ID',
      { name: 'x', eventClass: OFFICE, subscriberClsid: SUBSCRIBER },
      'EVENTS_FILE_INVALID',
      'subscriptions.0: id: is missing',
    ],
    [
      'no class (EVC-87)',
      { id: ID, name: 'x', eventClass: OFFICE },
      'EVENTS_FILE_INVALID',
      'subscriptions.0: subscriberClsid',
    ],
    [
      'a bad filter',
      { id: ID, name: 'x', eventClass: OFFICE, subscriberClsid: SUBSCRIBER, filterCriteria: 'a' },
      'EVENT_E_QUERYSYNTAX',
      'at 1',
    ],
  ])(
    'EVC-111: a subscription with %s is refused, nothing of it is in force',
    async (_, subscription, wanted, input) => {
      const { catalogue, subscriptions } = await openEventStore();
      const file = parseEventsFile(fileText({ subscriptions: [subscription] }));
      expect(() => configure(file, catalogue, subscriptions)).toThrow(
        expect.objectContaining({ code: wanted, input: expect.stringContaining(input) }),
      );
      expect(subscriptions.query()).toEqual([]);
    },
  );
});
