/** What goes wrong in something of the user's own: caught, told, and never passed on (PAN-195). */

/** Something of the user's own that went wrong and harmed nobody else. */
export interface Problem {
  readonly kind: 'callbackThrew' | 'callbackStuck' | 'registrationLost' | 'notAcknowledged' | 'leak';
  /** For people: which callback, which registration, which notifications. */
  readonly what: string;
  readonly reason?: unknown;
}

export type OnProblem = (problem: Problem) => void;

export function reportToConsole({ kind, what, reason }: Problem): void {
  // oxlint-disable-next-line no-console -- the default for programs that give no `onProblem`
  console.warn(`spoolpipe: ${kind}: ${what}`, ...(reason === undefined ? [] : [reason]));
}

/** Calls something of the user's own: what it throws or rejects with goes to `failed`, and no further. */
export function attempt(callback: () => unknown, failed: (reason: unknown) => void): void {
  try {
    const result = callback();
    if (isThenable(result)) Promise.resolve(result).catch(failed);
  } catch (reason) {
    failed(reason);
  }
}

/** Whoever is told of a problem must not make another one. */
export function harmless(onProblem: OnProblem): OnProblem {
  return (problem) =>
    attempt(
      () => onProblem(problem),
      () => {},
    );
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
