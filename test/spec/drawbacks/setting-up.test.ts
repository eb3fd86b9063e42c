/** What it takes to be told: each drawback of connection points with what event classes do about it. */

import { expect, test } from 'vitest';
import { IConnectionPointContainer, type IUnknown } from '../../../client/connection-points/index.ts';
import { parseEventsFile } from '../../../spooler/index.ts';
import { ActivatedSinks, eventSink, eventsOf, PrinterEvents, startOffice } from './event-printer.ts';
import { connect, IInkEvents, IPaperEvents, inkSink, Printer, paperSink, writeTo } from './printer.ts';

const eventClass = PrinterEvents;
const SUBSCRIPTION = '5e2f0ba4-4b0a-4f0c-8d5c-0a5f3ff0a5f0';

/** The object as seen from outside, each call to it or to what it gives written down. */
function atBorder<Methods extends IUnknown>(object: Methods, calls: string[]): Methods {
  return new Proxy(object, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...values: unknown[]) => {
        calls.push(String(name));
        const result: unknown = Reflect.apply(member, target, values);
        return typeof result === 'object' && result !== null ? atBorder(result as IUnknown, calls) : result;
      };
    },
  });
}

test('CP-D-1: setting up takes several calls to the object; subscribing to an event class takes none to a publisher', async () => {
  const calls: string[] = [];
  const printer = atBorder(new Printer(), calls);
  printer
    .queryInterface(IConnectionPointContainer)
    .findConnectionPoint(IPaperEvents)
    .advise(paperSink(() => {}));
  expect(calls).toEqual(['queryInterface', 'findConnectionPoint', 'advise']);

  await using office = await startOffice();
  const [publisher, subscriber] = [await office.publisher(), await office.subscriber()];
  const told: string[] = [];
  const crossed = () => office.faults(publisher).receivedBytes + office.faults(publisher).sentBytes;
  const before = crossed();
  await subscriber.subscribe({ eventClass }, eventSink(writeTo(told)));
  await office.settle();
  expect(crossed()).toBe(before);
  await eventsOf(publisher).onPaperJam({ tray: 2 });
  expect(told).toEqual(['jam 2']);
});

test('CP-D-2: each interface of each object is connected for itself; one subscription covers a class and all who publish to it', async () => {
  const told: string[] = [];
  const printers = [new Printer(), new Printer()];
  let connections = 0;
  for (const printer of printers) {
    connect(printer, IPaperEvents, paperSink(writeTo(told)));
    connect(printer, IInkEvents, inkSink(writeTo(told)));
    connections += 2;
  }
  for (const { paper, ink } of printers) {
    await paper.fire('onPaperJam', 2);
    await ink.fire('onInkLow', 'cyan');
  }
  expect(told).toEqual(['jam 2', 'ink cyan', 'jam 2', 'ink cyan']);
  expect(connections).toBe(4);

  const sinks = new ActivatedSinks();
  await using office = await startOffice({ classes: { table: sinks.table } });
  await (await office.subscriber()).subscribeClass({ eventClass, subscriberClsid: sinks.clsid });
  for (const publisher of [await office.publisher(), await office.publisher()]) {
    await eventsOf(publisher).onPaperJam({ tray: 2 });
    await eventsOf(publisher).onInkLow({ colour: 'cyan' });
  }
  const events = sinks.told.filter((entry) => entry !== 'created' && entry !== 'released');
  expect(events).toEqual(['jam 2', 'ink cyan', 'jam 2', 'ink cyan']);
});

test('CP-D-6, CP-50: there must be a running object to connect to; a subscription may be made before there is any publisher', async () => {
  const running = new Map<string, Printer>();
  const told: string[] = [];
  const tryToConnect = (): boolean => {
    const printer = running.get('Lab');
    if (printer) connect(printer, IPaperEvents, paperSink(writeTo(told)));
    return printer !== undefined;
  };
  expect(tryToConnect()).toBe(false);
  const lab = new Printer();
  running.set('Lab', lab);
  await lab.paper.fire('onPaperJam', 1);
  expect(told).toEqual([]);
  expect(tryToConnect()).toBe(true);
  await lab.paper.fire('onPaperJam', 2);
  expect(told).toEqual(['jam 2']);

  told.length = 0;
  await using office = await startOffice();
  await (await office.subscriber()).subscribe({ eventClass }, eventSink(writeTo(told)));
  // Only now is there a publisher.
  await eventsOf(await office.publisher()).onPaperJam({ tray: 1 });
  expect(told).toEqual(['jam 1']);
});

