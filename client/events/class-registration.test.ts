/** Classes that a process serves, in a rig: an object for each event, and what becomes of it (EVC-81). */

import { describe, expect, test } from 'vitest';
import { hresultOf } from '../../shared/index.ts';
import { TRANSPORTS } from '../../test/harness/index.ts';
import { PrinterEvents, recordingSink, startOffice } from '../../test/spec/events/printer-events.ts';

const eventClass = PrinterEvents;
const CLSID = '{5D3A6A4E-4B3A-4F0E-9D53-0F5F6B8B6C01}';
const OTHER = '5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c02';
const A_WHILE = 5_000;

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('EVC-81: for each event an object is made, called, and let go', async () => {
    await using rig = await startOffice({ transport });
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const made: ReturnType<typeof recordingSink>[] = [];
    const registration = await subscriber.registerClass({ clsid: CLSID, eventClass }, (clsid) => {
      expect(clsid).toBe(CLSID.slice(1, -1).toLowerCase());
      const sink = recordingSink();
      made.push(sink);
      return sink;
    });
    await subscriber.subscribeClass({ eventClass, subscriberClsid: CLSID });
    const events = publisher.events(PrinterEvents);
    expect(await events.onPaperJam({ tray: 1 })).toMatchObject({ code: 'S_OK' });
    expect(await events.onCleared()).toMatchObject({ code: 'S_OK' });
    await rig.settle();
    expect(made.map(({ seen, released }) => [seen, released])).toEqual([
      [[['onPaperJam', { tray: 1 }]], 1],
      [[['onCleared']], 1],
    ]);
    expect(registration.objects).toBe(0);
  });
});

test('EVC-81: an object may be made asynchronously, and take its time', async () => {
  await using rig = await startOffice();
  const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
  const steps: string[] = [];
  await subscriber.registerClass({ clsid: CLSID, eventClass }, async () => {
    await Promise.resolve();
    return {
      async onCleared() {
        steps.push('called');
        await Promise.resolve();
        steps.push('finished');
      },
      release: () => steps.push('released'),
    };
  });
  await subscriber.subscribeClass({ eventClass, method: 'onCleared', subscriberClsid: CLSID });
  expect(await publisher.events(PrinterEvents).onCleared()).toMatchObject({ code: 'S_OK' });
  await rig.settle();
  expect(steps).toEqual(['called', 'finished', 'released']);
});

test.each([
  ['a factory that throws', () => fail('factory'), 'EVENT_E_USER_EXCEPTION', 1],
  ['a method that throws', () => ({ onCleared: () => fail('method') }), 'EVENT_E_USER_EXCEPTION', 1],
  ['an object without the method', () => ({}), 'E_NOTIMPL', 0],
] as const)('EVC-72: %s has failed', async (_, createObject, code, told) => {
  const reports: unknown[] = [];
  await using rig = await startOffice({ events: { log: (report) => reports.push(report) } });
  const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
  await subscriber.registerClass({ clsid: CLSID, eventClass }, createObject);
  await subscriber.subscribeClass({ eventClass, subscriberClsid: CLSID });
  await expect(publisher.events(PrinterEvents).onCleared()).rejects.toMatchObject({
    code: 'EVENT_E_ALL_SUBSCRIBERS_FAILED',
  });
  expect(reports).toMatchObject([{ kind: 'methodFailed', hresult: hresultOf(code) }]);
  expect(rig.problems.splice(0)).toHaveLength(told);
});

test('EVC-10, EVC-71: nobody serves the class: the event fails; a subscription needs neither side', async () => {
  const reports: unknown[] = [];
  await using rig = await startOffice({ events: { log: (report) => reports.push(report) } });
  const [publisher, operator] = [await rig.publisher(), await rig.subscriber()];
  await operator.subscribeClass({ eventClass, name: 'Alone', subscriberClsid: CLSID });
  await operator.close();
  await expect(publisher.events(PrinterEvents).onCleared()).rejects.toMatchObject({
    code: 'EVENT_E_ALL_SUBSCRIBERS_FAILED',
  });
  expect(reports).toMatchObject([{ id: 4356, name: 'Alone', hresult: hresultOf('REGDB_E_CLASSNOTREG') }]);
});

