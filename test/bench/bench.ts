/** `npm run bench`: measures, and says what came of it. Results go to stdout, progress to stderr. */

import { writeFileSync } from 'node:fs';
import { dismissAll } from './cast.ts';
import { shareBusy, thisMachine } from './machine.ts';
import { HELP, optionsFrom } from './options.ts';
import { load, takesPart } from './peers/index.ts';
import { json, page, type Report, tables } from './report.ts';
import type { Result } from './run.ts';
import { runAll, type Series } from './series.ts';
import { summarize } from './summary.ts';
import { number } from './tables.ts';
import type { FigureKind } from './workload.ts';

/** A share of the machine that others may use. */
const BUSY = 0.1;
const PAGE = new URL('../../../docs/benchmarks.md', import.meta.url);

async function bench(args: readonly string[]): Promise<void> {
  const options = optionsFrom(args);
  if (options.help) return console.log(HELP);
  const busy = await shareBusy();
  if (busy > BUSY) console.error(`the machine is ${Math.round(100 * busy)} % busy: the figures will be worth little`);
  const versions: Record<string, string> = {};
  const acknowledges: Record<string, string> = {};
  for (const name of options.peers) {
    const own = options.workloads.filter((workload) => takesPart(name, workload));
    if (own.length === 0) continue;
    const peer = await load(name, own.at(-1));
    const reason = peer.missing();
    if (reason === undefined) versions[name] = peer.version();
    else console.error(`without ${name}: ${reason}`);
    if (peer.durable) acknowledges[name] = peer.durable.acknowledges;
  }
  const series = await runAll({ ...options, peers: Object.keys(versions) }, say);
  const { settings, repetitions } = options;
  const date = new Date().toISOString().slice(0, 10);
  const summaries = summarize(series);
  const report: Report = {
    machine: thisMachine(),
    date,
    repetitions,
    settings,
    versions,
    acknowledges,
    series,
    summaries,
  };
  console.log(options.json ? json(report) : tables(report));
  if (options.write) writeFileSync(PAGE, page(report));
}

function say({ workload, peer }: Series, result: Result, repetition: number): void {
  console.error(`${repetition + 1}  ${workload.name}  ${peer}  ${said(result, workload.figures[0])}`);
}

function said(result: Result, { name, unit }: FigureKind): string {
  if ('fault' in result) return `FAULT: ${result.fault}`;
  return 'cannot' in result ? `not tried: ${result.cannot}` : `${number(result.figures[name])} ${unit}`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void dismissAll().then(() => process.exit(130)));
}

try {
  await bench(process.argv.slice(2));
} catch (reason) {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode = 1;
} finally {
  await dismissAll();
}
