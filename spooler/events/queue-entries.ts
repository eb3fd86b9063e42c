/** What the queue writes to the store, and what it finds there. */

import type { Change, Store } from '../store/store.ts';
import {
  advanced,
  decodeMessage,
  decodeNumber,
  decodeProgress,
  encodeMessage,
  encodeNumber,
  encodeProgress,
  keyOf,
  LAST_NUMBER,
  type Place,
  type Progress,
  type QueuedMessage,
} from './queued-message.ts';

export function put(place: 'queue' | 'dead', message: QueuedMessage): Change {
  return { put: [keyOf(place, message.id), encodeMessage(message)] };
}

export function remove(place: Place, { id }: QueuedMessage): Change {
  return { remove: keyOf(place, id) };
}

/** How far it has come. */
export function putProgress(message: QueuedMessage): Change {
  return { put: [keyOf('progress', message.id), encodeProgress(message)] };
}

/** It waits no longer. */
export function gone(message: QueuedMessage): readonly Change[] {
  return [remove('queue', message), remove('progress', message)];
}

export function putLastNumber(number: number): Change {
  return { put: [LAST_NUMBER, encodeNumber(number)] };
}

/** 0 where none was given. Rejects as the store does. */
export async function lastNumber(store: Store): Promise<number> {
  for await (const [key, bytes] of store.entries(LAST_NUMBER)) if (key === LAST_NUMBER) return decodeNumber(bytes);
  return 0;
}

/** What waits, as far as it has come. `corrupt` hears of the keys of what is no message. Throws as the store does. */
export async function* waitingMessages(
  store: Store,
  corrupt: (key: string) => void,
): AsyncGenerator<QueuedMessage, void> {
  const progress = new Map<string, Progress | undefined>();
  for await (const [key, bytes] of store.entries('progress/')) progress.set(key, decodeProgress(bytes));
  for await (const message of messages(store, 'queue', corrupt))
    yield advanced(message, progress.get(keyOf('progress', message.id)));
}

export function deadMessages(store: Store, corrupt: (key: string) => void): AsyncIterable<QueuedMessage> {
  return messages(store, 'dead', corrupt);
}

async function* messages(
  store: Store,
  place: 'queue' | 'dead',
  corrupt: (key: string) => void,
): AsyncGenerator<QueuedMessage, void> {
  for await (const [key, bytes] of store.entries(`${place}/`)) {
    const message = decodeMessage(bytes);
    if (message) yield message;
    else corrupt(key);
  }
}
