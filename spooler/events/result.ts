/** What becomes of an event at one subscription, and what its publisher is told of all of them (EVC-64 to EVC-70). */

import { hresultOf, succeeded } from '../../shared/index.ts';

/**
 * `delivered`: called, with success. `queued`: recorded, to be delivered later. `failed`: could not be called, refused, or
 * answered with a failure. `skipped`: not meant for it; its parameter filter says no, or it was ended or disabled
 * meanwhile.
 */
export interface Fate {
  readonly kind: 'delivered' | 'queued' | 'failed' | 'skipped';
  /** The subscriber's own answer, or why it was not called. */
  readonly hresult: number;
}

/** What a subscriber's answer makes of it: also its own failure counts as failed (EVC-OPEN-6). */
export function fateOf(hresult: number): Fate {
  return { kind: succeeded(hresult) ? 'delivered' : 'failed', hresult };
}

export const SKIPPED: Fate = { kind: 'skipped', hresult: hresultOf('S_OK') };

/**
 * The result of the firing. Only those that the event was meant for count: who was skipped is neither a success nor a
 * failure (EVC-OPEN-5), so that an event which everybody's filter refused had no subscribers.
 */
export function resultOf(fates: Iterable<Fate>): number {
  let reached = 0;
  let failed = 0;
  for (const { kind } of fates) {
    if (kind === 'failed') failed++;
    else if (kind !== 'skipped') reached++;
  }
  if (failed === 0) return hresultOf(reached === 0 ? 'EVENT_S_NOSUBSCRIBERS' : 'S_OK');
  return hresultOf(reached === 0 ? 'EVENT_E_ALL_SUBSCRIBERS_FAILED' : 'EVENT_S_SOME_SUBSCRIBERS_FAILED');
}
