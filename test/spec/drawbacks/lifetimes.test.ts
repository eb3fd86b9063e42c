/** Lives that have to overlap: each drawback of connection points with what event classes do about it. */

import { expect, test } from 'vitest';
import { ActivatedSinks, eventSink, eventsOf, PrinterEvents, startOffice } from './event-printer.ts';
import { connect, IPaperEvents, Printer, paperSink, writeTo } from './printer.ts';

const eventClass = PrinterEvents;

/** Long enough for a publisher that was cut off to be back. */
const A_WHILE = 5_000;

/** A client that can be away: what it is told then fails, as a call to a process that is gone. */
class Client {
  readonly told: string[] = [];
  away = false;

  sink = () =>
    paperSink((event) => {
      if (this.away) throw new Error('the client cannot be reached');
      this.told.push(event);
    });
}

test('CP-D-10: when the client is gone the event is lost; a persistent subscriber is made for each event and released', async () => {
  const printer = new Printer();
  const client = new Client();
  connect(printer, IPaperEvents, client.sink());
  client.away = true;
  expect(await printer.paper.fire('onPaperJam', 2)).toHaveLength(1);
  // It comes back as a new instance and connects: what was fired meanwhile is gone.
  client.away = false;
  connect(printer, IPaperEvents, client.sink());
  expect(client.told).toEqual([]);

  const sinks = new ActivatedSinks();
  await using office = await startOffice({ classes: { table: sinks.table } });
  const subscriber = await office.subscriber();
  await subscriber.subscribeClass({ eventClass, subscriberClsid: sinks.clsid });
  office.cut(subscriber);
  await office.settle();
  await eventsOf(await office.publisher()).onPaperJam({ tray: 2 });
  await office.settle();
  expect(sinks.told).toEqual(['created', 'jam 2', 'released']);
});

test('CP-D-11, CP-50: nobody is started for an event; a subscriber that never ran is created once and released once for each', async () => {
  const printer = new Printer();
  let created = 0;
  const whenWanted = () => {
    created++;
    return paperSink(() => {});
  };
  expect(await printer.paper.fire('onPaperJam', 2)).toEqual([]);
  expect(created).toBe(0);
  // Somebody has to have run beforehand.
  connect(printer, IPaperEvents, whenWanted());
  expect(created).toBe(1);

  const sinks = new ActivatedSinks();
  await using office = await startOffice({ classes: { table: sinks.table } });
  const [publisher, administrator] = [await office.publisher(), await office.subscriber()];
  await administrator.subscribeClass({ eventClass, subscriberClsid: sinks.clsid });
  expect(sinks.told).toEqual([]);
  for (const tray of [1, 2]) {
    await eventsOf(publisher).onPaperJam({ tray });
    await office.settle();
  }
  expect(sinks.told).toEqual(['created', 'jam 1', 'released', 'created', 'jam 2', 'released']);
});

test('CP-D-12: an object that cannot reach its clients fires in vain; a publisher records, and all arrives later in its order', async () => {
  const printer = new Printer();
  const client = new Client();
  connect(printer, IPaperEvents, client.sink());
  client.away = true;
  for (const tray of [1, 2, 3]) await printer.paper.fire('onPaperJam', tray);
  client.away = false;
  await printer.paper.fire('onPaperJam', 4);
  expect(client.told).toEqual(['jam 4']);

  const told: string[] = [];
  await using office = await startOffice();
  await (await office.subscriber()).subscribe({ eventClass }, eventSink(writeTo(told)));
  const publisher = await office.publisher({ reconnect: true });
  office.cut(publisher);
  await office.settle();
  expect(publisher.state).toBe('away');
  const recorder = publisher.recorder();
  for (const tray of [1, 2, 3]) recorder.events(PrinterEvents).onPaperJam({ tray });
  const posted = recorder.release();
  await office.settle();
  expect(told).toEqual([]);
  await office.advance(A_WHILE);
  await posted;
  await office.settle();
  expect(told).toEqual(['jam 1', 'jam 2', 'jam 3']);
});

test('CP-D-13: a client that is away misses what is fired; a queued subscription gets all of it when the client is back', async () => {
  const printer = new Printer();
  const client = new Client();
  const disconnect = connect(printer, IPaperEvents, client.sink());
  disconnect();
  for (const tray of [1, 2, 3]) await printer.paper.fire('onPaperJam', tray);
  connect(printer, IPaperEvents, client.sink());
  expect(client.told).toEqual([]);

  const told: string[] = [];
  const { clsid } = new ActivatedSinks();
  await using office = await startOffice();
  const away = await office.subscriber();
  await away.subscribeClass({ eventClass, subscriberClsid: clsid, queued: true });
  await away.close();
  const events = eventsOf(await office.publisher());
  for (const tray of [1, 2, 3]) expect(await events.onPaperJam({ tray })).toMatchObject({ code: 'S_OK' });
  await office.settle();
  const back = await office.subscriber();
  await back.registerClass({ clsid, eventClass }, () => eventSink(writeTo(told)));
  await office.settle();
  expect(told).toEqual(['jam 1', 'jam 2', 'jam 3']);
});
