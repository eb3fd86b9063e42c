/** What printers and print jobs need of the client that they belong to. */

import type { Guid } from '../../shared/index.ts';
import type { Renewals } from '../renewals.ts';
import type { CallbackObject } from './callback-object.ts';

/** Asks the service `jobs`, and resolves with its JSON. */
export type Ask = <Answer>(method: string, request: object | Uint8Array) => Promise<Answer>;

export interface JobHost {
  readonly renewals: Renewals;
  readonly ask: Ask;
  /** The callback objects that this client has set. */
  readonly objects: Map<Guid, CallbackObject>;
}
