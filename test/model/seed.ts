/**
 * How random tests are repeated: from the same seed each time, unless `SPOOLPIPE_SEED` names another; `SPOOLPIPE_RUNS` asks for so many
 * times as many runs. A failure prints its seed and its smallest case.
 */

import type { Parameters } from 'fast-check';

const { SPOOLPIPE_SEED: seed = '1', SPOOLPIPE_RUNS: factor = '1' } = process.env;

export function seeded<Values>(runs: number): Parameters<Values> {
  return { seed: Number(seed), numRuns: Math.ceil(runs * Number(factor)), endOnFailure: false };
}
