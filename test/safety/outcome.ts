/** How a call ended, success or not, as its code. */

import { type Code, type Outcome, SpoolError } from '../../shared/index.ts';

export async function codeOf(doing: Promise<Outcome>): Promise<Code> {
  try {
    return (await doing).code;
  } catch (reason) {
    if (reason instanceof SpoolError) return reason.code;
    throw reason;
  }
}
