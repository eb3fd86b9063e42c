/** What a listener asks for that attaches, and what its registration is then. */

import { type Guid, nameKey, SpoolError } from '../../shared/index.ts';
import { DEFAULT_RETENTION, type Retention } from '../../shared/persistence/registrations.ts';
import type { KeptInterest } from '../core/keeper.ts';
import type { PersistentRegistration } from './persistent-registration.ts';
import type { RegistrationEntry } from './stored-entries.ts';

/** The name is a valid one. */
export interface Attaching {
  readonly id: string;
  readonly attachment: Guid;
  readonly interest: KeptInterest;
  readonly retention: Partial<Retention>;
}

/** Throws `E_INVALIDARG` where the registration is for something else. */
export function checkInterest({ name, type, filter }: RegistrationEntry, asked: KeptInterest): void {
  const isSame = nameKey(name) === nameKey(asked.name) && type === asked.type && filter === asked.filter;
  if (!isSame) throw new SpoolError('E_INVALIDARG', { input: `it is for ${name ?? 'the server'}, ${type}, ${filter}` });
}

/** Of the one that exists, or a new one. `seen`: milliseconds since 1970. */
export function entryOf(
  user: string,
  { id, interest, retention }: Attaching,
  seen: number,
  existing: PersistentRegistration | undefined,
): RegistrationEntry {
  const before = existing?.entry.retention ?? DEFAULT_RETENTION;
  const { name, type, filter } = existing?.entry ?? interest;
  const given = existing?.backlog.given ?? 0;
  return { user, id, name, type, filter, retention: { ...before, ...retention }, attached: true, given, seen };
}
