/** Who is logged on (EVC-105), and which subscriptions end with which session (EVC-85). */

import type { Guid } from '../../shared/index.ts';
import type { Caller } from '../core/service.ts';

export class Attendance {
  /** The subscriptions of each session that has some. */
  readonly #subscriptions = new Map<Caller, Set<Guid>>();
  /** How many sessions each user has. */
  readonly #users = new Map<string, number>();

  joined(caller: Caller): void {
    this.#users.set(caller.user, (this.#users.get(caller.user) ?? 0) + 1);
  }

  /** Gives the subscriptions that ended with the session. Precondition: it had joined. */
  left(caller: Caller): Iterable<Guid> {
    const subscriptions = this.#subscriptions.get(caller) ?? [];
    this.#subscriptions.delete(caller);
    const others = (this.#users.get(caller.user) ?? 1) - 1;
    if (others > 0) this.#users.set(caller.user, others);
    else this.#users.delete(caller.user);
    return subscriptions;
  }

  isLoggedOn(user: string): boolean {
    return this.#users.has(user);
  }

  /** The subscription ends with the session. Precondition: it is present. */
  tie(caller: Caller, subscription: Guid): void {
    this.#subscriptions.set(caller, (this.#subscriptions.get(caller) ?? new Set()).add(subscription));
  }

  /** It has ended before. */
  untie(caller: Caller, subscription: Guid): void {
    const subscriptions = this.#subscriptions.get(caller);
    if (subscriptions?.delete(subscription) && subscriptions.size === 0) this.#subscriptions.delete(caller);
  }
}
