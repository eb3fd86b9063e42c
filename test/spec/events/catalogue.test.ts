/** The stored catalogue of event classes (EVC-40 to EVC-52) and what tells of its changes (EVC-11 to EVC-13). */

import { describe, expect, test } from 'vitest';
import { decodeCall, encodeCall, guid, methodOf } from '../../../shared/index.ts';
import { changeCall, EventObjectChange } from '../../../spooler/events/object-change.ts';
import { anybody, openEventStore } from './event-store.ts';
import { COPIER, IPRINTER, OFFICE, OfficePrinter, officeDocument } from './office.ts';

const code = (code: string): unknown => expect.objectContaining({ code });
const ours = `EVENTCLASSID != {${EventObjectChange.clsid}}`;

describe('installing', () => {
  test('EVC-36, EVC-45, EVC-46: puts every class of the library into the catalogue, and into the store', async () => {
    const first = await openEventStore();
    const installed = await first.catalogue.install(officeDocument(), 'ann');
    expect(installed.map(({ clsid }) => clsid)).toEqual([OFFICE, COPIER]);
    const second = await openEventStore(first.store);
    expect(second.catalogue.get(guid(OFFICE))).toEqual({
      ...OfficePrinter,
      owner: 'ann',
      typelib: 'Office',
      configured: false,
    });
    expect(second.catalogue.query(ours)).toEqual(first.catalogue.query(ours));
    expect(second.corrupt).toEqual([]);
  });

  test('EVC-47: makes the CLSID of a class that has none', async () => {
    const { catalogue } = await openEventStore();
    const [made] = await catalogue.install(
      { ...officeDocument(), eventClasses: [{ name: 'X', interfaces: ['ISupplyEvents'] }] },
      'ann',
    );
    expect(made?.clsid).toMatch(/^[0-9a-f-]{36}$/);
    expect(made && catalogue.get(made.clsid)).toBe(made);
  });

  test('EVC-47: refuses a class without name or without interface', async () => {
    const { catalogue } = await openEventStore();
    for (const spoilt of [
      { clsid: OFFICE, interfaces: ['ISupplyEvents'] },
      { clsid: OFFICE, name: 'X', interfaces: [] },
    ]) {
      await expect(catalogue.install({ ...officeDocument(), eventClasses: [spoilt] }, 'ann')).rejects.toThrow(
        code('E_INVALIDARG'),
      );
    }
    expect(catalogue.query(ours)).toEqual([]);
  });

  test('EVC-48: of a CLSID that is there takes the place of that class, whose owner stays (EVC-206)', async () => {
    const { catalogue, changes } = await openEventStore();
    await catalogue.install(officeDocument(), 'ann');
    const document = {
      ...officeDocument(),
      eventClasses: [{ name: 'New', clsid: OFFICE, interfaces: ['ISupplyEvents'] }],
    };
    await catalogue.install(document, 'bob');
    expect(catalogue.get(guid(OFFICE))).toMatchObject({ name: 'New', owner: 'ann' });
    expect(catalogue.methodOf(guid(OFFICE), guid(IPRINTER), 'onPaperJam')).toBeUndefined();
    expect(changes.at(-1)).toEqual({ object: 'eventClass', id: OFFICE, type: 'EOC_ModifiedObject' });
  });

  test('is all or nothing: what the store refuses has not happened', async () => {
    const { store, catalogue, changes } = await openEventStore();
    await catalogue.install({ ...officeDocument(), eventClasses: officeDocument().eventClasses?.slice(0, 1) }, 'ann');
    const before = catalogue.query();
    store.refusal = new Error('disk full');
    await expect(catalogue.install(officeDocument(), 'bob')).rejects.toThrow('disk full');
    await expect(catalogue.remove(guid(OFFICE), anybody)).rejects.toThrow('disk full');
    await expect(catalogue.removeMatching(ours, anybody)).rejects.toThrow('disk full');
    expect(catalogue.query()).toEqual(before);
    expect(changes).toHaveLength(1);
    store.refusal = undefined;
    await catalogue.install(officeDocument(), 'bob');
    expect(catalogue.query(ours)).toHaveLength(2);
  });
});

