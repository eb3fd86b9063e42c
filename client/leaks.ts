/** Data objects that were taken and never released, as problems to report. */

import type { ObjectLedger } from '../shared/index.ts';
import type { Problem } from './problem.ts';

/** What callbacks only borrowed is no leak: the library gives that back itself. */
export function leaksIn(ledger: ObjectLedger): readonly Problem[] {
  return ledger.leaks().flatMap(({ type, size, origins }) => {
    const taken = origins.filter((origin) => !origin.startsWith('created'));
    const what = `a data object of type ${type}, ${size} bytes, was never released`;
    return taken.length === 0 ? [] : [{ kind: 'leak', what, reason: taken.join('\n') }];
  });
}
