/**
 * The subscribing side: objects that take events as they are fired, subscriptions of classes that are created for each
 * event, and the classes that this process serves. Comes back after the spooler was lost. No transport is named here.
 */

import { type EventClass, type EventMethods, type Guid, guid, type MethodTypes } from '../../shared/index.ts';
import type { ConnectionStats } from '../connection.ts';
import type { Dial, ListenerOptions } from '../listener-options.ts';
import type { Listener } from '../notification-listener.ts';
import { Renewals } from '../renewals.ts';
import { ClassRegistration } from './class-registration.ts';
import { EventCatalogue, type SubscriptionProperties } from './event-catalogue.ts';
import type { EventSink, Releasable } from './event-sink.ts';
import { checkSink, type EventScope, requestOf } from './subscription-request.ts';
import { TransientSubscription } from './transient-subscription.ts';

/**
 * Joins a subscriber to the spooler that `dial` reaches. Rejects with `CONNECTION_FAILED`, `UNAUTHORIZED`, `TIMED_OUT`.
 */
export async function createSubscriber(dial: Dial, options: ListenerOptions = {}): Promise<Subscriber> {
  const subscriber = new Subscriber(dial, options);
  await subscriber.connect();
  return subscriber;
}

/** A transient subscription as one asks for it. */
export interface SubscriptionSpecification<Methods extends MethodTypes, Name extends keyof Methods = keyof Methods>
  extends EventScope<Methods, Name>,
    SubscriptionProperties {}

/** A persistent one. */
export interface ClassSubscriptionSpecification<Methods extends MethodTypes>
  extends EventScope<Methods>,
    SubscriptionProperties {
  /** The class that an object is created of for each event. */
  readonly subscriberClsid: string;
  /** Whether events are recorded and delivered later, when the subscriber is there (EVC-121). Default false. */
  readonly queued?: boolean;
  /** The class that gets the events when every try has failed (EVC-127). */
  readonly exceptionClsid?: string;
}

/** A class that a process serves. */
export interface ClassSpecification<Methods extends MethodTypes> {
  readonly clsid: string;
  /** The events that its objects take. */
  readonly eventClass: EventClass<Methods>;
}

export class Subscriber {
  /** What the spooler's event system has. */
  readonly catalogue: EventCatalogue;
  readonly #renewals: Renewals;

  /** For `createSubscriber`. */
  constructor(dial: Dial, options: ListenerOptions) {
    this.#renewals = new Renewals(dial, options);
    this.catalogue = new EventCatalogue(() => this.#listener.connection);
  }

  /** For `createSubscriber`. */
  async connect(): Promise<void> {
    await this.#listener.connect();
  }

  /** `away`: the spooler is lost, the subscriber is coming back. */
  get state(): Listener['state'] {
    return this.#listener.state;
  }

  get user(): string {
    return this.#listener.user;
  }

  /**
   * Subscribes an object, until it is unsubscribed or this subscriber is gone (EVC-82, EVC-85). It is kept until then, and
   * its methods are called one after another. When the spooler was lost it is subscribed again; what is fired meanwhile is
   * missed. Rejects, with nothing sent, with `E_INVALIDARG` and for the criteria with `EVENT_E_QUERYSYNTAX` or
   * `EVENT_E_QUERYFIELD`; else with `EVENT_E_MISSING_EVENTCLASS`, `E_ACCESSDENIED`, `MAX_REGISTRATION_COUNT_EXCEEDED`,
   * `CONNECTION_LOST`.
   */
  subscribe<Methods extends MethodTypes, Name extends keyof Methods = keyof Methods>(
    specification: SubscriptionSpecification<Methods, Name> & { readonly interface?: undefined },
    object: Pick<EventMethods<Methods, unknown>, NoInfer<Name>> & Releasable,
  ): Promise<TransientSubscription>;
  /** With `interface`, the object has the methods of that. */
  subscribe<Methods extends MethodTypes>(
    specification: SubscriptionSpecification<Methods> & { readonly interface: string },
    object: Partial<EventSink<Methods>>,
  ): Promise<TransientSubscription>;
  async subscribe<Methods extends MethodTypes>(
    specification: SubscriptionSpecification<Methods>,
    object: object,
  ): Promise<TransientSubscription> {
    const request = requestOf(specification);
    checkSink(object, specification);
    return this.#renewals.make(new TransientSubscription(this.#renewals, request, object, specification.eventClass));
  }

  /**
   * Makes a persistent subscription, which outlives this subscriber and needs it no more (EVC-86); resolves with its ID once
   * it is stored. `catalogue.unsubscribe` ends it. Rejects as `subscribe` does.
   */
  async subscribeClass<Methods extends MethodTypes>(
    specification: ClassSubscriptionSpecification<Methods>,
  ): Promise<Guid> {
    const { subscriberClsid, queued, exceptionClsid, ...scope } = specification;
    return this.catalogue.subscribe({
      ...requestOf(scope),
      subscriberClsid,
      ...(queued !== undefined && { queued }),
      ...(exceptionClsid !== undefined && { exceptionClsid }),
    });
  }

  /**
   * Serves a class: for each event that one of its persistent subscriptions gets, `createObject` makes an object, which is
   * called and then let go (EVC-81). Where it throws the call is answered with `EVENT_E_USER_EXCEPTION`. When the spooler was
   * lost the class is registered again. Rejects with `ALREADY_REGISTERED` where somebody serves it for this user,
   * `E_ACCESSDENIED` where the operator's table has it for another, `MAX_REGISTRATION_COUNT_EXCEEDED`, `CONNECTION_LOST`.
   */
  async registerClass<Methods extends MethodTypes>(
    { clsid, eventClass }: ClassSpecification<Methods>,
    createObject: (clsid: Guid) => ObjectOf<Methods> | PromiseLike<ObjectOf<Methods>>,
  ): Promise<ClassRegistration> {
    return this.#renewals.make(new ClassRegistration(this.#renewals, guid(clsid), eventClass, createObject));
  }

  stats(): ConnectionStats & { readonly registrations: number } {
    return this.#listener.stats();
  }

  /** Leaves for good. Its transient subscriptions end, its objects are let go. */
  close(): Promise<void> {
    return this.#renewals.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #listener(): Listener {
    return this.#renewals.listener;
  }
}

/** An object of a served class: the methods of the events that it takes. */
export type ObjectOf<Methods extends MethodTypes> = Partial<EventSink<Methods>> & {
  /** The class is an exception class: this was the last try, and the calls that nobody took follow (EVC-127). */
  FinalServerRetry?(): unknown;
};