describe('what a class says of itself', () => {
  test('EVC-40, EVC-41, EVC-42: has the defaults of the documents where it was never said', async () => {
    const { catalogue } = await openEventStore();
    await catalogue.install(officeDocument(), 'ann');
    const found = (criteria: string): string[] => catalogue.query(criteria).map(({ name }) => name);
    expect(found(`EVENTCLASSNAME = 'Office.Printer' AND EVENTCLASSID = {${OFFICE}}`)).toEqual(['Office.Printer']);
    expect(found("OWNERSID = 'ann' AND FIREINPARALLEL = TRUE")).toEqual(['Office.Copier']);
    expect(found("TYPELIB = 'Office' AND FIREINPARALLEL = FALSE")).toEqual(['Office.Printer']);
    expect(
      found(`FIRINGINTERFACEIID = {${IPRINTER}} AND PUBLISHERID = '' AND ALLOWINPROCACTIVATION = TRUE`),
    ).toHaveLength(2);
    expect(found(`MULTIINTERFACEPUBLISHERFILTERCLSID = NULL AND DESCRIPTION = NULL AND ${ours}`)).toHaveLength(2);
  });

  test('EVC-41, EVC-50: is of a version 2 store, whose partition and application are null', async () => {
    const { catalogue } = await openEventStore();
    await catalogue.install(officeDocument(), 'ann');
    expect(catalogue.version).toBe(2);
    const none = '{00000000-0000-0000-0000-000000000000}';
    expect(
      catalogue.query(`EVENTCLASSPARTITIONID = ${none} AND EVENTCLASSAPPLICATIONID = ${none} AND ${ours}`),
    ).toHaveLength(2);
  });

  test('EVC-41: is kept as it was said', async () => {
    const { store, catalogue } = await openEventStore();
    const said = {
      name: 'Office.Copier',
      clsid: COPIER,
      description: 'Copiers',
      publisherId: 'office',
      multiInterfacePublisherFilterClsid: OFFICE,
      allowInprocActivation: false,
      fireInParallel: true,
      mayFire: ['drivers'],
    };
    await catalogue.install({ ...officeDocument(), eventClasses: [{ ...said, interfaces: ['ISupplyEvents'] }] }, 'ann');
    const after = await openEventStore(store);
    expect(after.catalogue.get(guid(COPIER))).toMatchObject(said);
  });

  test('EVC-52: a property that was never set is not there', async () => {
    const { catalogue } = await openEventStore();
    await catalogue.install(officeDocument(), 'ann');
    expect(catalogue.get(guid(OFFICE))).not.toHaveProperty('description');
    expect(catalogue.get(guid(OFFICE))).not.toHaveProperty('publisherId');
  });
});

describe('removing', () => {
  test('EVC-103: by criteria removes what they choose; nothing chosen is a failure', async () => {
    const { store, catalogue, changes } = await openEventStore();
    await catalogue.install(officeDocument(), 'ann');
    await expect(catalogue.removeMatching("EVENTCLASSNAME = 'Nothing'", anybody)).rejects.toThrow(code('E_INVALIDARG'));
    expect(await catalogue.removeMatching("EVENTCLASSNAME = 'Office.Copier'", anybody)).toEqual([COPIER]);
    expect(catalogue.get(guid(COPIER))).toBeUndefined();
    expect(await store.keys()).toEqual([`eventClass/${OFFICE}`]);
    expect(changes.at(-1)).toEqual({ object: 'eventClass', id: COPIER, type: 'EOC_DeletedObject' });
  });

  test('EVC-103, EVC-192: what may be removed is, and EVENT_E_NOT_ALL_REMOVED says that something is left', async () => {
    const { catalogue } = await openEventStore();
    await catalogue.install({ ...officeDocument(), eventClasses: officeDocument().eventClasses?.slice(0, 1) }, 'ann');
    await catalogue.install({ ...officeDocument(), eventClasses: officeDocument().eventClasses?.slice(1) }, 'bob');
    const onlyAnns = ({ owner }: { readonly owner: string }): boolean => owner === 'ann';
    await expect(catalogue.removeMatching(ours, onlyAnns)).rejects.toThrow(
      expect.objectContaining({ code: 'EVENT_E_NOT_ALL_REMOVED', input: '1 of 2' }),
    );
    expect(catalogue.query(ours).map(({ owner }) => owner)).toEqual(['bob']);
    await expect(catalogue.removeMatching(ours, onlyAnns)).rejects.toThrow(code('E_ACCESSDENIED'));
  });

  test('EVC-170, EVC-184, EVC-185: criteria that make no sense say where, and remove nothing', async () => {
    const { catalogue } = await openEventStore();
    await catalogue.install(officeDocument(), 'ann');
    await expect(catalogue.removeMatching('OWNERSID =', anybody)).rejects.toThrow(
      expect.objectContaining({ code: 'EVENT_E_QUERYSYNTAX', position: 10 }),
    );
    await expect(catalogue.removeMatching("COLOUR = 'red'", anybody)).rejects.toThrow(
      expect.objectContaining({ code: 'EVENT_E_QUERYFIELD', position: 0, offending: 'COLOUR' }),
    );
    expect(catalogue.query(ours)).toHaveLength(2);
  });

  test('by ID what is not there is E_INVALIDARG; what one may not remove stays', async () => {
    const { catalogue } = await openEventStore();
    await catalogue.install(officeDocument(), 'ann');
    await expect(catalogue.remove(guid(IPRINTER), anybody)).rejects.toThrow(code('E_INVALIDARG'));
    await expect(catalogue.remove(guid(OFFICE), () => false)).rejects.toThrow(code('E_ACCESSDENIED'));
    await catalogue.remove(guid(OFFICE), anybody);
    expect(catalogue.get(guid(OFFICE))).toBeUndefined();
  });
});

