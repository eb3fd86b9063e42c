/**
 * The seam through which features attach: a service has a name and answers calls (PROTOCOL.md section 5.10). The core
 * knows services, never features.
 */

import type { Clock, Link } from '../../shared/index.ts';
import type { Identity } from './identity.ts';
import type { Keeper, KeptInterest } from './keeper.ts';
import type { SpoolerEvent } from './observer.ts';
import type { Accepted, Peer } from './session.ts';

/** Who calls. One object for each session, the same at each of its calls. */
export interface Caller {
  readonly user: string;
  readonly identity: Identity;
  /** Until its session is gone. */
  readonly isPresent: boolean;
}

export interface Answer {
  /** A code of success or of failure. */
  readonly hresult: number;
  /** What `JSON.stringify` can write. */
  readonly json?: unknown;
}

export interface Service {
  /** 1 to 64 characters. */
  readonly name: string;
  /**
   * Answers a call, now or later. The payload is hostile until it has been checked. What is thrown, or what the promise
   * rejects with, is the answer too: a SpoolError as its code, `E_NOTIMPL` for an unknown method among them; anything
   * else as `E_UNEXPECTED`, and the operator hears of it as a fault.
   */
  call(caller: Caller, method: string, payload: Uint8Array): Answer | Promise<Answer>;
  /** Resolves once it can do its work; `serve` lets nobody in before. What it rejects with is why there is no spooler. */
  ready?(): Promise<void>;
  /** The spooler takes clients from now on: what a service does by itself, such as calling them, begins. Once. */
  begin?(): void;
  /** A session was greeted. Most never call: what is kept for it from now on is kept for every idle one. */
  joined?(caller: Caller): void;
  /** A session is gone and all it had is let go. Exactly once for each that had joined. */
  left?(caller: Caller): void;
  /** The spooler has ended: nobody calls any more. Waited for, but not for ever. */
  close?(): void | Promise<void>;
}

/** What the spooler gives its services. */
export interface ServiceHost {
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** The server part of the spooler's printer names. */
  readonly server: string;
  /** Takes over a link, as that of a client. */
  accept(link: Link, peer: Peer): Accepted;
  /**
   * From now on the keeper keeps what unidirectional channels send to this interest of the user's, until the function
   * returned is called.
   */
  keep(interest: KeptInterest, user: string, keeper: Keeper): () => void;
  observe(event: SpoolerEvent): void;
}

export type ServiceFactory = (host: ServiceHost) => Service;
