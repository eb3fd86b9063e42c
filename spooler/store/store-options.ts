/** How a store is opened. */

import { type Clock, type SpoolError, systemClock } from '../../shared/index.ts';
import { SpareMemory } from './spare-memory.ts';

export interface StoreOptions {
  /** Milliseconds a commit may take until the store is given up; default 30,000. */
  readonly commitTime?: number;
  /** Bytes that each of the two files of the journal may have; default 16 MiB. */
  readonly journalSize?: number;
  readonly clock?: Clock;
  /** Hears of the first commit of those in a row that fail, whoever waits for them. Must not throw. */
  readonly onFailure?: (failure: SpoolError) => void;
}

/** As they are in here. */
export interface AllStoreOptions extends Required<StoreOptions> {
  /** Of the journal and of the store behind it together. */
  readonly memory: SpareMemory;
}

export function defaultStoreOptions({
  commitTime = 30_000,
  journalSize = 16 * 1_048_576,
  clock = systemClock,
  onFailure = () => {},
  memory = new SpareMemory(),
}: Partial<AllStoreOptions>): AllStoreOptions {
  return { commitTime, journalSize, clock, onFailure, memory };
}
