/** What a call of a service carries, there and back: JSON, or on the way there what its service takes. */

import { type Outcome, outcomeOf, SpoolError } from '../shared/index.ts';
import type { Success } from './awaited.ts';

/** The answer of a service. */
export interface Reply {
  readonly outcome: Outcome;
  /** Undefined where the service had nothing to say. As hostile as the spooler is. */
  readonly json: unknown;
}

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** Bytes go as they are. Throws `E_INVALIDARG` for what JSON cannot hold, and `MAX_NOTIFICATION_SIZE_EXCEEDED`. */
export function encodePayload(json: unknown, limit: number): Uint8Array {
  const bytes = json instanceof Uint8Array ? json : utf8.encode(written(json));
  if (bytes.length > limit) throw new SpoolError('MAX_NOTIFICATION_SIZE_EXCEEDED', { input: `${bytes.length} bytes` });
  return bytes;
}

function written(json: unknown): string {
  try {
    return JSON.stringify(json) ?? '';
  } catch (reason) {
    throw SpoolError.from(reason, 'E_INVALIDARG');
  }
}

/** Throws `PROTOCOL_VIOLATED` where it is no JSON. */
export function replyOf({ outcome, json }: Success): Reply {
  return { outcome, json: parsed(json) };
}

/** Why a request failed, with what the spooler says about it where it says more than the code. */
export function failureOf(hresult: number, json: Uint8Array): SpoolError {
  const { input, message: _, ...details } = factsIn(json);
  const { code } = outcomeOf(hresult);
  const shown = code === 'UNKNOWN_HRESULT' ? `0x${hresult.toString(16)}` : input;
  return new SpoolError(code, { hresult, details, ...(typeof shown === 'string' && { input: shown }) });
}

function factsIn(json: Uint8Array): Readonly<Record<string, unknown>> {
  const facts = parsed(json);
  return typeof facts === 'object' && facts !== null ? { ...facts } : {};
}

function parsed(json: Uint8Array): unknown {
  if (json.length === 0) return undefined;
  try {
    return JSON.parse(text.decode(json));
  } catch {
    throw new SpoolError('PROTOCOL_VIOLATED', { input: 'an answer that is no JSON' });
  }
}
