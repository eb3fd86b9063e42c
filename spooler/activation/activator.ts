/** Where objects of a class come from (EVC-81). */

import type { Guid } from '../../shared/index.ts';
import type { CallableObject } from '../objects/callable-object.ts';

export interface Activator {
  /**
   * A new object of the class, for the user, which the caller releases. Rejects with `REGDB_E_CLASSNOTREG` where nobody
   * knows the class, and `CO_E_SERVER_EXEC_FAILURE` where what serves it did not come up, in time or at all. An object of
   * a class server is created there with the first call.
   */
  activate(clsid: Guid, user: string): Promise<CallableObject>;
}
