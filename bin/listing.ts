/** What a command that lists shows: an object for each with `--json`; for people how many there are, and a table. */

import type { Output } from './output.ts';
import { type Cell, table } from './table.ts';

export interface Listing<One extends object> {
  /** What each of them is in JSON. */
  readonly event: string;
  /** What they are together. */
  readonly title: string;
  readonly heads: readonly string[];
  /** Most have one row. */
  readonly rowsOf: (one: One) => readonly (readonly Cell[])[];
}

/** Shows them in their order. */
export async function list<One extends object>(
  { event, title, heads, rowsOf }: Listing<One>,
  all: readonly One[],
  output: Output,
): Promise<void> {
  for (const one of all) await output.record({ event, ...one });
  if (output.json) return;
  const rows = all.flatMap(rowsOf);
  const count = `${title}: ${all.length}`;
  await output.result({}, rows.length === 0 ? count : `${count}\n${table(heads, rows)}`);
}
