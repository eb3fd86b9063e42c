/** The publisher's library, in a rig: firing, transactions, recorders. */

import { describe, expect, expectTypeOf, test } from 'vitest';
import { defineEventClass, type Outcome } from '../../shared/index.ts';
import { TRANSPORTS } from '../../test/harness/index.ts';
import { PrinterEvents, recordingSink, startOffice } from '../../test/spec/events/printer-events.ts';

const NotInstalled = defineEventClass({
  name: 'Lost',
  clsid: '00000000-0000-4000-8000-000000000001',
  interfaces: { ILost: { iid: '00000000-0000-4000-8000-000000000002', methods: { onLost: {} } } },
});

/** Enough time for one that comes back to have tried. */
const A_WHILE = 5_000;

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('EVC-5, EVC-7, EVC-65: firing is calling a method of the event object, which resolves when all were called', async () => {
    await using rig = await startOffice({ transport });
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const events = publisher.events(PrinterEvents);
    const sink = recordingSink();
    await subscriber.subscribe({ eventClass: PrinterEvents }, sink);
    expect(await events.onPaperJam({ tray: 2 })).toEqual({ code: 'S_OK', hresult: 0 });
    expect(await events.onCleared()).toMatchObject({ code: 'S_OK' });
    await events.onJob({ id: 18446744073709551615n, ticket: Uint8Array.of(0, 255) });
    expect(sink.seen).toEqual([
      ['onPaperJam', { tray: 2 }],
      ['onCleared'],
      ['onJob', { id: 18446744073709551615n, ticket: Uint8Array.of(0, 255) }],
    ]);
  });

  test('EVC-66 to EVC-68, EVC-70: some and nobody are successes, all failed is an error', async () => {
    await using rig = await startOffice({ transport });
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const events = publisher.events(PrinterEvents);
    expect(await events.onCleared()).toEqual({ code: 'EVENT_S_NOSUBSCRIBERS', hresult: 0x00040202 });
    const failing = {
      onCleared: () => {
        throw new Error('no');
      },
    };
    await subscriber.subscribe({ eventClass: PrinterEvents, method: 'onCleared' }, failing);
    await expect(events.onCleared()).rejects.toMatchObject({ code: 'EVENT_E_ALL_SUBSCRIBERS_FAILED' });
    await subscriber.subscribe({ eventClass: PrinterEvents, method: 'onCleared' }, { onCleared: () => {} });
    expect(await events.onCleared()).toEqual({ code: 'EVENT_S_SOME_SUBSCRIBERS_FAILED', hresult: 0x00040200 });
    expect(rig.problems.splice(0)).toHaveLength(2);
  });
});

test('the compiler knows the methods and their arguments', async () => {
  await using rig = await startOffice();
  const events = (await rig.publisher()).events(PrinterEvents);
  expectTypeOf(events.onPaperJam).parameters.toEqualTypeOf<[{ readonly tray: number }]>();
  expectTypeOf(events.onPaperJam).returns.toEqualTypeOf<Promise<Outcome>>();
  expectTypeOf(events.onCleared).parameters.toEqualTypeOf<[]>();
  expectTypeOf(events).not.toHaveProperty('onFire');
});

test('arguments are checked before anything is sent', async () => {
  await using rig = await startOffice();
  const publisher = await rig.publisher();
  const events = publisher.events(PrinterEvents);
  const before = rig.faults(publisher).sentBytes;
  await expect(events.onPaperJam({ tray: 256 })).rejects.toMatchObject({
    code: 'E_INVALIDARG',
    input: 'onPaperJam: tray is not an integer from 0 to 255',
  });
  // @ts-expect-error -- a parameter is missing
  await expect(events.onPaperJam({})).rejects.toMatchObject({ code: 'E_INVALIDARG' });
  expect(rig.faults(publisher).sentBytes).toBe(before);
});

