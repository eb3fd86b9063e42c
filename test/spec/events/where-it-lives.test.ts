/** Where an event class is: in the event system, and in the one of its own spooler only. */

import { expect, test } from 'vitest';
import { PrinterEvents, recordingSink, startOffice } from './printer-events.ts';

test("EVC-37: an implementation of the event class by its author is never called: the class is the event system's", async () => {
  await using rig = await startOffice();
  const [publisher, author] = [await rig.publisher(), await rig.subscriber()];
  let created = 0;
  const eventClass = PrinterEvents;
  await author.registerClass({ clsid: eventClass.clsid, eventClass }, () => {
    created++;
    return recordingSink();
  });
  const events = publisher.events(PrinterEvents);
  expect(await events.onPaperJam({ tray: 2 })).toMatchObject({ code: 'EVENT_S_NOSUBSCRIBERS' });
  const sink = recordingSink();
  await author.subscribe({ eventClass }, sink);
  expect(await events.onPaperJam({ tray: 2 })).toMatchObject({ code: 'S_OK' });
  expect([created, sink.seen]).toEqual([0, [['onPaperJam', { tray: 2 }]]]);
});

test('EVC-73: a class and all its subscribers are at one spooler; another has its own, under the same CLSID', async () => {
  await using here = await startOffice();
  await using there = await startOffice();
  const sinks = [recordingSink(), recordingSink()] as const;
  await (await here.subscriber()).subscribe({ eventClass: PrinterEvents }, sinks[0]);
  await (await there.subscriber()).subscribe({ eventClass: PrinterEvents }, sinks[1]);
  await (await here.publisher()).events(PrinterEvents).onPaperJam({ tray: 1 });
  expect(sinks.map(({ seen }) => seen)).toEqual([[['onPaperJam', { tray: 1 }]], []]);
  const administrator = await there.publisher();
  await administrator.catalogue.remove(PrinterEvents.clsid);
  await expect(administrator.events(PrinterEvents).onCleared()).rejects.toMatchObject({ code: 'REGDB_E_CLASSNOTREG' });
  expect(await (await here.publisher()).events(PrinterEvents).onCleared()).toMatchObject({ code: 'S_OK' });
});
