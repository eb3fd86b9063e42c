/** What every library takes that comes back by itself after the spooler was lost. */

import type { Link, Missed } from '../shared/index.ts';
import type { ConnectionOptions } from './connection-options.ts';
import type { Loss } from './loss.ts';
import type { ReconnectPolicy } from './reconnect.ts';

/**
 * Between these two moments notifications may have been missed: the spooler was lost and is back, everything is
 * registered again.
 */
export interface Gap {
  /** Milliseconds without a spooler. */
  readonly duration: number;
  /** How the connection was lost. */
  readonly loss: Loss;
  /** Where the spooler itself cut this listener off: why, and how many notifications it missed. */
  readonly missed: Missed | undefined;
}

export interface ListenerOptions extends ConnectionOptions {
  /** False: lost is lost. Default: come back, as PAN-251 says. */
  readonly reconnect?: boolean | Partial<ReconnectPolicy>;
  /** The spooler was lost and is back. */
  readonly onGap?: (gap: Gap) => void;
  /** The spooler is lost; `retrying` says whether the listener will come back by itself. */
  readonly onLost?: (loss: Loss, retrying: boolean) => void;
}

/** Makes a link to the spooler; called again for each try. */
export type Dial = () => Promise<Link>;
