/** `spoolpipe pause`, `resume`, `restart`, `complete`, `cancel`: a job is told what to do. */

import type { Command } from 'commander';
import type { PrintJob } from '../../client/jobs.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { addJobArgument, jobNamed } from './job-argument.ts';
import { progressText } from './job-text.ts';
import { withJobs } from './with-jobs.ts';

interface Control {
  readonly summary: string;
  readonly description: string;
  readonly run: (job: PrintJob) => Promise<void>;
}

const CONTROLS: Readonly<Record<'pause' | 'resume' | 'restart' | 'complete' | 'cancel', Control>> = {
  pause: {
    summary: 'hold a print job',
    description: 'Holds a job until it is resumed. What is printed of it is not printed again.',
    run: (job) => job.suspend(),
  },
  resume: {
    summary: 'let a print job go on',
    description: 'Lets a job that is held, or in error, go on where it was.',
    run: (job) => job.resume(),
  },
  restart: {
    summary: 'print a job again',
    description: 'Prints a job again from its first page.',
    run: (job) => job.restart(),
  },
  complete: {
    summary: 'release a printed job',
    description: 'Lets a printed job that was retained leave the queue.',
    run: (job) => job.complete(),
  },
  cancel: {
    summary: 'end a print job',
    description: 'Ends a job and removes its documents.',
    run: (job) => job.cancel(),
  },
};

export function addControls(program: Command): void {
  for (const [name, { summary, description, run }] of Object.entries(CONTROLS)) {
    const command = program.command(name).summary(summary).description(description);
    addConnecting(addJobArgument(command)).action(action((invoked, running) => control(invoked, running, run)));
  }
}

async function control(command: Command, running: Running, run: Control['run']): Promise<number> {
  const { description } = await withJobs(command.opts<ConnectingOptions>(), running, async (jobs) => {
    const job = await jobs.getJob(jobNamed(command));
    await run(job);
    return job;
  });
  await running.output.result({ event: 'job', ...description }, progressText(description));
  return EXIT.ok;
}
