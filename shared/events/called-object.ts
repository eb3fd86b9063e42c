/** Objects whose methods are called by name, wherever they live: what counts as a method, and what as its result. */

import { hresultOf } from '../errors.ts';

const S_OK = hresultOf('S_OK');

/** A function of somebody's object, bound to it; none that every object has. */
export function memberOf(owner: unknown, name: string): ((...given: unknown[]) => unknown) | undefined {
  if (typeof owner !== 'object' || owner === null || name in Object.prototype) return undefined;
  const member: unknown = Reflect.get(owner, name);
  return typeof member === 'function' ? (...given) => Reflect.apply(member, owner, given) as unknown : undefined;
}

/** What a method returned, as an HRESULT: the number where it can be one, else `S_OK`. */
export function hresultReturned(result: unknown): number {
  const isHresult = Number.isInteger(result) && (result as number) >= 0 && (result as number) <= 0xffffffff;
  return isHresult ? (result as number) : S_OK;
}