test('EVC-97: a publisher ID of its own reaches those who subscribed to that', async () => {
  await using rig = await startOffice();
  const subscriber = await rig.subscriber();
  const [lab, office] = [recordingSink(), recordingSink()];
  await subscriber.subscribe({ eventClass: PrinterEvents, publisherId: 'Lab' }, lab);
  await subscriber.subscribe({ eventClass: PrinterEvents, publisherId: 'Office' }, office);
  await (await rig.publisher({ publisherId: 'Lab' })).events(PrinterEvents).onCleared();
  await (await rig.publisher()).events(PrinterEvents).onPaperJam({ tray: 1 });
  expect([lab.seen, office.seen]).toEqual([[['onCleared']], [['onPaperJam', { tray: 1 }]]]);
});

test('while there is no spooler firing rejects, and it works again when the publisher is back', async () => {
  await using rig = await startOffice();
  const losses: boolean[] = [];
  const publisher = await rig.publisher({ reconnect: true, onLost: (_, retrying) => losses.push(retrying) });
  const events = publisher.events(PrinterEvents);
  rig.cut(publisher);
  await rig.settle();
  expect([publisher.state, losses]).toEqual(['away', [true]]);
  await expect(events.onCleared()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  await rig.advance(A_WHILE);
  expect(await events.onCleared()).toMatchObject({ code: 'EVENT_S_NOSUBSCRIBERS' });
});

test('a class that is not installed is REGDB_E_CLASSNOTREG', async () => {
  await using rig = await startOffice();
  const publisher = await rig.publisher();
  await publisher.catalogue.remove(PrinterEvents.clsid);
  await expect(publisher.events(PrinterEvents).onCleared()).rejects.toMatchObject({ code: 'REGDB_E_CLASSNOTREG' });
});

describe('a transaction', () => {
  test('EVC-177, EVC-180: its events leave at the commit, in order; it resolves with what the work returned', async () => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const sink = recordingSink();
    await subscriber.subscribe({ eventClass: PrinterEvents }, sink);
    const value = await publisher.transaction(async (transaction) => {
      const events = transaction.events(PrinterEvents);
      for (const tray of [1, 2, 3]) events.onPaperJam({ tray });
      await rig.settle();
      expect(sink.seen).toEqual([]);
      return 'done';
    });
    await rig.settle();
    expect(value).toBe('done');
    expect(sink.seen).toEqual([1, 2, 3].map((tray) => ['onPaperJam', { tray }]));
  });

  test('EVC-177, EVC-180: none leaves after an abort, or when the work throws', async () => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const sink = recordingSink();
    await subscriber.subscribe({ eventClass: PrinterEvents }, sink);
    const reason = new Error('changed my mind');
    const thrown = publisher.transaction((transaction) => {
      transaction.events(PrinterEvents).onCleared();
      throw reason;
    });
    await expect(thrown).rejects.toBe(reason);
    await publisher.transaction((transaction) => {
      transaction.events(PrinterEvents).onCleared();
      transaction.abort();
    });
    const invalid = publisher.transaction((transaction) => {
      const events = transaction.events(PrinterEvents);
      events.onCleared();
      events.onPaperJam({ tray: -1 });
    });
    await expect(invalid).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    await rig.settle();
    expect(sink.seen).toEqual([]);
  });

  test('all or none: one event that the spooler refuses keeps back the others', async () => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const sink = recordingSink();
    await subscriber.subscribe({ eventClass: PrinterEvents }, sink);
    const refused = publisher.transaction((transaction) => {
      transaction.events(PrinterEvents).onCleared();
      transaction.events(NotInstalled).onLost();
    });
    await expect(refused).rejects.toMatchObject({
      code: 'REGDB_E_CLASSNOTREG',
      input: `calls.1: ${NotInstalled.clsid}`,
    });
    await rig.settle();
    expect(sink.seen).toEqual([]);
  });

  test('once it is over nothing can be fired in it', async () => {
    await using rig = await startOffice();
    const publisher = await rig.publisher();
    const events = await publisher.transaction((transaction) => transaction.events(PrinterEvents));
    expect(() => events.onCleared()).toThrow(expect.objectContaining({ code: 'RPC_E_DISCONNECTED' }));
  });

  test('without a spooler the commit rejects and nothing has left', async () => {
    await using rig = await startOffice();
    const publisher = await rig.publisher({ reconnect: true });
    const subscriber = await rig.subscriber();
    const sink = recordingSink();
    await subscriber.subscribe({ eventClass: PrinterEvents }, sink);
    const committed = publisher.transaction((transaction) => {
      transaction.events(PrinterEvents).onCleared();
      rig.cut(publisher);
      return rig.settle();
    });
    await expect(committed).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await rig.advance(A_WHILE);
    expect(sink.seen).toEqual([]);
  });
});

