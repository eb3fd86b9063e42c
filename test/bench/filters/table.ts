/** What several repetitions say together. */

import { FILTER_PEERS } from './peers.ts';

/** One rate for each repetition. */
export interface Rates {
  readonly subscriptions: number;
  readonly byPeer: Map<string, readonly number[]>;
}

/** Medians; of ratios, each made within one repetition. */
export function tableOf(all: readonly Rates[]): string {
  const [ours, ...others] = FILTER_PEERS.map(({ name }) => name);
  const head = ['subscriptions', `${ours}/s`, ...others.flatMap((name) => [`${name}/s`, 'ratio'])];
  const rows = all.map(({ subscriptions, byPeer }) => {
    const own = byPeer.get(ours ?? '') ?? [];
    const cells = others.flatMap((name) => {
      const rates = byPeer.get(name) ?? [];
      return [whole(median(rates)), median(rates.map((rate, index) => (own[index] ?? 0) / rate)).toFixed(1)];
    });
    return [whole(subscriptions), whole(median(own)), ...cells];
  });
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '--:').join('|')}|`, ...rows.map(line)].join('\n');
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}
