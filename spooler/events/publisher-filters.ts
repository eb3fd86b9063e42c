/**
 * The publisher filters in force, and what they may cost (EVC-130 to EVC-148). One filter at most is asked about an
 * event: that set for its method at run time, else that set for its class at run time, else that of the class's property
 * (EVC-OPEN-14).
 */

import {
  type Clock,
  type EventCall,
  type EventClassDescription,
  type Guid,
  SpoolError,
  succeeded,
} from '../../shared/index.ts';
import {
  asMultiInterface,
  type FiringControl,
  type MultiInterfaceEventControl,
  type MultiInterfacePublisherFilter,
  type PublisherFilter,
} from './publisher-filter.ts';
import { LATE, type Late, TimeLimit, within } from './time-limit.ts';

export interface PublisherFiltersParts {
  readonly clock: Clock;
  /** Milliseconds a filter may take at a time; those that its subscribers take do not count. */
  readonly filterTime: number;
  /** An object of a filter class (EVC-133). Rejects with a `SpoolError`, such as `REGDB_E_CLASSNOTREG`. */
  create(clsid: Guid): Promise<MultiInterfacePublisherFilter>;
  /** What a filter of this event class is initialised with. */
  control(eventClass: Guid): MultiInterfaceEventControl;
}

/** A filter in force: initialised before its first event, and again before the next where that has failed. */
interface Attached {
  /** The class it was created of; undefined for one set at run time. */
  readonly clsid?: Guid;
  readonly ready: () => Promise<MultiInterfacePublisherFilter>;
}

export class PublisherFilters {
  readonly #parts: PublisherFiltersParts;
  /** Set at run time: by event class, or event class, interface and method. */
  readonly #set = new Map<string, Attached>();
  /** Created for the property of an event class. */
  readonly #created = new Map<Guid, Attached>();

  constructor(parts: PublisherFiltersParts) {
    this.#parts = parts;
  }

  /** Sets the filter of an event class, or takes it away with null (EVC-131). It is the caller's object. */
  setMultiInterfacePublisherFilter(eventClass: Guid, filter: MultiInterfacePublisherFilter | null): void {
    this.#attach(eventClass, eventClass, filter);
  }

  /** The same for one method (EVC-144). */
  setPublisherFilter(eventClass: Guid, iid: Guid, method: string, filter: PublisherFilter | null): void {
    this.#attach(keyOf(eventClass, iid, method), eventClass, filter && asMultiInterface(iid, method, filter));
  }

  #attach(key: string, eventClass: Guid, filter: MultiInterfacePublisherFilter | null): void {
    if (filter) this.#set.set(key, { ready: this.#once(eventClass, async () => filter) });
    else this.#set.delete(key);
  }

  /**
   * The filter to be asked about an event of this method, initialised; undefined for none. Rejects with a `SpoolError`
   * where there is to be one and it cannot be had (EVC-OPEN-15).
   */
  async filterFor(
    eventClass: EventClassDescription,
    iid: Guid,
    method: string,
  ): Promise<MultiInterfacePublisherFilter | undefined> {
    const { clsid, multiInterfacePublisherFilterClsid: property } = eventClass;
    const attached =
      this.#set.get(keyOf(clsid, iid, method)) ?? this.#set.get(clsid) ?? this.#ofProperty(clsid, property);
    return attached?.ready();
  }

  #ofProperty(eventClass: Guid, clsid: Guid | undefined): Attached | undefined {
    const created = this.#created.get(eventClass);
    if (created && created.clsid === clsid) return created;
    // The property has changed: another filter, or none.
    this.#created.delete(eventClass);
    if (clsid === undefined) return undefined;
    const attached = { clsid, ready: this.#once(eventClass, () => this.#parts.create(clsid)) };
    this.#created.set(eventClass, attached);
    return attached;
  }

  /** Creates and initialises once for all who ask, and again for whoever asks after that has failed. */
  #once(
    eventClass: Guid,
    create: () => Promise<MultiInterfacePublisherFilter>,
  ): () => Promise<MultiInterfacePublisherFilter> {
    let ready: Promise<MultiInterfacePublisherFilter> | undefined;
    return () => {
      ready ??= this.#initialized(eventClass, create).catch((reason: unknown) => {
        ready = undefined;
        throw failureOf(reason);
      });
      return ready;
    };
  }

  async #initialized(
    eventClass: Guid,
    create: () => Promise<MultiInterfacePublisherFilter>,
  ): Promise<MultiInterfacePublisherFilter> {
    const filter = await create();
    const initialized = Promise.resolve(filter.initialize(this.#parts.control(eventClass)));
    if ((await within(this.#parts.clock, this.#parts.filterTime, initialized)) === LATE) throw tooLate();
    return filter;
  }

  /**
   * Hands one event to a filter: `prepareToFire`, then its own event method where it has it (EVC-136, EVC-137). Rejects
   * with a `SpoolError` that ends the event: what the filter threw, `EVENT_E_USER_EXCEPTION` for anything that is none,
   * `RPC_E_TIMEOUT` for one that took too long.
   */
  async handOver(filter: MultiInterfacePublisherFilter, call: EventCall, firing: FiringControl): Promise<void> {
    const limit = new TimeLimit(this.#parts.clock, this.#parts.filterTime);
    const limited: FiringControl = {
      user: firing.user,
      isCallerInRole: (role) => firing.isCallerInRole(role),
      fireSubscription: (subscription) => limit.standStillFor(firing.fireSubscription(subscription)),
    };
    try {
      const ended = await Promise.race([asked(filter, call, limited), limit.passed]);
      if (ended === LATE) throw tooLate();
    } catch (reason) {
      throw failureOf(reason);
    } finally {
      limit.stop();
    }
  }
}

async function asked(
  filter: MultiInterfacePublisherFilter,
  { interface: iid, method, arguments: given }: EventCall,
  firing: FiringControl,
): Promise<Late | void> {
  await filter.prepareToFire(iid, method, firing);
  const methods = filter.queryInterface?.(iid);
  // None that every object has: an event may have any name.
  if (methods && !(method in Object.prototype)) await methods[method]?.(given, firing);
}

/** The bit of codes that never travel (PAN-238). */
const CUSTOMER = 0x20000000;

function failureOf(reason: unknown): SpoolError {
  const error = SpoolError.from(reason, 'EVENT_E_USER_EXCEPTION');
  const mayTravel = !succeeded(error.hresult) && (error.hresult & CUSTOMER) === 0;
  return mayTravel ? error : new SpoolError('EVENT_E_USER_EXCEPTION', { cause: reason, input: error.code });
}

function tooLate(): SpoolError {
  return new SpoolError('RPC_E_TIMEOUT', { input: 'the publisher filter' });
}

function keyOf(eventClass: Guid, iid: Guid, method: string): string {
  return `${eventClass} ${iid} ${method}`;
}
