/** Everything once, then everything again: each repetition runs each workload with each peer in turn. */

import { type Cast, processes } from './cast.ts';
import { load, takesPart } from './peers/index.ts';
import type { Script } from './roles.ts';
import { type Result, run } from './run.ts';
import type { Settings } from './settings.ts';
import type { Workload } from './workload.ts';

/** What one peer did in one workload. */
export interface Series {
  readonly workload: Workload;
  readonly peer: string;
  /** One for each repetition. */
  readonly results: Result[];
}

export interface Plan {
  readonly workloads: readonly Workload[];
  readonly peers: readonly string[];
  readonly repetitions: number;
  readonly settings: Settings;
}

/** `done` is told of each run. */
export async function runAll(
  { workloads, peers, repetitions, settings }: Plan,
  done: (series: Series, result: Result, repetition: number) => void,
  castOf: (script: Script) => Cast = processes,
): Promise<readonly Series[]> {
  const all = workloads.flatMap((workload) =>
    peers.filter((peer) => takesPart(peer, workload)).map((peer): Series => ({ workload, peer, results: [] })),
  );
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const workload of workloads) {
      const taking = all.filter((series) => series.workload === workload);
      // Nobody is always the first, or always behind the same.
      for (const series of rotated(taking, repetition)) {
        const peer = await load(series.peer, workload);
        const cannot = peer.cannot?.[workload.name];
        const result =
          cannot === undefined ? await run(castOf({ peer, workload, settings }), workload, settings) : { cannot };
        series.results.push(result);
        done(series, result, repetition);
      }
    }
  }
  return all;
}

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
