/** `spoolpipe print`: a file to a printer. */

import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import type { Jobs, PrintJob } from '../../client/jobs.ts';
import type { Guid } from '../../shared/index.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { CommandError, EXIT } from '../exit-code.ts';
import { guidIn } from '../guid-argument.ts';
import { wholeNumber } from '../number.ts';
import { progressText } from './job-text.ts';
import { watch } from './watch.ts';
import { withJobs } from './with-jobs.ts';

interface PrintOptions extends ConnectingOptions {
  readonly printer: string;
  readonly name?: string;
  readonly priority?: number;
  readonly retain?: true;
  readonly hold?: true;
  readonly notifyClass?: Guid;
  readonly watch?: true;
}

export function addPrint(program: Command): void {
  const command = program
    .command('print')
    .summary('print a file')
    .description(
      'Spools a file as a job of its own and lets it print. Done once the spooler has the whole file on disk; with ' +
        '--watch once it is printed.',
    )
    .argument('<file>', 'what to print; - for standard input')
    .requiredOption('--printer <name>', '\\\\server\\printer, or the printer alone')
    .option('--name <name>', "the job's name (default: that of the file)")
    .addOption(new Option('--priority <n>', '1 to 99; the highest is printed first').argParser(wholeNumber(1, 99)))
    .option('--retain', 'keep the job when it is printed, until somebody completes or cancels it')
    .addOption(new Option('--hold', 'do not print it yet: spoolpipe resume lets it').conflicts('watch'))
    .addOption(
      new Option('--notify-class <clsid>', 'who is told where nobody watches: an object of this class').argParser(
        guidIn,
      ),
    )
    .option('--watch', 'show how it goes, until it is printed; exit 1 where it is not');
  addConnecting(command)
    .addHelpText(
      'after',
      `
Examples:
  spoolpipe print report.pdf --printer Lab
  generate | spoolpipe print - --printer Lab --name accounts --watch`,
    )
    .action(action(print));
}

async function print(command: Command, running: Running): Promise<number> {
  const options = command.opts<PrintOptions>();
  const [file = ''] = command.args;
  await checkReadable(file);
  const job = await withJobs(options, running, (jobs) => spool(jobs, file, options));
  const { output } = running;
  if (options.watch) return watch(options, job.id, running, (watched) => watched.resume());
  await output.result({ event: 'spooled', ...job.description }, progressText(job.description));
  return EXIT.ok;
}

/** Without `--watch` and `--hold` it prints then; whoever watches wants to see it from the beginning. */
async function spool(jobs: Jobs, file: string, options: PrintOptions): Promise<PrintJob> {
  const { printer, priority, notifyClass } = options;
  const name = options.name ?? (file === '-' ? 'standard input' : basename(file));
  const releaseWhenPrinted = !options.retain;
  const job = await jobs.createJob({ printer, name, releaseWhenPrinted, ...(priority !== undefined && { priority }) });
  try {
    if (notifyClass !== undefined) await job.setProperty('NotificationClsid', notifyClass);
    await job.addFile(name, file === '-' ? process.stdin : createReadStream(file));
    if (!options.hold && !options.watch) await job.resume();
  } catch (reason) {
    // Half a document is for nobody.
    await job.cancel().catch(() => {});
    throw reason;
  }
  if (options.hold) await job.refresh();
  return job;
}

async function checkReadable(file: string): Promise<void> {
  if (file === '-') return;
  let isFolder: boolean;
  try {
    await access(file, constants.R_OK);
    isFolder = (await stat(file)).isDirectory();
  } catch (reason) {
    throw new CommandError(EXIT.usage, `the file cannot be read: ${reason instanceof Error ? reason.message : file}`);
  }
  if (isFolder) throw new CommandError(EXIT.usage, `the file cannot be read: ${file} is a folder`);
}
