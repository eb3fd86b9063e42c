/** The figures as Markdown: what compares with the baseline, the figures themselves, and what compares with itself. */

import { PEER_NAMES } from './peers/index.ts';
import { reaches, type Summary } from './summary.ts';
import type { FigureKind, Goal, Workload } from './workload.ts';

type Row = readonly string[];

/** The one that has goals. */
const OURS = 'spoolpipe';

export function ratioTable(summaries: readonly Summary[]): string {
  const compared = summaries.filter(({ workload }) => workload.against === undefined);
  const peers = peersOf(compared);
  const rows = workloadsOf(compared).map((workload): Row => {
    const [first] = workload.figures;
    const cells = peers.map((peer) => ratioCell(summaryOf(compared, workload, peer)));
    return [workload.name, first.unit, ...cells, ...goalCells(summaryOf(compared, workload, OURS), first, 'ratio')];
  });
  return table(['workload', 'of', ...peers, 'goal', 'reached'], rows);
}

/** Workloads of which one is measured by another. */
export function ownTable(summaries: readonly Summary[]): string {
  const compared = summaries.filter(({ workload }) => workload.against !== undefined);
  const rows = compared.map((summary): Row => {
    const { workload, peer } = summary;
    const [first] = workload.figures;
    const goal = peer === OURS ? goalCells(summary, first, 'ratio') : ['', ''];
    return [
      workload.name,
      peer,
      first.unit,
      figureCell(summary, first),
      workload.against ?? '',
      ratioCell(summary),
      ...goal,
    ];
  });
  return table(['workload', 'peer', 'of', 'figure', 'divided by', 'ratio', 'goal', 'reached'], rows);
}

export function figureTable(summaries: readonly Summary[]): string {
  const peers = peersOf(summaries);
  const rows = workloadsOf(summaries).flatMap((workload) =>
    workload.figures.map((kind): Row => {
      const cells = peers.map((peer) => figureCell(summaryOf(summaries, workload, peer), kind));
      return [workload.name, kind.unit, ...cells, ...goalCells(summaryOf(summaries, workload, OURS), kind, 'figure')];
    }),
  );
  return table(['workload', 'unit', ...peers, 'goal', 'reached'], rows);
}

function goalCells(summary: Summary | undefined, kind: FigureKind, of: Goal['of']): readonly [string, string] {
  const { goal } = kind;
  if (goal?.of !== of) return ['', ''];
  const reached = summary && reaches(summary, kind);
  return [`${goal.at === 'least' ? '≥' : '≤'} ${goal.bound}`, reached === undefined ? '' : reached ? 'yes' : 'no'];
}

function ratioCell(summary: Summary | undefined): string {
  return insteadOf(summary) ?? (summary?.ratio === undefined ? '' : summary.ratio.toFixed(2));
}

function figureCell(summary: Summary | undefined, { name }: FigureKind): string {
  return insteadOf(summary) ?? number(summary?.figures[name]);
}

/** What stands where there can be no figure. */
function insteadOf(summary: Summary | undefined): string | undefined {
  if (summary?.cannot !== undefined) return '–';
  return summary?.fault?.split('\n', 1)[0]?.replaceAll('|', '\\|');
}

/** Why there is a dash. */
export function notes(summaries: readonly Summary[]): string {
  return summaries
    .filter(({ cannot }) => cannot !== undefined)
    .map(({ workload, peer, cannot }) => `- ${peer}, ${workload.name}: ${cannot}\n`)
    .join('');
}

export function number(value: number | undefined): string {
  if (value === undefined) return '';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function peersOf(summaries: readonly Summary[]): readonly string[] {
  return PEER_NAMES.filter((name) => summaries.some(({ peer }) => peer === name));
}

function workloadsOf(summaries: readonly Summary[]): readonly Workload[] {
  return [...new Set(summaries.map(({ workload }) => workload))];
}

function summaryOf(summaries: readonly Summary[], workload: Workload, peer: string): Summary | undefined {
  return summaries.find((summary) => summary.workload === workload && summary.peer === peer);
}

/** Empty where there are no rows. */
function table(head: Row, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const line = (row: Row): string => `| ${row.join(' | ')} |\n`;
  return [line(head), `|${head.map((_, column) => (column < 2 ? '---|' : '--:|')).join('')}\n`, ...rows.map(line)].join(
    '',
  );
}
