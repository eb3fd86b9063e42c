/** `spoolpipe job`: one job, once or as it goes. */

import type { Command } from 'commander';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { addJobArgument, jobNamed } from './job-argument.ts';
import { jobText } from './job-text.ts';
import { watch } from './watch.ts';
import { withJobs } from './with-jobs.ts';

interface ShowOptions extends ConnectingOptions {
  readonly watch?: true;
}

export function addShow(program: Command): void {
  const command = program
    .command('job')
    .summary('show a print job, or watch it')
    .description(
      'Shows a job. With --watch it shows how it goes, until it is printed (exit 0), in error or cancelled (exit 1); it ' +
        "is the job's callback object then, in the place of any other.",
    );
  addJobArgument(command).option('--watch', 'until its end: live on a terminal, else a line for each change');
  addConnecting(command).action(action(show));
}

async function show(command: Command, running: Running): Promise<number> {
  const options = command.opts<ShowOptions>();
  const wanted = jobNamed(command);
  if (options.watch) return watch(options, wanted, running);
  const { description } = await withJobs(options, running, (jobs) => jobs.getJob(wanted));
  await running.output.result({ event: 'job', ...description }, jobText(description));
  return EXIT.ok;
}
