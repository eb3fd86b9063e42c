/** Waiting for what no event tells: it is looked at in each turn of the event loop. */

/** Milliseconds of real time after which waiting is given up; a test that gets here has failed. */
const PATIENCE = 8_000;

/** Resolves when the condition holds; rejects where it does not in eight seconds, and then says what `what` says. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: () => string = () => condition.toString(),
): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it never came to it: ${what()}`);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
