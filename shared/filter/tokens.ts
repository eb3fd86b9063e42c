/** The words of the criteria language. */

import type { Constant } from './tree.ts';

/** Longest first: `!=` wins over `!` (EVC-164). */
export const SYMBOLS = ['==', '!=', '~=', '<>', '<=', '>=', '=', '!', '~', '&', '|', '(', ')', '<', '>'] as const;

export type SymbolText = (typeof SYMBOLS)[number];

/** Symbols that only the language `extended` has. */
export const ORDERING: ReadonlySet<string> = new Set<SymbolText>(['<', '<=', '>', '>=']);

interface Placed {
  /** Where it begins. */
  readonly at: number;
  /** As written. */
  readonly text: string;
}

export type Token = Placed &
  (
    | { readonly kind: 'symbol'; readonly text: SymbolText }
    /** A column or a keyword: that depends on where it stands. */
    | { readonly kind: 'word' }
    /** A string, a GUID or a number. */
    | { readonly kind: 'constant'; readonly constant: Constant }
    /** What is no token, and why. It is trouble only once somebody gets to it: what is wrong before it comes first. */
    | { readonly kind: 'trouble'; readonly reason: string }
    | { readonly kind: 'end' }
  );
