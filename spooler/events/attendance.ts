/** The sessions there are: who is logged on (EVC-105), and which subscriptions end with which session (EVC-85). */

import type { Guid } from '../../shared/index.ts';
import type { Caller } from '../core/service.ts';

export class Attendance {
  /** With the subscriptions of each that has some. */
  readonly #sessions = new Map<Caller, Set<Guid> | undefined>();
  /** How many sessions each user has. */
  readonly #users = new Map<string, number>();

  joined(caller: Caller): void {
    this.#sessions.set(caller, undefined);
    this.#users.set(caller.user, (this.#users.get(caller.user) ?? 0) + 1);
  }

  /** Gives the subscriptions that ended with the session. */
  left(caller: Caller): Iterable<Guid> {
    const subscriptions = this.#sessions.get(caller) ?? [];
    if (!this.#sessions.delete(caller)) return [];
    const others = (this.#users.get(caller.user) ?? 1) - 1;
    if (others > 0) this.#users.set(caller.user, others);
    else this.#users.delete(caller.user);
    return subscriptions;
  }

  isPresent(caller: Caller): boolean {
    return this.#sessions.has(caller);
  }

  isLoggedOn(user: string): boolean {
    return this.#users.has(user);
  }

  /** The subscription ends with the session. Precondition: it is present. */
  tie(caller: Caller, subscription: Guid): void {
    this.#sessions.set(caller, (this.#sessions.get(caller) ?? new Set()).add(subscription));
  }

  /** It has ended before. */
  untie(caller: Caller, subscription: Guid): void {
    this.#sessions.get(caller)?.delete(subscription);
  }
}
