/** The event system as an embedding program sees it. What clients ask of it goes through its service. */

import { type Guid, SpoolError } from '../shared/index.ts';
import { jobCallbackMethod } from '../shared/jobs/job-callback.ts';
import { ClassService, type ClassServiceOptions } from './activation/class-service.ts';
import type { ServiceFactory } from './core/service.ts';
import { EventSystem, type EventSystemOptions } from './events/event-system.ts';
import { EventsService } from './events/events-service.ts';
import type {
  MultiInterfaceEventControl,
  MultiInterfacePublisherFilter,
  PublisherFilter,
} from './events/publisher-filter.ts';

export interface EmbeddedEventSystemOptions extends EventSystemOptions {
  /** Where the classes of subscribers and filters come from (docs/serve.md). Default: from those who serve them. */
  readonly classes?: Omit<ClassServiceOptions, 'lookup' | 'onServed'>;
}

/** For one spooler. Everything but `services` and `onClassServed` throws `E_UNEXPECTED` until a spooler was made with them. */
export interface EmbeddedEventSystem {
  /** `classes` and `events`, for the spooler's option of that name. */
  readonly services: readonly ServiceFactory[];
  /** Its classes, for features beside it. Throws `E_UNEXPECTED` until a spooler was made. */
  classes(): ClassService;
  /** Calls back whenever somebody serves a class from then on. */
  onClassServed(then: (clsid: Guid) => void): void;
  /** Resolves when everything was read from the store and configured. Rejects as those do; then nothing works. */
  ready(): Promise<void>;
  /** Sets the publisher filter of an event class, or takes it away with null (EVC-131). */
  setMultiInterfacePublisherFilter(eventClass: Guid, filter: MultiInterfacePublisherFilter | null): void;
  /** The same for one method (EVC-144). */
  setPublisherFilter(eventClass: Guid, iid: Guid, method: string, filter: PublisherFilter | null): void;
  /** The subscriptions of an event class, and its default queries (EVC-138, EVC-139). */
  eventControl(eventClass: Guid): MultiInterfaceEventControl;
}

/**
 * ```ts
 * const events = createEventSystem({ store });
 * const server = await serve({ services: events.services });
 * events.setMultiInterfacePublisherFilter(clsid, filter);
 * ```
 */
export function createEventSystem(options: EmbeddedEventSystemOptions = {}): EmbeddedEventSystem {
  let classes: ClassService | undefined;
  let running: EventSystem | undefined;
  const served: ((clsid: Guid) => void)[] = [];
  const system = (): EventSystem => {
    if (!running) throw new SpoolError('E_UNEXPECTED', { input: 'the event system has no spooler yet' });
    return running;
  };
  return {
    services: [
      (host) => {
        if (classes) throw new SpoolError('E_UNEXPECTED', { input: 'the event system has a spooler already' });
        classes = new ClassService(host, {
          ...(options.subscriberTime !== undefined && { callTime: options.subscriberTime }),
          ...options.classes,
          lookup: (...wanted) => jobCallbackMethod(...wanted) ?? running?.catalogue.methodOf(...wanted),
          onServed: (clsid) => {
            running?.wake();
            for (const then of served) then(clsid);
          },
        });
        return classes;
      },
      (host) => {
        if (!classes) throw new SpoolError('E_UNEXPECTED', { input: 'both services are needed, in their order' });
        running = new EventSystem(host, classes, options);
        return new EventsService(running);
      },
    ],
    classes: () => {
      if (!classes) throw new SpoolError('E_UNEXPECTED', { input: 'the event system has no spooler yet' });
      return classes;
    },
    onClassServed: (then) => void served.push(then),
    ready: async () => void (await system().ready()),
    setMultiInterfacePublisherFilter: (eventClass, filter) =>
      system().filters.setMultiInterfacePublisherFilter(eventClass, filter),
    setPublisherFilter: (eventClass, iid, method, filter) =>
      system().filters.setPublisherFilter(eventClass, iid, method, filter),
    eventControl: (eventClass) => system().control(eventClass),
  };
}