test('only one process serves a class for a user; a revoked one is free again', async () => {
  await using rig = await startOffice();
  const [publisher, first, second] = [await rig.publisher(), await rig.subscriber(), await rig.subscriber()];
  const [old, young] = [recordingSink(), recordingSink()];
  const registration = await first.registerClass({ clsid: CLSID, eventClass }, () => old);
  await expect(second.registerClass({ clsid: CLSID, eventClass }, () => young)).rejects.toMatchObject({
    code: 'ALREADY_REGISTERED',
  });
  expect(second.stats()).toMatchObject({ registrations: 0 });
  await registration.revoke();
  await registration.revoke();
  await second.registerClass({ clsid: CLSID, eventClass }, () => young);
  await second.subscribeClass({ eventClass, subscriberClsid: CLSID });
  await publisher.events(PrinterEvents).onCleared();
  expect([old.seen, young.seen, registration.state]).toEqual([[], [['onCleared']], 'revoked']);
});

test('when the spooler was lost the class is registered again', async () => {
  await using rig = await startOffice();
  const publisher = await rig.publisher();
  const subscriber = await rig.subscriber({ reconnect: true });
  const sink = recordingSink();
  const registration = await subscriber.registerClass({ clsid: CLSID, eventClass }, () => sink);
  await subscriber.subscribeClass({ eventClass, subscriberClsid: CLSID });
  rig.cut(subscriber);
  await rig.settle();
  expect(registration.state).toBe('away');
  await rig.advance(A_WHILE);
  expect(registration.state).toBe('registered');
  expect(await publisher.events(PrinterEvents).onCleared()).toMatchObject({ code: 'S_OK' });
  expect(sink.seen).toEqual([['onCleared']]);
});

describe('when the spooler was lost and another session has the class', () => {
  async function taken() {
    const rig = await startOffice();
    const subscriber = await rig.subscriber({ reconnect: true });
    const registration = await subscriber.registerClass({ clsid: CLSID, eventClass }, recordingSink);
    rig.cut(subscriber);
    await rig.settle();
    // As the one from before the loss, of which the spooler has not noticed yet that nobody is there.
    const other = await rig.subscriber();
    const theirs = await other.registerClass({ clsid: CLSID, eventClass }, recordingSink);
    await rig.advance(A_WHILE);
    expect([subscriber.state, registration.state]).toEqual(['connected', 'away']);
    return { rig, registration, theirs };
  }

  test('it is tried again, and works once that is gone', async () => {
    const { rig, registration, theirs } = await taken();
    await theirs.revoke();
    await rig.advance(A_WHILE);
    expect(registration.state).toBe('registered');
    await rig.close();
  });

  test('it is tried for 20 s, and then given up', async () => {
    const { rig, registration } = await taken();
    await rig.advance(20_000);
    expect(registration.state).toBe('revoked');
    expect(rig.problems.splice(0)).toMatchObject([{ kind: 'registrationLost' }]);
    await rig.close();
  });

  test('leaving ends the tries', async () => {
    const { rig, registration } = await taken();
    await rig.close();
    expect(registration.state).toBe('revoked');
  });
});

test('an object whose spooler goes while it is called is let go', async () => {
  await using rig = await startOffice();
  const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
  let released = 0;
  let finish = (): void => {};
  await subscriber.registerClass({ clsid: CLSID, eventClass }, () => ({
    onCleared: () => new Promise<void>((resolve) => (finish = resolve)),
    release: () => released++,
  }));
  await subscriber.subscribeClass({ eventClass, subscriberClsid: CLSID });
  const fired = publisher
    .events(PrinterEvents)
    .onCleared()
    .catch((reason: unknown) => reason);
  await rig.settle();
  rig.cut(subscriber);
  expect(await fired).toMatchObject({ code: 'EVENT_E_ALL_SUBSCRIBERS_FAILED' });
  finish();
  await rig.settle();
  expect(released).toBe(1);
});

