/** What a channel's sending end and its session in this process are to each other. */

import { type Cause, outcomeOf, SpoolError } from '../../shared/index.ts';

/** The session, for its channels. */
export interface SourceSide {
  /** What may be unanswered on a channel that waits. */
  readonly most: { readonly objects: number; readonly bytes: number };
  /** `release`: as NOTIFICATION_RELEASE. */
  carry(op: 'notify' | 'close', end: number, sequence: number, data: Uint8Array | null, release: boolean): void;
  /** The channel is over. */
  removed(end: number): void;
}

/** A channel, for its session. */
export interface SessionEnd {
  /** The listener has answered; null is the null of the wire. */
  notified(data: Uint8Array | null): void;
  /** Everything sent up to the number, and not answered before, ended with this. */
  settled(sequence: number, hresult: number): void;
  closed(cause: Cause, last: Uint8Array | null | undefined): void;
}

export function errorOf(hresult: number, input?: string): SpoolError {
  return new SpoolError(outcomeOf(hresult).code, { hresult, ...(input !== undefined && { input }) });
}
