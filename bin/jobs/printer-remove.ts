/** `spoolpipe printer remove`. */

import type { Command } from 'commander';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { withJobs } from './with-jobs.ts';

export function addPrinterRemove(printer: Command): void {
  const command = printer
    .command('remove')
    .summary('remove a printer')
    .description('Removes a printer that has no jobs.')
    .argument('<name>', '\\\\server\\printer, or the printer alone');
  addConnecting(command).action(action(remove));
}

async function remove(command: Command, running: Running): Promise<number> {
  const [name = ''] = command.args;
  await withJobs(command.opts<ConnectingOptions>(), running, ({ printers }) => printers.remove(name));
  await running.output.result({ event: 'removed', what: 'printer', name }, `removed the printer ${name}`);
  return EXIT.ok;
}
