/**
 * Whatever clients do in whatever order, the spooler and the libraries do what the model says, which was written from
 * PROTOCOL.md: every answer, every callback in its order and once, every count, and nothing left at the end.
 */

import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import { ENOUGH_TIME, seeded } from './seed.ts';
import { stories } from './steps.ts';
import { enact } from './world.ts';

describe('any story ends as the model says', () => {
  test(
    'over memory',
    async () => {
      await fc.assert(
        fc.asyncProperty(stories(100), (story) => enact(story, 'memory')),
        seeded(200),
      );
    },
    ENOUGH_TIME,
  );

  test(
    'over websocket',
    async () => {
      await fc.assert(
        fc.asyncProperty(stories(100), (story) => enact(story, 'websocket')),
        seeded(10),
      );
    },
    ENOUGH_TIME,
  );
});
