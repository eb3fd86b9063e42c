/**
 * Whatever clients do at the same time, some things always hold: each end hears of its close once and of nothing after
 * it, notifications of one sender come in order, a channel has one owner in its life, every promise settles, every
 * reference comes back.
 */

import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import { chaos, play } from './chaos.ts';
import { ENOUGH_TIME, seeded } from './seed.ts';

describe('in any disorder what always holds does hold (PAN-17, PAN-42, PAN-47, PAN-98)', () => {
  test(
    'over memory',
    async () => {
      await fc.assert(
        fc.asyncProperty(chaos(80), (disorder) => play(disorder, 'memory')),
        seeded(200),
      );
    },
    ENOUGH_TIME,
  );

  test(
    'over websocket',
    async () => {
      await fc.assert(
        fc.asyncProperty(chaos(80), (disorder) => play(disorder, 'websocket')),
        seeded(10),
      );
    },
    ENOUGH_TIME,
  );
});
