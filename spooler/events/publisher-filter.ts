/**
 * What a publisher filter is (EVC-130 to EVC-148): code of the operator's or of an embedding program that decides who
 * gets an event, and in which order. The names are those of the documents.
 */

import { type CallArguments, type Guid, SpoolError } from '../../shared/index.ts';
import type { Fate } from './result.ts';
import type { Subscription } from './subscription.ts';

/** Subscriptions that are what they are now at each walk (EVC-63, EVC-138). */
export interface EventObjectCollection extends Iterable<Subscription> {
  readonly count: number;
}

/** Where a filter finds the subscriptions of its event class (EVC-138, EVC-139). */
export interface MultiInterfaceEventControl {
  /**
   * Those that an event of this method would reach without a filter: enabled, of its class, interface and method, their
   * user logged on; those for another publisher ID are skipped when they are fired. `criteria` chooses among them: undefined or null stands for the default query, `ALL`
   * for every one. Throws `EVENT_E_QUERYSYNTAX` or `EVENT_E_QUERYFIELD`, with the position.
   */
  getSubscriptions(iid: Guid, method: string, criteria?: string | null): EventObjectCollection;
  /** The query for an event that no filter is asked about, and for a filter that names none. Throws as above. */
  setDefaultQuery(iid: Guid, method: string, criteria: string): void;
}

/** One event, in the hands of a filter (EVC-141). */
export interface FiringControl {
  /** Who fires; to ask for his roles is `isCallerInRole` (EVC-147). */
  readonly user: string;
  isCallerInRole(role: string): boolean;
  /**
   * Delivers to one subscription: its parameter filter is applied, the subscriber is activated if it is persistent, the
   * method is called with the publisher's arguments. Resolves with what became of it (EVC-OPEN-17), also where it failed.
   * Deliveries begin in the order of the calls, awaited or not (EVC-142). One that the event would not reach without a
   * filter is skipped. A subscription gets the event once: see `Firing.fireSubscription`. Rejects with `E_UNEXPECTED` once
   * the event is over.
   */
  fireSubscription(subscription: Pick<Subscription, 'id'>): Promise<Fate>;
}

/** The methods of a firing interface, on a filter. Events may overlap: `firing` says which one it is. */
export type FilteringMethods = Readonly<
  Record<string, (given: CallArguments, firing: FiringControl) => void | Promise<void>>
>;

/** What both forms have. */
interface EventMethodsOfFilter {
  /**
   * The firing interface of a filter that decides on the arguments: after `prepareToFire` its method of the event's name is
   * called with them (EVC-137). Undefined, or without that method: it does not.
   */
  queryInterface?(iid: Guid): FilteringMethods | undefined;
}

/**
 * One object for all interfaces and methods of an event class (EVC-134). A method that throws a `SpoolError` ends the
 * event with its code, anything else with `EVENT_E_USER_EXCEPTION`; so does one that takes too long, with
 * `RPC_E_TIMEOUT`. Then nobody else gets the event (EVC-OPEN-15).
 */
export interface MultiInterfacePublisherFilter extends EventMethodsOfFilter {
  /** Once, before its first event. The control stays valid (EVC-135). */
  initialize(control: MultiInterfaceEventControl): void | Promise<void>;
  /** For each event, before anybody gets it (EVC-136). */
  prepareToFire(iid: Guid, method: string, firing: FiringControl): void | Promise<void>;
}

/** The same for one method of a class with one firing interface (EVC-144). */
export interface PublisherFilter extends EventMethodsOfFilter {
  initialize(method: string, control: EventControl): void | Promise<void>;
  prepareToFire(method: string, firing: FiringControl): void | Promise<void>;
}

/** `MultiInterfaceEventControl` without the interface. */
export interface EventControl {
  getSubscriptions(method: string, criteria?: string | null): EventObjectCollection;
  setDefaultQuery(method: string, criteria: string): void;
}

/** The single-interface form in the clothes of the other, for one method of that interface. */
export function asMultiInterface(iid: Guid, method: string, filter: PublisherFilter): MultiInterfacePublisherFilter {
  return {
    initialize: (control) =>
      filter.initialize(method, {
        getSubscriptions: (name, criteria) => control.getSubscriptions(iid, name, criteria),
        setDefaultQuery: (name, criteria) => control.setDefaultQuery(iid, name, criteria),
      }),
    prepareToFire: (_iid, name, firing) => filter.prepareToFire(name, firing),
    queryInterface: (wanted) => filter.queryInterface?.(wanted),
  };
}

/** The object of a filter class. Throws `E_NOINTERFACE` for one that is no filter. */
export function publisherFilterIn(object: object, clsid: Guid): MultiInterfacePublisherFilter {
  const filter: Partial<MultiInterfacePublisherFilter> = object;
  if (typeof filter.initialize === 'function' && typeof filter.prepareToFire === 'function')
    return filter as MultiInterfacePublisherFilter;
  throw new SpoolError('E_NOINTERFACE', { input: `${clsid} is no IMultiInterfacePublisherFilter` });
}
