/**
 * A tree to a function, made once and called for each event (EVC-165). It reads a column at most once for each
 * comparison, never throws, and takes any values.
 */

import { constantTest, equals, type Test } from './constant-test.ts';
import type { Comparison, Condition, Constant, Operand, Operator, Query } from './tree.ts';

/** Parameters, or columns, by name. Integers may be numbers or bigints, GUIDs are text; null and undefined are NULL. */
export type Values = Readonly<Record<string, unknown>>;

export type Predicate = (values: Values) => boolean;

/** `propertyOf` says under which name the values have a column. */
export function compile(query: Query, propertyOf: (column: string) => string): Predicate {
  return query.kind === 'everything' ? () => true : compileCondition(query, propertyOf);
}

function compileCondition(condition: Condition, propertyOf: (column: string) => string): Predicate {
  switch (condition.kind) {
    case 'any':
      return compileAny(condition.parts, propertyOf);
    case 'all':
      return allOf(condition.parts.map((part) => compileCondition(part, propertyOf)));
    case 'not':
      return negated(compileCondition(condition.part, propertyOf));
    case 'comparison':
      return compileComparison(condition, propertyOf(condition.column));
  }
}

/** What one column is said to be equal to becomes one list: the column is read once, and most of the time goes there. */
function compileAny(parts: readonly Condition[], propertyOf: (column: string) => string): Predicate {
  const lists = new Map<string, (readonly Constant[])[]>();
  const others: Condition[] = [];
  for (const part of parts) {
    if (part.kind === 'comparison' && part.operator === '=') {
      const property = propertyOf(part.column);
      const list = lists.get(property) ?? [];
      list.push(...part.operand);
      lists.set(property, list);
    } else others.push(part);
  }
  const equalities = [...lists].map(([property, operand]) => compileEquality(operand, property));
  return anyOf([...equalities, ...others.map((part) => compileCondition(part, propertyOf))]);
}

/** `!=` is the opposite of `=`, for a list too (EVC-OPEN-21). */
function compileComparison({ operator, operand }: Comparison, property: string): Predicate {
  if (operator === '=') return compileEquality(operand, property);
  if (operator === '!=') return negated(compileEquality(operand, property));
  const test = listTest(operator, operand);
  return (values) => test(values[property]);
}

/** Where nothing but a few values is asked for, by far the most frequent, it takes no further call. */
function compileEquality(operand: Operand, property: string): Predicate {
  const wanted = valuesOf(operand);
  if (wanted === undefined) {
    const test = listTest('=', operand);
    return (values) => test(values[property]);
  }
  const [one, other] = wanted;
  if (wanted.size === 1) return (values) => values[property] === one;
  if (wanted.size > 2) return (values) => wanted.has(values[property]);
  return typeof one === 'string' && typeof other === 'string'
    ? eitherText(property, one, other)
    : eitherValue(property, one, other);
}

/** Apart from the other, and alike: a comparison that only ever meets strings takes half the time. */
function eitherText(property: string, one: string, other: string): Predicate {
  return (values) => {
    const value = values[property];
    return value === one || value === other;
  };
}

function eitherValue(property: string, one: unknown, other: unknown): Predicate {
  return (values) => {
    const value = values[property];
    return value === one || value === other;
  };
}

/** All the values that a list is equal to; undefined where it has an AND, or a GUID, which has more spellings. */
function valuesOf(operand: Operand): ReadonlySet<unknown> | undefined {
  const wanted = new Set<unknown>();
  for (const [constant, ...joined] of operand) {
    if (constant === undefined || constant.kind === 'guid' || joined.length > 0) return undefined;
    for (const value of equals(constant)) wanted.add(value);
  }
  return wanted;
}

/** The comparison is distributed over the list (EVC-159). */
function listTest(operator: Exclude<Operator, '!='>, operand: Operand): Test {
  return anyOf(operand.map((group) => allOf(group.map((constant) => constantTest(operator, constant)))));
}

function negated(predicate: Predicate): Predicate {
  return (values) => !predicate(values);
}

/** Halves of halves: calls are inlined where a loop would not be, and the depth grows with the logarithm only. */
function anyOf<Input>(parts: readonly ((input: Input) => boolean)[]): (input: Input) => boolean {
  const [only] = parts;
  if (only === undefined) return () => false;
  if (parts.length === 1) return only;
  const middle = parts.length >> 1;
  const [left, right] = [anyOf(parts.slice(0, middle)), anyOf(parts.slice(middle))];
  return (input) => left(input) || right(input);
}

function allOf<Input>(parts: readonly ((input: Input) => boolean)[]): (input: Input) => boolean {
  const [only] = parts;
  if (only === undefined) return () => true;
  if (parts.length === 1) return only;
  const middle = parts.length >> 1;
  const [left, right] = [allOf(parts.slice(0, middle)), allOf(parts.slice(middle))];
  return (input) => left(input) && right(input);
}
