/** The figures as Markdown: what compares with the baseline, the figures themselves, and what compares with itself. */

import { PEER_NAMES } from './peers/index.ts';
import { reaches, type Summary } from './summary.ts';
import type { FigureKind, Goal, Workload } from './workload.ts';

type Row = readonly string[];

/** The one that has goals. */
const OURS = 'spoolpipe';

export function ratioTable(summaries: readonly Summary[]): string {
  const compared = summaries.filter(({ workload }) => isPassingOn(workload) && workload.against === undefined);
  const peers = peersOf(compared);
  const rows = workloadsOf(compared).map((workload): Row => {
    const [first] = workload.figures;
    const cells = peers.map((peer) => ratioCell(summaryOf(compared, workload, peer), first));
    return [workload.name, first.unit, ...cells, ...goalCells(summaryOf(compared, workload, OURS), first, 'ratio')];
  });
  return table(['workload', 'of', ...peers, 'goal', 'reached'], rows);
}

/** Workloads of which one is measured by another. */
export function ownTable(summaries: readonly Summary[]): string {
  const compared = summaries.filter(({ workload }) => isPassingOn(workload) && workload.against !== undefined);
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
      ratioCell(summary, first),
      ...goal,
    ];
  });
  return table(['workload', 'peer', 'of', 'figure', 'divided by', 'ratio', 'goal', 'reached'], rows);
}

/** Those that keep what is sent. `acknowledges`: by peer, when the sender is told. */
export function durableTable(summaries: readonly Summary[], acknowledges: Readonly<Record<string, string>>): string {
  const compared = summaries.filter(({ workload }) => workload.kind === 'durable');
  const rows = compared.map((summary): Row => {
    const { workload, peer } = summary;
    const [first] = workload.figures;
    const goal = peer === OURS ? goalCells(summary, first, 'ratio') : ['', ''];
    const figures = [figureCell(summary, first), ratioCell(summary, first)];
    return [workload.name, peer, acknowledges[peer] ?? '', ...figures, ...goal];
  });
  return table(['workload', 'peer', 'acknowledges', 'acknowledged/s', 'ratio', 'goal', 'reached'], rows, 3);
}

/** What it costs that much is kept. */
export function overTimeTable(summaries: readonly Summary[]): string {
  const compared = summaries.filter(({ workload }) => workload.kind === 'over time' && workload.against !== undefined);
  const rows = compared.flatMap((summary) => {
    const base = summaries.find(
      ({ workload, peer }) => workload.name === summary.workload.against && peer === summary.peer,
    );
    return summary.workload.figures.map(
      (kind): Row => [
        kind.what ?? kind.name,
        kind.unit,
        base?.workload.name ?? '',
        figureCell(base, kind),
        summary.workload.name,
        figureCell(summary, kind),
        ratioCell(summary, kind),
        ...goalCells(summary, kind, 'ratio'),
      ],
    );
  });
  return table(['what', 'of', 'with', 'figure', 'with', 'figure', 'ratio', 'goal', 'reached'], rows);
}

export function figureTable(all: readonly Summary[]): string {
  const summaries = all.filter(({ workload }) => isPassingOn(workload));
  const peers = peersOf(summaries);
  const rows = workloadsOf(summaries).flatMap((workload) =>
    workload.figures.map((kind): Row => {
      const cells = peers.map((peer) => figureCell(summaryOf(summaries, workload, peer), kind));
      return [workload.name, kind.unit, ...cells, ...goalCells(summaryOf(summaries, workload, OURS), kind, 'figure')];
    }),
  );
  return table(['workload', 'unit', ...peers, 'goal', 'reached'], rows);
}

function isPassingOn({ kind = 'passing on' }: Workload): boolean {
  return kind === 'passing on';
}

function goalCells(summary: Summary | undefined, kind: FigureKind, of: Goal['of']): readonly [string, string] {
  const { goal } = kind;
  if (goal?.of !== of) return ['', ''];
  const reached = summary && reaches(summary, kind);
  return [`${goal.at === 'least' ? '≥' : '≤'} ${goal.bound}`, reached === undefined ? '' : reached ? 'yes' : 'no'];
}

function ratioCell(summary: Summary | undefined, { name }: FigureKind): string {
  return insteadOf(summary) ?? summary?.ratios[name]?.toFixed(2) ?? '';
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

/** Empty where there are no rows. The first columns are words, the others numbers. */
function table(head: Row, rows: readonly Row[], words = 2): string {
  if (rows.length === 0) return '';
  const line = (row: Row): string => `| ${row.join(' | ')} |\n`;
  return [
    line(head),
    `|${head.map((_, column) => (column < words ? '---|' : '--:|')).join('')}\n`,
    ...rows.map(line),
  ].join('');
}
