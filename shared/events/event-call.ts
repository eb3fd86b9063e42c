/**
 * A call on an event class as data: what the publisher sends, what the subscriber gets. UTF-8 JSON on the wire:
 * `{"eventClass": GUID, "interface": GUID, "method": text, "arguments": {name: value}}`.
 */

import { SpoolError } from '../errors.ts';
import { type Guid, guid } from '../guid.ts';
import { argumentsFromJson, argumentsToJson, type CallArguments } from './arguments.ts';
import type { MethodDescription } from './event-class.ts';
import { isPlain, type Json } from './json.ts';

export interface EventCall {
  readonly eventClass: Guid;
  readonly interface: Guid;
  readonly method: string;
  readonly arguments: CallArguments;
}

/** Events that leave together, in one transaction or from one recorder. */
export const MOST_CALLS = 10_000;

/** Finds what is called, so that the types of the arguments are known; undefined where there is no such method. */
export type MethodLookup = (eventClass: Guid, iid: Guid, method: string) => MethodDescription | undefined;

/** Precondition: the arguments have been checked (`checkArguments`). */
export function encodeCall(call: EventCall): Uint8Array {
  return encoder.encode(JSON.stringify(callToJson(call)));
}

/** Throws `E_INVALIDARG` for whatever is not exactly one call of a method that `lookup` finds, or what that throws. */
export function decodeCall(bytes: Uint8Array, lookup: MethodLookup): EventCall {
  return callFromJson(parse(bytes), lookup);
}

export function callToJson({ arguments: given, ...call }: EventCall): Readonly<Record<string, Json>> {
  return { ...call, arguments: argumentsToJson(given) };
}

/** Like `decodeCall`, from JSON that has been parsed. */
export function callFromJson(json: unknown, lookup: MethodLookup): EventCall {
  if (!isPlain(json)) throw refusal('a call is an object');
  const unknown = Object.keys(json).find((key) => !KEYS.has(key));
  if (unknown !== undefined) throw refusal(`a call has no ${JSON.stringify(unknown.slice(0, 80))}`);
  const eventClass = guidIn(json, 'eventClass');
  const iid = guidIn(json, 'interface');
  const method = json['method'];
  if (typeof method !== 'string') throw refusal('method: not a string');
  const description = lookup(eventClass, iid, method);
  if (description === undefined) throw refusal(`method: no ${JSON.stringify(method.slice(0, 80))} in ${iid}`);
  return { eventClass, interface: iid, method, arguments: argumentsFromJson(description, json['arguments']) };
}

const KEYS: ReadonlySet<string> = new Set(['eventClass', 'interface', 'method', 'arguments']);

const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw refusal('a call is UTF-8 JSON');
  }
}

function guidIn(json: Readonly<Record<string, unknown>>, key: string): Guid {
  const text = json[key];
  if (typeof text !== 'string') throw refusal(`${key}: not a GUID`);
  return guid(text);
}

function refusal(input: string): SpoolError {
  return new SpoolError('E_INVALIDARG', { input });
}
