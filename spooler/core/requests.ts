/** What a client asks for, registrations and channels above all (PROTOCOL.md section 5). A refusal changes nothing. */

import { hresultOf } from '../../shared/errors.ts';
import type { ClientRecord, Interest, Open, Register, Unregister } from '../../shared/index.ts';
import { explain } from './explain.ts';
import { Registration } from './registration.ts';
import type { Session } from './session.ts';
import { statusFor } from './status.ts';

const S_OK = hresultOf('S_OK');

/** Does what the record asks for. Precondition: the session is open. */
export function requested(session: Session, record: ClientRecord): void {
  switch (record.op) {
    case 'register':
      return register(session, record);
    case 'unregister':
      return unregister(session, record);
    case 'open':
      return open(session, record);
    case 'explain':
      return session.answer(0, record.request, S_OK, explain(session, record));
    case 'status':
      return session.answer(0, record.request, S_OK, statusFor(session));
    case 'call':
      return session.spooler.calls.call(session, record);
    case 'ping':
      return session.write({ op: 'pong', sequence: record.sequence });
    case 'pong':
      return;
    case 'hello':
    // Read where they stand: see session.ts.
    case 'notify':
    case 'release':
    case 'close':
      return session.end('OUT_OF_STATE', 'faulty');
  }
}

function register(session: Session, { registration: number, request, interest }: Register): void {
  const registration = newRegistration(session, number, interest);
  if (typeof registration === 'number') return session.answer(number, request, registration);
  const { directory } = session.spooler;
  session.registrations.add(registration);
  session.highestRegistration = Math.max(session.highestRegistration, number);
  directory.addRegistration(registration);
  session.answer(number, request, S_OK);
  if (interest.style !== 'kBiDirectional') return;
  // What is open already is offered too, after the result (PAN-141).
  for (const channel of directory.offersFor(registration)) channel.offerTo(registration);
}

/** Or the code that refuses it. */
function newRegistration(session: Session, number: number, interest: Interest): Registration | number {
  const { spooler, delivery } = session;
  if (spooler.draining) return hresultOf('RPC_S_CALL_CANCELLED');
  if (session.registrations.get(number)) return hresultOf('ALREADY_REGISTERED');
  const checked = spooler.checkRegistration(session, interest);
  if (typeof checked === 'number') return checked;
  const window = interest.style === 'kUniDirectional' ? delivery.newWindow() : delivery.common;
  return new Registration(number, session, checked, window);
}

function unregister(session: Session, { registration: number, request }: Unregister): void {
  const registration = session.registrations.get(number);
  if (!registration) {
    const wasRegistered = number <= session.highestRegistration;
    return session.answer(number, request, hresultOf(wasRegistered ? 'ALREADY_UNREGISTERED' : 'NOT_REGISTERED'));
  }
  session.registrations.delete(number);
  drop(registration);
  session.answer(number, request, S_OK);
}

/**
 * Takes a registration out of every table. Ends on unidirectional channels go with it, bidirectional ones live on
 * (PAN-91, PAN-92).
 */
export function drop(registration: Registration): void {
  const { session, interest, ends, window } = registration;
  session.spooler.directory.removeRegistration(registration);
  for (const end of ends) {
    session.ends.remove(end);
    if (end.channel.style === 'kUniDirectional') end.channel.forget(end);
  }
  if (interest.style === 'kUniDirectional') session.delivery.close(window);
}

function open(session: Session, { end, request, interest, user, overflow }: Open): void {
  if (end !== 0) {
    const isOwn = session.ends.get(end)?.kind === 'source';
    return session.answer(end, request, hresultOf(isOwn ? 'CHANNEL_ALREADY_OPENED' : 'CHANNEL_NOT_OPENED'));
  }
  const channel = session.spooler.openChannel(session, interest, user, overflow ?? 'lose');
  if (typeof channel === 'number') return session.answer(0, request, channel);
  session.channels.add(channel);
  session.ends.add(channel.source);
  session.answer(channel.source.number, request, S_OK);
  if (channel.style === 'kBiDirectional') channel.open();
}
