/**
 * Criteria to a tree: recursive descent, one token ahead. No word is reserved: whether one is a column or a keyword is
 * decided by where it stands, as in the printed grammar (EVC-150).
 */

import { FilterError, quoted } from './filter-error.ts';
import { type Language, MAX_CRITERIA_LENGTH, MAX_DEPTH } from './language.ts';
import { tokensOf } from './lexer.ts';
import type { Token } from './tokens.ts';
import type { Comparison, Condition, Constant, Operand, Operator, Query } from './tree.ts';

/** The spellings (EVC-153, EVC-157, EVC-OPEN-19); those that `criteria` does not have, its lexer does not give. */
const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['=', '='],
  ['==', '='],
  ['!=', '!='],
  ['~=', '!='],
  ['<>', '!='],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
]);

/** Throws `FilterError` with `EVENT_E_QUERYSYNTAX`. */
export function parse(criteria: string, language: Language = 'criteria'): Query {
  if (criteria.length > MAX_CRITERIA_LENGTH) {
    const reason = `the criteria are longer than ${MAX_CRITERIA_LENGTH} characters`;
    throw new FilterError('EVENT_E_QUERYSYNTAX', criteria, { position: MAX_CRITERIA_LENGTH, offending: '', reason });
  }
  return new Parser(criteria, language).query();
}

class Parser {
  readonly #criteria: string;
  readonly #language: Language;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;

  constructor(criteria: string, language: Language) {
    this.#criteria = criteria;
    this.#language = language;
    this.#tokens = tokensOf(criteria, language);
  }

  query(): Query {
    if (isWord(this.#token, /^all$/i) && this.#following.kind === 'end') return { kind: 'everything' };
    const condition = this.#any();
    if (this.#token.kind !== 'end') throw this.#expected('AND, OR or the end');
    return condition;
  }

  #any(): Condition {
    const parts = [this.#all()];
    while (this.#takes('|', /^or$/i)) parts.push(this.#all());
    return joined('any', parts);
  }

  #all(): Condition {
    const parts = [this.#unary()];
    while (this.#takes('&', /^and$/i)) parts.push(this.#unary());
    return joined('all', parts);
  }

  #unary(): Condition {
    const token = this.#token;
    if (token.kind === 'word' && !this.#isNot(token)) return this.#comparison();
    const isNot = token.kind === 'word' || isSymbol(token, '!') || isSymbol(token, '~');
    if (!isNot && !isSymbol(token, '(')) throw this.#expected('a column, NOT or "("');
    if (++this.#depth > MAX_DEPTH) throw this.#trouble(`it is nested deeper than ${MAX_DEPTH} levels`);
    this.#index++;
    const condition = isNot ? ({ kind: 'not', part: this.#unary() } as const) : this.#any();
    if (!isNot) this.#closing();
    this.#depth--;
    return condition;
  }

  /** Before a sign of comparison NOT is a column; before the word LIKE it is not, since that may be a column itself. */
  #isNot(token: Token): boolean {
    const next = this.#following;
    return isWord(token, /^not$/i) && !(next.kind === 'symbol' && OPERATORS.has(next.text));
  }

  #comparison(): Comparison {
    const { at, text: column } = this.#token;
    this.#index++;
    const operator = this.#operator(column);
    const operand = isSymbol(this.#token, '(') ? this.#choice(operator) : [[this.#constant(operator)]];
    return { kind: 'comparison', column, at, operator, operand };
  }

  #operator(column: string): Operator {
    const token = this.#token;
    const isLike = isWord(token, /^like$/i);
    if (isLike && this.#language === 'criteria') throw this.#trouble('LIKE is only in the language "extended"');
    const operator = isLike ? 'LIKE' : token.kind === 'symbol' ? OPERATORS.get(token.text) : undefined;
    if (operator === undefined) throw this.#expected(`a comparison after ${quoted(column)}`);
    this.#index++;
    return operator;
  }

  #choice(operator: Operator): Operand {
    this.#index++;
    const groups: Constant[][] = [];
    do {
      const group = [this.#constant(operator)];
      while (this.#takes('&', /^and$/i)) group.push(this.#constant(operator));
      groups.push(group);
    } while (this.#takes('|', /^or$/i));
    this.#closing();
    return groups;
  }

  #constant(operator: Operator): Constant {
    const constant = constantOf(this.#token);
    if (constant === undefined) throw this.#expected('a constant');
    const isOrdered = constant.kind === 'string' || constant.kind === 'integer' || constant.kind === 'decimal';
    if (operator === 'LIKE' && constant.kind !== 'string') throw this.#expected('a string after LIKE');
    if (operator !== '=' && operator !== '!=' && !isOrdered)
      throw this.#expected(`a number or a string after ${operator}`);
    this.#index++;
    return constant;
  }

  #closing(): void {
    if (!isSymbol(this.#token, ')')) throw this.#expected('AND, OR or ")"');
    this.#index++;
  }

  #takes(symbol: '&' | '|', word: RegExp): boolean {
    const taken = isSymbol(this.#token, symbol) || isWord(this.#token, word);
    if (taken) this.#index++;
    return taken;
  }

  get #token(): Token {
    return this.#at(this.#index);
  }

  get #following(): Token {
    return this.#at(this.#index + 1);
  }

  /** The last token is never gone past. */
  #at(index: number): Token {
    return this.#tokens[index] ?? { kind: 'end', at: this.#criteria.length, text: '' };
  }

  #expected(what: string): FilterError {
    const token = this.#token;
    if (token.kind === 'trouble') return this.#trouble(token.reason);
    return this.#trouble(`expected ${what}, found ${token.kind === 'end' ? 'the end' : quoted(token.text)}`);
  }

  #trouble(reason: string): FilterError {
    const { at: position, text: offending } = this.#token;
    return new FilterError('EVENT_E_QUERYSYNTAX', this.#criteria, { position, offending, reason });
  }
}

function joined(kind: 'any' | 'all', parts: readonly Condition[]): Condition {
  const [only, ...others] = parts;
  return only !== undefined && others.length === 0 ? only : { kind, parts };
}

function constantOf(token: Token): Constant | undefined {
  if (token.kind === 'constant') return token.constant;
  if (isWord(token, /^true$/i)) return { kind: 'boolean', value: true };
  if (isWord(token, /^false$/i)) return { kind: 'boolean', value: false };
  if (isWord(token, /^null$/i)) return { kind: 'null', value: null };
  return undefined;
}

function isSymbol(token: Token, text: string): boolean {
  return token.kind === 'symbol' && token.text === text;
}

/** Keywords are ASCII in any letter case (EVC-158). */
function isWord(token: Token, pattern: RegExp): boolean {
  return token.kind === 'word' && pattern.test(token.text);
}
