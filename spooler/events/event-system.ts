/**
 * The event system of one spooler: the catalogue, the subscriptions and the queue on one store, and the way an event
 * takes from its publisher to its subscribers. Who may ask for what, and in which words, is in events-service.ts.
 */

import { randomUUID } from 'node:crypto';
import {
  callFromJson,
  callToJson,
  type EventCall,
  encodeCall,
  type Guid,
  guid,
  methodOf,
  SpoolError,
} from '../../shared/index.ts';
import type { Activator } from '../activation/activator.ts';
import type { ServiceHost } from '../core/service.ts';
import type { ChannelObject } from '../objects/channel-object.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { Catalogue } from './catalogue.ts';
import { Delivery, type FiredEvent } from './delivery.ts';
import { ClassControl } from './event-control.ts';
import type { EventLog, EventReport } from './event-log.ts';
import { EventObject } from './event-object.ts';
import { Roles, type RoleTable } from './event-security.ts';
import { configure, type EventsFile } from './events-file.ts';
import { LiveSubscribers } from './live-subscribers.ts';
import { changeCall, type ObjectChange } from './object-change.ts';
import { ParameterFilters } from './parameter-filters.ts';
import { type PlaybackParts, play, playToExceptionClass } from './playback.ts';
import { type MultiInterfacePublisherFilter, publisherFilterIn } from './publisher-filter.ts';
import { PublisherFilters } from './publisher-filters.ts';
import { DEFAULT_QUEUE_LIMITS, EventQueue, type QueueLimits } from './queue.ts';
import type { Publisher, Recording } from './queued-message.ts';
import { isInForce, means } from './reach.ts';
import { storeQuery } from './store-query.ts';
import { columnsOfSubscription, type Subscription } from './subscription.ts';
import { Subscriptions } from './subscriptions.ts';
import { LATE, within } from './time-limit.ts';

export interface EventSystemOptions {
  /** Where what must last is kept: the caller's, who closes it after the spooler. Default: in memory, gone with it. */
  readonly store?: Store;
  /** Who is in which role (docs/security.md). Default: there are no roles but users. */
  readonly roles?: RoleTable;
  readonly log?: EventLog;
  /** Milliseconds a subscriber has for one call, once its turn has come; default 30,000 (EVC-OPEN-8). */
  readonly subscriberTime?: number;
  /** Milliseconds a publisher filter has at a time; default 10,000 (EVC-OPEN-15). */
  readonly filterTime?: number;
  readonly queue?: Partial<QueueLimits>;
  /** The operator's event classes, persistent subscriptions and roles (EVC-110). */
  readonly configuration?: EventsFile;
  /** Whether there is such a user at all (EVC-107). Default: everybody is one. */
  readonly isUser?: (user: string) => boolean;
}

/** Classes that are not the event system's own: of subscribers, and of publisher filters. */
export interface Classes extends Activator {
  /** Whether objects of the class live in the spooler's own process. */
  isInproc(clsid: Guid): boolean;
  /** Such an object itself. Rejects with a `SpoolError`. */
  createInproc(clsid: Guid): Promise<object>;
}

const SUBSCRIBER_TIME = 30_000;
const FILTER_TIME = 10_000;
const STORE_TIME = 10_000;
/** Events of the event system's own that may be under way. */
const MOST_CHANGES = 1_000;
/** Who fires what the event system tells of itself. */
const ITSELF: Publisher = { user: 'EventSystem' };

export class EventSystem {
  readonly catalogue: Catalogue;
  readonly subscriptions: Subscriptions<ChannelObject>;
  readonly live: LiveSubscribers;
  readonly roles: Roles;
  readonly filters: PublisherFilters;
  readonly #host: ServiceHost;
  readonly #store: Store;
  readonly #options: EventSystemOptions;
  readonly #controls = new Map<Guid, ClassControl>();
  readonly #eventObject: EventObject;
  readonly #playback: PlaybackParts;
  readonly #opening: Promise<EventQueue>;
  #queue: EventQueue | undefined;
  #hasBegun = false;
  #changesUnderWay = 0;

