/** Which part of a query was true, and which was false. */

import { compile, type Values } from './evaluator.ts';
import { print } from './printer.ts';
import type { Query } from './tree.ts';

/** A query, or a part of one, and how it came out. */
export interface FilterExplanation {
  /** This part, in the spelling of the printer. */
  readonly criteria: string;
  readonly matches: boolean;
  /** Of a comparison: what it was compared with. Undefined elsewhere, and where there was none. */
  readonly value?: unknown;
  /** What it is made of; all of them, those too that could not change anything any more. */
  readonly parts: readonly FilterExplanation[];
}

export function explain(query: Query, propertyOf: (column: string) => string, values: Values): FilterExplanation {
  const criteria = print(query);
  const explained = (part: Query): FilterExplanation => explain(part, propertyOf, values);
  switch (query.kind) {
    case 'everything':
      return { criteria, matches: true, parts: [] };
    case 'any': {
      const parts = query.parts.map(explained);
      return { criteria, matches: parts.some(({ matches }) => matches), parts };
    }
    case 'all': {
      const parts = query.parts.map(explained);
      return { criteria, matches: parts.every(({ matches }) => matches), parts };
    }
    case 'not': {
      const part = explained(query.part);
      return { criteria, matches: !part.matches, parts: [part] };
    }
    case 'comparison':
      return {
        criteria,
        matches: compile(query, propertyOf)(values),
        value: values[propertyOf(query.column)],
        parts: [],
      };
  }
}
