/** Criteria to tokens. Never throws: what is no token is a token too, and the last one. */

import { guid } from '../guid.ts';
import { quoted } from './filter-error.ts';
import type { Language } from './language.ts';
import { ORDERING, SYMBOLS, type Token } from './tokens.ts';

// Sticky, and each a loop over one set of characters: a character is looked at once by each.
const BLANKS = /[ \t\r\n]+/y;
const WORD = /[\p{L}_][\p{L}\p{M}\p{N}_]*/uy;
const NUMBER = /[+-]?\d+(?<decimal>\.\d+(?:e[+-]?\d+)?|e[+-]?\d+)?/iy;
const GUID = /\{[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}/iy;

/** What a mistake shows of the text where no token is. */
const NEARBY = /[^\s()]{1,64}/y;

/** Ends with `end`, or with `trouble` where the text stops making sense. */
export function tokensOf(criteria: string, language: Language): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += matchAt(BLANKS, criteria, at)?.[0].length ?? 0;
    const token = tokenAt(criteria, at, language);
    tokens.push(token);
    if (token.kind === 'end' || token.kind === 'trouble') return tokens;
    at += token.text.length;
  }
}

function tokenAt(criteria: string, at: number, language: Language): Token {
  const first = criteria.charAt(at);
  if (first === '') return { kind: 'end', at, text: '' };
  if (first === "'" || first === '"') return stringAt(criteria, at, first);
  if (first === '{') return guidAt(criteria, at);
  const symbol = SYMBOLS.find((symbol) => criteria.startsWith(symbol, at));
  if (symbol !== undefined) {
    if (language === 'criteria' && ORDERING.has(symbol)) return onlyExtended(at, symbol);
    return { kind: 'symbol', at, text: symbol };
  }
  const number = matchAt(NUMBER, criteria, at);
  if (number) return numberAt(at, number[0], number.groups?.['decimal'] !== undefined, language);
  const word = matchAt(WORD, criteria, at);
  if (word) return { kind: 'word', at, text: word[0] };
  const text = matchAt(NEARBY, criteria, at)?.[0] ?? first;
  return { kind: 'trouble', at, text, reason: `${quoted(text)} is nothing of the language` };
}

/** A quote inside is written twice (EVC-OPEN-22). */
function stringAt(criteria: string, at: number, quote: string): Token {
  const pieces: string[] = [];
  let from = at + 1;
  for (;;) {
    const to = criteria.indexOf(quote, from);
    if (to < 0) return { kind: 'trouble', at, text: criteria.slice(at), reason: 'the string has no closing quote' };
    pieces.push(criteria.slice(from, to));
    from = to + 1;
    if (criteria.charAt(from) !== quote) break;
    from++;
  }
  return {
    kind: 'constant',
    at,
    text: criteria.slice(at, from),
    constant: { kind: 'string', value: pieces.join(quote) },
  };
}

function guidAt(criteria: string, at: number): Token {
  const text = matchAt(GUID, criteria, at)?.[0];
  if (text !== undefined) return { kind: 'constant', at, text, constant: { kind: 'guid', value: guid(text) } };
  const nearby = matchAt(NEARBY, criteria, at)?.[0] ?? '{';
  return { kind: 'trouble', at, text: nearby, reason: `${quoted(nearby)} is not a GUID` };
}

function numberAt(at: number, text: string, decimal: boolean, language: Language): Token {
  if (!decimal) return { kind: 'constant', at, text, constant: { kind: 'integer', value: BigInt(text) } };
  if (language === 'criteria') return onlyExtended(at, text);
  // Plus zero: there is one zero.
  const value = Number(text) + 0;
  if (Number.isFinite(value)) return { kind: 'constant', at, text, constant: { kind: 'decimal', value } };
  return { kind: 'trouble', at, text, reason: `${quoted(text)} is too large for a decimal` };
}

function onlyExtended(at: number, text: string): Token {
  return { kind: 'trouble', at, text, reason: `${quoted(text)} is only in the language "extended"` };
}

function matchAt(pattern: RegExp, criteria: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(criteria);
}
