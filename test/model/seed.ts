/**
 * How random tests are repeated: from the same seed each time, unless `SPOOLPIPE_SEED` names another; `SPOOLPIPE_RUNS`
 * asks for so many times as many runs. A failure prints its seed and the smallest case found.
 */

import type { Parameters } from 'fast-check';

const { SPOOLPIPE_SEED: seed = '1', SPOOLPIPE_RUNS: factor = '1' } = process.env;

/** For the test around it: milliseconds, with room for finding the smallest case. */
export const ENOUGH_TIME = 30_000 * Number(factor);

export function seeded<Values>(runs: number): Parameters<Values> {
  return { seed: Number(seed), numRuns: Math.ceil(runs * Number(factor)) };
}
