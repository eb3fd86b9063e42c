/** Calls that wait: each drawback of connection points with what event classes do about it, or do not by default. */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { ManualClock, type Rig } from '../../harness/index.ts';
import {
  ActivatedSinks,
  eventSink,
  eventsOf,
  type PrinterEventObject,
  PrinterEvents,
  startOffice,
} from './event-printer.ts';
import { connect, IPaperEvents, Printer, paperSink, writeTo } from './printer.ts';

/** Lets everything run that waits for nothing but its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const eventClass = PrinterEvents;

/** A sink that takes a minute for each event. */
function slowSink(clock: ManualClock, told: string[]) {
  return paperSink(async (event) => {
    told.push(`slow begins ${event}`);
    await new Promise<void>((resolve) => clock.after(60_000, resolve));
    told.push(`slow ends ${event}`);
  });
}

/** The same as a subscriber in an office; ten seconds, since the spooler waits for half a minute only. */
function slowSubscriber({ clock }: Rig, told: string[]) {
  return eventSink(async (event) => {
    told.push(`slow begins ${event}`);
    await new Promise<void>((resolve) => clock.after(10_000, resolve));
    told.push(`slow ends ${event}`);
  });
}

/** The slow one first, and another one after it, each in a program of its own. */
async function subscribeBoth(office: Rig, told: string[]): Promise<void> {
  await (await office.subscriber()).subscribe({ eventClass }, slowSubscriber(office, told));
  await (await office.subscriber()).subscribe({ eventClass }, eventSink(writeTo(told)));
}

/** All there is of a publisher, whether its subscribers are called one after another or not. */
const publish = (events: PrinterEventObject) => events.onPaperJam({ tray: 2 });

test('CP-D-9: a sink cannot be handed to another thread as it is; a publisher fires from any, and has no code for it', async () => {
  const { paper } = new Printer();
  const told: string[] = [];
  const sink = paperSink(writeTo(told));
  // What a message to another thread does with it.
  const marshaled = structuredClone(sink);
  expect(() => paper.advise(marshaled)).toThrow(expect.objectContaining({ code: 'CONNECT_E_CANNOTCONNECT' }));

  await using office = await startOffice({}, { transport: 'websocket' });
  await (await office.subscriber()).subscribe({ eventClass }, eventSink(writeTo(told)));
  const thread = new Worker(new URL('publisher-thread.mjs', import.meta.url), { workerData: office.url });
  expect(await once(thread, 'exit')).toEqual([0]);
  expect(told).toEqual(['jam 2']);
});

test('CP-D-15, CP-51: a slow sink keeps the object waiting; serial firing does so too, a queued subscription does not', async () => {
  const clock = new ManualClock();
  const told: string[] = [];
  const printer = new Printer();
  connect(printer, IPaperEvents, slowSink(clock, told));
  const fired = printer.paper.fire('onPaperJam', 2).then(() => told.push('the object goes on'));
  clock.advance(59_999);
  await turn();
  expect(told).toEqual(['slow begins jam 2']);
  clock.advance(1);
  await fired;
  expect(told).toEqual(['slow begins jam 2', 'slow ends jam 2', 'the object goes on']);

  told.length = 0;
  await using office = await startOffice();
  const [publisher, subscriber] = [await office.publisher(), await office.subscriber()];
  const subscription = await subscriber.subscribe({ eventClass }, slowSubscriber(office, told));
  const serial = eventsOf(publisher)
    .onPaperJam({ tray: 2 })
    .then(() => told.push('the publisher goes on'));
  await office.advance(9_999);
  expect(told).toEqual(['slow begins jam 2']);
  await office.advance(1);
  await serial;
  expect(told).toEqual(['slow begins jam 2', 'slow ends jam 2', 'the publisher goes on']);
  await subscription.unsubscribe();

  told.length = 0;
  const { clsid } = new ActivatedSinks();
  await subscriber.registerClass({ clsid, eventClass }, () => slowSubscriber(office, told));
  await subscriber.subscribeClass({ eventClass, subscriberClsid: clsid, queued: true });
  await eventsOf(publisher).onPaperJam({ tray: 3 });
  told.push('the publisher goes on');
  await office.advance(10_000);
  expect(told.indexOf('the publisher goes on')).toBeLessThan(told.indexOf('slow ends jam 3'));
});

test('CP-D-16, CP-51: a slow sink keeps the others waiting; serial firing does so too, parallel firing need not', async () => {
  const clock = new ManualClock();
  const told: string[] = [];
  const printer = new Printer();
  connect(printer, IPaperEvents, slowSink(clock, told));
  connect(printer, IPaperEvents, paperSink(writeTo(told)));
  const fired = printer.paper.fire('onPaperJam', 2);
  clock.advance(59_999);
  await turn();
  expect(told).toEqual(['slow begins jam 2']);
  clock.advance(1);
  await fired;
  expect(told).toEqual(['slow begins jam 2', 'slow ends jam 2', 'jam 2']);

  told.length = 0;
  await using office = await startOffice();
  const publisher = await office.publisher();
  await subscribeBoth(office, told);
  const serial = eventsOf(publisher).onPaperJam({ tray: 2 });
  await office.advance(9_999);
  expect(told).toEqual(['slow begins jam 2']);
  await office.advance(1);
  await serial;
  expect(told).toEqual(['slow begins jam 2', 'slow ends jam 2', 'jam 2']);

  told.length = 0;
  await publisher.catalogue.install({ ...PrinterEvents, fireInParallel: true });
  const parallel = eventsOf(publisher).onPaperJam({ tray: 3 });
  await office.advance(10_000);
  expect(await parallel).toMatchObject({ code: 'S_OK' });
  // A permission, not a promise (EVC-62): nothing is said about the order.
  expect(told.toSorted()).toEqual(['jam 3', 'slow begins jam 3', 'slow ends jam 3']);
});

test('CP-D-17: calling sinks side by side is code of every object; here it is a property of the event class', async () => {
  const clock = new ManualClock();
  const told: string[] = [];
  // Written by hand: the object has a connection point for each client, and all the questions that come with it.
  const printers = [new Printer(), new Printer()] as const;
  connect(printers[0], IPaperEvents, slowSink(clock, told));
  connect(printers[1], IPaperEvents, paperSink(writeTo(told)));
  const fired = Promise.all(printers.map(({ paper }) => paper.fire('onPaperJam', 2)));
  await turn();
  expect(told).toEqual(['slow begins jam 2', 'jam 2']);
  clock.advance(60_000);
  await fired;

  told.length = 0;
  await using office = await startOffice();
  const publisher = await office.publisher();
  const events = eventsOf(publisher);
  await subscribeBoth(office, told);
  for (const fireInParallel of [false, true]) {
    await publisher.catalogue.install({ ...PrinterEvents, fireInParallel });
    expect(await publisher.catalogue.classes("EVENTCLASSNAME = 'Printer'")).toMatchObject([{ fireInParallel }]);
    const published = publish(events);
    await office.advance(10_000);
    expect(await published).toMatchObject({ code: 'S_OK' });
    expect(told.splice(0).toSorted()).toEqual(['jam 2', 'slow begins jam 2', 'slow ends jam 2']);
  }
});
