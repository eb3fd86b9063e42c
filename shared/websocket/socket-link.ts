/** A Link over a socket, as whoever watches over sockets sees it. */

import type { Link } from '../link.ts';

export interface SocketLink extends Link {
  /** Whole messages that have come. */
  readonly messages: number;
  /** Part of a message has come, and the rest has not. */
  readonly isMidMessage: boolean;
}

/** The same for all links of one place. */
export interface SocketHooks {
  /** So many bytes were read, whole messages or not. */
  readonly onRead?: (link: SocketLink, bytes: number) => void;
  /** The socket is closed; `onClose` was called, perhaps long before. */
  readonly onGone?: (link: SocketLink) => void;
}
