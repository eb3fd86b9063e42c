/** The subscriber's library, in a rig: live objects, what is checked first, coming back. */

import { describe, expect, test } from 'vitest';
import { SpoolError } from '../../shared/index.ts';
import { TRANSPORTS } from '../../test/harness/index.ts';
import { PrinterEvents, recordingSink, startOffice } from '../../test/spec/events/printer-events.ts';

const A_WHILE = 5_000;
const eventClass = PrinterEvents;

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('EVC-82, EVC-89: an object is called until it is unsubscribed, and is then let go', async () => {
    await using rig = await startOffice({ transport });
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const events = publisher.events(PrinterEvents);
    const sink = recordingSink();
    const subscription = await subscriber.subscribe({ eventClass, name: 'Mine' }, sink);
    expect(await subscriber.catalogue.subscriptions()).toMatchObject([
      { id: subscription.id, name: 'Mine', eventClass: eventClass.clsid, transient: true, owner: 'ann' },
    ]);
    await events.onCleared();
    await subscription.unsubscribe();
    await subscription.unsubscribe();
    expect(await events.onCleared()).toMatchObject({ code: 'EVENT_S_NOSUBSCRIBERS' });
    expect([sink.seen, sink.released, subscription.state]).toEqual([[['onCleared']], 1, 'ended']);
    expect(subscriber.stats()).toMatchObject({ registrations: 0, ends: 0 });
    expect(await subscriber.catalogue.subscriptions()).toEqual([]);
  });

  test('EVC-85: when the subscriber is gone so are its subscriptions', async () => {
    await using rig = await startOffice({ transport });
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const [left, closed] = [recordingSink(), recordingSink()];
    await subscriber.subscribe({ eventClass }, left);
    const polite = await rig.subscriber();
    await polite.subscribe({ eventClass }, closed);
    rig.cut(subscriber);
    await polite.close();
    await rig.settle();
    expect(await publisher.events(PrinterEvents).onCleared()).toMatchObject({ code: 'EVENT_S_NOSUBSCRIBERS' });
    expect([left.released, closed.released]).toEqual([1, 1]);
  });
});

describe('which events', () => {
  test('EVC-95: one method; the object needs no other', async () => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const { onPaperJam, seen } = recordingSink();
    await subscriber.subscribe({ eventClass, method: 'onPaperJam' }, { onPaperJam });
    await publisher.events(PrinterEvents).onPaperJam({ tray: 3 });
    expect(await publisher.events(PrinterEvents).onCleared()).toMatchObject({ code: 'EVENT_S_NOSUBSCRIBERS' });
    expect(seen).toEqual([['onPaperJam', { tray: 3 }]]);
  });

  test.each(['IJobEvents', '1d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d', '{1D0A6F4E-52A7-4A0C-8A0B-0F3F6C1F2B9D}'])(
    'EVC-95: one interface, named %s',
    async (iface) => {
      await using rig = await startOffice();
      const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
      const { onJob, seen } = recordingSink();
      await subscriber.subscribe({ eventClass, interface: iface }, { onJob });
      await publisher.events(PrinterEvents).onJob({ id: 1n, ticket: new Uint8Array(0) });
      await publisher.events(PrinterEvents).onCleared();
      expect(seen).toEqual([['onJob', { id: 1n, ticket: new Uint8Array(0) }]]);
    },
  );

  test('EVC-165: only what the criteria say', async () => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const { onPaperJam, seen } = recordingSink();
    await subscriber.subscribe(
      { eventClass, method: 'onPaperJam', filterCriteria: 'tray > 2', filterLanguage: 'extended' },
      { onPaperJam },
    );
    const events = publisher.events(PrinterEvents);
    for (const tray of [1, 2, 3, 4]) await events.onPaperJam({ tray });
    expect(seen).toEqual([3, 4].map((tray) => ['onPaperJam', { tray }]));
  });
});

