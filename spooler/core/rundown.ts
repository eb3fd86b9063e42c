/**
 * Rundown: the fixed order in which everything a dead session had is let go (PROTOCOL.md section 7.1, PAN-46 to
 * PAN-49). Entered once for each session, whatever ended it. Each step stands alone: a fault in one is reported and
 * never keeps the others from being done.
 */

import type { Cause } from '../../shared/index.ts';
import { drop } from './requests.ts';
import type { Session } from './session.ts';

export function runDown(session: Session, cause: Cause, greeted: boolean): void {
  const { spooler } = session;
  const step = (action: () => void): void => {
    try {
      action();
    } catch (reason) {
      spooler.observe({ kind: 'fault', user: session.user, reason });
    }
  };
  // Before its registrations go, and their queues with them.
  const missed = session.lost + session.delivery.queued;
  spooler.traffic.lost += session.delivery.queued;

  // Reading has stopped: the session's state is `ended`.
  for (const registration of session.registrations) step(() => drop(registration));
  session.registrations.clear();

  for (const channel of [...session.channels]) step(() => channel.end(cause));
  for (const end of [...session.ends]) {
    step(() => {
      if (end.kind === 'listener' && end.channel.style === 'kBiDirectional') end.channel.listenerGone(end, cause);
    });
  }
  session.ends.clear();

  step(() => session.delivery.end());
  step(() => spooler.sessionEnded(session, cause, missed));
  if (!greeted) return;
  step(() => spooler.calls.left(session));
  spooler.observe({ kind: 'sessionEnded', user: session.user, agent: session.agent, cause, missed });
}
