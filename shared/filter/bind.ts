/** The columns of a query against what is there: names and types (EVC-151, EVC-166). */

import { isFilterable, type ParameterType } from '../events/parameter-type.ts';
import { FilterError, quoted } from './filter-error.ts';
import type { Language } from './language.ts';
import { printConstant } from './printer.ts';
import type { Comparison, Constant, Query } from './tree.ts';

/** A parameter of a method, or a column of a store. */
export interface FilterParameter {
  readonly name: string;
  /** One that no filter can look at is refused once the criteria name it. Undefined: not known, and not looked at. */
  readonly type?: ParameterType;
}

type Family = 'number' | 'boolean' | 'string' | 'guid';

/** The kinds of constants that something of a family may be compared with. Text of a GUID is a string, too. */
const COMPARABLE: Readonly<Record<Family, readonly Constant['kind'][]>> = {
  number: ['integer', 'decimal', 'null'],
  boolean: ['boolean', 'null'],
  string: ['string', 'guid', 'null'],
  guid: ['guid', 'null'],
};

/**
 * Gives, for a column of the query, the name of its parameter. Throws `FilterError` with `EVENT_E_QUERYFIELD` where
 * there is none, or more than one but for letter case (EVC-OPEN-20), or one of a type that cannot be compared so
 * (EVC-OPEN-25).
 */
export function bind(
  query: Query,
  parameters: readonly FilterParameter[],
  { criteria, language }: { readonly criteria: string; readonly language: Language },
): (column: string) => string {
  const byKey = new Map<string, FilterParameter[]>();
  for (const parameter of parameters) {
    const same = byKey.get(keyOf(parameter.name));
    if (same === undefined) byKey.set(keyOf(parameter.name), [parameter]);
    else same.push(parameter);
  }
  const names = new Map<string, string>();
  for (const comparison of comparisonsOf(query)) {
    const { column, at: position } = comparison;
    const candidates = byKey.get(keyOf(column)) ?? [];
    const parameter =
      candidates.find(({ name }) => name === column) ?? (candidates.length === 1 ? candidates[0] : undefined);
    const reason = parameter === undefined ? missing(column, candidates) : mismatch(comparison, parameter, language);
    if (reason !== undefined)
      throw new FilterError('EVENT_E_QUERYFIELD', criteria, { position, offending: column, reason });
    names.set(column, parameter?.name ?? column);
  }
  return (column) => names.get(column) ?? column;
}

/** Names compare without regard to letter case. */
function keyOf(name: string): string {
  return name.toLowerCase();
}

function missing(column: string, candidates: readonly FilterParameter[]): string {
  if (candidates.length === 0) return `there is no ${quoted(column)}`;
  return `${quoted(column)} may be ${candidates.map(({ name }) => quoted(name)).join(' or ')}`;
}

/** Why the two cannot be compared; undefined where they can. */
function mismatch({ operand }: Comparison, { name, type }: FilterParameter, language: Language): string | undefined {
  if (type === undefined) return undefined;
  const family = familyOf(type, language);
  if (family === undefined) return `${quoted(name)} is of type ${type}, which no filter can look at`;
  const other = operand.flat().find(({ kind }) => !COMPARABLE[family].includes(kind));
  return other && `${quoted(name)} is of type ${type} and is never ${printConstant(other)}`;
}

/**
 * Undefined for what a filter cannot look at (EVC-166); the language `extended`, which has decimals, can look at f64.
 */
function familyOf(type: ParameterType, language: Language): Family | undefined {
  if (!isFilterable(type)) return type === 'f64' && language === 'extended' ? 'number' : undefined;
  return type === 'boolean' || type === 'string' || type === 'guid' ? type : 'number';
}

function* comparisonsOf(query: Query): Generator<Comparison> {
  if (query.kind === 'comparison') yield query;
  else if (query.kind === 'not') yield* comparisonsOf(query.part);
  else if (query.kind !== 'everything') for (const part of query.parts) yield* comparisonsOf(part);
}