describe('queued subscriptions', () => {
  test('EVC-121, EVC-129, CP-D-13: a subscriber that is away gets its events in their order when it is back', async () => {
    await using rig = await startOffice();
    const [publisher, operator] = [await rig.publisher(), await rig.subscriber()];
    await operator.subscribeClass({ eventClass, subscriberClsid: CLSID, queued: true });
    const events = publisher.events(PrinterEvents);
    for (const tray of [1, 2, 3]) expect(await events.onPaperJam({ tray })).toMatchObject({ code: 'S_OK' });
    const seen: number[] = [];
    const subscriber = await rig.subscriber();
    await subscriber.registerClass({ clsid: CLSID, eventClass }, () => ({
      onPaperJam: ({ tray }) => void seen.push(tray),
    }));
    await rig.settle();
    expect(seen).toEqual([1, 2, 3]);
    expect(await operator.catalogue.deadLetters()).toEqual([]);
  });

  test('EVC-126: after every try an event is a dead letter, which can be read, replayed and purged', async () => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const seen: number[] = [];
    let works = false;
    await subscriber.registerClass({ clsid: CLSID, eventClass }, () => ({
      onPaperJam: ({ tray }) => {
        seen.push(tray);
        return works ? 0 : hresultOf('E_FAIL');
      },
    }));
    const subscription = await subscriber.subscribeClass({
      eventClass,
      name: 'Poisoned',
      subscriberClsid: CLSID,
      queued: true,
    });
    await publisher.events(PrinterEvents).onPaperJam({ tray: 7 });
    await rig.advance(93 * 60_000);
    const letters = await subscriber.catalogue.deadLetters();
    expect(letters).toMatchObject([
      {
        subscription,
        name: 'Poisoned',
        publisher: { user: 'ann' },
        hresult: hresultOf('E_FAIL'),
        calls: [{ method: 'onPaperJam', arguments: { tray: 7 } }],
      },
    ]);
    expect(seen).toHaveLength(16);
    works = true;
    expect(await subscriber.catalogue.replay(letters.map(({ id }) => id))).toBe(1);
    await rig.settle();
    expect([seen.length, await subscriber.catalogue.deadLetters()]).toEqual([17, []]);
    works = false;
    await publisher.events(PrinterEvents).onPaperJam({ tray: 8 });
    await rig.advance(93 * 60_000);
    expect(await subscriber.catalogue.purge()).toBe(1);
    expect(await subscriber.catalogue.deadLetters()).toEqual([]);
  });

  test('EVC-127: before that the exception class is told that it was the last try, and gets the calls', async () => {
    await using rig = await startOffice();
    const [publisher, subscriber] = [await rig.publisher(), await rig.subscriber()];
    const rescued: string[] = [];
    await subscriber.registerClass({ clsid: CLSID, eventClass }, () => ({ onPaperJam: () => hresultOf('E_FAIL') }));
    await subscriber.registerClass({ clsid: OTHER, eventClass }, () => ({
      FinalServerRetry: () => void rescued.push('last try'),
      onPaperJam: ({ tray }) => void rescued.push(`tray ${tray}`),
      release: () => void rescued.push('released'),
    }));
    await subscriber.subscribeClass({ eventClass, subscriberClsid: CLSID, queued: true, exceptionClsid: OTHER });
    await publisher.events(PrinterEvents).onPaperJam({ tray: 7 });
    await rig.advance(93 * 60_000);
    expect(rescued).toEqual(['last try', 'tray 7', 'released']);
    expect(await subscriber.catalogue.deadLetters()).toEqual([]);
  });
});

function fail(what: string): never {
  throw new Error(what);
}
