/** The benchmark of filters measures what it says, and nothing that is wrong counts. Nobody looks at any time here. */

import { expect, test } from 'vitest';
import { events, wanted, wishes } from './crowd.ts';
import { rateOf } from './measure.ts';
import { FILTER_PEERS, type FilterPeer } from './peers.ts';
import { tableOf } from './table.ts';

const TINY = { warmUp: 0, duration: 1 };

test.each(FILTER_PEERS)('$name answers every question rightly', async (peer) => {
  expect(await rateOf(peer, 20, TINY)).toBeGreaterThan(0);
  for (const wish of wishes(40)) {
    const filter = peer.compile(wish);
    const answers = await Promise.all(events(80).map(filter));
    expect(answers).toEqual(events(80).map((event) => wanted(wish, event)));
  }
});

test('about one in ten is wanted', () => {
  const all = wishes(1_000).flatMap((wish) => events(100).map((event) => wanted(wish, event)));
  const part = all.filter(Boolean).length / all.length;
  expect(part).toBeGreaterThan(0.07);
  expect(part).toBeLessThan(0.13);
});

test('one wrong answer, and there is no figure', async () => {
  const liar: FilterPeer = { name: 'liar', promises: false, version: () => 'liar 1', compile: () => () => true };
  await expect(rateOf(liar, 1, TINY)).rejects.toThrow(/liar gave \d+ wrong answers/);
});

test('a ratio is that of one repetition, and then the median', () => {
  const byPeer = new Map([
    ['spoolpipe', [100, 400, 300]],
    ['filtrex', [10, 20, 100]],
    ['jsonata', [1, 1, 1]],
  ]);
  expect(tableOf([{ subscriptions: 1_000, byPeer }])).toMatch(/\| 1,000 \| 300 \| 20 \| 10\.0 \| 1 \| 300\.0 \|$/);
});