test('EVC-168, EVC-170: what is asked for is checked before anything is sent', async () => {
  await using rig = await startOffice();
  const subscriber = await rig.subscriber();
  const sink = recordingSink();
  const before = rig.faults(subscriber).sentBytes;
  await expect(subscriber.subscribe({ eventClass, filterCriteria: 'tray >' }, sink)).rejects.toMatchObject({
    code: 'EVENT_E_QUERYSYNTAX',
    position: 5,
  });
  const field = { eventClass, method: 'onPaperJam', filterCriteria: 'ALLEY = 1' } as const;
  await expect(subscriber.subscribe(field, sink)).rejects.toMatchObject({
    code: 'EVENT_E_QUERYFIELD',
    position: 0,
    offending: 'ALLEY',
  });
  // Of every method none has them: of those that go wrong, the one that goes furthest.
  const nowhere = { eventClass, filterCriteria: 'tray = 1 AND ALLEY = 1' };
  await expect(subscriber.subscribe(nowhere, sink)).rejects.toMatchObject({
    code: 'EVENT_E_QUERYFIELD',
    position: 13,
    offending: 'ALLEY',
  });
  const { onPaperJam } = sink;
  // @ts-expect-error -- the object lacks methods that it may be called with
  await expect(subscriber.subscribe({ eventClass }, { onPaperJam })).rejects.toMatchObject({
    code: 'E_INVALIDARG',
    input: 'the object has no method onCleared',
  });
  // @ts-expect-error -- there is no such method
  await expect(subscriber.subscribe({ eventClass, method: 'onFire' }, sink)).rejects.toMatchObject({
    code: 'E_INVALIDARG',
  });
  await expect(subscriber.subscribe({ eventClass, interface: 'INone' }, sink)).rejects.toMatchObject({
    code: 'E_INVALIDARG',
  });
  expect(rig.faults(subscriber).sentBytes).toBe(before);
});

test('what the event system refuses leaves nothing behind', async () => {
  await using rig = await startOffice();
  const subscriber = await rig.subscriber();
  await subscriber.catalogue.remove(eventClass.clsid);
  await expect(subscriber.subscribe({ eventClass }, recordingSink())).rejects.toMatchObject({
    code: 'EVENT_E_MISSING_EVENTCLASS',
  });
  expect(subscriber.stats()).toMatchObject({ registrations: 0, ends: 0, requests: 0 });
});

describe('what a method answers', () => {
  test.each([
    ['throws', () => fail(new Error('no')), 0x80040208, 1],
    ['rejects', () => Promise.reject(new Error('no')), 0x80040208, 1],
    ['throws a SpoolError', () => fail(new SpoolError('E_ACCESSDENIED')), 0x80070005, 1],
    ['returns an HRESULT', () => 0x80004005, 0x80004005, 0],
  ])('EVC-72, EVC-189: one that %s has failed, and is told of', async (_, onCleared, hresult, told) => {
    const reports: unknown[] = [];
    await using rig = await startOffice({ events: { log: (report) => reports.push(report) } });
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    await subscriber.subscribe({ eventClass, method: 'onCleared' }, { onCleared });
    await expect(publisher.events(PrinterEvents).onCleared()).rejects.toMatchObject({
      code: 'EVENT_E_ALL_SUBSCRIBERS_FAILED',
    });
    expect(reports).toMatchObject([{ kind: 'methodFailed', hresult }]);
    expect(rig.problems.splice(0)).toHaveLength(told);
  });

  test.each([
    ['text', 'no'],
    ['a negative number', -1],
    ['a time', 1_790_000_000_000],
    ['a promise', Promise.resolve('no')],
  ])('%s is no HRESULT', async (_, result) => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    await subscriber.subscribe({ eventClass, method: 'onCleared' }, { onCleared: () => result });
    expect(await publisher.events(PrinterEvents).onCleared()).toMatchObject({ code: 'S_OK' });
  });

  test('calls come one after another, also where a method takes its time', async () => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const finish: (() => void)[] = [];
    const seen: number[] = [];
    await subscriber.subscribe(
      { eventClass, method: 'onPaperJam' },
      {
        onPaperJam: ({ tray }) => {
          seen.push(tray);
          return new Promise<void>((resolve) => finish.push(resolve));
        },
      },
    );
    const events = publisher.events(PrinterEvents);
    const fired = [events.onPaperJam({ tray: 1 }), events.onPaperJam({ tray: 2 })];
    await rig.settle();
    expect(seen).toEqual([1]);
    finish.shift()?.();
    await fired[0];
    await rig.settle();
    expect(seen).toEqual([1, 2]);
    finish.shift()?.();
    await Promise.all(fired);
  });
});

