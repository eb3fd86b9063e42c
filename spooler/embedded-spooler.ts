/** What an embedding program sees of a spooler. Everything else about it is for its own sessions and channels. */

import type { Limits, Link, Totals } from '../shared/index.ts';
import type { Accepted, Peer } from './core/session.ts';
import { Spooler, type SpoolerOptions } from './core/spooler.ts';

export interface EmbeddedSpooler extends AsyncDisposable {
  /** The server part of its printer names. */
  readonly server: string;
  readonly limits: Limits;
  /** Whether another session may be accepted. */
  readonly hasRoom: boolean;
  /** Takes over a link whose transport is established. The peer has `limits.helloTime` to say hello. */
  accept(link: Link, peer?: Peer): Accepted;
  /** What is held now. All zero once everybody has left. */
  stats(): Totals;
  /**
   * The operator removed a printer: its channels are run down (GAP-29). Registrations for it stay, they may meet
   * channels again. Returns how many channels that closed. Throws `ERROR_INVALID_NAME`.
   */
  removePrinter(name: string): number;
  /**
   * Ends the service: nothing new is accepted, listeners get up to two seconds to take what is queued, then every end is
   * closed with cause `shutdown` and every link with 1001. Calling it again waits for the same end.
   */
  close(): Promise<void>;
}

/** A spooler without sockets: links come from whoever embeds it. With sockets: `serve`. */
export function createSpooler(options: SpoolerOptions = {}): EmbeddedSpooler {
  const spooler = new Spooler(options);
  spooler.begin();
  return spooler;
}
