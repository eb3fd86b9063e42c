/** An event class as people name it. */

import type { EventCatalogue, InstalledEventClass } from '../../client/publisher.ts';
import { SpoolError } from '../../shared/index.ts';

/** By its name, in any letter case, or its CLSID. Throws `REGDB_E_CLASSNOTREG`. */
export async function findClass(catalogue: EventCatalogue, wanted: string): Promise<InstalledEventClass> {
  const name = wanted.toLowerCase();
  const clsid = name.replace(/^\{(.*)\}$/, '$1');
  const found = (await catalogue.classes()).find((one) => one.name.toLowerCase() === name || one.clsid === clsid);
  if (!found) throw new SpoolError('REGDB_E_CLASSNOTREG', { input: `no event class ${wanted}` });
  return found;
}
