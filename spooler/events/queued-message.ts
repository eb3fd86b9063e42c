/** What waits to be delivered, and how it is kept in the store (EVC-123 to EVC-126). */

import * as v from 'valibot';
import { type Guid, guid } from '../../shared/index.ts';

/** Who fired. Kept with what waits and there again when it is played (EVC-125). */
export interface Publisher {
  readonly user: string;
  readonly publisherId?: string;
}

/** What one recorder recorded for one destination: played in order, each call once the one before has succeeded. */
export interface Recording {
  /** One subscription; null: everybody, the calls are fired as if their publisher fired them now. */
  readonly subscription: Guid | null;
  /** Messages of one recorder for one destination stay in order. Others promise nothing to each other (EVC-123). */
  readonly recorder: number;
  readonly publisher: Publisher;
  /** Those that are left, at least one; the JSON text of an EventCall each. */
  readonly calls: readonly string[];
}

export interface QueuedMessage extends Recording {
  /** Rises in the order of acceptance, over restarts too. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly recordedAt: number;
  /** Calls that were played and are not among those that are left. */
  readonly played: number;
  /** Deliveries of its first call that failed since the one before succeeded. */
  readonly failures: number;
  /** Milliseconds since 1970: the next try is not before. */
  readonly due: number;
  /** How the last delivery failed; 0 where none has. */
  readonly hresult: number;
}

/** Where messages wait, how far those have come, and where those go that nobody takes (EVC-126). */
export type Place = 'queue' | 'progress' | 'dead';

/** Digits enough for every number a program can count to, so that keys sort as their numbers. */
const DIGITS = 16;

export function keyOf(place: Place, id: number): string {
  return `${place}/${String(id).padStart(DIGITS, '0')}`;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const schema = v.strictObject({
  id: count,
  recorder: count,
  subscription: v.nullable(v.pipe(v.string(), v.transform(guid))),
  publisher: v.strictObject({ user: v.string(), publisherId: v.exactOptional(v.string()) }),
  calls: v.pipe(v.array(v.string()), v.minLength(1)),
  recordedAt: v.number(),
  failures: count,
  due: v.number(),
  hresult: count,
});

const progressSchema = v.strictObject({ played: count, failures: count, due: v.number(), hresult: count });

/** What changes of a message while it is played: kept beside it, since a message may be long. */
export type Progress = v.InferOutput<typeof progressSchema>;

const utf8 = new TextEncoder();

/** As it is when it has not begun to be played: with the calls that are left. */
export function encodeMessage({ played: _, ...message }: QueuedMessage): Uint8Array {
  return utf8.encode(JSON.stringify(message));
}

export function encodeProgress({ played, failures, due, hresult }: Progress): Uint8Array {
  return utf8.encode(JSON.stringify({ played, failures, due, hresult }));
}

/** Undefined for bytes that are no message. */
export function decodeMessage(bytes: Uint8Array): QueuedMessage | undefined {
  const message = decoded(schema, bytes);
  return message && { ...message, played: 0 };
}

/** Undefined for bytes that are none. */
export function decodeProgress(bytes: Uint8Array): Progress | undefined {
  return decoded(progressSchema, bytes);
}

/** A message as far as it has come. What says that nothing is left of it is not believed: it is played again. */
export function advanced(message: QueuedMessage, progress: Progress | undefined): QueuedMessage {
  if (!progress || progress.played >= message.calls.length) return message;
  return { ...message, ...progress, calls: message.calls.slice(progress.played) };
}

function decoded<Schema extends v.GenericSchema>(schema: Schema, bytes: Uint8Array): v.InferOutput<Schema> | undefined {
  try {
    return v.parse(schema, JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}

/** Characters of its calls: what it takes up. */
export function sizeOf({ calls }: Recording): number {
  return calls.reduce((sum, call) => sum + call.length, 0);
}

/** Where the store has the last number that was given: none is given again, though what had it is gone. */
export const LAST_NUMBER = 'number/queue';

export function encodeNumber(number: number): Uint8Array {
  return new TextEncoder().encode(String(number));
}

/** 0 for bytes that are no number. */
export function decodeNumber(bytes: Uint8Array): number {
  const number = Number(new TextDecoder().decode(bytes));
  return Number.isSafeInteger(number) && number > 0 ? number : 0;
}
