/** `spoolpipe printer set-state`: why a printer does not print, or that it does. */

import { Argument, type Command } from 'commander';
import type { PrinterReason } from '../../client/jobs.ts';
import { PRINTER_REASONS } from '../../shared/jobs/vocabulary.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { CommandError, EXIT } from '../exit-code.ts';
import { printerText } from './printer-text.ts';
import { withJobs } from './with-jobs.ts';

type State = PrinterReason | 'ready';

export function addPrinterSetState(printer: Command): void {
  const command = printer
    .command('set-state')
    .summary('say why a printer does not print, or that it is ready')
    .description(
      'Says why a printer does not print: paused gives no job a turn, with another reason the job that gets one is held ' +
        'up. Once it is ready the jobs go on by themselves.',
    )
    .argument('<name>', '\\\\server\\printer, or the printer alone')
    .addArgument(new Argument('<states...>', 'ready alone, or reasons').choices(['ready', ...PRINTER_REASONS]));
  addConnecting(command)
    .addHelpText(
      'after',
      `
Examples:
  spoolpipe printer set-state Lab paperOut
  spoolpipe printer set-state Lab ready`,
    )
    .action(action(setState));
}

async function setState(command: Command, running: Running): Promise<number> {
  const [name, states] = command.processedArgs as [string, readonly State[]];
  const reasons = states.filter((state) => state !== 'ready');
  if (reasons.length > 0 && reasons.length < states.length)
    throw new CommandError(EXIT.usage, 'a printer that is ready has no reason not to print');
  const options = command.opts<ConnectingOptions>();
  const printer = await withJobs(options, running, ({ printers }) => printers.setState(name, reasons));
  await running.output.result({ event: 'printer', ...printer }, printerText(printer));
  return EXIT.ok;
}
