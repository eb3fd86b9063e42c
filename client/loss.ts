/** How a connection was lost, and what that means to whoever waits for something on it. */

import { type Cause, CLOSES, type Code, isFinal, SpoolError } from '../shared/index.ts';

export interface Loss {
  /** WebSocket close code; 1006: without a goodbye. */
  readonly code: number;
  readonly reason: string;
  readonly cause: Cause;
}

/** The link was closed with this code, from either side, or broke. */
export function lossOf(code: number, reason: string): Loss {
  return { code, reason, cause: code === CLOSES.GOING_AWAY.code ? 'shutdown' : 'lost' };
}

/** What is waited for does not come. */
export function connectionLost({ code, reason }: Loss): SpoolError {
  const input = reason === '' ? `close code ${code}` : `close code ${code}: ${reason}`;
  return new SpoolError('CONNECTION_LOST', { input });
}

/** To whoever was still being greeted: refused for good, or only now. */
export function refusalOf({ code }: Loss): Code {
  if (code === CLOSES.WRONG_USER.code || code === CLOSES.TOKEN_EXPIRED.code) return 'UNAUTHORIZED';
  return isFinal(code) ? 'PROTOCOL_VIOLATED' : 'CONNECTION_FAILED';
}
