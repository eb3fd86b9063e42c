/**
 * A tree to a function, made once and called for each event (EVC-165). It reads a column at most once for each
 * comparison, never throws, and takes any values.
 */

import { constantTest, equals, type Test } from './constant-test.ts';
import type { Comparison, Condition, Operand, Operator, Query } from './tree.ts';

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
      return anyOf(condition.parts.map((part) => compileCondition(part, propertyOf)));
    case 'all':
      return allOf(condition.parts.map((part) => compileCondition(part, propertyOf)));
    case 'not': {
      const part = compileCondition(condition.part, propertyOf);
      return (values) => !part(values);
    }
    case 'comparison':
      return compileComparison(condition, propertyOf(condition.column));
  }
}

/** `!=` is the opposite of `=`, for a list too (EVC-OPEN-21). */
function compileComparison({ operator, operand }: Comparison, property: string): Predicate {
  if (operator === '=') return compileEquality(operand, property);
  if (operator === '!=') {
    const isEqual = compileEquality(operand, property);
    return (values) => !isEqual(values);
  }
  const test = listTest(operator, operand);
  return (values) => test(values[property]);
}

/** With a single constant, by far the most frequent, it takes no further call. */
function compileEquality(operand: Operand, property: string): Predicate {
  const [[constant, ...joined] = [], ...others] = operand;
  if (constant !== undefined && constant.kind !== 'guid' && joined.length === 0 && others.length === 0) {
    const [one, other] = equals(constant);
    if (one === other) return (values) => values[property] === one;
    return (values) => {
      const value = values[property];
      return value === one || value === other;
    };
  }
  const test = listTest('=', operand);
  return (values) => test(values[property]);
}

/** The comparison is distributed over the list (EVC-159). */
function listTest(operator: Exclude<Operator, '!='>, operand: Operand): Test {
  return anyOf(operand.map((group) => allOf(group.map((constant) => constantTest(operator, constant)))));
}

/** Two are the usual case, and a loop costs more than they do. */
function anyOf<Input>(parts: readonly ((input: Input) => boolean)[]): (input: Input) => boolean {
  const [first, second, ...others] = parts;
  if (first === undefined) return () => false;
  if (second === undefined) return first;
  if (others.length === 0) return (input) => first(input) || second(input);
  return (input) => {
    for (const part of parts) if (part(input)) return true;
    return false;
  };
}

function allOf<Input>(parts: readonly ((input: Input) => boolean)[]): (input: Input) => boolean {
  const [first, second, ...others] = parts;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (others.length === 0) return (input) => first(input) && second(input);
  return (input) => {
    for (const part of parts) if (!part(input)) return false;
    return true;
  };
}
