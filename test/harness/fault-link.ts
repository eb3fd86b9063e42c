/** A Link with faults on demand: cut it, make it go silent, hold back what it carries so that messages cross. */

import type { Link, LinkHandlers } from '../../shared/index.ts';

/** Seen from the end that has the link: `incoming` is what the other one sends to it. */
export type Direction = 'incoming' | 'outgoing' | 'both';

/** WebSocket close code of a link that broke without a goodbye. */
const BROKEN = 1006;

export class FaultLink implements Link {
  readonly #link: Link;
  #handlers: LinkHandlers | undefined;
  #silent = false;
  #paused = false;
  #closing = false;
  #closed = false;
  /** The link under this one is closed, which a silent end does not notice. */
  #isBroken = false;
  #awaitsLife = false;
  #holdsIncoming = false;
  #holdsOutgoing = false;
  /** What came before anybody was attached. */
  #early: (() => void)[] = [];
  #heldIncoming: Uint8Array[] = [];
  #heldOutgoing: (readonly Uint8Array[])[] = [];
  #sentBytes = 0;
  #receivedBytes = 0;

  /** Takes the link over: nobody else may use it. */
  constructor(link: Link) {
    this.#link = link;
    // Present only where the link has it: who has none uses records instead.
    if (link.ping) {
      this.ping = () => {
        if (this.#silent) return;
        this.#awaitsLife = true;
        link.ping?.();
      };
    }
    link.attach({
      onMessage: (message) => this.#arrived(message),
      onAlive: () => this.#alive(),
      onDrain: () => this.#handlers?.onDrain(),
      onClose: (code, reason) => {
        this.#isBroken = true;
        // Silence does not keep from an end what it has asked for before.
        if (!this.#silent || this.#closing) this.#close(code, reason);
      },
    });
  }

  ping?: () => void;

  /** Bytes of whole messages that left here; what is held back or lost in silence is not counted. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Bytes of whole messages that arrived here and were handed on. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Whether this end knows that the link is closed. */
  get closed(): boolean {
    return this.#closed;
  }

  get silent(): boolean {
    return this.#silent;
  }

  /** Whether messages are kept back. */
  get isHolding(): boolean {
    return this.#holdsIncoming || this.#holdsOutgoing;
  }

  /** Whether what is sent to this end is handed on: attached, and neither silent, holding, paused nor closed. */
  get reads(): boolean {
    return this.#handlers !== undefined && !this.#silent && !this.#paused && !this.#closed && !this.#holdsIncoming;
  }

  /** Whether this end waits for its link: for the end of a goodbye, or for a sign of life it has asked for. */
  get isWaiting(): boolean {
    return !this.#closed && (this.#closing || (this.#awaitsLife && !this.#paused));
  }

  // ------------------------------------------------------------------------------------------ faults

  /** Breaks the connection without a goodbye; both ends notice at once, as with a process that was killed. */
  cut(): void {
    this.#silent = false;
    this.#closing = true;
    if (this.#isBroken) this.#closeAlone();
    else this.#link.terminate();
  }

  /**
   * Neither sends nor reads nor reacts any more, as a frozen process or an unplugged cable. The spooler finds out by its
   * heartbeat, and so does this end: the clock goes on for both. There is no way back but `cut`.
   */
  goSilent(): void {
    this.#silent = true;
    this.#heldIncoming = [];
    this.#heldOutgoing = [];
    this.#link.pause();
  }

  /**
   * Keeps back the messages that pass in this direction from now on, until `letGo`; holding the other one too keeps back
   * both. Signs of life still pass: it is slow, not dead.
   */
  hold(direction: Direction): void {
    if (direction !== 'outgoing') this.#holdsIncoming = true;
    if (direction !== 'incoming') this.#holdsOutgoing = true;
  }

  /** Lets everything pass that was kept back, in order, incoming first. What a closed link held is lost. */
  letGo(): void {
    this.#holdsIncoming = false;
    for (const message of this.#heldIncoming.splice(0)) this.#receive(message);
    // Only now, so that no answer to those overtakes what is older.
    this.#holdsOutgoing = false;
    for (const parts of this.#heldOutgoing.splice(0)) this.send(parts);
  }

  // ------------------------------------------------------------------------------------------ Link

  attach(handlers: LinkHandlers): void {
    this.#handlers = handlers;
    queueMicrotask(() => {
      for (const tell of this.#early.splice(0)) tell();
    });
  }

  #tell(event: () => void): void {
    if (this.#handlers && this.#early.length === 0) event();
    else this.#early.push(event);
  }

  #arrived(message: Uint8Array): void {
    if (this.#silent || this.#closed) return;
    if (this.#holdsIncoming) this.#heldIncoming.push(message);
    else this.#receive(message);
  }

  #alive(): void {
    if (this.#silent) return;
    this.#awaitsLife = false;
    this.#handlers?.onAlive();
  }

  #receive(message: Uint8Array): void {
    this.#receivedBytes += message.length;
    this.#tell(() => this.#handlers?.onMessage(message));
  }

  #close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#heldIncoming = [];
    this.#heldOutgoing = [];
    this.#tell(() => this.#handlers?.onClose(code, reason));
  }

  get buffered(): number {
    return this.#link.buffered;
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#silent || this.#closing || this.#closed) return;
    if (this.#holdsOutgoing) this.#heldOutgoing.push(parts);
    else this.#send(parts);
  }

  #send(parts: readonly Uint8Array[]): void {
    for (const part of parts) this.#sentBytes += part.length;
    this.#link.send(parts);
  }

  pause(): void {
    this.#paused = true;
    this.#link.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#silent) this.#link.resume();
  }

  close(code: number, reason: string): void {
    if (this.#silent) return this.#closeAlone();
    for (const parts of this.#heldOutgoing.splice(0)) this.#send(parts);
    this.#closing = true;
    this.#link.close(code, reason);
  }

  terminate(): void {
    if (this.#silent) return this.#closeAlone();
    this.#closing = true;
    this.#link.terminate();
  }

  /** A goodbye does not pass a silent link either: this end is done with it, the spooler has yet to find out. */
  #closeAlone(): void {
    queueMicrotask(() => this.#close(BROKEN, ''));
  }
}
