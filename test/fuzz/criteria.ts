/** Random criteria: trees, values that they are about, sentences in all spellings, and the printed grammar once more, naively. */

import * as fc from 'fast-check';
import type { Values } from '../../shared/filter/evaluator.ts';
import type { Language } from '../../shared/filter/language.ts';
import { tokensOf } from '../../shared/filter/lexer.ts';
import { print } from '../../shared/filter/printer.ts';
import type { Token } from '../../shared/filter/tokens.ts';
import type { Comparison, Condition, Constant, Operator, Query } from '../../shared/filter/tree.ts';
import { type Guid, guid } from '../../shared/index.ts';

const GUIDS: readonly Guid[] = [
  guid('f89859d1-6565-11d1-88c8-0080c7d771bf'),
  guid('00000000-0000-0000-0000-000000000000'),
];
/** Few names and few values, so that comparisons are true as often as false. Keywords may be columns. */
const COLUMNS = ['A', 'b', 'Param1', '_x', 'été', 'AND', 'all', 'True'] as const;
const TEXTS = ['', 'A', 'a', 'Lab', "it's", '"', 'L%b', 'ab%', '_a_', '[%]', '\\\\server\\Lab', '🖨', '🖨🖨b'] as const;

const constant: fc.Arbitrary<Constant> = fc.oneof(
  fc.constantFrom(...TEXTS).map((value) => ({ kind: 'string', value }) as const),
  fc.string({ unit: 'binary', maxLength: 6 }).map((value) => ({ kind: 'string', value }) as const),
  fc.constantFrom(...GUIDS).map((value) => ({ kind: 'guid', value }) as const),
  fc.bigInt(-3n, 3n).map((value) => ({ kind: 'integer', value }) as const),
  fc.bigInt().map((value) => ({ kind: 'integer', value }) as const),
  fc.boolean().map((value) => ({ kind: 'boolean', value }) as const),
  fc.constant({ kind: 'null', value: null } as const),
);

const decimal = fc
  .oneof(fc.constantFrom(0, 0.5, 1, 2.5, -1, 1e21, 1e-7), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((value) => ({ kind: 'decimal', value: value + 0 }) as const);
const text = fc.constantFrom(...TEXTS).map((value) => ({ kind: 'string', value }) as const);

function operandOf(of: fc.Arbitrary<Constant>): fc.Arbitrary<Constant[][]> {
  return fc.array(fc.array(of, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 });
}

function comparison(language: Language): fc.Arbitrary<Comparison> {
  const of = (operators: readonly Operator[], constants: fc.Arbitrary<Constant>): fc.Arbitrary<Comparison> =>
    fc.record({
      kind: fc.constant('comparison' as const),
      column: fc.constantFrom(...COLUMNS),
      at: fc.constant(0),
      operator: fc.constantFrom(...operators),
      operand: operandOf(constants),
    });
  const equality = (constants: fc.Arbitrary<Constant>): fc.Arbitrary<Comparison> => of(['=', '!='], constants);
  if (language === 'criteria') return equality(constant);
  const ordered = fc.oneof(
    decimal,
    text,
    fc.bigInt(-3n, 3n).map((value) => ({ kind: 'integer', value }) as const),
  );
  return fc.oneof(equality(fc.oneof(constant, decimal)), of(['<', '<=', '>', '>='], ordered), of(['LIKE'], text));
}

/** Any tree that the parser can give, but for positions: those are 0. */
export function query(language: Language): fc.Arbitrary<Query> {
  const { condition } = fc.letrec<{ condition: Condition; parts: Condition[] }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      comparison(language),
      tie('condition').map((part) => ({ kind: 'not', part }) as const),
      tie('parts').map((parts) => ({ kind: 'any', parts }) as const),
      tie('parts').map((parts) => ({ kind: 'all', parts }) as const),
    ),
    parts: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
  }));
  return fc.oneof({ weight: 30, arbitrary: condition }, { weight: 1, arbitrary: fc.constant({ kind: 'everything' }) });
}

/** Values for some of the columns: what a program gives, what JSON gives, and what nobody should give. */
export const values: fc.Arbitrary<Values> = fc.dictionary(
  fc.constantFrom(...COLUMNS),
  fc.oneof(
    fc.constantFrom(...TEXTS),
    fc.constantFrom(...GUIDS, `{${GUIDS[0]?.toUpperCase()}}`),
    fc.integer({ min: -3, max: 3 }),
    fc.bigInt(-3n, 3n),
    fc.bigInt(),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.anything(),
  ),
);

/** The tree without positions. */
export function withoutPlaces(query: Query): Query {
  switch (query.kind) {
    case 'everything':
      return query;
    case 'comparison':
      return { ...query, at: 0 };
    case 'not':
      return { ...query, part: withoutPlaces(query.part) as Condition };
    case 'any':
    case 'all':
      return { ...query, parts: query.parts.map((part) => withoutPlaces(part) as Condition) };
  }
}