describe('what cannot be read in the store', () => {
  test.each([
    ['no JSON', '{'],
    ['of another version', '{"version":2,"owner":"ann","library":{}}'],
    ['not a library', '{"version":1,"owner":"ann","library":{"library":"X"}}'],
    [
      'under another ID',
      JSON.stringify({
        version: 1,
        owner: 'ann',
        library: { ...officeDocument(), eventClasses: officeDocument().eventClasses?.slice(1) },
      }),
    ],
  ])('EVC-199: %s: is reported with 4361, left there, and the others are read', async (_, text) => {
    const { store, catalogue } = await openEventStore();
    await catalogue.install(officeDocument(), 'ann');
    const key = `eventClass/${OFFICE}`;
    await store.write([{ put: [key, new TextEncoder().encode(text)] }]);
    const after = await openEventStore(store);
    expect(after.corrupt).toEqual([{ kind: 'corrupt', id: 4361, key }]);
    expect(after.catalogue.query(ours).map(({ clsid }) => clsid)).toEqual([COPIER]);
    expect(await store.keys()).toContain(key);
  });
});

describe("the event system's own events", () => {
  test('EVC-11, EVC-12: tell of each change, by kind and ID', async () => {
    const { catalogue, changes } = await openEventStore();
    await catalogue.install(officeDocument(), 'ann');
    await catalogue.install(officeDocument(), 'ann');
    await catalogue.remove(guid(OFFICE), anybody);
    expect(changes).toEqual([
      { object: 'eventClass', id: OFFICE, type: 'EOC_NewObject' },
      { object: 'eventClass', id: COPIER, type: 'EOC_NewObject' },
      { object: 'eventClass', id: OFFICE, type: 'EOC_ModifiedObject' },
      { object: 'eventClass', id: COPIER, type: 'EOC_ModifiedObject' },
      { object: 'eventClass', id: OFFICE, type: 'EOC_DeletedObject' },
    ]);
  });

  test.each([
    ['eventClass', 'EOC_NewObject', 'ChangedEventClass', { changeType: 0, eventClassId: OFFICE }],
    ['eventClass', 'EOC_ModifiedObject', 'ChangedEventClass', { changeType: 1, eventClassId: OFFICE }],
    ['subscription', 'EOC_DeletedObject', 'ChangedSubscription', { changeType: 2, subscriptionId: OFFICE }],
  ] as const)('EVC-12, EVC-25: of an %s with %s are %s', async (object, type, method, given) => {
    const { catalogue } = await openEventStore();
    const call = changeCall({ object, type, id: guid(OFFICE) });
    expect(call).toEqual({
      eventClass: catalogue.eventObjectChangeEventClassId,
      interface: 'f4a07d70-2e25-11d1-9964-00c04fbbb345',
      method,
      arguments: given,
    });
    expect(decodeCall(encodeCall(call), (...what) => catalogue.methodOf(...what))).toEqual(call);
  });

  test('EVC-12, EVC-13, EVC-193: have a class in every catalogue, with three methods, that nobody can change', async () => {
    const { catalogue } = await openEventStore();
    const clsid = catalogue.eventObjectChangeEventClassId;
    const eventClass = catalogue.get(clsid);
    expect(eventClass?.interfaces.flatMap(({ methods }) => methods.map(({ name }) => name))).toEqual([
      'ChangedSubscription',
      'ChangedEventClass',
      'ChangedPublisher',
    ]);
    expect(
      eventClass && methodOf(eventClass, guid('f4a07d70-2e25-11d1-9964-00c04fbbb345'), 'ChangedPublisher'),
    ).toBeDefined();
    const document = { ...officeDocument(), eventClasses: [{ name: 'X', clsid, interfaces: ['ISupplyEvents'] }] };
    const configured = code('EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT');
    await expect(catalogue.install(document, 'ann')).rejects.toThrow(configured);
    await expect(catalogue.remove(clsid, anybody)).rejects.toThrow(configured);
    expect(catalogue.get(clsid)).toBe(eventClass);
  });
});
