/** "Why was I not told?": the nearest registrations or channels and what keeps them apart (OBS-1, OBS-4). */

import { type Difference, type Explain, type Explanation, type Neighbour, nameKey } from '../../shared/index.ts';
import { mayAdminister } from './identity.ts';
import type { Session } from './session.ts';

type Party = Omit<Neighbour, 'differs'>;

/** So many are looked at, so that a question never takes long. */
const LOOK_AT = 20_000;
const SHOWN = 10;

export function explain(session: Session, { side, interest, user }: Explain): Explanation {
  const { spooler } = session;
  const asked: Party = { ...interest, user: user ?? (interest.filter === 'kPerUser' ? session.user : null) };
  const candidates = side === 'channel' ? registrations(session) : channels(session);
  const found: Neighbour[] = [];
  let matches = 0;
  let seen = 0;
  for (const party of candidates) {
    if (++seen > LOOK_AT) break;
    if (party.user !== session.user && spooler.usesTokens && !mayAdminister(session.identity, party.name)) continue;
    const differs = side === 'channel' ? differences(asked, party) : differences(party, asked);
    if (differs.length === 0) matches++;
    found.push({ ...party, differs });
  }
  found.sort((a, b) => a.differs.length - b.differs.length);
  return { matches, nearest: found.slice(0, SHOWN) };
}

/** What keeps a registration from receiving what is sent on a channel: the rule of directory.ts, field by field. */
function differences(channel: Party, registration: Party): Difference[] {
  const differs: Difference[] = [];
  if (channel.type !== registration.type) differs.push('type');
  if (channel.style !== registration.style) differs.push('style');
  if (registration.name !== null && nameKey(channel.name) !== nameKey(registration.name)) differs.push('name');
  const reachesUser =
    channel.filter === 'kAllUsers' || registration.filter === 'kAllUsers' || channel.user === registration.user;
  if (!reachesUser) differs.push('user');
  return differs;
}

function* registrations({ spooler }: Session): Iterable<Party> {
  for (const { interest, user } of spooler.directory.registrations()) yield { ...interest, user };
  for (const { interest, user } of spooler.directory.keepings()) yield { ...interest, user };
}

function* channels({ spooler }: Session): Iterable<Party> {
  for (const { target } of spooler.channels()) yield { ...target.interest, user: target.user ?? null };
}
