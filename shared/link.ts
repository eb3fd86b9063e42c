/** A Link: an ordered duplex of whole messages to one peer. The core knows links, never sockets. */

export interface Link {
  /** Said once, before anything else happens on the link. */
  attach(handlers: LinkHandlers): void;
  /**
   * Sends one message whose bytes are the parts in order. The parts are borrowed until they have left the process:
   * nobody may change them. A frozen array may be given to many links: what a transport makes of it is kept for as long
   * as somebody has the array. `left` is called when this link needs them no more. Does nothing once the link is
   * closed.
   */
  send(parts: readonly Uint8Array[], left?: () => void): void;
  /**
   * Calls back once what has arrived at the moment is read. What answers a peer may wait for that: one answer then
   * stands for many. Where a link cannot tell, answers leave at the end of the turn.
   */
  whenRead?(then: () => void): void;
  /**
   * The bytes of a message, all of it, are not needed any more: their memory may be used for another. Nobody has to say
   * so.
   */
  recycle?(message: Uint8Array): void;
  /** Asks the transport for a sign of life. Absent where the transport cannot (browsers): then `ping` records do. */
  ping?(): void;
  /** Bytes accepted by `send` that have not left the process. */
  readonly buffered: number;
  /**
   * Stops and starts `onMessage`; what the peer sends meanwhile stays with it. A transport may hand on what it had taken
   * already, and does where the peer goes meanwhile.
   */
  pause(): void;
  resume(): void;
  /** Says goodbye, lets what was sent leave, then closes. `onClose` follows. */
  close(code: number, reason: string): void;
  /** Drops the link at once. `onClose` follows. */
  terminate(): void;
}

/** Methods: a link calls them on the object it was given. */
export interface LinkHandlers {
  /** A whole message; its bytes belong to the receiver. */
  onMessage(message: Uint8Array): void;
  /** Any byte from the peer, also half a message. */
  onAlive(): void;
  /** `buffered` has come down to zero. */
  onDrain(): void;
  /** Exactly once, nothing after it. `code` 1006: broken without a goodbye. */
  onClose(code: number, reason: string): void;
}
