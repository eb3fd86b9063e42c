/** The operator's file: a library of event classes with persistent subscriptions and roles (EVC-110, EVC-111). */

import * as v from 'valibot';
import { libraryEntries, resolveLibrary } from '../../shared/events/library.ts';
import { objectName, parse, refuse } from '../../shared/events/schema.ts';
import type { Library } from '../../shared/index.ts';
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
  roles: v.exactOptional(v.record(objectName, v.array(objectName)), {}),
});

/** Reads the text of the file. Throws `E_INVALIDARG`, which names the place, or `EVENT_E_TOO_MANY_METHODS`. */
export function parseEventsFile(text: string): EventsFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    refuse('not JSON');
  }
  const { subscriptions, roles, ...document } = parse(schema, json);
  return { library: resolveLibrary(document), subscriptions, roles };
}

/**
 * Puts what the file says into force: classes first, since subscriptions need them. Throws as `Catalogue.configure` and
 * `Subscriptions.configure` do.
 */
export function configure<Live extends Releasable>(
  { library, subscriptions }: EventsFile,
  catalogue: Catalogue,
  into: Subscriptions<Live>,
): void {
  catalogue.configure(library);
  into.configure(subscriptions);
}
