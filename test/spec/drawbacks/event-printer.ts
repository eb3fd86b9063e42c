/** The same printer as an event class, and an office with an event system that has it. */

import type { Publisher } from '../../../client/publisher.ts';
import { defineEventClass } from '../../../shared/index.ts';
import {
  ClassTable,
  createEventSystem,
  type EmbeddedEventSystemOptions,
  type ModuleClass,
} from '../../../spooler/index.ts';
import { type Rig, type RigOptions, startRig } from '../../harness/index.ts';
import { IInkEvents, IPaperEvents } from './printer.ts';

export const PrinterEvents = defineEventClass({
  name: 'Printer',
  clsid: '5e2f0ba4-4b0a-4f0c-8d5c-0a5f3ff0a5d0',
  interfaces: {
    IPaperEvents: { iid: IPaperEvents.iid, methods: { onPaperJam: { tray: 'u8' }, onPaperOut: { tray: 'u8' } } },
    IInkEvents: { iid: IInkEvents.iid, methods: { onInkLow: { colour: 'string' } } },
  },
});

export type PrinterEventObject = ReturnType<typeof eventsOf>;

/** The event object of a publisher (EVC-5). */
export const eventsOf = (publisher: Publisher) => publisher.events(PrinterEvents);

/** An object that does `told` with each event, such as "jam 2". */
export function eventSink(told: (event: string) => unknown) {
  return {
    onPaperJam: ({ tray }: { readonly tray: number }) => told(`jam ${tray}`),
    onPaperOut: ({ tray }: { readonly tray: number }) => told(`out ${tray}`),
    onInkLow: ({ colour }: { readonly colour: string }) => told(`ink ${colour}`),
  };
}

/** A class of subscribers that no program serves: the spooler makes its objects itself, for an event and no longer. */
export class ActivatedSinks {
  readonly clsid = '5e2f0ba4-4b0a-4f0c-8d5c-0a5f3ff0a5e0';
  readonly told: string[] = [];

  /** For the operator's table of classes. */
  get table(): ClassTable {
    const entry: ModuleClass = { kind: 'module', load: async () => ({ createObject: () => this.#create() }) };
    return new ClassTable([[this.clsid, entry]]);
  }

  #create(): object {
    this.told.push('created');
    return {
      ...eventSink((event) => void this.told.push(event)),
      release: () => void this.told.push('released'),
    };
  }
}

/** Closed by whoever started it. */
export async function startOffice(events: EmbeddedEventSystemOptions = {}, options: RigOptions = {}): Promise<Rig> {
  const rig: Rig = await startRig({
    services: createEventSystem(events).services,
    wallClock: () => rig.clock.now(),
    ...options,
  });
  if (events.configuration === undefined) {
    const operator = await rig.publisher();
    await operator.catalogue.install(PrinterEvents);
    await operator.close();
  }
  return rig;
}
