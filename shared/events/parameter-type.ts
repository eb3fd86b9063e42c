/**
 * The types that a parameter of an event method can have: what its value is in a program, how it stands in JSON, and
 * whether a parameter filter can look at it (EVC-166).
 */

import { type Guid, guid } from '../guid.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { isJson, type Json } from './json.ts';

/** Each type with what its values are in a program. */
export interface ParameterValues {
  readonly i8: number;
  readonly u8: number;
  readonly i16: number;
  readonly u16: number;
  readonly i32: number;
  readonly u32: number;
  readonly i64: bigint;
  readonly u64: bigint;
  /** Finite. */
  readonly f64: number;
  readonly boolean: boolean;
  readonly string: string;
  readonly guid: Guid;
  readonly bytes: Uint8Array;
  readonly json: Json;
}

export type ParameterType = keyof ParameterValues;
export type ValueOf<Type extends ParameterType> = ParameterValues[Type];
export type Value = ValueOf<ParameterType>;

interface Kind {
  readonly filterable: boolean;
  /** What a value has to be, for those who gave another. */
  readonly expected: string;
  /** The value as it is kept, from what a program gave; undefined where it is none of this type. */
  check(value: unknown): Value | undefined;
  /** The value from JSON; undefined where it is none of this type. */
  fromJson(json: unknown): Value | undefined;
}

const KINDS: Readonly<Record<ParameterType, Kind>> = {
  i8: integer(-0x80, 0x7f),
  u8: integer(0, 0xff),
  i16: integer(-0x8000, 0x7fff),
  u16: integer(0, 0xffff),
  i32: integer(-0x80000000, 0x7fffffff),
  u32: integer(0, 0xffffffff),
  i64: wideInteger(-0x8000000000000000n, 0x7fffffffffffffffn),
  u64: wideInteger(0n, 0xffffffffffffffffn),
  f64: same(false, 'a finite number', (value) => typeof value === 'number' && Number.isFinite(value)),
  boolean: same(true, 'true or false', (value) => typeof value === 'boolean'),
  string: same(true, 'a string', (value) => typeof value === 'string'),
  guid: { filterable: true, expected: 'a GUID', check: guidOf, fromJson: guidOf },
  bytes: {
    filterable: false,
    expected: 'bytes, in JSON as base64',
    check: (value) => (value instanceof Uint8Array ? value : undefined),
    fromJson: (json) => (typeof json === 'string' ? fromBase64(json) : undefined),
  },
  json: same(false, 'what JSON can say, not too deep', isJson),
};

export const PARAMETER_TYPES: readonly ParameterType[] = Object.keys(KINDS) as ParameterType[];

/** Whether a parameter filter can compare values of the type (EVC-166). */
export function isFilterable(type: ParameterType): boolean {
  return KINDS[type].filterable;
}

/** What a value of the type has to be, in words. */
export function expectedOf(type: ParameterType): string {
  return KINDS[type].expected;
}

/** The value in its one form, such as a GUID in lower case; undefined where it is none of the type. Not copied. */
export function checkValue(type: ParameterType, value: unknown): Value | undefined {
  return KINDS[type].check(value);
}

/** As it stands in JSON: 64 bits as decimal text, bytes as base64. Precondition: a value of a type. */
export function valueToJson(value: Value): Json {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? toBase64(value) : value;
}

/** From JSON; undefined where it is none of the type. */
export function valueFromJson(type: ParameterType, json: unknown): Value | undefined {
  return KINDS[type].fromJson(json);
}

/** A type whose values JSON has as they are. */
function same(filterable: boolean, expected: string, is: (value: unknown) => boolean): Kind {
  const check = (value: unknown): Value | undefined => (is(value) ? (value as Value) : undefined);
  return { filterable, expected, check, fromJson: check };
}

function integer(least: number, greatest: number): Kind {
  return same(
    true,
    `an integer from ${least} to ${greatest}`,
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= greatest,
  );
}

function wideInteger(least: bigint, greatest: bigint): Kind {
  const inRange = (value: bigint): bigint | undefined => (value >= least && value <= greatest ? value : undefined);
  return {
    filterable: true,
    expected: `an integer from ${least} to ${greatest}, as a bigint or in JSON as a string`,
    check: (value) => (typeof value === 'bigint' ? inRange(value) : undefined),
    // A number is taken as well where it says exactly what was meant: people write JSON by hand.
    fromJson: (json) => {
      if (typeof json === 'string' && /^-?\d{1,20}$/.test(json)) return inRange(BigInt(json));
      return Number.isSafeInteger(json) ? inRange(BigInt(json as number)) : undefined;
    },
  };
}

function guidOf(value: unknown): Guid | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return guid(value);
  } catch {
    return undefined;
  }
}
