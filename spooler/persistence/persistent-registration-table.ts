/** Which persistent registrations there are: by user, then by the name he gave it. */

import { SpoolError } from '../../shared/index.ts';
import type { PersistentRegistration } from './persistent-registration.ts';

export interface RegistrationLimits {
  /** Registrations of one user; default 100. */
  readonly perUser?: number;
  /** Registrations of all; default 10,000. */
  readonly registrations?: number;
}

const NONE: ReadonlyMap<string, PersistentRegistration> = new Map();

export class PersistentRegistrationTable {
  #size = 0;
  readonly #perUser: number;
  readonly #most: number;
  readonly #users = new Map<string, Map<string, PersistentRegistration>>();

  constructor({ perUser = 100, registrations = 10_000 }: RegistrationLimits) {
    this.#perUser = perUser;
    this.#most = registrations;
  }

  get size(): number {
    return this.#size;
  }

  *[Symbol.iterator](): Iterator<PersistentRegistration> {
    for (const registrations of this.#users.values()) yield* registrations.values();
  }

  of(user: string): Iterable<PersistentRegistration> {
    return (this.#users.get(user) ?? NONE).values();
  }

  find(user: string, id: string): PersistentRegistration | undefined {
    return this.#users.get(user)?.get(id);
  }

  /** Throws `MAX_REGISTRATION_COUNT_EXCEEDED` where the user may have no other one. */
  checkRoom(user: string): void {
    if ((this.#users.get(user)?.size ?? 0) >= this.#perUser)
      throw new SpoolError('MAX_REGISTRATION_COUNT_EXCEEDED', { input: `${this.#perUser} of ${user}` });
    if (this.#size >= this.#most) throw new SpoolError('MAX_REGISTRATION_COUNT_EXCEEDED');
  }

  add(registration: PersistentRegistration): void {
    const { user, id } = registration.entry;
    const ofUser = this.#users.get(user) ?? new Map<string, PersistentRegistration>();
    this.#users.set(user, ofUser.set(id, registration));
    this.#size++;
  }

  delete({ entry: { user, id } }: PersistentRegistration): void {
    const ofUser = this.#users.get(user);
    if (ofUser?.delete(id)) this.#size--;
    if (ofUser?.size === 0) this.#users.delete(user);
  }
}
