/** Why a session ends, where its peer has brought that about: by leaving, or by what it sent. */

import { SpoolError } from '../../shared/errors.ts';
import { type Cause, CLOSES, type CloseName } from '../../shared/index.ts';

/** WebSocket close codes of a peer that left in good order; 1005: without saying a code. */
const GOODBYES = new Set([CLOSES.NORMAL.code, CLOSES.GOING_AWAY.code, 1005]);
/** Those of one that sent what is no message: broken framing, or text. */
const FAULTS = new Set([1002, CLOSES.TEXT_MESSAGE.code]);

/** What everybody else is told of a link that closed with this code. */
export function causeOf(code: number): Cause {
  return GOODBYES.has(code) ? 'left' : FAULTS.has(code) ? 'faulty' : 'died';
}

/** What the peer is told whose record was answered with this error; undefined where the fault is not the peer's. */
export function closeFor(reason: unknown): CloseName | undefined {
  switch (reason instanceof SpoolError ? reason.code : undefined) {
    case 'MALFORMED_RECORD':
      return 'MALFORMED';
    case 'PROTOCOL_VIOLATED':
      return 'OUT_OF_STATE';
    case 'OVER_RELEASE':
      return 'OVER_RELEASE';
    default:
      return undefined;
  }
}
