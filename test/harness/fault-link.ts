/** A Link with faults on demand: cut it, make it go silent, hold back what it carries so that messages cross. */

import type { Link, LinkHandlers } from '../../shared/index.ts';

type Holding = 'nothing' | 'incoming' | 'outgoing' | 'both';

export class FaultLink implements Link {
  readonly #link: Link;
  #handlers: LinkHandlers | undefined;
  #silent = false;
  #holding: Holding = 'nothing';
  #heldIncoming: Uint8Array[] = [];
  #heldOutgoing: (readonly Uint8Array[])[] = [];
  /** Bytes of whole messages that passed. */
  sentBytes = 0;
  receivedBytes = 0;
  closed = false;

  constructor(link: Link) {
    this.#link = link;
    // Present only where the link has it: who has none uses records instead.
    if (link.ping) {
      this.ping = () => {
        if (!this.#silent) link.ping?.();
      };
    }
  }

  ping?: () => void;

  get silent(): boolean {
    return this.#silent;
  }

  /** Whether something is kept back. */
  get isHolding(): boolean {
    return this.#holding !== 'nothing';
  }

  // ------------------------------------------------------------------------------------------ faults

  /** Breaks the connection without a goodbye; both ends notice at once, as with a process that was killed. */
  cut(): void {
    this.#link.terminate();
  }

  /** Neither sends nor reads nor reacts any more, as a frozen process or an unplugged cable. */
  goSilent(): void {
    this.#silent = true;
    this.#link.pause();
  }

  /** Keeps back what passes from now on, until `letGo`. */
  hold(what: Exclude<Holding, 'nothing'>): void {
    this.#holding = what;
  }

  /** Lets everything pass that was kept back, in order, incoming first. */
  letGo(): void {
    this.#holding = 'nothing';
    for (const message of this.#heldIncoming.splice(0)) this.#receive(message);
    for (const parts of this.#heldOutgoing.splice(0)) this.send(parts);
  }

  // ------------------------------------------------------------------------------------------ Link

  attach(handlers: LinkHandlers): void {
    this.#handlers = handlers;
    this.#link.attach({
      onMessage: (message) => {
        if (this.#silent) return;
        if (this.#holding === 'incoming' || this.#holding === 'both') this.#heldIncoming.push(message);
        else this.#receive(message);
      },
      onAlive: () => {
        if (!this.#silent) handlers.onAlive();
      },
      onDrain: () => handlers.onDrain(),
      onClose: (code, reason) => {
        this.closed = true;
        handlers.onClose(code, reason);
      },
    });
  }

  #receive(message: Uint8Array): void {
    this.receivedBytes += message.length;
    this.#handlers?.onMessage(message);
  }

  get buffered(): number {
    return this.#link.buffered;
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#silent) return;
    if (this.#holding === 'outgoing' || this.#holding === 'both') {
      this.#heldOutgoing.push(parts);
      return;
    }
    for (const part of parts) this.sentBytes += part.length;
    this.#link.send(parts);
  }

  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    if (!this.#silent) this.#link.resume();
  }

  close(code: number, reason: string): void {
    // A silent peer says no goodbye either.
    if (this.#silent) this.#link.terminate();
    else this.#link.close(code, reason);
  }

  terminate(): void {
    this.#link.terminate();
  }
}
