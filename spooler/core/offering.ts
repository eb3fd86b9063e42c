/** What a session is told of its ends: that there is one for a registration, and that one is closed. */

import { type Cause, encodeRecord } from '../../shared/index.ts';
import type { Channel, End, ListenerEnd } from './ends.ts';
import type { Message } from './message.ts';
import type { Registration } from './registration.ts';
import type { Session } from './session.ts';

/** A new end of the registration's session, which is told of it. */
export function offer(session: Session, registration: Registration, channel: Channel): ListenerEnd {
  const shared = channel.source.number;
  const taken = session.ends.knows(shared) || session.delivery.held.holdsOn(shared);
  const number = taken ? session.spooler.nextNumber() : shared;
  const end: ListenerEnd = {
    kind: 'listener',
    number,
    session,
    registration,
    channel,
    pending: undefined,
    sent: 0,
  };
  session.ends.add(end);
  session.write({ op: 'offer', end: number, registration: registration.number, interest: channel.target.interest });
  return end;
}

/** The end is closed: with a last message, or with the release triple where there is none, or no room for it. */
export function tellClosed(session: Session, end: End, cause: Cause, last: Message | undefined): void {
  const { delivery } = session;
  const { number } = end;
  if (end.kind === 'listener' && end.channel.style === 'kUniDirectional') {
    const record = encodeRecord({ op: 'closed', end: number, sequence: 0, data: null, release: true, cause });
    delivery.give({ end: number, sequence: 0, record, size: undefined }, end.registration.window);
    return;
  }
  if (last && delivery.hasRoom(delivery.common)) {
    const { sequence, size, data } = last;
    const record = encodeRecord({ op: 'closed', end: number, sequence, data, release: false, cause });
    delivery.give({ end: number, sequence, record, size }, delivery.common);
    return;
  }
  session.write({ op: 'closed', end: number, sequence: 0, data: null, release: true, cause });
}
