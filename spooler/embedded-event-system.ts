/** The event system as an embedding program sees it. What clients ask of it goes through its service. */

import { type Guid, SpoolError } from '../shared/index.ts';
import type { ServiceFactory } from './core/service.ts';
import { type Classes, EventSystem, type EventSystemOptions } from './events/event-system.ts';
import { EventsService } from './events/events-service.ts';
import type {
  MultiInterfaceEventControl,
  MultiInterfacePublisherFilter,
  PublisherFilter,
} from './events/publisher-filter.ts';

/** For one spooler. Everything but `services` throws `E_UNEXPECTED` until a spooler was made with them. */
export interface EmbeddedEventSystem {
  /** For the spooler's option of that name. */
  readonly services: readonly ServiceFactory[];
  /** Sets the publisher filter of an event class, or takes it away with null (EVC-131). */
  setMultiInterfacePublisherFilter(eventClass: Guid, filter: MultiInterfacePublisherFilter | null): void;
  /** The same for one method (EVC-144). */
  setPublisherFilter(eventClass: Guid, iid: Guid, method: string, filter: PublisherFilter | null): void;
  /** The subscriptions of an event class, and its default queries (EVC-138, EVC-139). */
  eventControl(eventClass: Guid): MultiInterfaceEventControl;
}

const NO_CLASSES: Classes = {
  activate: (clsid) => Promise.reject(new SpoolError('REGDB_E_CLASSNOTREG', { input: clsid })),
  createFilter: (clsid) => Promise.reject(new SpoolError('REGDB_E_CLASSNOTREG', { input: clsid })),
};

/**
 * ```ts
 * const events = createEventSystem({ store });
 * const server = await serve({ services: events.services });
 * events.setMultiInterfacePublisherFilter(clsid, filter);
 * ```
 */
export function createEventSystem(options: EventSystemOptions = {}): EmbeddedEventSystem {
  let running: EventSystem | undefined;
  const system = (): EventSystem => {
    if (!running) throw new SpoolError('E_UNEXPECTED', { input: 'the event system has no spooler yet' });
    return running;
  };
  return {
    services: [
      (host) => {
        if (running) throw new SpoolError('E_UNEXPECTED', { input: 'the event system has a spooler already' });
        running = new EventSystem(host, NO_CLASSES, options);
        return new EventsService(running);
      },
    ],
    setMultiInterfacePublisherFilter: (eventClass, filter) =>
      system().filters.setMultiInterfacePublisherFilter(eventClass, filter),
    setPublisherFilter: (eventClass, iid, method, filter) =>
      system().filters.setPublisherFilter(eventClass, iid, method, filter),
    eventControl: (eventClass) => system().control(eventClass),
  };
}
