/** What several repetitions say together. */

import { BASELINE, DURABLE_BASELINE } from './peers/index.ts';
import type { Result } from './run.ts';
import type { Series } from './series.ts';
import type { FigureKind, FigureName, Figures, Goal, Workload } from './workload.ts';

export interface Summary {
  readonly workload: Workload;
  readonly peer: string;
  /** The first fault there was, or why it was not tried: then there are no figures. */
  readonly fault: string | undefined;
  readonly cannot: string | undefined;
  /** Medians. */
  readonly figures: Figures;
  /** Medians of what each figure is, divided by what it is compared with in the same repetition. */
  readonly ratios: Figures;
}

export function summarize(all: readonly Series[]): readonly Summary[] {
  return all.map((series) => {
    const { workload, peer, results } = series;
    const fault = results.find((result) => 'fault' in result)?.fault;
    const cannot = results.find((result) => 'cannot' in result)?.cannot;
    if (fault !== undefined || cannot !== undefined) return { workload, peer, fault, cannot, figures: {}, ratios: {} };
    const base = comparedWith(series, all);
    const figures: Figures = {};
    const ratios: Figures = {};
    for (const { name } of workload.figures) {
      const middle = median(results.map((result) => figureOf(result, name)));
      if (middle !== undefined) figures[name] = middle;
      const ratio = median(
        results.map((result, repetition) => {
          const [own, other] = [figureOf(result, name), figureOf(base?.results[repetition], name)];
          return own === undefined || other === undefined ? undefined : own / other;
        }),
      );
      if (ratio !== undefined) ratios[name] = ratio;
    }
    return { workload, peer, fault, cannot, figures, ratios };
  });
}

/** Whether spoolpipe reaches it; undefined where that was not measured, or there is none. */
export function reaches({ ratios, figures }: Summary, { name, goal }: FigureKind): boolean | undefined {
  const value = (goal?.of === 'figure' ? figures : ratios)[name];
  return goal === undefined || value === undefined ? undefined : within(value, goal);
}

function within(value: number, { at, bound }: Goal): boolean {
  return at === 'least' ? value >= bound : value <= bound;
}

function comparedWith({ workload, peer }: Series, all: readonly Series[]): Series | undefined {
  const { against, kind } = workload;
  const baseline = kind === 'durable' ? DURABLE_BASELINE : BASELINE;
  return all.find((other) =>
    against === undefined
      ? other.workload === workload && other.peer === baseline
      : other.workload.name === against && other.peer === peer,
  );
}

function figureOf(result: Result | undefined, name: FigureName): number | undefined {
  return result && 'figures' in result ? result.figures[name] : undefined;
}

/** Of those there are. */
function median(values: readonly (number | undefined)[]): number | undefined {
  const sorted = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
