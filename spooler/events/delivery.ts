/**
 * One event to one subscription: is it meant for it, does it take it from this publisher, and how is its subscriber
 * called (EVC-80 to EVC-84, EVC-141, EVC-165). Whatever a subscriber does becomes a fate, never a rejection.
 */

import { type EventCall, type Guid, hresultOf, type MethodDescription, SpoolError } from '../../shared/index.ts';
import type { Activator } from '../activation/activator.ts';
import type { CallableObject } from '../objects/callable-object.ts';
import type { EventLog } from './event-log.ts';
import { accepts, type Roles } from './event-security.ts';
import type { ParameterFilters } from './parameter-filters.ts';
import type { Publisher } from './queued-message.ts';
import { type Fate, fateOf, SKIPPED } from './result.ts';
import type { Subscription } from './subscription.ts';
import type { EventOrigin } from './subscription-index.ts';

/** A call on its way to a subscriber. */
export interface CarriedCall {
  readonly call: Omit<EventCall, 'arguments'>;
  /** The same, whole, as its subscriber gets it. */
  readonly bytes: Uint8Array;
}

/** One event that was fired and checked. */
export interface FiredEvent extends CarriedCall {
  readonly call: EventCall;
  readonly method: MethodDescription;
  readonly origin: EventOrigin;
  readonly publisher: Publisher;
  /** Who records what of it is queued (EVC-123). */
  readonly recorder: number;
}

export interface DeliveryParts {
  readonly activator: Activator;
  readonly roles: Roles;
  readonly filters: ParameterFilters;
  readonly log: EventLog;
  /** The subscription as it is now; undefined where the event does not reach it any more (EVC-63). */
  reached(event: FiredEvent, id: Guid): Subscription | undefined;
  /** The object of a transient subscription; undefined where it has gone. */
  live(id: Guid): CallableObject | undefined;
  /** Whether a subscriber's class may be used for events of the event class (EVC-OPEN-1). */
  mayActivate(clsid: Guid, eventClass: Guid): boolean;
  /** Records an event for a queued subscription. Rejects where it cannot be kept. */
  record(event: FiredEvent, subscription: Subscription): Promise<void>;
}

export class Delivery {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** What became of the event at the subscription as it is now, not as it was when it was found (EVC-63). */
  deliver(event: FiredEvent, { id }: Pick<Subscription, 'id'>): Fate | Promise<Fate> {
    const { filters, roles } = this.#parts;
    const subscription = this.#parts.reached(event, id);
    if (!subscription) return SKIPPED;
    const sifted = filters.sift(subscription, event.method, event.call.arguments);
    if (sifted === false) return SKIPPED;
    if (sifted !== true) {
      const { hresult, criteria, position, offending } = sifted;
      const about = { ...aboutOf(event, subscription), criteria, position, offending };
      this.#parts.log({ kind: 'filterUnusable', id: 4624, hresult, ...about });
      return fateOf(hresult);
    }
    if (!accepts(subscription, event.publisher.user, roles))
      return this.#answered(event, subscription, hresultOf('E_ACCESSDENIED'));
    return subscription.queued ? this.#record(event, subscription) : this.call(event, subscription);
  }

  /** Calls the subscriber; whether it is meant for it was asked before. Never rejects. */
  async call(event: CarriedCall, subscription: Subscription): Promise<Fate> {
    const { subscriberClsid, id } = subscription;
    if (subscriberClsid === undefined) {
      const object = this.#parts.live(id);
      // Its session has ended, and the end of the subscription is on its way.
      if (!object) return this.#answered(event, subscription, hresultOf('RPC_E_DISCONNECTED'));
      return this.#toLive(event, subscription, object);
    }
    const object = await this.#created(event, subscription, subscriberClsid);
    if (typeof object === 'number') return fateOf(object);
    try {
      return this.#answered(event, subscription, await resultOfCall(object, event.bytes));
    } finally {
      // For each event one object (EVC-81).
      object.release();
    }
  }

  async #toLive(event: CarriedCall, subscription: Subscription, object: CallableObject): Promise<Fate> {
    try {
      return this.#answered(event, subscription, await object.call(event.bytes));
    } catch (reason) {
      // Its subscription has ended while the call waited for its turn: as if it had ended before (EVC-63).
      if (reason instanceof SpoolError && reason.code === 'CHANNEL_ALREADY_CLOSED') return SKIPPED;
      return this.#answered(event, subscription, failureOf(reason));
    }
  }

  async #created(event: CarriedCall, subscription: Subscription, clsid: Guid): Promise<CallableObject | number> {
    try {
      if (!this.#parts.mayActivate(clsid, event.call.eventClass))
        throw new SpoolError('E_ACCESSDENIED', { input: 'the event class allows no module in the spooler' });
      return await this.#parts.activator.activate(clsid, subscription.user ?? subscription.owner);
    } catch (reason) {
      const hresult = failureOf(reason);
      const { message } = SpoolError.from(reason, 'EVENT_E_INTERNALERROR');
      this.#parts.log({ kind: 'notCreated', id: 4356, clsid, hresult, message, ...aboutOf(event, subscription) });
      return hresult;
    }
  }

  async #record(event: FiredEvent, subscription: Subscription): Promise<Fate> {
    try {
      await this.#parts.record(event, subscription);
      return { kind: 'queued', hresult: hresultOf('S_OK') };
    } catch (reason) {
      return this.#answered(event, subscription, failureOf(reason));
    }
  }

  #answered(event: CarriedCall, subscription: Subscription, hresult: number): Fate {
    const fate = fateOf(hresult);
    if (fate.kind === 'failed')
      this.#parts.log({ kind: 'methodFailed', id: 4354, hresult, ...aboutOf(event, subscription) });
    return fate;
  }
}

/** What a log says of an event at a subscription (EVC-71). */
function aboutOf({ call }: CarriedCall, { id, name }: Subscription) {
  const { eventClass, interface: iid, method } = call;
  return { eventClass, interface: iid, method, subscription: id, name };
}

/** The object's answer, or why it could not be called. */
export async function resultOfCall(object: CallableObject, bytes: Uint8Array): Promise<number> {
  try {
    return await object.call(bytes);
  } catch (reason) {
    return failureOf(reason);
  }
}

function failureOf(reason: unknown): number {
  const { code, hresult, input } = SpoolError.from(reason, 'EVENT_E_INTERNALERROR');
  switch (code) {
    case 'CONNECTION_LOST':
      return hresultOf(input === 'shutdown' ? 'RPC_S_CALL_CANCELLED' : 'RPC_E_DISCONNECTED');
    case 'CHANNEL_ALREADY_CLOSED':
      return hresultOf('RPC_E_DISCONNECTED');
    case 'TIMED_OUT':
      return hresultOf('RPC_E_TIMEOUT');
    case 'PROTOCOL_VIOLATED':
      return hresultOf('E_UNEXPECTED');
    default:
      return hresult;
  }
}
