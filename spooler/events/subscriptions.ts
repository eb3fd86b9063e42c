/** The subscriptions, and the live objects of the transient ones (EVC-80 to EVC-108). */

import { refuse } from '../../shared/events/schema.ts';
import { type Guid, SpoolError } from '../../shared/index.ts';
import type { Store } from '../store/store.ts';
import { type Catalogue, OPERATOR } from './catalogue.ts';
import { type Corrupt, EventObjects, type ObjectKind, type Permission } from './event-objects.ts';
import type { ObjectChange } from './object-change.ts';
import {
  changedSubscription,
  columnsOfSubscription,
  decodeSubscription,
  encodeSubscription,
  readSubscription,
  type Subscription,
  type SubscriptionDocument,
  subscriptionOf,
} from './subscription.ts';
import { type EventOrigin, SubscriptionIndex } from './subscription-index.ts';

/** What a transient subscription holds a reference on until it ends (EVC-84). */
export interface Releasable {
  /** At once: it is not waited for. */
  release(): void;
  /** Once it has answered the call that it is in. */
  releaseAfterCall(): void;
}

export interface SubscriptionLimits {
  /** Of all: memory. */
  readonly subscriptions: number;
  /** Of one owner: one client must not use them up. */
  readonly subscriptionsPerOwner: number;
}

export const DEFAULT_SUBSCRIPTION_LIMITS: SubscriptionLimits = {
  subscriptions: 200_000,
  subscriptionsPerOwner: 100_000,
};

export interface SubscriptionsParts {
  readonly store: Store;
  readonly catalogue: Catalogue;
  /** The server part of the spooler's printer names: the one machine there is (EVC-OPEN-4). */
  readonly server: string;
  /** Makes an ID that nobody has. */
  readonly newId: () => Guid;
  /** Hears of each change, once it is in force (EVC-11). Must not throw. */
  readonly changed: (change: ObjectChange) => void;
  /** Whether there is such a user at all (EVC-107). Everybody by default. */
  readonly isUser?: (user: string) => boolean;
  readonly limits?: Partial<SubscriptionLimits>;
}

