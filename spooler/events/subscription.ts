/** What a subscription is: which events, for whom, and whom to call (EVC-80 to EVC-100). Pure. */

import * as v from 'valibot';
import { byName, guidText, objectName, parse, refuse, roles, text } from '../../shared/events/schema.ts';
import { compileFilter, type FilterLanguage, type Guid } from '../../shared/index.ts';
import { type Columns, GUID_NULL } from './store-query.ts';

/** Open to publishers and subscribers, never looked at: text and whole numbers by name (EVC-100). */
export type PropertyBag = Readonly<Record<string, string | number>>;

interface SubscriptionProperties {
  readonly id: Guid;
  readonly name: string;
  readonly description?: string | undefined;
  /** Who made it. */
  readonly owner: string;
  /** Whether it comes from the operator's configuration. */
  readonly configured: boolean;
  /** Rises in the order of making. */
  readonly order: number;

  /** Of this event class, or of every class that publishes under `publisherId`; never both (EVC-97). */
  readonly eventClass?: Guid | undefined;
  readonly publisherId?: string | undefined;
  /** Undefined: every interface. */
  readonly interface?: Guid | undefined;
  /** Undefined: every method (EVC-95). */
  readonly method?: string | undefined;

  /** False: kept, but never called (EVC-102). */
  readonly enabled: boolean;
  /** Whether it is called only while `user` is connected (EVC-105). */
  readonly perUser: boolean;
  /** For whom; the owner if left out. */
  readonly user?: string | undefined;
  /** Which events by their arguments; undefined: all. Its syntax is right (EVC-168). */
  readonly filterCriteria?: string | undefined;
  readonly filterLanguage?: FilterLanguage | undefined;
  /** The roles whose events it takes (EVC-203); undefined: everybody's. */
  readonly acceptFrom?: readonly string[] | undefined;
  readonly machineName?: string | undefined;
  readonly publisherProperties?: PropertyBag | undefined;
  readonly subscriberProperties?: PropertyBag | undefined;
}

/** Calls a live object for as long as that is there (EVC-82). */
export interface TransientSubscription extends SubscriptionProperties {
  readonly subscriberClsid?: undefined;
  readonly queued: false;
  readonly exceptionClsid?: undefined;
}

/** Creates an object of a class for each event, calls it and lets it go (EVC-81). */
export interface PersistentSubscription extends SubscriptionProperties {
  readonly subscriberClsid: Guid;
  /** Whether events are recorded and delivered later (EVC-121). */
  readonly queued: boolean;
  /** The class that is called when every try of a queued event has failed (EVC-127). */
  readonly exceptionClsid?: Guid | undefined;
}

export type Subscription = TransientSubscription | PersistentSubscription;

const bag = v.pipe(
  byName(v.union([v.pipe(v.string(), v.maxLength(4096)), v.pipe(v.number(), v.safeInteger('a number that is whole'))])),
  v.check((entries) => Object.keys(entries).length <= 64, 'at most 64 properties'),
);
const user = v.pipe(v.string(), v.minLength(1), v.maxLength(256), v.normalize('NFC'));
const method = v.pipe(v.string(), v.minLength(1), v.maxLength(255));

const entries = {
  id: v.exactOptional(guidText),
  name: v.pipe(v.string(), v.trim(), objectName),
  description: v.exactOptional(text),
  eventClass: v.exactOptional(guidText),
  publisherId: v.exactOptional(v.pipe(text, v.minLength(1))),
  interface: v.exactOptional(guidText),
  method: v.exactOptional(method),
  enabled: v.exactOptional(v.boolean(), true),
  perUser: v.exactOptional(v.boolean(), false),
  user: v.exactOptional(user),
  filterCriteria: v.exactOptional(v.string()),
  filterLanguage: v.exactOptional(v.picklist(['criteria', 'extended'])),
  acceptFrom: v.exactOptional(roles),
  machineName: v.exactOptional(text),
  publisherProperties: v.exactOptional(bag),
  subscriberProperties: v.exactOptional(bag),
  subscriberClsid: v.exactOptional(guidText),
  queued: v.exactOptional(v.boolean(), false),
  exceptionClsid: v.exactOptional(guidText),
};

export const subscriptionSchema = v.strictObject(entries);

/** A subscription as somebody asks for it. */
export type SubscriptionDocument = v.InferOutput<typeof subscriptionSchema>;

/** Which one it is, who made it, and when in the order of making. */
export interface Origin {
  readonly id: Guid;
  readonly owner: string;
  readonly configured: boolean;
  readonly order: number;
}

/**
 * Makes a subscription of a document that has been read. `live`: whether there is an object for it. Throws
 * `E_INVALIDARG`, or for the filter `EVENT_E_QUERYSYNTAX` with the position (EVC-168).
 */