test('EVC-91: one that is asked whether it is there says so, and its object is not called', async () => {
  await using rig = await startOffice();
  const subscriber = await rig.subscriber();
  const sink = recordingSink();
  const subscription = await subscriber.subscribe({ eventClass }, sink);
  expect(await subscriber.catalogue.verifyTransientSubscribers()).toBe(0);
  expect([sink.seen, subscription.state]).toEqual([[], 'subscribed']);
});

test('one that the spooler ends is let go', async () => {
  await using rig = await startOffice();
  const [operator, subscriber] = [await rig.subscriber({ user: 'operator' }), await rig.subscriber()];
  const sink = recordingSink();
  const subscription = await subscriber.subscribe({ eventClass }, sink);
  // A channel that nobody has answered on has no owner yet.
  await (await rig.publisher()).events(PrinterEvents).onCleared();
  await operator.catalogue.unsubscribe(subscription.id);
  await rig.settle();
  expect([subscription.state, sink.released, subscriber.stats().registrations]).toEqual(['ended', 1, 0]);
});

describe('when the spooler was lost', () => {
  test('EVC-85: it subscribes again, as another subscription, and takes events again', async () => {
    await using rig = await startOffice();
    const gaps: unknown[] = [];
    const publisher = await rig.publisher();
    const subscriber = await rig.subscriber({ reconnect: true, onGap: (gap) => gaps.push(gap) });
    const sink = recordingSink();
    const subscription = await subscriber.subscribe({ eventClass }, sink);
    const { id } = subscription;
    rig.cut(subscriber);
    await rig.settle();
    expect([subscription.state, sink.released]).toEqual(['away', 0]);
    expect(await publisher.events(PrinterEvents).onCleared()).toMatchObject({ code: 'EVENT_S_NOSUBSCRIBERS' });
    await rig.advance(A_WHILE);
    expect([subscription.state, gaps.length, subscription.id === id]).toEqual(['subscribed', 1, false]);
    expect(await publisher.events(PrinterEvents).onCleared()).toMatchObject({ code: 'S_OK' });
    expect(sink.seen).toEqual([['onCleared']]);
  });

  test('one that is refused then is over, and somebody hears of it', async () => {
    await using rig = await startOffice();
    const subscriber = await rig.subscriber({ reconnect: true });
    const sink = recordingSink();
    const subscription = await subscriber.subscribe({ eventClass }, sink);
    await (await rig.publisher()).catalogue.remove(eventClass.clsid);
    rig.cut(subscriber);
    await rig.advance(A_WHILE);
    expect([subscription.state, sink.released]).toEqual(['ended', 1]);
    expect(rig.problems.splice(0)).toMatchObject([
      { kind: 'registrationLost', what: expect.stringContaining('New Subscription') },
    ]);
  });

  test('one that is unsubscribed meanwhile is not made again', async () => {
    await using rig = await startOffice();
    const subscriber = await rig.subscriber({ reconnect: true });
    const sink = recordingSink();
    const subscription = await subscriber.subscribe({ eventClass }, sink);
    rig.cut(subscriber);
    await rig.settle();
    await subscription.unsubscribe();
    await rig.advance(A_WHILE);
    expect([subscription.state, sink.released]).toEqual(['ended', 1]);
    expect(await subscriber.catalogue.subscriptions()).toEqual([]);
    expect(subscriber.stats()).toMatchObject({ registrations: 0 });
  });
});

function fail(reason: Error): never {
  throw reason;
}
