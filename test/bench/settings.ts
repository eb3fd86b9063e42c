/** How long and how large a run is. */

import { tmpdir } from 'node:os';

export interface Settings {
  /** Milliseconds before measuring begins, in the connections that are measured. */
  readonly warmUp: number;
  /** Milliseconds that are measured; more where too little happens. */
  readonly duration: number;
  /** Milliseconds without any object until a run counts as stuck. */
  readonly patience: number;
  /** Milliseconds until a run is given up, whatever it does. */
  readonly limit: number;
  /** Milliseconds for memory to be at rest, before and after garbage is collected. */
  readonly settling: number;
  /** Listeners of the workload `idle`. */
  readonly idleListeners: number;
  /** What numbers of listeners, registrations, channels and bytes are multiplied with: 1, or less in tests. */
  readonly scale: number;
  /** Where what must last is kept: on a disk. Each run makes a folder of its own there, and removes it. */
  readonly folder: string;
}

export const NORMAL: Settings = {
  warmUp: 1_500,
  duration: 1_000,
  patience: 10_000,
  limit: 60_000,
  settling: 500,
  idleListeners: 9_000,
  scale: 1,
  folder: tmpdir(),
};
export const QUICK: Settings = { ...NORMAL, warmUp: 600, duration: 400, idleListeners: 6_000 };

/** A number of listeners, registrations, channels or bytes; at least one, unless it is none. */
export function scaled(count: number, { scale }: Settings): number {
  return count === 0 ? 0 : Math.max(1, Math.round(count * scale));
}
