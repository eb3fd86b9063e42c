/** `spoolpipe jobs`: the jobs that are there. */

import type { Command } from 'commander';
import type { JobDescription } from '../../client/jobs.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { grouped } from '../display.ts';
import { EXIT } from '../exit-code.ts';
import { type Listing, list } from '../listing.ts';
import { stateText } from './job-text.ts';
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
  addConnecting(command).action(action(listJobs));
}

async function listJobs(command: Command, running: Running): Promise<number> {
  const options = command.opts<ListOptions>();
  const jobs = await withJobs(options, running, (client) => client.enumJobs(options.printer));
  await list(
    JOBS,
    jobs.map(({ description }) => description),
    running.output,
  );
  return EXIT.ok;
}

const JOBS: Listing<JobDescription> = {
  event: 'job',
  title: 'jobs',
  heads: ['job', 'printer', 'owner', 'name', 'state', 'priority', 'pages', 'bytes'],
  rowsOf: (job) => [
    [
      job.number,
      job.printer,
      job.owner,
      job.name,
      stateText(job),
      job.priority,
      `${job.pagesPrinted}/${job.totalPages}`,
      grouped(job.bytesTotal),
    ],
  ],
};
