/** Printers in the words of people. */

import type { PrinterDescription } from '../../client/jobs.ts';
import { table } from '../table.ts';

/** Empty for none. */
export function printersTable(printers: readonly PrinterDescription[]): string {
  if (printers.length === 0) return '';
  const rows = printers.map(({ fullName, state, reasons, jobs, bytesPerSecond }) => [
    fullName,
    reasons.length === 0 ? state : `${state}: ${reasons.join(', ')}`,
    jobs,
    bytesPerSecond,
  ]);
  return table(['printer', 'state', 'jobs', 'bytes per second'], rows);
}
