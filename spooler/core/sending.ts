/**
 * What a client sends on its ends: `notify`, `close` and `release` (PROTOCOL.md sections 5.6, 5.7 and 5.9). What carries
 * data is checked in the order of GAP-28, end, ownership, type, size, turn; what is refused changes nothing (GAP-27).
 */

import { checkCarried, checkRelease, typeCarried } from '../../shared/decode-record.ts';
import { hresultOf } from '../../shared/errors.ts';
import { FLAGS, type Guid, type RawRecord } from '../../shared/index.ts';
import type { BidirectionalChannel } from './bidirectional-channel.ts';
import { type End, order } from './ends.ts';
import { Message } from './message.ts';
import type { Session } from './session.ts';
import type { UnidirectionalChannel } from './unidirectional-channel.ts';

const S_OK = hresultOf('S_OK');

export function notify(session: Session, raw: RawRecord): void {
  checkCarried(raw);
  const type = typeCarried(raw);
  const end = checkEnd(session, 'notify', raw);
  if (!end) return;
  const refused = checkData(session, raw, type);
  if (refused === undefined) session.spooler.traffic.countReceived(raw.payloadLength);
  const { channel } = end;
  let answer: number | undefined;
  if (channel.style === 'kBiDirectional') {
    const message = passing(session, raw);
    answer = refused ?? (end.kind === 'source' ? channel.notify(message) : channel.respond(end, message));
    if (answer === S_OK) return session.settleSoon(raw.id, raw.sequence);
  } else if (end.kind === 'listener') {
    answer = hresultOf('E_INVALIDARG');
  } else if (channel.isBounded && floods(session, channel, raw)) {
    return session.end('FLOODED', 'faulty');
  } else {
    answer = refused === undefined ? channel.notify(passing(session, raw)) : channel.refuse(raw.sequence, refused);
  }
  if (answer !== undefined) session.settle(raw.id, raw.sequence, answer);
}

export function close(session: Session, raw: RawRecord): void {
  checkCarried(raw);
  const type = typeCarried(raw);
  const end = checkEnd(session, 'close', raw);
  if (!end) return;
  const release = isRelease(raw);
  // Bytes that come with NOTIFICATION_RELEASE are ignored (PAN-178).
  const refused = release ? undefined : checkData(session, raw, type);
  if (refused === undefined && !release) session.spooler.traffic.countReceived(raw.payloadLength);
  const { channel } = end;
  let answer: number | undefined;
  if (channel.style === 'kBiDirectional') {
    answer = refused ?? closeBidirectional(channel, end, release ? undefined : passing(session, raw));
  } else if (end.kind === 'listener') {
    answer = hresultOf('E_INVALIDARG');
  } else if (channel.waitingObjects > session.spooler.limits.waitingObjects) {
    // One close may stand behind as many as may wait.
    return session.end('FLOODED', 'faulty');
  } else {
    answer = refused === undefined ? channel.close(raw.sequence) : channel.refuse(raw.sequence, refused);
  }
  if (answer !== undefined) session.settle(raw.id, raw.sequence, answer);
}

/** Throws `OVER_RELEASE` where nothing is held that it gives back. */
export function release({ delivery }: Session, raw: RawRecord): void {
  checkRelease(raw);
  delivery.released(raw.id, raw.sequence, raw.flags === FLAGS.only);
}

function closeBidirectional(channel: BidirectionalChannel, end: End, last: Message | undefined): number {
  return end.kind === 'source' ? channel.close(last) : channel.closeByListener(end, last);
}

/** The end, if the record is the next on it; otherwise it has been answered, or was answered before. */
function checkEnd(session: Session, op: 'notify' | 'close', { id, sequence }: RawRecord): End | undefined {
  const end = session.ends.get(id);
  if (!end) {
    session.settle(id, sequence, session.ends.refusal(id, op, session.spooler.wasGivenOut(id)));
    return undefined;
  }
  switch (order(end, sequence)) {
    case 'next':
      return end;
    case 'duplicate':
      return undefined;
    case 'gap':
      if (end.kind === 'source' && end.channel.style === 'kUniDirectional') {
        refuseInTurn(session, end.channel, sequence);
      } else {
        session.settle(id, sequence, hresultOf('E_INVALIDARG'));
      }
      return undefined;
  }
}

/** A number that skips, where earlier ones may wait for their answers. */
function refuseInTurn(session: Session, channel: UnidirectionalChannel, sequence: number): void {
  if (channel.waitingObjects >= session.spooler.limits.waitingObjects) return session.end('FLOODED', 'faulty');
  const answer = channel.refuse(sequence, hresultOf('E_INVALIDARG'));
  if (answer !== undefined) session.settle(channel.source.number, sequence, answer);
}

function isRelease({ flags }: RawRecord): boolean {
  return (flags & FLAGS.release) !== 0;
}

/** Type, then size. Undefined when both are right. */
function checkData({ spooler }: Session, raw: RawRecord, type: Guid | undefined): number | undefined {
  if (type !== undefined || isRelease(raw)) return hresultOf('INVALID_NOTIFICATION_TYPE');
  if (raw.payloadLength > spooler.limits.payload) return hresultOf('MAX_NOTIFICATION_SIZE_EXCEEDED');
  return undefined;
}

/** Whether more would be unanswered on a channel that is bounded than is allowed; one always is. */
function floods({ spooler }: Session, channel: UnidirectionalChannel, { payloadLength }: RawRecord): boolean {
  const { waitingObjects, waitingBytes } = spooler.limits;
  if (channel.waitingObjects === 0) return false;
  return channel.waitingObjects >= waitingObjects || channel.waitingBytes + payloadLength > waitingBytes;
}

/** One for all, since most go on at once. */
let passed: Message | undefined;

function passing({ loan }: Session, raw: RawRecord): Message {
  passed = passed?.moveTo(raw, loan) ?? new Message(raw, loan);
  return passed;
}
