/** `spoolpipe printer add`. */

import { type Command, Option } from 'commander';
import type { PrinterSettings } from '../../client/jobs.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { wholeNumber } from '../number.ts';
import { printerText } from './printer-text.ts';
import { withJobs } from './with-jobs.ts';

type AddOptions = ConnectingOptions & Pick<PrinterSettings, 'bytesPerSecond' | 'bytesPerPage'>;

export function addPrinterAdd(printer: Command): void {
  const number = (flags: string, description: string, most: number): Option =>
    new Option(flags, description).argParser(wholeNumber(1, most));
  const command = printer
    .command('add')
    .summary('add a printer')
    .description('Adds a simulated printer, which is ready at once.')
    .argument('<name>', '\\\\server\\printer, or the printer alone')
    .addOption(number('--bytes-per-second <n>', 'how fast it prints (default: 100000)', 10_000_000_000))
    .addOption(number('--bytes-per-page <n>', 'what fits on a page (default: 50000)', 1_000_000_000));
  addConnecting(command).action(action(add));
}

async function add(command: Command, running: Running): Promise<number> {
  const { bytesPerSecond, bytesPerPage, ...options } = command.opts<AddOptions>();
  const [name = ''] = command.args;
  const settings = {
    ...(bytesPerSecond !== undefined && { bytesPerSecond }),
    ...(bytesPerPage !== undefined && { bytesPerPage }),
  };
  const added = await withJobs(options, running, ({ printers }) => printers.add(name, settings));
  await running.output.result({ event: 'printer', ...added }, printerText(added));
  return EXIT.ok;
}
