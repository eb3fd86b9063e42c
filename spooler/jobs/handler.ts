/** What the parts of the service `jobs` are made of: for each method, what answers its calls. */

import { hresultOf, SpoolError } from '../../shared/index.ts';
import type { Answer, Caller } from '../core/service.ts';

/** The JSON is hostile until it has been parsed; only `write` has bytes. */
export type Handler = (caller: Caller, json: unknown, bytes: Uint8Array) => Promise<Answer>;

/** By method. */
export type Handlers = readonly (readonly [method: string, handler: Handler])[];

const S_OK = hresultOf('S_OK');

export function ok(json?: unknown): Answer {
  return { hresult: S_OK, json };
}

export function denied(input: string): SpoolError {
  return new SpoolError('E_ACCESSDENIED', { input });
}
