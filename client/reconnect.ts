/** When a listener that lost its spooler tries again: policy only, no sockets (PAN-86, PAN-251). */

import { isFinal, SpoolError } from '../shared/index.ts';

export interface ReconnectPolicy {
  /** Milliseconds: the shortest wait before the first try, and the longest of all. Default 1,000 and 60,000 (PAN-251). */
  readonly first: number;
  readonly longest: number;
  /** Each wait is this many times the one before. Default 1.6. */
  readonly factor: number;
  /** From 0 to 1; default Math.random. */
  readonly random: () => number;
}

export const DEFAULT_RECONNECT: ReconnectPolicy = { first: 1_000, longest: 60_000, factor: 1.6, random: Math.random };

/** A wait is up to this share longer than it must be, so that listeners do not return in step. */
const JITTER = 0.5;

/** Milliseconds before try number `attempt`, counted from 0: never less than `first`, never more than `longest`. */
export function waitBefore(attempt: number, { first, longest, factor, random }: ReconnectPolicy): number {
  const least = Math.min(longest / (1 + JITTER), first * factor ** attempt);
  return least * (1 + JITTER * random());
}

/** Whether trying again can help after the connection ended with this WebSocket close code. */
export function worthTrying(closeCode: number): boolean {
  return !isFinal(closeCode);
}

/** Trying again after this try cannot help: the spooler knows who is asking, or what it speaks, and will not have it. */
export function isFinalRefusal(reason: unknown): boolean {
  return reason instanceof SpoolError && (reason.code === 'UNAUTHORIZED' || reason.code === 'PROTOCOL_VIOLATED');
}
