/**
 * One event on its way to its subscribers: who is called when, and never twice (EVC-60 to EVC-69). Who they are and how
 * one of them is called is somebody else's: see event-object.ts and delivery.ts.
 */

import { type Guid, SpoolError } from '../../shared/index.ts';
import { Lanes } from './lanes.ts';
import { type Fate, resultOf } from './result.ts';

/** As much of a subscription as a firing needs. */
interface Subscribed {
  readonly id: Guid;
}

/**
 * Delivers the event to one subscription: sifts, activates, calls. Never rejects for what a subscriber does. A rejection
 * is a fault of the event system.
 */
export type Deliver<Subscription> = (subscription: Subscription) => Fate | Promise<Fate>;

/** In one class with `FireInParallel` so many subscribers at most are called at once (EVC-62). */
export const PARALLEL = 16;

export class Firing<Subscription extends Subscribed> {
  readonly #deliver: Deliver<Subscription>;
  readonly #lanes: Lanes;
  /** By subscription, in the order of their first call. */
  readonly #fates = new Map<Guid, Promise<Fate>>();
  #over = false;

  constructor(deliver: Deliver<Subscription>, inParallel: boolean) {
    this.#deliver = deliver;
    this.#lanes = new Lanes(inParallel ? PARALLEL : 1);
  }

  /**
   * Delivers to one subscription, after everything asked for before; in parallel not before everything asked for before
   * has begun (EVC-142). One subscription gets an event once: asking again gives the same fate, unless it failed, then it
   * is tried again and the new fate counts (EVC-OPEN-18). Rejects with `E_UNEXPECTED` once the firing is over.
   */
  fireSubscription(subscription: Subscription): Promise<Fate> {
    if (this.#over) return Promise.reject(new SpoolError('E_UNEXPECTED', { input: 'the firing is over' }));
    const before = this.#fates.get(subscription.id);
    const fate = this.#lanes.run(async () => {
      const earlier = await before;
      return earlier && earlier.kind !== 'failed' ? earlier : this.#deliver(subscription);
    });
    // Whoever asked hears of a fault, and so does `result`; nobody need have asked.
    fate.catch(() => {});
    this.#fates.set(subscription.id, fate);
    return fate;
  }

  /** Nothing more may be asked for. Resolves with the publisher's result when everything asked for has ended. */
  async result(): Promise<number> {
    this.#over = true;
    return resultOf(await Promise.all(this.#fates.values()));
  }
}
