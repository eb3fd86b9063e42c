/** The arguments of a call on an event method, by parameter name: checked, to JSON and from it. */

import { SpoolError } from '../errors.ts';
import type { MethodDescription } from './event-class.ts';
import { isPlain, type Json } from './json.ts';
import {
  checkValue,
  expectedOf,
  type ParameterType,
  type Value,
  valueFromJson,
  valueToJson,
} from './parameter-type.ts';

export type CallArguments = Readonly<Record<string, Value>>;

/**
 * The arguments in the order of the parameters, each value in its one form; bytes and JSON are not copied. Throws
 * `E_INVALIDARG`, which names the parameter but never its value, where one is missing, unknown or of another type.
 */
export function checkArguments(method: MethodDescription, given: unknown): CallArguments {
  return take(method, given, checkValue);
}

/** The same from JSON, of which nothing is believed. */
export function argumentsFromJson(method: MethodDescription, json: unknown): CallArguments {
  return take(method, json, valueFromJson);
}

/** Precondition: they have been checked. */
export function argumentsToJson(given: CallArguments): Readonly<Record<string, Json>> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, valueToJson(value)]));
}

function take(
  { name: method, parameters }: MethodDescription,
  given: unknown,
  read: (type: ParameterType, value: unknown) => Value | undefined,
): CallArguments {
  if (!isPlain(given)) throw refusal(`${method}: the arguments are no object`);
  const taken: Record<string, Value> = {};
  for (const { name, type } of parameters) {
    if (!Object.hasOwn(given, name)) throw refusal(`${method}: ${name} is missing`);
    const value = read(type, given[name]);
    if (value === undefined) throw refusal(`${method}: ${name} is not ${expectedOf(type)}`);
    taken[name] = value;
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(taken, name));
  if (unknown !== undefined) throw refusal(`${method}: no parameter ${JSON.stringify(unknown.slice(0, 80))}`);
  return taken;
}

function refusal(input: string): SpoolError {
  return new SpoolError('E_INVALIDARG', { input });
}
