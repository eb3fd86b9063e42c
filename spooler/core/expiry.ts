/** The end of a token's time, noticed by a session that goes on (PROTOCOL.md section 9). */

import type { Cancel, Clock } from '../../shared/index.ts';

/**
 * No timer reaches years ahead, and the wall clock may be set: it is looked at this often at least, in milliseconds.
 */
const LOOK_EVERY = 60_000;

/** Calls `expired` once, when the wall clock has reached `expiresAt`; never before it has returned. */
export function whenExpired(clock: Clock, wallClock: () => number, expiresAt: number, expired: () => void): Cancel {
  let cancel: Cancel;
  const wait = (): void => {
    const left = Math.max(0, expiresAt - wallClock());
    cancel = clock.after(Math.min(left, LOOK_EVERY), () => (wallClock() < expiresAt ? wait() : expired()));
  };
  wait();
  return () => cancel();
}
