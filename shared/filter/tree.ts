/**
 * What a criteria string says, as data. Lists are never empty, and `all` and `any` have at least two parts; nesting is
 * bounded by `MAX_DEPTH`.
 */

import type { Guid } from '../guid.ts';

/** A whole query: ALL stands alone (EVC-160). */
export type Query = { readonly kind: 'everything' } | Condition;

export type Condition =
  | { readonly kind: 'any'; readonly parts: readonly Condition[] }
  | { readonly kind: 'all'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | Comparison;

/** A column on the left, what it is compared with on the right, never otherwise (EVC-155). */
export interface Comparison {
  readonly kind: 'comparison';
  /** As written; names compare without regard to letter case (EVC-OPEN-20). */
  readonly column: string;
  /** Where the column stands in the criteria. */
  readonly at: number;
  readonly operator: Operator;
  readonly operand: Operand;
}

/** One spelling for each meaning (EVC-157); all but the first two are of the language `extended`. */
export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'LIKE';

/**
 * A list: its groups are joined with OR, the constants of each with AND (EVC-159). A single constant is a list of one.
 */
export type Operand = readonly (readonly Constant[])[];

export type Constant =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'guid'; readonly value: Guid }
  | { readonly kind: 'integer'; readonly value: bigint }
  /** Of the language `extended`; finite. */
  | { readonly kind: 'decimal'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null'; readonly value: null };
