/**
 * The criteria language: a string made ready once, bound to what it is about, and asked for each event. Runs in
 * browsers.
 */

import { bind, type FilterParameter } from './bind.ts';
import { compile, type Predicate, type Values } from './evaluator.ts';
import { explain, type FilterExplanation } from './explain.ts';
import type { Language } from './language.ts';
import { parse } from './parser.ts';
import type { Query } from './tree.ts';

export interface FilterOptions {
  /** Default `criteria`. */
  readonly language?: Language;
}

/** Criteria whose syntax is right. Names and types are looked at by `bind` (EVC-169). */
export interface Filter {
  readonly criteria: string;
  readonly language: Language;
  readonly query: Query;
  /**
   * Makes it ready for a method's parameters, or a store's columns. Throws `FilterError` with `EVENT_E_QUERYFIELD` for
   * a name that is not there or a type that cannot be compared so.
   */
  bind(parameters: readonly FilterParameter[]): BoundFilter;
  /** Which part is true or false for these values. Throws as `bind` does, for a name that is not among them. */
  explain(values: Values): FilterExplanation;
}

export interface BoundFilter {
  /** Whether to deliver (EVC-165). Never throws; takes a time that is bounded by the length of the criteria. */
  readonly matches: Predicate;
}

/**
 * Reads criteria. Throws `FilterError` with `EVENT_E_QUERYSYNTAX`, the position and the text there (EVC-168, EVC-170).
 */
export function compileFilter(criteria: string, { language = 'criteria' }: FilterOptions = {}): Filter {
  const source = { criteria, language };
  const query = parse(criteria, language);
  return {
    ...source,
    query,
    bind: (parameters) => ({ matches: compile(query, bind(query, parameters, source)) }),
    explain: (values) => {
      const parameters = Object.keys(values).map((name) => ({ name }));
      return explain(query, bind(query, parameters, source), values);
    },
  };
}
