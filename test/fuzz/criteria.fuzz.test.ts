/** Random criteria against rules that need no example: the printed grammar, the printer, a naive evaluator, both languages. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, type Values } from '../../shared/filter/evaluator.ts';
import { explain } from '../../shared/filter/explain.ts';
import type { Language } from '../../shared/filter/language.ts';
import { tokensOf } from '../../shared/filter/lexer.ts';
import { parse } from '../../shared/filter/parser.ts';
import { print } from '../../shared/filter/printer.ts';
import type { Constant, Operator, Query } from '../../shared/filter/tree.ts';
import { compileFilter, FilterError } from '../../shared/index.ts';
import { isSentence, query, spelt, values, withoutPlaces } from './criteria.ts';

const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 2_000) };
const LANGUAGES: readonly Language[] = ['criteria', 'extended'];
const itself = (column: string): string => column;

/** What comes of it, or the one error there is; every other is a failure. */
function attempt<Result>(act: () => Result): Result | FilterError {
  try {
    return act();
  } catch (reason) {
    if (reason instanceof FilterError) return reason;
    throw reason;
  }
}

const tryParse = (criteria: string, language: Language): Query | FilterError =>
  attempt(() => parse(criteria, language));

function expectPlaced({ code, position, offending, picture }: FilterError, criteria: string): void {
  expect(code).toBe('EVENT_E_QUERYSYNTAX');
  expect(criteria.slice(position, position + offending.length)).toBe(offending);
  expect(position).toBeLessThanOrEqual(criteria.length);
  expect(picture.split('\n')[1]).toMatch(/^ *\^$/);
}

function expectReadable(query: Query, language: Language): void {
  expect(withoutPlaces(parse(print(query), language))).toEqual(withoutPlaces(query));
}

/** Sentences and what is nearly one: tokens in any order, pieces of sentences, anything. */
const VOCABULARY =
  'A b ALL AND or NOT true NULL LIKE = == != ~= <> ! ~ & | ( ) < >= \'x\' "y" 1 -2 2.5 {f89859d1-6565-11d1-88c8-0080c7d771bf}'.split(
    ' ',
  );
const ORIGINAL = VOCABULARY.filter((text) => !['<', '>=', '2.5'].includes(text));
const tokens = fc.array(fc.constantFrom(...ORIGINAL), { minLength: 1, maxLength: 9 });
const pieces = fc
  .tuple(spelt, fc.array(fc.tuple(fc.nat(100), fc.constantFrom(...VOCABULARY)), { maxLength: 2 }))
  .map(([{ criteria }, changes]) => {
    let text = criteria;
    for (const [at, other] of changes) text = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
    return text;
  });
const anything = fc.oneof(
  pieces,
  tokens.map((all) => all.join(' ')),
  fc.string({ unit: 'binary' }),
  fc.uint8Array().map((bytes) => new TextDecoder('latin1').decode(bytes)),
  fc.stringMatching(/^[\s()!~&|=<>+\-.'"{}%A1e]*$/),
);

describe('the language', () => {
  test('EVC-150, EVC-155, EVC-159, EVC-160: accepts exactly the sentences of the printed grammar', () => {
    let sentences = 0;
    const shaped = fc
      .tuple(spelt, fc.nat(20), fc.constantFrom(...ORIGINAL))
      .map(([{ tree }, at, other]) => {
        const words = tokensOf(print(tree), 'criteria').flatMap(({ kind, text }) => (kind === 'end' ? [] : [text]));
        return words.map((word, index) => (index === at ? other : word));
      })
      .filter((words) => words.length < 40);
    fc.assert(
      fc.property(fc.oneof(tokens, shaped), (words) => {
        const accepted = isSentence(words);
        if (accepted) sentences++;
        expect(!(tryParse(words.join(' '), 'criteria') instanceof FilterError)).toBe(accepted);
      }),
      RUNS,
    );
    expect(sentences).toBeGreaterThan(RUNS.numRuns / 20);
  });

  test('EVC-153, EVC-157, EVC-158, EVC-161: all spellings, with or without blanks, are the same tree', () => {
    fc.assert(
      fc.property(spelt, ({ tree, criteria }) => {
        expect(withoutPlaces(parse(criteria))).toEqual(tree);
      }),
      RUNS,
    );
  });

  test.each(LANGUAGES)('EVC-150: what is printed in %s is read as the same tree', (language) => {
    fc.assert(
      fc.property(query(language), (tree) => {
        const criteria = print(tree);
        expect(withoutPlaces(parse(criteria, language))).toEqual(tree);
      }),
      RUNS,
    );
  });

  test('EVC-170: whatever comes is read, or refused with the one error at a place that is there', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom(...LANGUAGES), (criteria, language) => {
        const read = tryParse(criteria, language);
        if (read instanceof FilterError) expectPlaced(read, criteria);
        else expectReadable(read, language);
      }),
      { numRuns: 2 * RUNS.numRuns },
    );
  });

  test('EVC-156: "extended" reads every valid original query as the same tree', () => {
    let valid = 0;
    fc.assert(
      fc.property(anything, (criteria) => {
        const original = tryParse(criteria, 'criteria');
        if (original instanceof FilterError) return;
        valid++;
        expect(tryParse(criteria, 'extended')).toEqual(original);
      }),
      { numRuns: 2 * RUNS.numRuns },
    );
    expect(valid).toBeGreaterThan(RUNS.numRuns / 10);
  });
});

