/** How a store is opened. */

import { type Clock, type SpoolError, systemClock } from '../../shared/index.ts';

export interface StoreOptions {
  /** Milliseconds a commit may take until the store is given up; default 30,000. */
  readonly commitTime?: number;
  /** Bytes that each of the two files of the journal may have; default 16 MiB. */
  readonly journalSize?: number;
  readonly clock?: Clock;
  /** Hears of the first commit of those in a row that fail, whoever waits for them. Must not throw. */
  readonly onFailure?: (failure: SpoolError) => void;
}

export function defaultStoreOptions({
  commitTime = 30_000,
  journalSize = 16 * 1_048_576,
  clock = systemClock,
  onFailure = () => {},
}: StoreOptions): Required<StoreOptions> {
  return { commitTime, journalSize, clock, onFailure };
}
