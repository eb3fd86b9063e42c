/** What a call of the service `jobs` carries: JSON; where it brings bytes, a line of JSON and then they. */

import { SpoolError } from '../../shared/index.ts';

export interface Split {
  readonly json: unknown;
  readonly bytes: Uint8Array;
}

const LINE_FEED = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NOTHING = new Uint8Array(0);

/** Nothing at all stands for an empty object. Throws `E_INVALIDARG`. */
export function splitPayload(payload: Uint8Array, hasBytes: boolean): Split {
  const end = hasBytes ? payload.indexOf(LINE_FEED) : -1;
  const line = end < 0 ? payload : payload.subarray(0, end);
  return { json: jsonIn(line), bytes: end < 0 ? NOTHING : payload.subarray(end + 1) };
}

function jsonIn(line: Uint8Array): unknown {
  if (line.length === 0) return {};
  try {
    return JSON.parse(utf8.decode(line));
  } catch {
    throw new SpoolError('E_INVALIDARG', { input: 'the payload does not begin with JSON in UTF-8' });
  }
}
