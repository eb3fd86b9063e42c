/** How a session begins: who the client is, and what it is welcomed with (PROTOCOL.md section 7.1). */

import type { Hello, Welcome } from '../../shared/index.ts';
import { keptBack } from './delivery.ts';
import type { Identity } from './identity.ts';
import type { Session } from './session.ts';
import type { Spooler } from './spooler.ts';

/** `known`: from its token. Undefined where it is nobody, or says that it is somebody else. */
export function identified({ user }: Hello, known: Identity | undefined, spooler: Spooler): Identity | undefined {
  const identity = known ?? (user === undefined ? undefined : spooler.trust(user));
  const isItself = user === undefined || user.normalize('NFC') === identity?.user;
  return isItself ? identity : undefined;
}

/** What it missed is told once: this is to be sent. */
export function welcomeFor({ user, instance, spooler }: Session): Welcome {
  const { server, limits } = spooler;
  const { payload, message, waitingObjects, waitingBytes } = limits;
  return {
    op: 'welcome',
    user,
    server,
    limits: { payload, message, waitingObjects, waitingBytes, ...keptBack(limits) },
    missed: instance === undefined ? undefined : spooler.takeMissed(instance),
  };
}
