/** What the store has of persistent registrations, and under which keys (docs/store.md). */

import * as v from 'valibot';
import { guidText } from '../../shared/events/schema.ts';
import { type Guid, guid, USER_FILTERS, type UserFilter } from '../../shared/index.ts';
import { REGISTRATION_ID, RETENTION_OVERFLOWS } from '../../shared/persistence/registrations.ts';
import type { Change, Store } from '../store/store.ts';

export const REGISTRATION_PREFIX = 'registration/';
/** What is still to be removed of a registration that is gone. */
export const REMOVED_PREFIX = 'removed/';
export const NUMBER_PREFIX = 'number/kept/';

const DIGITS = 16;

export function blockPrefix(key: Guid): string {
  return `kept/${key}/`;
}

/** By the number of the first notification in it. */
export function blockKey(key: Guid, first: number): string {
  return blockPrefix(key) + String(first).padStart(DIGITS, '0');
}

export function firstOf(key: string): number {
  return Number(key.slice(-DIGITS));
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const registration = v.strictObject({
  user: v.string(),
  id: v.pipe(v.string(), v.regex(REGISTRATION_ID)),
  name: v.nullable(v.string()),
  type: guidText,
  filter: v.picklist(Object.keys(USER_FILTERS) as UserFilter[]),
  retention: v.strictObject({
    notifications: count,
    bytes: count,
    overflow: v.picklist(RETENTION_OVERFLOWS),
  }),
  attached: v.boolean(),
  given: count,
  seen: v.number(),
});

/** A registration as it is kept. */
export type RegistrationEntry = Readonly<v.InferOutput<typeof registration>>;

const numbers = v.strictObject({ last: count, gone: count, bytes: count, lost: count });

/** How far what is kept for a registration has come: up to which number it was given out, and is gone. */
export type NumbersEntry = Readonly<v.InferOutput<typeof numbers>>;

const utf8 = new TextEncoder();

export function encodeEntry(entry: RegistrationEntry | NumbersEntry): Uint8Array {
  return utf8.encode(JSON.stringify(entry));
}

/** Undefined for bytes that are none. */
export function decodeRegistration(bytes: Uint8Array): RegistrationEntry | undefined {
  return decoded(registration, bytes);
}

/** Undefined for bytes that are none. */
export function decodeNumbers(bytes: Uint8Array): NumbersEntry | undefined {
  return decoded(numbers, bytes);
}

function decoded<Schema extends v.GenericSchema>(schema: Schema, bytes: Uint8Array): v.InferOutput<Schema> | undefined {
  try {
    return v.parse(schema, JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}

export function putRegistration(key: Guid, entry: RegistrationEntry): Change {
  return { put: [REGISTRATION_PREFIX + key, encodeEntry(entry)] };
}

export const NO_NUMBERS: NumbersEntry = { last: 0, gone: 0, bytes: 0, lost: 0 };

/** A registration in the store. */
export interface StoredRegistration {
  readonly key: Guid;
  readonly entry: RegistrationEntry;
  readonly numbers: NumbersEntry;
}

/** `corrupt` hears of the keys of what is none. Throws as the store does. */
export async function* storedRegistrations(
  store: Store,
  corrupt: (key: string) => void,
): AsyncGenerator<StoredRegistration, void> {
  const numbers = new Map<string, NumbersEntry>();
  for await (const [key, bytes] of store.entries(NUMBER_PREFIX)) {
    const entry = decodeNumbers(bytes);
    if (entry) numbers.set(key.slice(NUMBER_PREFIX.length), entry);
    else corrupt(key);
  }
  for await (const [stored, bytes] of store.entries(REGISTRATION_PREFIX)) {
    const entry = decodeRegistration(bytes);
    const key = stored.slice(REGISTRATION_PREFIX.length);
    if (entry) yield { key: guid(key), entry, numbers: numbers.get(key) ?? NO_NUMBERS };
    else corrupt(stored);
  }
}
