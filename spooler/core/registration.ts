/**
 * One listener's interest, as the spooler knows it (PAN-12): what it asked for, who asked, and its share of the
 * session.
 */

import { type Interest, nameKey } from '../../shared/index.ts';
import type { Window } from './delivery.ts';
import type { ListenerEnd } from './ends.ts';
import { LazySet } from './lazy-set.ts';
import type { Session } from './session.ts';

export class Registration {
  /** The client's number for it. */
  readonly number: number;
  readonly session: Session;
  readonly interest: Interest;
  /** Charged for what it holds: its own window when unidirectional, the session's common one otherwise. */
  readonly window: Window;
  /** The ends of unidirectional channels it has received from; they go with it. */
  readonly ends = new LazySet<ListenerEnd>();

  constructor(number: number, session: Session, interest: Interest, window: Window) {
    this.number = number;
    this.session = session;
    this.interest = interest;
    this.window = window;
  }

  /** Asked for when it comes and when it goes: not worth keeping. */
  get nameKey(): string {
    return nameKey(this.interest.name);
  }

  get user(): string {
    return this.session.user;
  }
}
