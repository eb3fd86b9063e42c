/**
 * What the spooler's event system has: event classes, subscriptions, dead letters (PROTOCOL.md section 5.10). What is not
 * one's own takes the right to administer; without it one is refused with `E_ACCESSDENIED`, or does not see it.
 */

import {
  type EventClassDescription,
  type FilterLanguage,
  type Guid,
  type Json,
  type LibraryDocument,
  writeLibrary,
} from '../../shared/index.ts';
import type { Connection } from '../connection.ts';

/** An event class as the spooler has it (EVC-41). */
export interface InstalledEventClass extends EventClassDescription {
  /** Who installed it first. */
  readonly owner: string;
  /** The name of the library it came from. */
  readonly typelib: string;
  /** Whether the operator configured it; then nobody else changes it. */
  readonly configured: boolean;
}

/** What every subscription can say (EVC-96, EVC-98, EVC-100); what is left out has its default. */
export interface SubscriptionProperties {
  /** For people and logs; default `New Subscription`. */
  readonly name?: string;
  readonly description?: string;
  /** Which events by their arguments, in the language of docs/filters.md; default all of them. */
  readonly filterCriteria?: string;
  /** Default `criteria`. */
  readonly filterLanguage?: FilterLanguage;
  /** False: kept, but never called (EVC-102). Default true. */
  readonly enabled?: boolean;
  /** Whether it is called only while `user` is connected (EVC-105). Default false. */
  readonly perUser?: boolean;
  /** Default oneself. */
  readonly user?: string;
  /** The roles whose events it takes (EVC-203); default everybody's. */
  readonly acceptFrom?: readonly string[];
  readonly machineName?: string;
  /** Open to publisher filters, never looked at by the event system. */
  readonly publisherProperties?: PropertyBag;
  readonly subscriberProperties?: PropertyBag;
}

export type PropertyBag = Readonly<Record<string, string | number>>;

/** A persistent subscription as one asks for it (EVC-81). */
export interface PersistentSubscription extends SubscriptionProperties {
  /** Default: a new one. */
  readonly id?: string;
  /** Of this event class, or of all that publish under `publisherId`; never both (EVC-97). */
  readonly eventClass?: string;
  readonly publisherId?: string;
  /** IID; default all. */
  readonly interface?: string;
  /** Default all. */
  readonly method?: string;
  /** The class that an object is created of for each event. */
  readonly subscriberClsid: string;
  /** Whether events are recorded and delivered later, when the subscriber is there (EVC-121). Default false. */
  readonly queued?: boolean;
  /** The class that gets the events when every try has failed (EVC-127). */
  readonly exceptionClsid?: string;
}

/** A subscription as the spooler has it. */
export interface InstalledSubscription extends Omit<PersistentSubscription, 'subscriberClsid'> {
  readonly id: Guid;
  readonly name: string;
  readonly owner: string;
  readonly configured: boolean;
  /** Whether it is for a live object; then there is no `subscriberClsid`. */
  readonly transient: boolean;
  readonly subscriberClsid?: Guid;
}

/** Events that were given up after every try (EVC-126). */
export interface DeadLetter {
  readonly id: number;
  /** Null: events of a recorder or a transaction, for whoever subscribed. */
  readonly subscription: Guid | null;
  /** The subscription's. */
  readonly name?: string;
  readonly publisher: { readonly user: string; readonly publisherId?: string };
  /** What was not delivered, in order. */
  readonly calls: readonly Json[];
  /** Milliseconds since 1970. */
  readonly recordedAt: number;
  readonly failures: number;
  /** Of the last try. */
  readonly hresult: number;
}

export class EventCatalogue {
  readonly #connection: () => Connection;

  /** For `Publisher` and `Subscriber`. Every method rejects with `CONNECTION_LOST` while there is no spooler. */
  constructor(connection: () => Connection) {
    this.#connection = connection;
  }

  async #ask<Answer>(method: string, request: object): Promise<Answer> {
    return (await this.#connection().call('events', method, request)).json as Answer;
  }

  // ------------------------------------------------------------------------------------------ event classes

