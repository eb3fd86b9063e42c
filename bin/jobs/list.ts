/** `spoolpipe jobs`: the jobs that are there. */

import type { Command } from 'commander';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { jobsTable } from './job-text.ts';
import { withJobs } from './with-jobs.ts';

interface ListOptions extends ConnectingOptions {
  readonly printer?: string;
}

export function addList(program: Command): void {
  const command = program
    .command('jobs')
    .summary('show the print jobs')
    .description('Shows the jobs that are there: your own, and all of a printer that you may administer.')
    .option('--printer <name>', 'only those of this printer');
  addConnecting(command).action(action(list));
}

async function list(command: Command, running: Running): Promise<number> {
  const options = command.opts<ListOptions>();
  const jobs = await withJobs(options, running, (client) => client.enumJobs(options.printer));
  const descriptions = jobs.map(({ description }) => description);
  for (const one of descriptions) await running.output.record({ event: 'job', ...one });
  if (!running.output.json) await running.output.result({}, jobsTable(descriptions));
  return EXIT.ok;
}