/** What LIKE means, said with a regular expression; it may take as long as it wants. */
function isLike(text: string, pattern: string): boolean {
  const source = pattern.replace(/\[([%_[])\]|%|_|[^]/gu, (piece, plain?: string) => {
    if (piece === '%') return '.*';
    if (piece === '_') return '.';
    return (plain ?? piece).replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
  });
  return new RegExp(`^${source}$`, 'su').test(text);
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Slowly and plainly, without anything of the evaluator's. */
function holds(value: unknown, operator: Operator, constant: Constant): boolean {
  if (operator === 'LIKE') return typeof value === 'string' && isLike(value, String(constant.value));
  if (constant.kind === 'null') return value === null || value === undefined;
  if (constant.kind === 'guid') {
    return typeof value === 'string' && value.replace(/^\{(.*)\}$/s, '$1').toLowerCase() === constant.value;
  }
  const wanted = constant.value;
  const alike = isNumber(wanted) ? isNumber(value) : typeof value === typeof wanted;
  if (!alike) return false;
  // Numbers and bigints of one value are neither less nor greater; NaN is nothing.
  const [less, more] = [(value as number) < (wanted as number), (value as number) > (wanted as number)];
  const same = !less && !more && !Number.isNaN(value);
  if (operator === '=') return typeof wanted === 'boolean' ? value === wanted : same;
  if (operator === '<') return less;
  if (operator === '<=') return less || same;
  return operator === '>' ? more : more || same;
}

function evaluate(query: Query, values: Values): boolean {
  switch (query.kind) {
    case 'everything':
      return true;
    case 'any':
      return query.parts.some((part) => evaluate(part, values));
    case 'all':
      return query.parts.every((part) => evaluate(part, values));
    case 'not':
      return !evaluate(query.part, values);
    case 'comparison': {
      const { column, operator, operand } = query;
      if (operator === '!=') return !evaluate({ ...query, operator: '=' }, values);
      return operand.some((group) => group.every((constant) => holds(values[column], operator, constant)));
    }
  }
}

describe('the evaluator', () => {
  test.each(LANGUAGES)('EVC-165: agrees with a naive one on random trees of %s and any values', (language) => {
    let matches = 0;
    fc.assert(
      fc.property(query(language), values, (tree, values) => {
        const expected = evaluate(tree, values);
        if (expected) matches++;
        expect(compile(tree, itself)(values)).toBe(expected);
        expect(explain(tree, itself, values).matches).toBe(expected);
      }),
      RUNS,
    );
    expect(matches).toBeGreaterThan(RUNS.numRuns / 10);
    expect(matches).toBeLessThan((9 * RUNS.numRuns) / 10);
  });

  test.each(LANGUAGES)('EVC-165: reads a column no more often than the criteria in %s compare it', (language) => {
    fc.assert(
      fc.property(query(language), values, (tree, values) => {
        let reads = 0;
        const counting = new Proxy(values, {
          get(target, name) {
            reads++;
            return target[String(name)];
          },
        });
        compile(tree, itself)(counting);
        expect(reads).toBeLessThanOrEqual(comparisonsIn(tree));
      }),
      RUNS,
    );
  });

  test('EVC-169: binding and explaining with any values give an answer or the one error', () => {
    fc.assert(
      fc.property(query('extended'), fc.object(), (tree, values) => {
        const filter = compileFilter(print(tree), { language: 'extended' });
        const explained = attempt(() => filter.explain(values));
        const answer = explained instanceof FilterError ? explained.code : typeof explained.matches;
        expect(['EVENT_E_QUERYFIELD', 'boolean']).toContain(answer);
      }),
      RUNS,
    );
  });
});

function comparisonsIn(query: Query): number {
  if (query.kind === 'everything') return 0;
  if (query.kind === 'comparison') return 1;
  if (query.kind === 'not') return comparisonsIn(query.part);
  return query.parts.reduce((sum, part) => sum + comparisonsIn(part), 0);
}