  /**
   * Installs the classes of a library, or one class, all or none. One whose CLSID is there takes its place (EVC-48). Rejects
   * with `E_INVALIDARG`, which names the place in the document, `EVENT_E_TOO_MANY_METHODS`, `E_ACCESSDENIED`, and
   * `EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT`.
   */
  async install(
    library: LibraryDocument | EventClassDescription,
  ): Promise<readonly { readonly clsid: Guid; readonly name: string }[]> {
    const document = 'clsid' in library ? writeLibrary({ name: library.name, eventClasses: [library] }) : library;
    return (await this.#ask<{ classes: { clsid: Guid; name: string }[] }>('install', { library: document })).classes;
  }

  /** Rejects with `EVENT_E_QUERYSYNTAX`, `EVENT_E_QUERYFIELD`. */
  async classes(criteria?: string): Promise<readonly InstalledEventClass[]> {
    return (await this.#ask<{ classes: InstalledEventClass[] }>('classes', { criteria })).classes;
  }

  /** Removes one class. Subscriptions stay, and are called again once it is there again. Rejects with `E_INVALIDARG`. */
  async remove(clsid: string): Promise<void> {
    await this.#ask('remove', { id: clsid });
  }

  /** Removes the classes that the criteria choose (EVC-103). Rejects with `EVENT_E_NOT_ALL_REMOVED`. */
  async removeMatching(criteria: string): Promise<readonly Guid[]> {
    return (await this.#ask<{ removed: Guid[] }>('remove', { criteria })).removed;
  }

  // ------------------------------------------------------------------------------------------ subscriptions

  /**
   * Makes a persistent subscription; resolves with its ID once it is stored. Neither publisher nor subscriber need run
   * (EVC-10). Rejects with `E_INVALIDARG`, `EVENT_E_QUERYSYNTAX`, `EVENT_E_MISSING_EVENTCLASS`,
   * `EVENT_E_INVALID_PER_USER_SID`, `MAX_REGISTRATION_COUNT_EXCEEDED`.
   */
  async subscribe(subscription: PersistentSubscription): Promise<Guid> {
    const document = { ...subscription, name: subscription.name ?? DEFAULT_NAME };
    return (await this.#ask<{ id: Guid }>('subscribe', { subscription: document })).id;
  }

  /** Rejects with `E_INVALIDARG` where there is none, and `EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT`. */
  async unsubscribe(id: string): Promise<void> {
    await this.#ask('unsubscribe', { id });
  }

  /** Changes some properties; null takes the default again. Rejects as `subscribe` and `unsubscribe` do (EVC-96). */
  async modify(id: string, changes: Readonly<Record<string, unknown>>): Promise<InstalledSubscription> {
    return (await this.#ask<{ subscription: InstalledSubscription }>('modify', { id, changes })).subscription;
  }

  /** One's own; with the right to administer all of them. Rejects with `EVENT_E_QUERYSYNTAX`, `EVENT_E_QUERYFIELD`. */
  async subscriptions(criteria?: string): Promise<readonly InstalledSubscription[]> {
    return (await this.#ask<{ subscriptions: InstalledSubscription[] }>('subscriptions', { criteria })).subscriptions;
  }

  /** Ends the transient subscriptions of those that do not answer (EVC-91). Resolves with how many. */
  async verifyTransientSubscribers(): Promise<number> {
    return (await this.#ask<{ ended: number }>('verifyTransientSubscribers', {})).ended;
  }

  // ------------------------------------------------------------------------------------------ dead letters

  async deadLetters(): Promise<readonly DeadLetter[]> {
    return (await this.#ask<{ letters: DeadLetter[] }>('deadLetters', {})).letters;
  }

  /** Puts dead letters back into their queues, by default all. Resolves with how many. */
  async replay(ids?: readonly number[]): Promise<number> {
    return (await this.#ask<{ count: number }>('replay', { ids })).count;
  }

  /** Forgets dead letters, by default all. Resolves with how many. */
  async purge(ids?: readonly number[]): Promise<number> {
    return (await this.#ask<{ count: number }>('purge', { ids })).count;
  }
}

/** EVC-96. */
export const DEFAULT_NAME = 'New Subscription';