export class Subscriptions<Live extends Releasable> {
  readonly #parts: SubscriptionsParts;
  readonly #limits: SubscriptionLimits;
  readonly #subscriptions: EventObjects<Subscription>;
  readonly #index = new SubscriptionIndex();
  readonly #live = new Map<Guid, Live>();
  readonly #owned = new Map<string, number>();
  #order = 0;

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts;
    this.#limits = { ...DEFAULT_SUBSCRIPTION_LIMITS, ...parts.limits };
    const changed = (before: Subscription | undefined, after: Subscription | undefined): void =>
      this.#changed(before, after);
    this.#subscriptions = new EventObjects<Subscription>({ ...KIND, changed }, parts.store, parts.changed);
  }

  /** Reads what the store has, once, before anything is asked for. What cannot be read is reported and left there. */
  async load(report: (corrupt: Corrupt) => void): Promise<void> {
    await this.#subscriptions.load(report);
  }

  get(id: Guid): Subscription | undefined {
    return this.#subscriptions.get(id);
  }

  /** The object of a transient subscription: on loan, for as long as the subscription is there. */
  live(id: Guid): Live | undefined {
    return this.#live.get(id);
  }

  /** Those that mean the event, in the order of their making; disabled ones too. */
  find(origin: EventOrigin): readonly Subscription[] {
    return this.#index.find(origin);
  }

  transient(): readonly Subscription[] {
    return [...this.#live.keys()].flatMap((id) => this.get(id) ?? []);
  }

  /** Throws `EVENT_E_QUERYSYNTAX` or `EVENT_E_QUERYFIELD` (EVC-104, EVC-170). */
  query(criteria = 'ALL'): readonly Subscription[] {
    return this.#subscriptions.query(criteria);
  }

  /**
   * Makes a subscription of a document, of which nothing is believed; without an ID it is given one (EVC-98). With a live
   * object it is transient and takes the object over, else it is persistent and in the store once this resolves. Rejects,
   * the object still the caller's, with
   * - `E_INVALIDARG`, which names the place in the document; also for an ID that is there already,
   * - `EVENT_E_QUERYSYNTAX` for the filter (EVC-168),
   * - `EVENT_E_MISSING_EVENTCLASS` (EVC-101),
   * - `EVENT_E_INVALID_PER_USER_SID` (EVC-107),
   * - `MAX_REGISTRATION_COUNT_EXCEEDED`, or as the store does.
   */
  async subscribe(json: unknown, owner: string, live?: Live): Promise<Subscription> {
    const document = readSubscription(json);
    const id = document.id ?? this.#parts.newId();
    const make = (): Subscription => {
      if (this.#subscriptions.isTaken(id)) refuse(`id: ${id} is there already`);
      this.#checkRoom(owner);
      const origin = { id, owner, configured: false, order: ++this.#order };
      const subscription = subscriptionOf(document, origin, live !== undefined);
      this.#check(subscription);
      this.#checkMeant(document);
      return subscription;
    };
    if (!live) return this.#put(make);
    const made = make();
    this.#live.set(id, live);
    return this.#subscriptions.putUnkept(made);
  }

  async #put(make: () => Subscription): Promise<Subscription> {
    const [made] = await this.#subscriptions.put(() => [make()] as const);
    return made;
  }

  /**
   * Changes some properties; null takes the default again. Resolves with the subscription, another object than before.
   * Rejects as `subscribe` does, with `E_INVALIDARG` for what is written once (EVC-96), with `E_ACCESSDENIED`, and with
   * `EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT`.
   */
  async modify(id: Guid, changes: unknown, may: Permission): Promise<Subscription> {
    const change = (): Subscription => {
      const before = this.#subscriptions.present(id);
      this.#subscriptions.checkMay(before, may);
      const after = changedSubscription(before, changes);
      this.#check(after);
      return after;
    };
    return this.#live.has(id) ? this.#subscriptions.putUnkept(change()) : this.#put(change);
  }

  /** See `EventObjects.remove`. The object of a transient one is released; a call that it is in is still answered. */
  async unsubscribe(id: Guid, may: Permission): Promise<void> {
    await this.#subscriptions.remove(id, may);
  }

  /** See `EventObjects.removeMatching`. */
  async removeMatching(criteria: string, may: Permission): Promise<readonly Guid[]> {
    return this.#subscriptions.removeMatching(criteria, may);
  }

  /**
   * Makes what the operator configured: persistent ones, each with an ID. Throws as `subscribe` rejects, the place in
   * front, and `EVENT_E_CANT_MODIFY_OR_DELETE_UNCONFIGURED_OBJECT`; nothing changed then.
   */
  configure(documents: readonly SubscriptionDocument[]): void {
    this.#subscriptions.configure(documents.map((document, index) => this.#configured(document, index)));
  }

  /** Releases every live object. */
  close(): void {
    for (const live of this.#live.values()) live.release();
    this.#live.clear();
  }

  #configured(document: SubscriptionDocument, index: number): Subscription {
    try {
      const id = document.id ?? refuse('id: is missing');
      const origin = { id, owner: document.user ?? OPERATOR, configured: true, order: ++this.#order };
      const subscription = subscriptionOf(document, origin, false);
      this.#check(subscription);
      this.#checkMeant(document);
      return subscription;
    } catch (reason) {
      if (!(reason instanceof SpoolError)) throw reason;
      throw new SpoolError(reason.code, { input: `subscriptions.${index}: ${reason.input}`, cause: reason });
    }
  }

  #check({ perUser, user, machineName = '' }: Subscription): void {
    const { server, isUser } = this.#parts;
    if (machineName !== '' && machineName.toLowerCase() !== server.toLowerCase()) {
      refuse(`machineName: there is one machine here, ${server} (EVC-OPEN-4)`);
    }
    if (perUser && user !== undefined && isUser?.(user) === false) {
      throw new SpoolError('EVENT_E_INVALID_PER_USER_SID', { input: user });
    }
  }

  /** Whether the event class has what is subscribed to. */
  #checkMeant({ eventClass: clsid, interface: iid, method }: SubscriptionDocument): void {
    if (clsid === undefined) return;
    const eventClass = this.#parts.catalogue.get(clsid);
    if (eventClass === undefined) throw new SpoolError('EVENT_E_MISSING_EVENTCLASS', { input: clsid });
    const meant = eventClass.interfaces.filter((one) => iid === undefined || one.iid === iid);
    if (meant.length === 0) refuse(`interface: ${eventClass.name} has no ${iid}`);
    if (method !== undefined && !meant.some(({ methods }) => methods.some(({ name }) => name === method))) {
      refuse(`method: ${eventClass.name} has no ${JSON.stringify(method)} there`);
    }
  }

  #checkRoom(owner: string): void {
    const { subscriptions, subscriptionsPerOwner } = this.#limits;
    if (this.#subscriptions.size >= subscriptions || (this.#owned.get(owner) ?? 0) >= subscriptionsPerOwner) {
      throw new SpoolError('MAX_REGISTRATION_COUNT_EXCEEDED', { input: `subscriptions of ${owner}` });
    }
  }

  #changed(before: Subscription | undefined, after: Subscription | undefined): void {
    if (before) {
      this.#index.delete(before);
      this.#count(before.owner, -1);
    }
    if (after) {
      this.#index.add(after);
      this.#count(after.owner, 1);
      this.#order = Math.max(this.#order, after.order);
    } else if (before) {
      this.#live.get(before.id)?.releaseAfterCall();
      this.#live.delete(before.id);
    }
  }

  #count(owner: string, change: number): void {
    const count = (this.#owned.get(owner) ?? 0) + change;
    if (count === 0) this.#owned.delete(owner);
    else this.#owned.set(owner, count);
  }
}

const KIND: Omit<ObjectKind<Subscription>, 'changed'> = {
  object: 'subscription',
  prefix: 'subscription/',
  corrupt: 4362,
  idOf: ({ id }) => id,
  columnsOf: columnsOfSubscription,
  encode: encodeSubscription,
  decode: decodeSubscription,
};
