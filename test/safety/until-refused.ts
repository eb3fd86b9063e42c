/** What a store does not take any more, sooner or later. */

import { SpoolError } from '../../shared/index.ts';

/** A test that gets here has failed. */
const MANY = 5_000;
const SOME = 20;

/** Does it again and again, now and then `between`, until it is refused. Resolves with the code. */
export async function untilRefused(
  what: (number: number) => Promise<unknown>,
  between: () => Promise<void> = async () => {},
): Promise<string> {
  for (let number = 0; number < MANY; number++) {
    try {
      await what(number);
    } catch (reason) {
      if (reason instanceof SpoolError) return reason.code;
      throw reason;
    }
    if (number % SOME === 0) await between();
  }
  return 'never';
}
