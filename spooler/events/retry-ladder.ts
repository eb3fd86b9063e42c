/** When a queued message whose delivery failed is tried again (EVC-126, EVC-128). Pure. */

const MINUTE = 60_000;

/** Milliseconds before each try on a rung: the retry queues `_0` to `_4` of the documents. */
export const RUNGS: readonly number[] = [1 * MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 16 * MINUTE];

/** Tries on each rung before the message moves to the next one. */
export const TRIES_PER_RUNG = 3;

/**
 * Milliseconds from the failure number `failures` (1 for the first) to the next try. Undefined: every try is used up and
 * the message belongs to the dead letters. With fewer `rungs` the sequence is shorter and the remaining ones keep the
 * timing of their position (EVC-128); with none the first failure is the last.
 */
export function waitAfter(failures: number, rungs: number = RUNGS.length): number | undefined {
  const rung = Math.floor((failures - 1) / TRIES_PER_RUNG);
  return rung < rungs ? RUNGS[rung] : undefined;
}
