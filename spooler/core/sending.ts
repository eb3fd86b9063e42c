/**
 * What a client sends on its ends: `notify` and `close` (PROTOCOL.md sections 5.6 and 5.7). Checked in the order of
 * GAP-28, end, ownership, type, size, turn; what is refused changes nothing (GAP-27).
 */

import { hresultOf } from '../../shared/errors.ts';
import type { CloseEnd, Notify, RawRecord } from '../../shared/index.ts';
import type { BidirectionalChannel } from './bidirectional-channel.ts';
import type { End } from './ends.ts';
import { Message } from './message.ts';
import type { Session } from './session.ts';
import type { UnidirectionalChannel } from './unidirectional-channel.ts';

export function notify(session: Session, record: Notify, raw: RawRecord): void {
  const end = checkEnd(session, record);
  if (!end) return;
  const { channel } = end;
  const settle = (hresult: number | undefined): void => {
    if (hresult !== undefined) session.settle(record.end, record.sequence, hresult);
  };
  // A record without a header can be sent on as it came.
  const message = (): Message => new Message(record, raw.headerLength === 0 ? raw.bytes : undefined);
  const refused = checkData(session, record);
  if (refused === undefined) session.spooler.traffic.countReceived(record.data?.length ?? 0);
  if (channel.style === 'kBiDirectional') {
    settle(refused ?? (end.kind === 'source' ? channel.notify(message()) : channel.respond(end, message())));
  } else if (end.kind === 'listener') {
    settle(hresultOf('E_INVALIDARG'));
  } else if (channel.waits && floods(session, channel, record)) {
    session.end('FLOODED', 'faulty');
  } else {
    settle(refused === undefined ? channel.notify(message()) : channel.refuse(record.sequence, refused));
  }
}

export function close(session: Session, record: CloseEnd): void {
  const end = checkEnd(session, record);
  if (!end) return;
  const { channel } = end;
  const settle = (hresult: number | undefined): void => {
    if (hresult !== undefined) session.settle(record.end, record.sequence, hresult);
  };
  // Bytes that come with NOTIFICATION_RELEASE are ignored (PAN-178).
  const refused = record.release ? undefined : checkData(session, record);
  if (refused === undefined && !record.release) session.spooler.traffic.countReceived(record.data?.length ?? 0);
  if (channel.style === 'kBiDirectional') {
    settle(refused ?? closeBidirectional(channel, end, record));
  } else if (end.kind === 'listener') {
    settle(hresultOf('E_INVALIDARG'));
  } else if (channel.waitingObjects > session.spooler.limits.waitingObjects) {
    // One close may stand behind as many as may wait.
    session.end('FLOODED', 'faulty');
  } else {
    settle(refused === undefined ? channel.close(record.sequence) : channel.refuse(record.sequence, refused));
  }
}

function closeBidirectional(channel: BidirectionalChannel, end: End, record: CloseEnd): number {
  const last = record.release ? undefined : new Message(record);
  return end.kind === 'source' ? channel.close(last) : channel.closeByListener(end, last);
}

/** The end, if the record is the next on it; otherwise it has been answered, or was answered before. */
function checkEnd(session: Session, { op, end: number, sequence }: Notify | CloseEnd): End | undefined {
  const order = session.ends.order(number, sequence);
  if (order === 'duplicate') return undefined;
  const end = session.ends.get(number);
  if (order === 'next' && end) return end;
  if (end?.kind === 'source' && end.channel.style === 'kUniDirectional') {
    refuseInTurn(session, end.channel, sequence);
  } else {
    const code = end
      ? hresultOf('E_INVALIDARG')
      : session.ends.refusal(number, op, session.spooler.wasGivenOut(number));
    session.settle(number, sequence, code);
  }
  return undefined;
}

/** A number that skips, where earlier ones may wait for their answers. */
function refuseInTurn(session: Session, channel: UnidirectionalChannel, sequence: number): void {
  if (channel.waitingObjects >= session.spooler.limits.waitingObjects) return session.end('FLOODED', 'faulty');
  const answer = channel.refuse(sequence, hresultOf('E_INVALIDARG'));
  if (answer !== undefined) session.settle(channel.source.number, sequence, answer);
}

/** Type, then size. Undefined when both are right. */
function checkData({ spooler }: Session, { type, release, data }: Notify | CloseEnd): number | undefined {
  if (type !== undefined || release) return hresultOf('INVALID_NOTIFICATION_TYPE');
  if ((data?.length ?? 0) > spooler.limits.payload) return hresultOf('MAX_NOTIFICATION_SIZE_EXCEEDED');
  return undefined;
}

/** Whether more would be unanswered on a channel that waits than is allowed; one always is. */
function floods({ spooler }: Session, channel: UnidirectionalChannel, { data }: Notify): boolean {
  const { waitingObjects, waitingBytes } = spooler.limits;
  if (channel.waitingObjects === 0) return false;
  return channel.waitingObjects >= waitingObjects || channel.waitingBytes + (data?.length ?? 0) > waitingBytes;
}
