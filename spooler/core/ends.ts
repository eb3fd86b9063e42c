/**
 * The two kinds of end a session can have on a channel (PAN-16), and how a finished end answers (PROTOCOL.md section
 * 8).
 */

import { hresultOf, success } from '../../shared/errors.ts';
import { isUpTo, nextSequence } from '../../shared/sequence.ts';
import type { BidirectionalChannel } from './bidirectional-channel.ts';
import type { Parcel } from './delivery.ts';
import type { Registration } from './registration.ts';
import type { Session } from './session.ts';
import type { UnidirectionalChannel } from './unidirectional-channel.ts';

export type Channel = UnidirectionalChannel | BidirectionalChannel;

export interface SourceEnd {
  readonly kind: 'source';
  readonly number: number;
  readonly session: Session;
  readonly channel: Channel;
  /** Bidirectional: what is queued for this end and has not been given yet. */
  pending: Parcel | undefined;
  /** The last send number processed on it. */
  sent: number;
}

export interface ListenerEnd {
  readonly kind: 'listener';
  readonly number: number;
  readonly session: Session;
  readonly registration: Registration;
  readonly channel: Channel;
  /** The same. */
  pending: Parcel | undefined;
  /** The same. */
  sent: number;
}

export type End = SourceEnd | ListenerEnd;

/** Where a send number stands on an end, which takes note of it. */
export function order(end: End, sequence: number): 'next' | 'duplicate' | 'gap' {
  if (sequence === nextSequence(end.sent)) {
    end.sent = sequence;
    return 'next';
  }
  return isUpTo(sequence, end.sent) ? 'duplicate' : 'gap';
}

/** Why an end is finished, seen by the session that had it. */
export type Finish = 'source' | 'bySource' | 'bySelf' | 'declined' | 'acquiredByAnother' | 'closedByAnother';

export function refusal(finish: Finish, op: 'notify' | 'close'): number {
  switch (finish) {
    case 'source':
      return hresultOf('CHANNEL_ALREADY_CLOSED');
    case 'bySource':
      return hresultOf('CHANNEL_CLOSED_BY_SERVER');
    case 'bySelf':
      return hresultOf('CHANNEL_CLOSED_BY_SAME_LISTENER');
    case 'declined':
      return hresultOf('CHANNEL_RELEASED_BY_LISTENER');
    case 'acquiredByAnother':
      return op === 'close' ? success('CHANNEL_ACQUIRED') : hresultOf('CHANNEL_ACQUIRED');
    case 'closedByAnother':
      return op === 'close' ? success('CHANNEL_ACQUIRED') : hresultOf('CHANNEL_CLOSED_BY_ANOTHER_LISTENER');
  }
}
