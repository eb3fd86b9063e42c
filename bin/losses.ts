/** What a command that comes back by itself says of the spooler's absence. */

import type { Gap, Loss } from '../client/listener.ts';
import { CommandError, EXIT } from './exit-code.ts';
import type { Output } from './output.ts';

export function sayLost({ code, reason, cause }: Loss, output: Output): void {
  void output.result(
    { event: 'lost', code, reason, cause },
    `lost the spooler (${howLost({ code, reason })}); coming back`,
  );
}

/** For one that will not come back. */
export function lostForGood(loss: Loss): CommandError {
  return new CommandError(EXIT.rundown, `the spooler is lost, and coming back will not help (${howLost(loss)})`);
}

/** `again`: what was done once it was back. */
export function sayGap({ duration, loss, missed }: Gap, output: Output, again: string): void {
  const seconds = Math.round(duration) / 1000;
  const told = missed ? `; it had cut this listener off (${missed.cause}), ${missed.count} missed` : '';
  void output.result(
    { event: 'gap', seconds, code: loss.code, cause: loss.cause, missed: missed ?? null },
    `gap: ${seconds} s without a spooler, ${again} again${told}`,
  );
}

function howLost({ code, reason }: Pick<Loss, 'code' | 'reason'>): string {
  return `close code ${code}${reason === '' ? '' : `, ${reason}`}`;
}
