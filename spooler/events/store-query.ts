/** Queries over what is in the store, in the language of the filters (EVC-150, EVC-151). */

import { STORE_COLUMNS } from '../../shared/filter/columns.ts';
import { compileFilter, type Guid, guid } from '../../shared/index.ts';

/** What a query can look at, by the names of STORE_COLUMNS. What is not there is NULL. */
export type Columns = Readonly<Partial<Record<(typeof STORE_COLUMNS)[number]['name'], string | boolean>>>;

/** There are no partitions and no applications: the IDs are those of a version 2 store, always null (EVC-41, EVC-50). */
export const GUID_NULL: Guid = guid('00000000-0000-0000-0000-000000000000');

/** Throws `EVENT_E_QUERYSYNTAX` or `EVENT_E_QUERYFIELD` with the position (EVC-170). */
export function storeQuery(criteria: string): (columns: Columns) => boolean {
  const { matches } = compileFilter(criteria).bind(STORE_COLUMNS);
  return matches;
}