export function subscriptionOf(document: SubscriptionDocument, origin: Origin, live: boolean): Subscription {
  const { subscriberClsid, queued, exceptionClsid, ...asked } = document;
  checkScope(document);
  if (document.filterCriteria !== undefined) {
    compileFilter(document.filterCriteria, { language: document.filterLanguage ?? 'criteria' });
  }
  const { id, owner, configured, order } = origin;
  const properties = { ...asked, id, owner, configured, order, ...(asked.perUser && { user: asked.user ?? owner }) };
  if (live) {
    if (subscriberClsid !== undefined) refuse('subscriberClsid: a live object, or a class, not both (EVC-98)');
    if (queued) refuse('queued: a live object cannot be queued for (EVC-OPEN-12)');
    if (exceptionClsid !== undefined) refuse('exceptionClsid: a live object cannot be queued for (EVC-OPEN-12)');
    return { ...properties, queued: false };
  }
  if (subscriberClsid === undefined) refuse('subscriberClsid: a live object, or a class, one of them (EVC-98)');
  return { ...properties, subscriberClsid, queued, ...(exceptionClsid !== undefined && { exceptionClsid }) };
}

function checkScope({ eventClass, publisherId, interface: iid }: SubscriptionDocument): void {
  if (eventClass !== undefined && publisherId !== undefined) {
    refuse('publisherId: an event class or a publisher ID, not both (EVC-97)');
  }
  if (eventClass === undefined && publisherId === undefined && iid === undefined) {
    refuse('eventClass: an event class, a publisher ID or an interface is needed (EVC-98)');
  }
}

/** Reads a document of which nothing is believed. Throws `E_INVALIDARG`, which names the place in it. */
export function readSubscription(json: unknown): SubscriptionDocument {
  return parse(subscriptionSchema, json);
}

/** What can be written once only (EVC-96). */
const WRITE_ONCE = new Set(['id', 'eventClass', 'publisherId']);
const nullable = Object.entries(entries).map(([key, entry]) => [
  key,
  v.exactOptional(v.nullable(entry.type === 'exact_optional' ? entry.wrapped : entry)),
]);
const changesSchema: v.GenericSchema<unknown, Readonly<Record<string, unknown>>> = v.strictObject(
  Object.fromEntries(nullable),
);

/**
 * The subscription with some of its properties changed; null takes the default again. Throws as `subscriptionOf` does,
 * and `E_INVALIDARG` for what can be written once only (EVC-96).
 */
export function changedSubscription(subscription: Subscription, json: unknown): Subscription {
  const changes = parse(changesSchema, json);
  const live = subscription.subscriberClsid === undefined;
  for (const key of Object.keys(changes)) {
    if (WRITE_ONCE.has(key) || (live && key === 'interface')) refuse(`${key}: cannot be changed (EVC-96)`);
  }
  const merged = Object.entries({ ...documentOf(subscription), ...changes }).filter(([, value]) => value !== null);
  return subscriptionOf(readSubscription(Object.fromEntries(merged)), subscription, live);
}

/** What somebody would ask for to get this subscription. */
export function documentOf(subscription: Subscription): SubscriptionDocument {
  const { owner: _owner, configured: _configured, order: _order, ...document } = subscription;
  const given = Object.entries(document).filter(([, value]) => value !== undefined);
  return readSubscription(Object.fromEntries(given));
}

/** What a query can look at. */
export function columnsOfSubscription(subscription: Subscription): Columns {
  const { id, name, owner, perUser, enabled, machineName, publisherId, queued, subscriberClsid } = subscription;
  const { description, eventClass, interface: iid, method: methodName, filterCriteria } = subscription;
  return {
    subscriptionId: id,
    subscriptionName: name,
    ownerSid: owner,
    perUser,
    enabled,
    machineName: machineName ?? '',
    publisherId: publisherId ?? '',
    subscriberPartitionId: GUID_NULL,
    subscriberApplicationId: GUID_NULL,
    ...(description !== undefined && { description }),
    ...(eventClass !== undefined && { eventClassId: eventClass }),
    ...(iid !== undefined && { interfaceId: iid }),
    ...(methodName !== undefined && { methodName }),
    ...(filterCriteria !== undefined && { filterCriteria }),
    ...(subscriberClsid !== undefined && { subscriberClsid }),
    // Generated, as the documents have it (EVC-121).
    ...(queued && { subscriberMoniker: `queue:/new:/{${subscriberClsid}}` }),
  };
}

const record = v.strictObject({
  version: v.literal(1),
  owner: v.string(),
  order: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  subscription: v.unknown(),
});

/** As a persistent one is kept in the store; undefined for a transient one (EVC-85, EVC-86). */
export function encodeSubscription(subscription: Subscription): Uint8Array | undefined {
  if (subscription.subscriberClsid === undefined) return undefined;
  const { owner, order } = subscription;
  const kept = { version: 1, owner, order, subscription: documentOf(subscription) };
  return new TextEncoder().encode(JSON.stringify(kept));
}

/** Throws for bytes that are no persistent subscription. */
export function decodeSubscription(bytes: Uint8Array): Subscription {
  const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  const { owner, order, subscription } = v.parse(record, json);
  const { id, ...document } = readSubscription(subscription);
  if (id === undefined) throw new Error('no ID');
  return subscriptionOf(document, { id, owner, order, configured: false }, false);
}
