/**
 * The spooler's half of an event class object (EVC-3, EVC-7): takes an event, asks the publisher filter or everybody who
 * subscribed, and comes back with the result.
 */

import { type EventClassDescription, SpoolError } from '../../shared/index.ts';
import type { Delivery, FiredEvent } from './delivery.ts';
import type { EventLog } from './event-log.ts';
import type { Roles } from './event-security.ts';
import { Firing } from './firing.ts';
import type { FiringControl } from './publisher-filter.ts';
import type { PublisherFilters } from './publisher-filters.ts';
import type { Subscription } from './subscription.ts';

export interface EventObjectParts {
  readonly delivery: Delivery;
  readonly filters: PublisherFilters;
  readonly roles: Roles;
  readonly log: EventLog;
  /** Whom the event reaches without a publisher filter, in the order they subscribed. */
  subscribers(event: FiredEvent): Iterable<Subscription>;
}

export class EventObject {
  readonly #parts: EventObjectParts;

  constructor(parts: EventObjectParts) {
    this.#parts = parts;
  }

  /**
   * Fires one event. Resolves, when everybody has been called, with the publisher's result: EVC-65 to EVC-68, or the code
   * of a publisher filter that failed (EVC-OPEN-15). Rejects only for a fault of the event system.
   */
  async fire(event: FiredEvent, eventClass: EventClassDescription): Promise<number> {
    const firing = new Firing<Pick<Subscription, 'id'>>(
      (subscription) => this.#parts.delivery.deliver(event, subscription),
      eventClass.fireInParallel ?? false,
    );
    const failure = await this.#filtered(event, eventClass, firing);
    const result = await firing.result();
    return failure?.hresult ?? result;
  }

  /** Lets the publisher filter fire, where there is one, else fires at everybody. Resolves with why the filter failed. */
  async #filtered(
    event: FiredEvent,
    eventClass: EventClassDescription,
    firing: Firing<Pick<Subscription, 'id'>>,
  ): Promise<SpoolError | undefined> {
    const { filters, log, roles } = this.#parts;
    const { interface: iid, method } = event.call;
    const { user } = event.publisher;
    const control: FiringControl = {
      user,
      isCallerInRole: (role) => roles.isInRole(user, role),
      fireSubscription: (subscription) => firing.fireSubscription(subscription),
    };
    try {
      const filter = await filters.filterFor(eventClass, iid, method);
      if (filter) await filters.handOver(filter, event.call, control);
      else for (const subscription of this.#parts.subscribers(event)) void firing.fireSubscription(subscription);
      return undefined;
    } catch (reason) {
      if (!(reason instanceof SpoolError)) throw reason;
      const { hresult, message } = reason;
      log({ kind: 'publisherFilterFailed', eventClass: eventClass.clsid, interface: iid, method, hresult, message });
      return reason;
    }
  }
}
