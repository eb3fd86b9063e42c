/** Printers in the words of people. */

import type { PrinterDescription } from '../../client/jobs.ts';
import type { Listing } from '../listing.ts';
import { table } from '../table.ts';

export const PRINTERS: Listing<PrinterDescription> = {
  event: 'printer',
  title: 'printers',
  heads: ['printer', 'state', 'jobs', 'bytes per second'],
  rowsOf: ({ fullName, state, reasons, jobs, bytesPerSecond }) => [
    [fullName, reasons.length === 0 ? state : `${state}: ${reasons.join(', ')}`, jobs, bytesPerSecond],
  ],
};

export function printerText(printer: PrinterDescription): string {
  return table(PRINTERS.heads, PRINTERS.rowsOf(printer));
}
