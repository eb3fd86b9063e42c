/** The parameter filters of subscriptions, each made ready once for each method (EVC-148, EVC-165, EVC-169). */

import {
  type BoundFilter,
  type CallArguments,
  compileFilter,
  FilterError,
  type MethodDescription,
} from '../../shared/index.ts';
import type { Subscription } from './subscription.ts';

export class ParameterFilters {
  /** By the subscription as it was stored: another object once it is changed. */
  readonly #ready = new WeakMap<Subscription, Map<MethodDescription, BoundFilter | FilterError>>();

  /** Whether the event is meant for the subscription; or why its filter cannot say. */
  sift(subscription: Subscription, method: MethodDescription, given: CallArguments): boolean | FilterError {
    if (subscription.filterCriteria === undefined) return true;
    const filter = this.#filter(subscription, method);
    return filter instanceof FilterError ? filter : filter.matches(given);
  }

  #filter(subscription: Subscription, method: MethodDescription): BoundFilter | FilterError {
    const filters = this.#ready.get(subscription) ?? new Map<MethodDescription, BoundFilter | FilterError>();
    this.#ready.set(subscription, filters);
    const filter = filters.get(method) ?? bound(subscription, method);
    filters.set(method, filter);
    return filter;
  }
}

function bound(subscription: Subscription, { parameters }: MethodDescription): BoundFilter | FilterError {
  const { filterCriteria = 'ALL', filterLanguage = 'criteria' } = subscription;
  try {
    return compileFilter(filterCriteria, { language: filterLanguage }).bind(parameters);
  } catch (reason) {
    if (reason instanceof FilterError) return reason;
    throw reason;
  }
}
