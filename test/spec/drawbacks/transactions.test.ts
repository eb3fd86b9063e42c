/** Work that is undone: the drawback of connection points with what event classes do about it. */

import { expect, test } from 'vitest';
import { eventSink, PrinterEvents, startOffice } from './event-printer.ts';
import { connect, IPaperEvents, Printer, paperSink, writeTo } from './printer.ts';

test('CP-D-18: after an abort the sinks have been told; events fired in a transaction have never left', async () => {
  const printer = new Printer();
  const told: string[] = [];
  let tray = 1;
  connect(printer, IPaperEvents, paperSink(writeTo(told)));
  const work = async (): Promise<void> => {
    const before = tray;
    try {
      tray = 2;
      await printer.paper.fire('onPaperJam', tray);
      throw new Error('abort');
    } catch {
      tray = before;
    }
  };
  await work();
  expect([tray, told]).toEqual([1, ['jam 2']]);

  told.length = 0;
  await using office = await startOffice();
  await (await office.subscriber()).subscribe({ eventClass: PrinterEvents }, eventSink(writeTo(told)));
  const publisher = await office.publisher();
  const aborted = publisher.transaction((transaction) => {
    transaction.events(PrinterEvents).onPaperJam({ tray: 2 });
    throw new Error('abort');
  });
  await expect(aborted).rejects.toThrow('abort');
  await office.settle();
  expect(told).toEqual([]);
  await publisher.transaction((transaction) => transaction.events(PrinterEvents).onPaperJam({ tray: 3 }));
  await office.settle();
  expect(told).toEqual(['jam 3']);
});
