/**
 * A tree to criteria: one spelling for each meaning, no more parentheses than needed. Parsing it again gives the same
 * tree.
 */

import type { Comparison, Condition, Constant, Query } from './tree.ts';

export function print(query: Query): string {
  switch (query.kind) {
    case 'everything':
      return 'ALL';
    case 'any':
      return query.parts.map((part) => inside(part, part.kind === 'any')).join(' OR ');
    case 'all':
      return query.parts.map((part) => inside(part, part.kind === 'any' || part.kind === 'all')).join(' AND ');
    case 'not':
      return `NOT ${inside(query.part, query.part.kind === 'any' || query.part.kind === 'all')}`;
    case 'comparison':
      return printComparison(query);
  }
}

function inside(part: Condition, parenthesized: boolean): string {
  return parenthesized ? `(${print(part)})` : print(part);
}

function printComparison({ column, operator, operand }: Comparison): string {
  const groups = operand.map((group) => group.map(printConstant));
  const isList = groups.length > 1 || (groups[0]?.length ?? 0) > 1;
  const list = groups.map((group) => group.join(' AND ')).join(' OR ');
  return `${column} ${operator} ${isList ? `(${list})` : list}`;
}

export function printConstant(constant: Constant): string {
  switch (constant.kind) {
    case 'string':
      return `'${constant.value.replaceAll("'", "''")}'`;
    case 'guid':
      return `{${constant.value}}`;
    case 'integer':
      return String(constant.value);
    case 'decimal':
      return printDecimal(constant.value);
    case 'boolean':
      return constant.value ? 'TRUE' : 'FALSE';
    case 'null':
      return 'NULL';
  }
}

/** What would look like an integer gets a fraction. */
function printDecimal(value: number): string {
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
