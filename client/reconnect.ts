/** When a listener that lost its spooler tries again: policy only, no sockets (PAN-86, PAN-251). */

import { isFinal } from '../shared/index.ts';

export interface ReconnectPolicy {
  /** Milliseconds before the first try, and the longest wait. Default 1,000 and 60,000 (PAN-251). */
  readonly first: number;
  readonly longest: number;
  /** Each wait is this many times the one before. Default 1.6. */
  readonly factor: number;
  /** From 0 to 1; default Math.random. */
  readonly random: () => number;
}

export const DEFAULT_RECONNECT: ReconnectPolicy = { first: 1_000, longest: 60_000, factor: 1.6, random: Math.random };

/**
 * Milliseconds before try number `attempt`, counted from 0: between half of the wait and the whole, so that listeners
 * do not return in step.
 */
export function waitBefore(attempt: number, { first, longest, factor, random }: ReconnectPolicy): number {
  const whole = Math.min(longest, first * factor ** attempt);
  return whole / 2 + (whole / 2) * random();
}

/** Whether trying again can help after the connection ended with this WebSocket close code. */
export function worthTrying(closeCode: number): boolean {
  return !isFinal(closeCode);
}