test("CP-D-7: a client must know the object's class or be handed the object; the name of an event class or of a publisher is enough", async () => {
  const told: string[] = [];
  const sink = paperSink(writeTo(told));
  const printer = new Printer();
  // Another of the same class is another object: only who was given this very one is told.
  connect(new Printer(), IPaperEvents, sink);
  await printer.paper.fire('onPaperJam', 1);
  expect(told).toEqual([]);
  connect(printer, IPaperEvents, sink);
  await printer.paper.fire('onPaperJam', 2);
  expect(told).toEqual(['jam 2']);

  await using office = await startOffice();
  const [byClass, byPublisher] = [[] as string[], [] as string[]];
  const subscriber = await office.subscriber();
  await subscriber.subscribe({ eventClass }, eventSink(writeTo(byClass)));
  await subscriber.subscribe({ eventClass, publisherId: 'Lab' }, eventSink(writeTo(byPublisher)));
  await eventsOf(await office.publisher({ publisherId: 'Hall' })).onPaperJam({ tray: 1 });
  await eventsOf(await office.publisher({ publisherId: 'Lab' })).onInkLow({ colour: 'cyan' });
  expect([byClass, byPublisher]).toEqual([['jam 1', 'ink cyan'], ['ink cyan']]);
});

test('CP-D-8: the object keeps the list of sinks; a publisher keeps none', async () => {
  const { paper } = new Printer();
  const listed = () => paper.enumConnections().next(9).items.length;
  const cookies = [1, 2, 3].map(() => paper.advise(paperSink(() => {})));
  expect(listed()).toBe(3);
  for (const cookie of cookies) paper.unadvise(cookie);
  expect(listed()).toBe(0);

  await using office = await startOffice();
  const [publisher, subscriber] = [await office.publisher(), await office.subscriber()];
  const events = eventsOf(publisher);
  const has = () => ({ ...publisher.stats(), events: Object.keys(events) });
  const before = has();
  for (const sink of [1, 2, 3].map(() => eventSink(() => {}))) await subscriber.subscribe({ eventClass }, sink);
  expect(await events.onPaperJam({ tray: 2 })).toMatchObject({ code: 'S_OK' });
  expect(has()).toEqual(before);
});

test("CP-D-14: only a program can connect; an operator's file subscribes without one", async () => {
  const told: string[] = [];
  const { paper } = new Printer();
  const written = JSON.stringify({ sink: paperSink(writeTo(told)) });
  // A sink is an object of a running program: nothing of it can be written down.
  expect(() => paper.advise((JSON.parse(written) as { sink: IUnknown }).sink)).toThrow(
    expect.objectContaining({ code: 'CONNECT_E_CANNOTCONNECT' }),
  );
  await paper.fire('onPaperJam', 2);
  expect(told).toEqual([]);

  const sinks = new ActivatedSinks();
  const file = {
    library: 'Printers',
    interfaces: PrinterEvents.interfaces,
    eventClasses: [{ name: 'Printer', clsid: PrinterEvents.clsid, interfaces: ['IPaperEvents', 'IInkEvents'] }],
    subscriptions: [
      { id: SUBSCRIPTION, name: 'Jams', eventClass: eventClass.clsid, subscriberClsid: sinks.clsid, user: 'ann' },
    ],
  };
  const configuration = parseEventsFile(JSON.stringify(file));
  await using office = await startOffice({ configuration, classes: { table: sinks.table } });
  await eventsOf(await office.publisher()).onPaperJam({ tray: 2 });
  await office.settle();
  expect(sinks.told).toEqual(['created', 'jam 2', 'released']);
});
