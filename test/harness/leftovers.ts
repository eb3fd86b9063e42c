/** What a test left behind, in words: every line says what it is and, where known, whose and from where. */

import type { Problem } from '../../client/problem.ts';
import type { PendingTimer } from './manual-clock.ts';

/** Thrown when a rig is closed that is not clean. */
export class RigNotClean extends Error {
  override readonly name = 'RigNotClean';
  /** One entry for each thing that was left. */
  readonly left: readonly string[];

  /** `cause`: the first error that a callback threw or the spooler stumbled over. */
  constructor(left: readonly string[], cause: unknown) {
    super(`the rig is not clean:\n${left.map((line) => `- ${line}`).join('\n')}`, cause === undefined ? {} : { cause });
    this.left = left;
  }
}

/** The counts that are not zero: "1 channel, 2 held objects". Empty where all are. */
export function counts(stats: object): string {
  return Object.entries(stats)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] !== 0)
    .map(([name, count]) => `${count} ${words(name, count)}`)
    .join(', ');
}

/** `heldObjects` in words, for as many. */
function words(name: string, count: number): string {
  const plural = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return count === 1 ? plural.replace(/s$/, '') : plural;
}

export function ofTimer({ due, setAt }: PendingTimer): string {
  return `a timer that is due at ${due} ms, set\n${setAt}`;
}

export function ofProblem({ kind, what, reason }: Problem): string {
  return `${kind}: ${what}${reason === undefined ? '' : `\n${shown(reason)}`}`;
}

export function ofFault(reason: unknown): string {
  return `a fault of the spooler\n${shown(reason)}`;
}

function shown(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
}
