/** What a whole benchmark says: as tables, as a page, as JSON. */

import type { Machine } from './machine.ts';
import type { Series } from './series.ts';
import type { Settings } from './settings.ts';
import type { Summary } from './summary.ts';
import { durableTable, figureTable, notes, overTimeTable, ownTable, ratioTable } from './tables.ts';

export interface Report {
  readonly machine: Machine;
  readonly date: string;
  readonly repetitions: number;
  readonly settings: Settings;
  /** Package or program, by the name in the tables. */
  readonly versions: Readonly<Record<string, string>>;
  /** When a sender is told, by the name in the tables; of durable peers. */
  readonly acknowledges: Readonly<Record<string, string>>;
  readonly series: readonly Series[];
  readonly summaries: readonly Summary[];
}

export function tables({ summaries, acknowledges }: Report): string {
  return [
    section('Compared with `raw ws`', ratioTable(summaries)),
    section('Compared with itself', ownTable(summaries)),
    section('Durable, compared with `append log`', durableTable(summaries, acknowledges)),
    section('Cost over time', overTimeTable(summaries)),
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

Durable: the listener has registered and is away while the sender sends; what it was told is kept lies on the disk, for
those who sync first. Then the listener comes, and gets all of it the way the peer has for that: everything is counted,
in order, and where anything that was acknowledged is missing there is no figure. All of them keep it in the same folder,
on a disk. \`append log\` is the least one can do: \`raw ws\` that appends what it gets to a file. What comes while the disk is
busy is one write and one sync, then a small frame acknowledges each. It never removes anything. \`JetStream\` and
\`mosquitto\` are as Debian ships them: a loss of power takes from them what they have acknowledged. Redis and Mosquitto are
spoken to over TCP, the others over WebSocket.

Cost over time: \`spoolpipe serve --data\` in a process of its own, where so many notifications of 256 B are kept for a
listener that is away. It is killed and started, stopped and started; notifications for somebody else are sent, 256 at
once; it is started once more, and the listener gets what was kept: all of it is counted. Where nothing was kept, 50,000
are just before that. What is started is measured until it has answered a connection. Own memory is what is resident
without the pages of files: those of the store that have been read are in the system's cache, which takes them back as
it needs room.

Ratios are made within one repetition, and then the median is taken. Of times, costs and memory less is better.

${workloads.map(({ name, description }) => `- \`${name}\`: ${description}\n`).join('')}
## Again

\`\`\`sh
npm ci && npm run bench              # everything
npm run bench -- --quick             # a first impression
npm run bench -- --workloads pipe --peers 'raw ws,spoolpipe' --repetitions 3
npm run bench -- --workloads durable,kept --folder /var/tmp   # on that disk
\`\`\`

\`nats\` and JetStream take part where \`nats-server\` is installed, Redis where \`redis-server\` is, Mosquitto where
\`mosquitto\` is.
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
