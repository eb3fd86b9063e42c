/**
 * The service `events` (docs/events.md): who may ask the event system for what, and in which words. Everything from a
 * client is checked here.
 */

import * as v from 'valibot';
import { MOST_CALLS } from '../../shared/events/event-call.ts';
import { guidText, parse } from '../../shared/events/schema.ts';
import { type EventCall, type Guid, hresultOf, SpoolError } from '../../shared/index.ts';
import type { Answer, Caller, Service } from '../core/service.ts';
import type { Permission } from './event-objects.ts';
import { mayAdministerEvents, mayFire } from './event-security.ts';
import type { EventSystem } from './event-system.ts';
import { Lanes } from './lanes.ts';
import type { EventQueue } from './queue.ts';
import type { Publisher, QueuedMessage } from './queued-message.ts';
import { documentOf, readSubscription, type Subscription } from './subscription.ts';

type Handler = (caller: Caller, json: unknown) => Promise<Answer>;

const criteria = v.pipe(v.string(), v.maxLength(65_536));
const publisherId = v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(4096)));
const chosen = v.strictObject({ criteria: v.exactOptional(criteria) });
const one = v.strictObject({ id: guidText });
const letters = v.strictObject({ ids: v.exactOptional(v.array(v.pipe(v.number(), v.safeInteger()))) });
const nothing = v.strictObject({});
const removal = v.union([v.strictObject({ id: guidText }), v.strictObject({ criteria })]);
const installation = v.strictObject({ library: v.unknown() });
const subscribing = v.strictObject({ subscription: v.unknown() });
const modification = v.strictObject({ id: guidText, changes: v.unknown() });
const firing = v.looseObject({ publisherId });
const committing = v.strictObject({ calls: v.pipe(v.array(v.unknown()), v.maxLength(MOST_CALLS)), publisherId });

