/** The operator's file: a library of event classes with persistent subscriptions and roles (EVC-110, EVC-111). */

import * as v from 'valibot';
import { libraryEntries, resolveLibrary } from '../../shared/events/library.ts';
import { byName, objectName, parse, refuse } from '../../shared/events/schema.ts';
import { type Code, type Library, SpoolError } from '../../shared/index.ts';
import type { Catalogue } from './catalogue.ts';
import { type SubscriptionDocument, subscriptionSchema } from './subscription.ts';
import type { Releasable, Subscriptions } from './subscriptions.ts';

export interface EventsFile {
  readonly library: Library;
  readonly subscriptions: readonly SubscriptionDocument[];
  /** Users by role. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
}

const schema = v.strictObject({
  ...libraryEntries,
  subscriptions: v.exactOptional(v.array(subscriptionSchema), []),
  roles: v.exactOptional(byName(v.array(objectName)), {}),
});

/** Reads the text of the file. Throws `EVENTS_FILE_INVALID`, which names the place. */
export function parseEventsFile(text: string): EventsFile {
  return asFile(() => {
    const { subscriptions, roles, ...document } = parse(schema, jsonOf(text));
    return { library: resolveLibrary(document), subscriptions, roles };
  });
}

/**
 * Puts what the file says into force: classes first, since subscriptions need them. Throws as `Catalogue.configure` and
 * `Subscriptions.configure` do, but `EVENTS_FILE_INVALID` for `E_INVALIDARG`.
 */
export function configure<Live extends Releasable>(
  { library, subscriptions }: EventsFile,
  catalogue: Catalogue,
  into: Subscriptions<Live>,
): void {
  asFile(() => {
    catalogue.configure(library);
    into.configure(subscriptions);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse('not JSON');
  }
}

const OF_THE_FILE: ReadonlySet<Code> = new Set(['E_INVALIDARG', 'EVENT_E_TOO_MANY_METHODS']);

/** It is the file that makes no sense, not the call. Other codes say what they say. */
function asFile<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof SpoolError) || !OF_THE_FILE.has(cause.code)) throw cause;
    throw new SpoolError('EVENTS_FILE_INVALID', { cause, ...(cause.input !== undefined && { input: cause.input }) });
  }
}
