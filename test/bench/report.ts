/** What a whole benchmark says: as tables, as a page, as JSON. */

import type { Machine } from './machine.ts';
import type { Series } from './series.ts';
import type { Settings } from './settings.ts';
import type { Summary } from './summary.ts';
import { figureTable, notes, ownTable, ratioTable } from './tables.ts';

export interface Report {
  readonly machine: Machine;
  readonly date: string;
  readonly repetitions: number;
  readonly settings: Settings;
  /** Package or program, by the name in the tables. */
  readonly versions: Readonly<Record<string, string>>;
  readonly series: readonly Series[];
  readonly summaries: readonly Summary[];
}

export function tables({ summaries }: Report): string {
  return [
    section('Compared with `raw ws`', ratioTable(summaries)),
    section('Compared with itself', ownTable(summaries)),
    section('Figures', figureTable(summaries)),
    section('Not tried', notes(summaries)),
  ].join('');
}

function section(title: string, table: string): string {
  return table === '' ? '' : `## ${title}\n\n${table}\n`;
}

export function page(report: Report): string {
  const { machine, date, repetitions, settings, versions, summaries } = report;
  const workloads = [...new Set(summaries.map(({ workload }) => workload))];
  return `# Benchmarks

Written by \`npm run bench -- --write\` on ${date}.

- **machine**: ${machine.processor}, ${machine.cores} cores, ${machine.memory}, ${machine.system}
- **Node**: ${machine.node}
- **runs**: ${repetitions} of each, here their medians; ${settings.warmUp} ms to warm up, then at least
  ${settings.duration} ms that are measured
${Object.entries(versions)
  .map(([name, version]) => `- **${name}**: ${version}\n`)
  .join('')}
${tables(report)}## What is measured

Three processes on loopback: the broker, one sender, all listeners; new ones for each run. The number, order and length
of every object is checked at every listener, the contents of some; a run in which anything is missing or wrong has no
figure.

\`raw ws\` is the least one can do: a relay of a few lines on \`ws\`, a frame and a write for each object, nothing
acknowledged, nothing bounded. \`joined ws\` is the same, but writes to each socket once for each turn of the event loop.
So that nothing grows, the benchmark itself keeps all peers within a window: the slowest listener says each eighth of it
how far it is. spoolpipe needs no such answers (overflow \`wait\`): at most a window of its sends is not settled. Where a
listener stops reading, overflow is \`lose\` and the window is kept by answers, as for the others.

Ratios are made within one repetition, and then the median is taken. Of times, costs and memory less is better.

${workloads.map(({ name, description }) => `- \`${name}\`: ${description}\n`).join('')}
## Again

\`\`\`sh
npm ci && npm run bench              # everything
npm run bench -- --quick             # a first impression
npm run bench -- --workloads pipe --peers 'raw ws,spoolpipe' --repetitions 3
\`\`\`

\`nats\` and \`mosquitto\` take part where \`nats-server\` and \`mosquitto\` are installed.
`;
}

export function json(report: Report): string {
  const of = ({ workload, peer }: { workload: { name: string }; peer: string }): object => ({
    workload: workload.name,
    peer,
  });
  const series = report.series.map((each) => ({ ...of(each), results: each.results }));
  const summaries = report.summaries.map((each) => ({ ...each, ...of(each) }));
  return JSON.stringify({ ...report, series, summaries }, undefined, 2);
}
