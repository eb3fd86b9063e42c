/** Criteria that choose among what is in the store. */

import { STORE_COLUMNS } from '../../shared/filter/columns.ts';
import { compileFilter } from '../../shared/index.ts';

/** Throws `FilterError`, which shows where they are wrong; the spooler would only say it. */
export function checkStoreCriteria(criteria: string | undefined): void {
  if (criteria !== undefined) compileFilter(criteria).bind(STORE_COLUMNS);
}
