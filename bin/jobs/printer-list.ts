/** `spoolpipe printer list`. */

import type { Command } from 'commander';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { list } from '../listing.ts';
import { PRINTERS } from './printer-text.ts';
import { withJobs } from './with-jobs.ts';

export function addPrinterList(printer: Command): void {
  const command = printer
    .command('list')
    .summary('show the printers')
    .description('Shows the printers, what they do, and how many jobs they have.');
  addConnecting(command).action(action(listPrinters));
}

async function listPrinters(command: Command, running: Running): Promise<number> {
  const all = await withJobs(command.opts<ConnectingOptions>(), running, ({ printers }) => printers.list());
  await list(PRINTERS, all, running.output);
  return EXIT.ok;
}
