/** The subscriptions of one event class, as its publisher filter or an embedding program asks for them (EVC-138, EVC-139). */

import type { Guid } from '../../shared/index.ts';
import type { EventObjectCollection, MultiInterfaceEventControl } from './publisher-filter.ts';
import type { Subscription } from './subscription.ts';

/** Says of a subscription whether it is chosen. */
export type SubscriptionTest = (subscription: Subscription) => boolean;

export interface EventControlParts {
  /** Those that an event of the method would reach without a filter, whoever publishes it; looked up at each walk. */
  find(iid: Guid, method: string): Iterable<Subscription>;
  /** Reads criteria over the columns of a subscription. Throws `EVENT_E_QUERYSYNTAX` or `EVENT_E_QUERYFIELD`. */
  test(criteria: string): SubscriptionTest;
}

const everyOne: SubscriptionTest = () => true;

export class ClassControl implements MultiInterfaceEventControl {
  readonly #parts: EventControlParts;
  readonly #defaults = new Map<string, SubscriptionTest>();

  constructor(parts: EventControlParts) {
    this.#parts = parts;
  }

  getSubscriptions(iid: Guid, method: string, criteria?: string | null): EventObjectCollection {
    const test = typeof criteria === 'string' ? this.#parts.test(criteria) : this.defaultTest(iid, method);
    const parts = this.#parts;
    function* walk(): IterableIterator<Subscription> {
      for (const subscription of parts.find(iid, method)) if (test(subscription)) yield subscription;
    }
    return {
      [Symbol.iterator]: walk,
      get count() {
        return [...walk()].length;
      },
    };
  }

  setDefaultQuery(iid: Guid, method: string, criteria: string): void {
    this.#defaults.set(`${iid} ${method}`, this.#parts.test(criteria));
  }

  /** Of an event that no filter is asked about. */
  defaultTest(iid: Guid, method: string): SubscriptionTest {
    return this.#defaults.get(`${iid} ${method}`) ?? everyOne;
  }
}
