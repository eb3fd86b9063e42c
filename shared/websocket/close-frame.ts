/** What a close frame says (RFC 6455, sections 5.5.1 and 7.4). */

import { CLOSE_CODES, isCloseCode, MAX_CONTROL_PAYLOAD } from './frame.ts';

export interface Goodbye {
  readonly code: number;
  readonly reason: string;
}

/** A reason that is too long is cut. */
export function encodeGoodbye({ code, reason }: Goodbye): Uint8Array {
  if (code === CLOSE_CODES.none) return new Uint8Array(0);
  const payload = new Uint8Array(MAX_CONTROL_PAYLOAD);
  payload[0] = code >>> 8;
  payload[1] = code;
  const { written } = encoder.encodeInto(reason, payload.subarray(2));
  return payload.subarray(0, 2 + written);
}

/** What it says, or the close code to answer where it may not say that. */
export function decodeGoodbye(payload: Uint8Array): Goodbye | number {
  if (payload.length === 0) return { code: CLOSE_CODES.none, reason: '' };
  const code = ((payload[0] as number) << 8) | (payload[1] as number);
  if (!isCloseCode(code)) return CLOSE_CODES.protocolError;
  const reason = decodeText(payload.subarray(2));
  return reason === undefined ? CLOSE_CODES.notText : { code, reason };
}

/** Undefined where it is no UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
