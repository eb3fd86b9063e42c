/** What JSON can say, and nothing else. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Deeper values are refused: whoever walks one walks it recursively. */
export const MAX_JSON_DEPTH = 64;

/** Whether the value comes back from its JSON text as it is: no `undefined`, no NaN, no class, no cycle, not too deep. */
export function isJson(value: unknown, depth = MAX_JSON_DEPTH): value is Json {
  if (value === null) return true;
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object': {
      if (depth === 0) return false;
      if (Array.isArray(value)) return value.every((item) => isJson(item, depth - 1));
      return isPlain(value) && Object.values(value).every((item) => isJson(item, depth - 1));
    }
    default:
      return false;
  }
}

/** An object of keys and values, as JSON has it, of whichever realm; not a list, nor an instance of a class. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