const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  '=': ['=', '=='],
  '!=': ['!=', '~=', '<>'],
  AND: ['AND', 'and', 'aNd', '&'],
  OR: ['OR', 'or', 'Or', '|'],
  NOT: ['NOT', 'not', 'nOT', '!', '~'],
  TRUE: ['TRUE', 'true', 'True'],
  FALSE: ['FALSE', 'false', 'faLSE'],
  NULL: ['NULL', 'null', 'Null'],
};
const BLANKS = ['', ' ', '  ', '\t', '\r\n', ' \n '];

/** A tree whose columns are no keywords, printed in any of its spellings. */
export const spelt: fc.Arbitrary<{ readonly tree: Query; readonly criteria: string }> = fc
  .tuple(query('criteria').map(withPlainColumns), fc.infiniteStream(fc.nat(1_000)))
  .map(([tree, stream]) => {
    const choose = <Item>(items: readonly Item[]): Item => {
      const { value } = stream.next() as { readonly value: number };
      return items[value % items.length] as Item;
    };
    let criteria = '';
    let last: Token | undefined;
    for (const token of tokensOf(print(tree), 'criteria')) {
      const text = spellingOf(token, choose);
      // Words and numbers run together, and so do the signs of NOT and of comparison.
      const needsBlank = last !== undefined && runTogether(criteria, text);
      criteria += choose(needsBlank ? BLANKS.slice(1) : BLANKS) + text;
      last = token;
    }
    return { tree, criteria };
  });

function spellingOf(token: Token, choose: (items: readonly string[]) => string): string {
  const { text, kind } = token;
  if (kind === 'constant' && token.constant.kind === 'guid') return choose([text, text.toUpperCase()]);
  if (kind === 'constant' && token.constant.kind === 'string' && !token.constant.value.includes('"')) {
    return choose([text, `"${token.constant.value}"`]);
  }
  if (kind === 'constant' && /^\d/.test(text)) return choose([text, `+${text}`, `00${text}`]);
  return choose(SPELLINGS[text] ?? [text]);
}

function runTogether(before: string, after: string): boolean {
  return (
    (/[\p{L}\p{M}\p{N}_]$/u.test(before) && /^[\p{L}\p{M}\p{N}_]/u.test(after)) ||
    (/[=!~<>]$/.test(before) && /^[=!~<>]/.test(after)) ||
    (/['"]$/.test(before) && /^['"]/.test(after))
  );
}

function withPlainColumns(tree: Query): Query {
  if (tree.kind === 'everything') return tree;
  if (tree.kind === 'comparison') return { ...tree, column: `c_${tree.column}` };
  if (tree.kind === 'not') return { ...tree, part: withPlainColumns(tree.part) as Condition };
  return { ...tree, parts: tree.parts.map((part) => withPlainColumns(part) as Condition) };
}

/** The EBNF of EVC-150 over tokens, tried in every way: for each rule all the places where it can end. */
export function isSentence(tokens: readonly string[]): boolean {
  type Rule = (at: number) => readonly number[];
  const token =
    (is: (text: string) => boolean): Rule =>
    (at) => {
      const text = tokens[at];
      return text !== undefined && is(text) ? [at + 1] : [];
    };
  const oneOf = (...texts: string[]): Rule => token((text) => texts.includes(text.toUpperCase()));
  const sequence =
    (...rules: Rule[]): Rule =>
    (at) =>
      rules.reduce<readonly number[]>((ends, rule) => [...new Set(ends.flatMap(rule))], [at]);
  const either =
    (...rules: Rule[]): Rule =>
    (at) => [...new Set(rules.flatMap((rule) => rule(at)))];
  const repeated =
    (rule: Rule): Rule =>
    (at) => {
      const ends = new Set([at]);
      for (const end of ends) for (const next of rule(end)) ends.add(next);
      return [...ends];
    };
  const andOp = oneOf('&', 'AND');
  const orOp = oneOf('|', 'OR');
  const notOp = oneOf('!', '~', 'NOT');
  const compareOp = oneOf('=', '==', '!=', '~=', '<>');
  const column = token((text) => /^\p{L}/u.test(text));
  const constant = token((text) => /^(['"{+-]|\d|(true|false|null)$)/i.test(text));
  const choice = sequence(constant, repeated(sequence(either(andOp, orOp), constant)));
  const operand = either(constant, sequence(oneOf('('), choice, oneOf(')')));
  const orExpression: Rule = (at) => sequence(andExpression, repeated(sequence(orOp, andExpression)))(at);
  const andExpression: Rule = (at) => sequence(unary, repeated(sequence(andOp, unary)))(at);
  const unary: Rule = (at) => either(sequence(notOp, unary), compared)(at);
  const compared: Rule = (at) =>
    either(sequence(column, compareOp, operand), sequence(oneOf('('), orExpression, oneOf(')')))(at);
  return either(oneOf('ALL'), orExpression)(0).includes(tokens.length);
}
