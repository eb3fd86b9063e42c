/** How the command ends, for scripts; docs/cli.md has the same table. */

import { type Code, SpoolError } from '../shared/index.ts';

export const EXIT = {
  ok: 0,
  /** Refused by the spooler, or failed; the code says why. */
  refused: 1,
  /** The command line, or a file or store that it names, cannot be used. */
  usage: 2,
  /** No spooler was reached, or it wants another token; for `serve`: the address cannot be had. */
  unreachable: 3,
  /** The other end, or the spooler, was gone before the work was done. */
  rundown: 4,
  timedOut: 5,
} as const;

const OTHER_THAN_REFUSED: Partial<Record<Code, number>> = {
  NOT_ALLOWED_UNPROTECTED: EXIT.usage,
  TOKEN_FILE_INVALID: EXIT.usage,
  CLASS_FILE_INVALID: EXIT.usage,
  EVENTS_FILE_INVALID: EXIT.usage,
  STORE_FULL: EXIT.usage,
  STORE_FAILED: EXIT.usage,
  STORE_IN_USE: EXIT.usage,
  STORE_CORRUPT: EXIT.usage,
  STORE_TOO_NEW: EXIT.usage,
  STORE_UNAVAILABLE: EXIT.usage,
  CONNECTION_FAILED: EXIT.unreachable,
  UNAUTHORIZED: EXIT.unreachable,
  CONNECTION_LOST: EXIT.rundown,
  // What was under way when the spooler ended.
  RPC_S_CALL_CANCELLED: EXIT.rundown,
  TIMED_OUT: EXIT.timedOut,
};

/** Something that only the command line has to say. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function exitCodeOf(reason: unknown): number {
  if (reason instanceof CommandError) return reason.exitCode;
  return (reason instanceof SpoolError && OTHER_THAN_REFUSED[reason.code]) || EXIT.refused;
}
