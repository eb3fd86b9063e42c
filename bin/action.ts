/** What every subcommand is wrapped in: its outputs, being stopped, its end. */

import type { Command } from 'commander';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { Output } from './output.ts';
import { Stop } from './stop.ts';

export interface Running {
  readonly output: Output;
  readonly stop: Stop;
}

/** Milliseconds that somebody who was asked to leave gives a reader that does not read. */
const LAST_WORDS = 1_000;

/** Makes a commander action of a function that resolves with the exit code. What it throws is said in one line. */
export function action(run: (command: Command, running: Running) => Promise<number>): (this: Command) => Promise<void> {
  return async function perform(this: Command): Promise<void> {
    const { json = false } = this.opts<{ readonly json?: true }>();
    const output = new Output(json);
    const stop = new Stop(output);
    let exitCode: number;
    try {
      exitCode = await run(this, { output, stop });
    } catch (reason) {
      if (!stop.signal.aborted) output.fail(reason);
      exitCode = stop.signal.aborted ? stop.exitCode : exitCodeOf(reason);
    }
    if (stop.signal.aborted) setTimeout(() => process.exit(exitCode), LAST_WORDS);
    await output.flushed();
    process.exit(output.hasFailed ? EXIT.refused : exitCode);
  };
}
