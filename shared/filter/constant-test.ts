/** What a value is held against: one constant. Any value may come; one of another type never passes (EVC-OPEN-25). */

import type { Guid } from '../guid.ts';
import { like } from './like.ts';
import type { Constant, Operator } from './tree.ts';

export type Test = (value: unknown) => boolean;

export function constantTest(operator: Exclude<Operator, '!='>, constant: Constant): Test {
  switch (operator) {
    case '=':
      return equalTest(constant);
    case 'LIKE':
      return likeTest(constant);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return orderedTest(operator, constant);
  }
}

function equalTest(constant: Constant): Test {
  if (constant.kind === 'guid') return guidTest(constant.value);
  const [one, other] = equals(constant);
  return one === other ? (value) => value === one : (value) => value === one || value === other;
}

/**
 * The values that a constant is equal to: an integer may come as a number or as a bigint, and is compared as a whole;
 * NULL is null or not there. A GUID has more spellings than two.
 */
export function equals(constant: Exclude<Constant, { readonly kind: 'guid' }>): readonly [unknown, unknown] {
  const { kind, value } = constant;
  switch (kind) {
    case 'string':
    case 'boolean':
      return [value, value];
    case 'null':
      return [null, undefined];
    case 'integer': {
      const number = Number(value);
      return [Number.isFinite(number) && BigInt(number) === value ? number : value, value];
    }
    case 'decimal':
      return [value, Number.isInteger(value) ? BigInt(value) : value];
  }
}

/** Text in either letter case, with or without braces. */
function guidTest(guid: Guid): Test {
  const braced = `{${guid}}`;
  return (value) => {
    if (value === guid) return true;
    if (typeof value !== 'string' || (value.length !== guid.length && value.length !== braced.length)) return false;
    const text = value.toLowerCase();
    return text === guid || text === braced;
  };
}

function likeTest(constant: Constant): Test {
  if (constant.kind !== 'string') return never;
  const isLike = like(constant.value);
  return (value) => typeof value === 'string' && isLike(value);
}

/** Strings by their UTF-16 code units; numbers and bigints exactly, as JavaScript does. */
function orderedTest(operator: '<' | '<=' | '>' | '>=', constant: Constant): Test {
  const { kind, value } = constant;
  if (kind === 'string') {
    const compare = compareWith(operator, value);
    return (found) => typeof found === 'string' && compare(found);
  }
  if (kind !== 'integer' && kind !== 'decimal') return never;
  const compare = compareWith<number | bigint>(operator, value);
  return (found) => (typeof found === 'number' || typeof found === 'bigint') && compare(found);
}

function compareWith<Value extends string | number | bigint>(
  operator: '<' | '<=' | '>' | '>=',
  value: Value,
): (found: Value) => boolean {
  switch (operator) {
    case '<':
      return (found) => found < value;
    case '<=':
      return (found) => found <= value;
    case '>':
      return (found) => found > value;
    case '>=':
      return (found) => found >= value;
  }
}

function never(): boolean {
  return false;
}
