/** What is going on, for people and tools (PROTOCOL.md section 10). Each asker sees what it may see. */

import type { StatusReport } from '../../shared/index.ts';
import { mayAdminister } from './identity.ts';
import type { Session } from './session.ts';

const SHOWN = 1000;

export function statusFor(asker: Session): StatusReport {
  const { spooler } = asker;
  const sees = (user: string | undefined, name: string | null): boolean =>
    !spooler.usesTokens || user === asker.user || mayAdminister(asker.identity, name);
  const now = spooler.clock.now();
  const trouble = spooler.trouble();
  return {
    server: spooler.server,
    version: spooler.version,
    uptime: Math.round((now - spooler.startedAt) / 1000),
    user: asker.user,
    trouble: trouble === undefined ? null : { code: trouble.code, message: trouble.rawMessage },
    sessions: take(
      spooler.sessions(),
      ({ user }) => sees(user, null),
      (session) => ({
        user: session.user,
        agent: session.agent,
        since: Math.round((now - session.startedAt) / 1000),
        registrations: session.registrations.size,
        channels: session.channels.size,
        heldObjects: session.delivery.held.heldObjects,
        heldBytes: session.delivery.held.heldBytes,
        queued: session.delivery.queued,
      }),
    ),
    registrations: take(
      spooler.directory.registrations(),
      ({ user, interest }) => sees(user, interest.name),
      (registration) => ({
        ...registration.interest,
        user: registration.user,
        queued: registration.window.queued,
      }),
    ),
    channels: take(
      spooler.channels(),
      ({ target }) => sees(target.user, target.interest.name),
      (channel) => ({
        id: channel.source.number,
        ...channel.target.interest,
        user: channel.target.user ?? null,
        state: channel.state,
        listeners: channel.listeners,
      }),
    ),
    totals: spooler.stats(),
    traffic: spooler.traffic.snapshot,
  };
}

function take<Item, Shown>(items: Iterable<Item>, sees: (item: Item) => boolean, show: (item: Item) => Shown): Shown[] {
  const shown: Shown[] = [];
  for (const item of items) {
    if (shown.length === SHOWN) break;
    if (sees(item)) shown.push(show(item));
  }
  return shown;
}
