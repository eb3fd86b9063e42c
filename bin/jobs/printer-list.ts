/** `spoolpipe printer list`. */

import type { Command } from 'commander';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { printersTable } from './printer-text.ts';
import { withJobs } from './with-jobs.ts';

export function addPrinterList(printer: Command): void {
  const command = printer
    .command('list')
    .summary('show the printers')
    .description('Shows the printers, what they do, and how many jobs they have.');
  addConnecting(command).action(action(list));
}

async function list(command: Command, running: Running): Promise<number> {
  const all = await withJobs(command.opts<ConnectingOptions>(), running, ({ printers }) => printers.list());
  for (const one of all) await running.output.record({ event: 'printer', ...one });
  if (!running.output.json) await running.output.result({}, `printers: ${all.length}\n${printersTable(all)}`.trimEnd());
  return EXIT.ok;
}