const S_OK = hresultOf('S_OK');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class EventsService implements Service {
  readonly name = 'events';
  readonly #system: EventSystem;
  /** Each session is one recorder (EVC-123). */
  readonly #recorders = new WeakMap<Caller, Promise<number>>();
  /** What a session fires at one event class without waiting is fired as if it had waited, unless in parallel (EVC-60). */
  readonly #turns = new WeakMap<Caller, Map<Guid, Lanes>>();
  readonly #handlers: ReadonlyMap<string, Handler>;

  constructor(system: EventSystem) {
    this.#system = system;
    this.#handlers = new Map<string, Handler>([
      ['install', (caller, json) => this.#install(caller, json)],
      ['remove', (caller, json) => this.#remove(caller, json)],
      ['classes', (caller, json) => this.#classes(caller, json)],
      ['subscribe', (caller, json) => this.#subscribe(caller, json)],
      ['unsubscribe', (caller, json) => this.#unsubscribe(caller, json)],
      ['modify', (caller, json) => this.#modify(caller, json)],
      ['subscriptions', (caller, json) => this.#subscriptions(caller, json)],
      ['fire', (caller, json) => this.#fire(caller, json)],
      ['commit', (caller, json) => this.#commit(caller, json)],
      ['deadLetters', (caller, json) => this.#deadLetters(caller, json)],
      ['replay', (caller, json) => this.#replay(caller, json)],
      ['purge', (caller, json) => this.#purge(caller, json)],
      ['verifyTransientSubscribers', (caller, json) => this.#verifyTransientSubscribers(caller, json)],
    ]);
  }

  async call(caller: Caller, method: string, payload: Uint8Array): Promise<Answer> {
    const handler = this.#handlers.get(method);
    if (!handler) throw new SpoolError('E_NOTIMPL', { input: method });
    const json = jsonIn(payload);
    await this.#system.ready();
    return handler(caller, json);
  }

  begin(): void {
    this.#system.begin();
  }

  joined(caller: Caller): void {
    this.#system.live.joined(caller);
    this.#system.wake();
  }

  left(caller: Caller): void {
    this.#system.live.left(caller);
  }

  close(): Promise<void> {
    return this.#system.close();
  }

  // ------------------------------------------------------------------------------------------ event classes

  async #install(caller: Caller, json: unknown): Promise<Answer> {
    const { library } = parse(installation, json);
    checkAdministrator(caller);
    const classes = await this.#system.catalogue.install(library, caller.user);
    return ok({ classes: classes.map(({ clsid, name }) => ({ clsid, name })) });
  }

  async #remove(caller: Caller, json: unknown): Promise<Answer> {
    const which = parse(removal, json);
    checkAdministrator(caller);
    const { catalogue } = this.#system;
    if ('criteria' in which) return ok({ removed: await catalogue.removeMatching(which.criteria, () => true) });
    await catalogue.remove(which.id, () => true);
    return ok({ removed: [which.id] });
  }

  async #classes(_caller: Caller, json: unknown): Promise<Answer> {
    return ok({ classes: this.#system.catalogue.query(parse(chosen, json).criteria) });
  }

  // ------------------------------------------------------------------------------------------ subscriptions

  async #subscribe(caller: Caller, json: unknown): Promise<Answer> {
    const document = readSubscription(parse(subscribing, json).subscription);
    if (!caller.identity.rights.listen) throw denied('subscribe');
    if (document.user !== undefined && document.user !== caller.user) checkAdministrator(caller);
    const { subscriptions } = this.#system;
    const subscription = await (document.subscriberClsid === undefined
      ? this.#system.live.subscribe(caller, document)
      : subscriptions.subscribe(document, caller.user));
    return ok({ id: subscription.id });
  }

  async #unsubscribe(caller: Caller, json: unknown): Promise<Answer> {
    await this.#system.subscriptions.unsubscribe(parse(one, json).id, ownOf(caller));
    return ok();
  }

  async #modify(caller: Caller, json: unknown): Promise<Answer> {
    const { id, changes } = parse(modification, json);
    if (!mayAdministerEvents(caller.identity) && names(changes, 'user')) throw denied('user');
    return ok({ subscription: shown(await this.#system.subscriptions.modify(id, changes, ownOf(caller))) });
  }

  async #subscriptions(caller: Caller, json: unknown): Promise<Answer> {
    const { subscriptions } = this.#system;
    const found = subscriptions.query(parse(chosen, json).criteria).filter(ownOf(caller));
    return ok({ subscriptions: found.map(shown) });
  }

  async #verifyTransientSubscribers(caller: Caller, json: unknown): Promise<Answer> {
    parse(nothing, json);
    checkAdministrator(caller);
    return ok({ ended: await this.#system.live.verify() });
  }

  // ------------------------------------------------------------------------------------------ events

  async #fire(caller: Caller, json: unknown): Promise<Answer> {
    const { publisherId: given, ...call } = parse(firing, json);
    const event = this.#callOf(caller, call);
    const recorder = await this.#recorderOf(caller);
    const fire = (): Promise<number> => this.#system.fire(event, publisherOf(caller, given), recorder);
    const isParallel = this.#system.catalogue.get(event.eventClass)?.fireInParallel;
    return { hresult: await (isParallel ? fire() : this.#turnsOf(caller, event.eventClass).run(fire)) };
  }

  async #commit(caller: Caller, json: unknown): Promise<Answer> {
    const { calls, publisherId: given } = parse(committing, json);
    const events = calls.map((call, index) => atIndex(index, () => this.#callOf(caller, call)));
    await this.#system.commit(events, publisherOf(caller, given));
    return ok();
  }

  /** A call that makes sense and that the caller may make. Throws as `EventSystem.callOf`, and `E_ACCESSDENIED`. */
  #callOf(caller: Caller, json: unknown): EventCall {
    const call = this.#system.callOf(json);
    const eventClass = this.#system.catalogue.get(call.eventClass);
    if (!eventClass || !mayFire(caller.identity, eventClass, this.#system.roles)) throw denied(call.eventClass);
    return call;
  }

  #turnsOf(caller: Caller, eventClass: Guid): Lanes {
    const ofCaller = this.#turns.get(caller) ?? new Map<Guid, Lanes>();
    this.#turns.set(caller, ofCaller);
    const turns = ofCaller.get(eventClass) ?? new Lanes(1);
    ofCaller.set(eventClass, turns);
    return turns;
  }

  #recorderOf(caller: Caller): Promise<number> {
    const recorder = this.#recorders.get(caller) ?? this.#system.ready().then((queue) => queue.newRecorder());
    this.#recorders.set(caller, recorder);
    return recorder;
  }

  // ------------------------------------------------------------------------------------------ dead letters

  async #deadLetters(caller: Caller, json: unknown): Promise<Answer> {
    parse(nothing, json);
    const queue = await this.#queueFor(caller);
    return ok({ letters: queue.deadLetters.list().map((letter) => this.#letter(letter)) });
  }

  #letter({ id, subscription, publisher, calls, recordedAt, failures, hresult }: QueuedMessage): unknown {
    const name = subscription === null ? undefined : this.#system.subscriptions.get(subscription)?.name;
    const read = calls.map((call): unknown => JSON.parse(call));
    return { id, subscription, name, publisher, calls: read, recordedAt, failures, hresult };
  }

  async #replay(caller: Caller, json: unknown): Promise<Answer> {
    const { ids } = parse(letters, json);
    return ok({ count: await (await this.#queueFor(caller)).replay(ids) });
  }

  async #purge(caller: Caller, json: unknown): Promise<Answer> {
    const { ids } = parse(letters, json);
    return ok({ count: await (await this.#queueFor(caller)).purge(ids) });
  }

  async #queueFor(caller: Caller): Promise<EventQueue> {
    checkAdministrator(caller);
    return this.#system.ready();
  }
}

function ok(json?: unknown): Answer {
  return { hresult: S_OK, json };
}

function denied(input: string): SpoolError {
  return new SpoolError('E_ACCESSDENIED', { input });
}

function checkAdministrator({ identity }: Caller): void {
  if (!mayAdministerEvents(identity)) throw denied('this takes the right to administer everything');
}

function ownOf({ user, identity }: Caller): Permission {
  return ({ owner }) => owner === user || mayAdministerEvents(identity);
}

function publisherOf({ user }: Caller, publisherId: string | undefined): Publisher {
  return { user, ...(publisherId !== undefined && { publisherId }) };
}

function shown(subscription: Subscription): unknown {
  const { owner, configured } = subscription;
  return { ...documentOf(subscription), owner, configured, transient: subscription.subscriberClsid === undefined };
}

function names(json: unknown, key: string): boolean {
  return typeof json === 'object' && json !== null && key in json;
}

/** Nothing at all stands for an empty object. Throws `E_INVALIDARG`. */
function jsonIn(payload: Uint8Array): unknown {
  if (payload.length === 0) return {};
  try {
    return JSON.parse(utf8.decode(payload));
  } catch {
    throw new SpoolError('E_INVALIDARG', { input: 'the payload is not JSON in UTF-8' });
  }
}

/** Says which of several it was that failed. */
function atIndex<Value>(index: number, read: () => Value): Value {
  try {
    return read();
  } catch (reason) {
    if (!(reason instanceof SpoolError)) throw reason;
    const { code, hresult, input = '', details, cause } = reason;
    throw new SpoolError(code, { hresult, input: `calls.${index}: ${input}`, details: { ...details, index }, cause });
  }
}
