/** Print jobs on the command line (docs/jobs.md). */

import type { Command } from 'commander';
import { addControls } from './control.ts';
import { addList } from './list.ts';
import { addPrint } from './print.ts';
import { addPrinter } from './printer.ts';
import { addShow } from './show.ts';

export function addJobs(program: Command): void {
  addPrint(program);
  addList(program);
  addShow(program);
  addControls(program);
  addPrinter(program);
}