  constructor(host: ServiceHost, classes: Classes, options: EventSystemOptions = {}) {
    const { store = new MemoryStore(), filterTime = FILTER_TIME, isUser = () => true } = options;
    this.#host = host;
    this.#store = store;
    this.#options = options;
    this.roles = new Roles({ ...options.configuration?.roles, ...options.roles });
    const { clock, server } = host;
    const common = {
      store,
      newId: () => guid(randomUUID()),
      changed: (change: ObjectChange) => this.#changed(change),
    };
    this.catalogue = new Catalogue(common);
    this.subscriptions = new Subscriptions({ ...common, catalogue: this.catalogue, server, isUser });
    this.live = new LiveSubscribers(host, this.subscriptions, options.subscriberTime ?? SUBSCRIBER_TIME);
    const create = async (clsid: Guid): Promise<MultiInterfacePublisherFilter> =>
      publisherFilterIn(await classes.createInproc(clsid), clsid);
    this.filters = new PublisherFilters({ clock, filterTime, create, control: (clsid) => this.control(clsid) });
    const log = (report: EventReport): void => this.#log(report);
    const delivery = new Delivery({
      activator: classes,
      roles: this.roles,
      filters: new ParameterFilters(),
      log,
      reached: (event, id) => this.#reached(event, id),
      live: (id) => this.subscriptions.live(id),
      mayActivate: (clsid, eventClass) =>
        !classes.isInproc(clsid) || this.catalogue.get(eventClass)?.allowInprocActivation !== false,
      record: (event, { id }) => this.#record(event, id),
    });
    const subscribers = (event: FiredEvent): Iterable<Subscription> => this.#subscribers(event);
    this.#eventObject = new EventObject({ delivery, filters: this.filters, roles: this.roles, log, subscribers });
    this.#playback = {
      delivery,
      activator: classes,
      subscription: (id) => this.subscriptions.get(id),
      isLoggedOn: (user) => this.live.isLoggedOn(user),
      fire: (call, { publisher, recorder }) => this.fire(this.callOf(JSON.parse(call)), publisher, recorder),
    };
    this.#opening = this.#open();
    // Whoever asks for something hears of it; nobody need ask.
    this.#opening.catch(() => {});
  }

  async #open(): Promise<EventQueue> {
    const corrupt = ({ id, key }: { readonly id?: 4361 | 4362; readonly key: string }): void =>
      this.#log({ kind: 'corrupt', key, ...(id && { id }) });
    await this.catalogue.load(corrupt);
    await this.subscriptions.load(corrupt);
    if (this.#options.configuration) configure(this.#options.configuration, this.catalogue, this.subscriptions);
    this.#queue = await EventQueue.open({
      store: this.#store,
      clock: this.#host.clock,
      wallClock: this.#host.wallClock,
      limits: { ...DEFAULT_QUEUE_LIMITS, ...this.#options.queue },
      play: (message) => play(message, this.#playback),
      lastChance: (message) => playToExceptionClass(message, this.#playback),
      died: ({ id: letter, hresult, subscription }) => {
        const name = subscription === null ? undefined : this.subscriptions.get(subscription)?.name;
        this.#log({ kind: 'deadLetter', letter, hresult, ...(name !== undefined && { name }) });
      },
      corrupt: (key) => corrupt({ key }),
      fault: (reason) => this.#host.observe({ kind: 'fault', user: ITSELF.user, reason }),
    });
    if (this.#hasBegun) this.#queue.begin();
    return this.#queue;
  }

  /** What the store had is played from now on, or once it is read: who is started for it can connect. */
  begin(): void {
    this.#hasBegun = true;
    this.#queue?.begin();
  }

  /** The queue, once everything was read from the store. Rejects as the store does. */
  ready(): Promise<EventQueue> {
    return this.#opening;
  }

  // ------------------------------------------------------------------------------------------ firing

  /** Reads a call. Throws `REGDB_E_CLASSNOTREG` for an event class that is not there, `E_INVALIDARG` for anything else. */
  callOf(json: unknown): EventCall {
    return callFromJson(json, (eventClass, iid, method) => {
      if (!this.catalogue.get(eventClass)) throw new SpoolError('REGDB_E_CLASSNOTREG', { input: eventClass });
      return this.catalogue.methodOf(eventClass, iid, method);
    });
  }

  /**
   * Fires an event. Resolves with the publisher's result once everybody has been called: see `EventObject.fire`. What of it
   * is queued belongs to the recorder.
   */
  async fire(call: EventCall, publisher: Publisher, recorder: number): Promise<number> {
    const eventClass = this.catalogue.get(call.eventClass);
    const method = eventClass && methodOf(eventClass, call.interface, call.method);
    if (!eventClass || !method) throw new SpoolError('REGDB_E_CLASSNOTREG', { input: call.eventClass });
    const { eventClass: clsid, interface: iid, method: name } = call;
    const publisherId = publisher.publisherId ?? eventClass.publisherId;
    const origin = { eventClass: clsid, interface: iid, method: name, publisherId };
    return this.#eventObject.fire({ call, method, bytes: encodeCall(call), origin, publisher, recorder }, eventClass);
  }

  /**
   * Takes over the events of a transaction or a recorder: all of them or none, to be fired in this order (EVC-180). Rejects
   * as `EventQueue.accept` does, and with `RPC_E_TIMEOUT`.
   */
  async commit(calls: readonly EventCall[], publisher: Publisher): Promise<void> {
    const queue = await this.ready();
    const texts = calls.map((call) => textOf(call));
    if (texts.length === 0) return;
    await this.#accepted(queue, { subscription: null, recorder: queue.newRecorder(), publisher, calls: texts });
  }

  async #record({ call, publisher, recorder }: FiredEvent, subscription: Guid): Promise<void> {
    const queue = await this.ready();
    await this.#accepted(queue, { subscription, recorder, publisher, calls: [textOf(call)] });
  }

  /** A store that does not answer in time may have it nevertheless: then it is delivered as well. */
  async #accepted(queue: EventQueue, recording: Recording): Promise<void> {
    const accepted = within(this.#host.clock, STORE_TIME, queue.accept([recording]));
    if ((await accepted) === LATE) throw new SpoolError('RPC_E_TIMEOUT', { input: 'the store' });
  }

  /** The subscription as it is now, where the event reaches it. */
  #reached({ origin }: FiredEvent, id: Guid): Subscription | undefined {
    const subscription = this.subscriptions.get(id);
    return subscription && means(subscription, origin) && this.#isInForce(subscription) ? subscription : undefined;
  }

  #subscribers({ origin }: FiredEvent): Iterable<Subscription> {
    const isChosen = this.control(origin.eventClass).defaultTest(origin.interface, origin.method);
    return this.subscriptions.find(origin).filter((one) => this.#isInForce(one) && isChosen(one));
  }

  #isInForce(subscription: Subscription): boolean {
    return isInForce(subscription, (user) => this.live.isLoggedOn(user));
  }

  /** Where filters and embedding programs find the subscriptions of an event class. */
  control(eventClass: Guid): ClassControl {
    const control =
      this.#controls.get(eventClass) ??
      new ClassControl({
        find: (iid, method) => {
          const publisherId = this.catalogue.get(eventClass)?.publisherId;
          const origin = { eventClass, interface: iid, method, publisherId };
          return this.subscriptions.find(origin).filter((one) => this.#isInForce(one));
        },
        test: (criteria) => {
          const matches = storeQuery(criteria);
          return (subscription) => matches(columnsOfSubscription(subscription));
        },
      });
    this.#controls.set(eventClass, control);
    return control;
  }

  // ------------------------------------------------------------------------------------------ what it says and hears

  /** Somebody logged on, or serves a class from now on: what waits for that waits no longer. */
  wake(): void {
    this.#queue?.wake();
  }

  /** Tells whoever has subscribed to such changes (EVC-11). */
  #changed(change: ObjectChange): void {
    const queue = this.#queue;
    if (!queue) return;
    queue.wake();
    // Nobody waits for the result of these, so that nothing else bounds them where a subscriber is slow.
    if (this.#changesUnderWay >= MOST_CHANGES) return this.#log({ kind: 'changeUntold', ...change });
    this.#changesUnderWay++;
    this.fire(changeCall(change), ITSELF, 0)
      .catch((reason: unknown) => this.#host.observe({ kind: 'fault', user: ITSELF.user, reason }))
      .finally(() => this.#changesUnderWay--);
  }

  #log(report: EventReport): void {
    try {
      this.#options.log?.(report);
    } catch {
      // A log's fault is its own.
    }
  }

  /** What waits stays in the store. */
  async close(): Promise<void> {
    const queue = await this.#opening.catch(() => undefined);
    await queue?.close();
    this.subscriptions.close();
    if (this.#options.store === undefined) await this.#store.close();
  }
}

function textOf(call: EventCall): string {
  return JSON.stringify(callToJson(call));
}
