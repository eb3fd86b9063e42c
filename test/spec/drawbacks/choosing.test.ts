/** Being told of some events only: each drawback of connection points with what event classes do about it. */

import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { createSink } from '../../../client/connection-points/index.ts';
import { eventSink, eventsOf, PrinterEvents, startOffice } from './event-printer.ts';
import { connect, IPaperEvents, Printer, paperSink, writeTo } from './printer.ts';

test("CP-D-3: a sink gets every method's calls; a subscription may be to one method", async () => {
  const printer = new Printer();
  const told: string[] = [];
  connect(printer, IPaperEvents, paperSink(writeTo(told)));
  await printer.paper.fire('onPaperJam', 2);
  await printer.paper.fire('onPaperOut', 1);
  expect(told).toEqual(['jam 2', 'out 1']);

  told.length = 0;
  await using office = await startOffice();
  const events = eventsOf(await office.publisher());
  const { onPaperJam } = eventSink(writeTo(told));
  await (await office.subscriber()).subscribe({ eventClass: PrinterEvents, method: 'onPaperJam' }, { onPaperJam });
  expect(await events.onPaperOut({ tray: 1 })).toMatchObject({ code: 'EVENT_S_NOSUBSCRIBERS' });
  expect(await events.onPaperJam({ tray: 2 })).toMatchObject({ code: 'S_OK' });
  expect(told).toEqual(['jam 2']);
});

test('CP-D-4, CP-50: a sink is called whatever the values are; with a parameter filter the subscriber is called for those that match', async () => {
  const printer = new Printer();
  const told: string[] = [];
  connect(printer, IPaperEvents, paperSink(writeTo(told)));
  for (const tray of [1, 2, 3]) await printer.paper.fire('onPaperJam', tray);
  expect(told).toEqual(['jam 1', 'jam 2', 'jam 3']);

  told.length = 0;
  await using office = await startOffice();
  const events = eventsOf(await office.publisher());
  const { onPaperJam } = eventSink(writeTo(told));
  const onlyTray2 = { eventClass: PrinterEvents, method: 'onPaperJam', filterCriteria: 'tray = 2' } as const;
  await (await office.subscriber()).subscribe(onlyTray2, { onPaperJam });
  for (const tray of [1, 2, 3]) await events.onPaperJam({ tray });
  expect(told).toEqual(['jam 2']);
});

const root = resolve(import.meta.dirname, '../../..');

/** The files that a file imports, and those that they do. */
function sourcesBehind(file: string, found: string[] = []): readonly string[] {
  if (found.includes(file)) return found;
  found.push(file);
  const source = readFileSync(resolve(root, file), 'utf8');
  for (const [, imported = ''] of source.matchAll(/^(?:import|export) [^;]*?from '(\.[^']+)'/gm)) {
    sourcesBehind(relative(root, resolve(root, dirname(file), imported)), found);
  }
  return found;
}

/** A home-made subset: its clients must know this class, and it does the choosing. */
class ChoosyPrinter extends Printer {
  adviseForTray(wanted: number, told: (event: string) => void): void {
    const onPaperJam = (tray: number): void => {
      if (tray === wanted) told(`jam ${tray}`);
    };
    this.paper.advise(createSink(IPaperEvents, { onPaperJam, onPaperOut: () => {} }));
  }
}

test('CP-D-5: a subset that the object makes itself ties object and client together; a filter is in neither of them', async () => {
  const printer = new ChoosyPrinter();
  const told: string[] = [];
  printer.adviseForTray(2, writeTo(told));
  for (const tray of [1, 2, 3]) await printer.paper.fire('onPaperJam', tray);
  expect(told).toEqual(['jam 2']);
  // The same client at an object that has not been made for it.
  expect('adviseForTray' in new Printer()).toBe(false);

  told.length = 0;
  await using office = await startOffice();
  const scope = { eventClass: PrinterEvents, interface: 'IPaperEvents', filterCriteria: 'tray = 2' } as const;
  await (await office.subscriber()).subscribe(scope, eventSink(writeTo(told)));
  const events = eventsOf(await office.publisher());
  for (const tray of [1, 2, 3]) await events.onPaperJam({ tray });
  expect(told).toEqual(['jam 2']);
  // Neither side knows of it, nor of the other.
  const [publisher, subscriber] = [sourcesBehind('client/publisher.ts'), sourcesBehind('client/subscriber.ts')];
  expect(publisher).toContain('client/events/event-publisher.ts');
  expect(publisher).not.toContain('client/events/event-subscriber.ts');
  expect(subscriber).toContain('client/events/event-subscriber.ts');
  expect(subscriber).not.toContain('client/events/event-publisher.ts');
});