describe('a recorder', () => {
  test('EVC-120, EVC-123, EVC-124: nothing leaves before the release, then everything in its order', async () => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const sink = recordingSink();
    await subscriber.subscribe({ eventClass: PrinterEvents }, sink);
    {
      await using recorder = publisher.recorder();
      const events = recorder.events(PrinterEvents);
      events.onPaperJam({ tray: 1 });
      events.onCleared();
      events.onPaperJam({ tray: 2 });
      await rig.settle();
      expect(sink.seen).toEqual([]);
    }
    await rig.settle();
    expect(sink.seen).toEqual([['onPaperJam', { tray: 1 }], ['onCleared'], ['onPaperJam', { tray: 2 }]]);
  });

  test('EVC-129, CP-D-12: a publisher fires offline; everything is delivered in recorded order when it is back', async () => {
    await using rig = await startOffice();
    const publisher = await rig.publisher({ reconnect: true });
    const subscriber = await rig.subscriber();
    const sink = recordingSink();
    await subscriber.subscribe({ eventClass: PrinterEvents }, sink);
    rig.cut(publisher);
    await rig.settle();
    const recorder = publisher.recorder();
    const events = recorder.events(PrinterEvents);
    for (const tray of [1, 2, 3]) events.onPaperJam({ tray });
    const released = recorder.release();
    await rig.settle();
    expect([publisher.state, sink.seen]).toEqual(['away', []]);
    await rig.advance(A_WHILE);
    await released;
    await rig.settle();
    expect(sink.seen).toEqual([1, 2, 3].map((tray) => ['onPaperJam', { tray }]));
  });

  test('what was recorded is posted once, and nothing can be recorded after the release', async () => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const sink = recordingSink();
    await subscriber.subscribe({ eventClass: PrinterEvents }, sink);
    const recorder = publisher.recorder();
    const events = recorder.events(PrinterEvents);
    events.onCleared();
    await Promise.all([recorder.release(), recorder.release()]);
    expect(() => events.onCleared()).toThrow(expect.objectContaining({ code: 'RPC_E_DISCONNECTED' }));
    await rig.settle();
    expect(sink.seen).toEqual([['onCleared']]);
  });

  test('it holds so many events and no more', async () => {
    await using rig = await startOffice();
    const events = (await rig.publisher()).recorder().events(PrinterEvents);
    for (let call = 0; call < 10_000; call++) events.onPaperJam({ tray: 1 });
    expect(() => events.onCleared()).toThrow(expect.objectContaining({ code: 'E_OUTOFMEMORY' }));
  });

  test('a publisher that does not come back rejects what waits', async () => {
    await using rig = await startOffice();
    const publisher = await rig.publisher({ reconnect: true });
    rig.cut(publisher);
    await rig.settle();
    const recorder = publisher.recorder();
    recorder.events(PrinterEvents).onCleared();
    const released = recorder.release().catch((reason: unknown) => reason);
    await publisher.close();
    expect(await released).toMatchObject({ code: 'CONNECTION_ENDED' });
  });
});
