/** A registration as its listener sees it. */

import type { Cause, Interest, Offer } from '../shared/index.ts';
import type { Connection } from './connection.ts';

export interface ListedRegistration {
  readonly number: number;
  readonly interest: Interest;
  /** The spooler named an end that belongs to it. */
  offered(offer: Offer, connection: Connection): void;
  /** Makes it, also again after a loss. Rejects as the spooler refuses it. */
  registerOn(connection: Connection): Promise<unknown>;
  spoolerLost(connection: Connection, cause: Cause): void;
  /** It could not be made again. */
  notMadeAgain(): void;
  /** The listener leaves for good; where this takes a while its connection waits for it. Never rejects. */
  leave?(): Promise<void>;
}
