/** `spoolpipe printer`: the simulated printers of a spooler. */

import type { Command } from 'commander';
import { addPrinterAdd } from './printer-add.ts';
import { addPrinterList } from './printer-list.ts';
import { addPrinterRemove } from './printer-remove.ts';
import { addPrinterSetState } from './printer-set-state.ts';

export function addPrinter(program: Command): void {
  const printer = program
    .command('printer')
    .summary('printers: add, remove, set their state, see them')
    .description('The simulated printers. Changing them takes, with tokens, the right to administer them.');
  addPrinterAdd(printer);
  addPrinterRemove(printer);
  addPrinterSetState(printer);
  addPrinterList(printer);
}
