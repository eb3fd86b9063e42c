/** Every record of the wire as a type, one union for each direction (PROTOCOL.md section 5). */

import type { Guid } from './guid.ts';
import type { Cause, Interest, Overflow } from './vocabulary.ts';

export const OPS = {
  hello: 0x01,
  welcome: 0x02,
  ping: 0x03,
  pong: 0x04,
  register: 0x10,
  unregister: 0x11,
  open: 0x12,
  explain: 0x13,
  status: 0x14,
  call: 0x15,
  result: 0x1f,
  offer: 0x20,
  notify: 0x21,
  close: 0x22,
  settled: 0x23,
  release: 0x24,
} as const;

export const FLAGS = { null: 0x01, release: 0x02, only: 0x04 } as const;

/** What `explain` asks about. */
export const SIDES = { registration: 0, channel: 1 } as const;

/** What travels as data: bytes, or NULL, which is not the same as no bytes; `release` marks NOTIFICATION_RELEASE. */
export interface Carried {
  readonly end: number;
  readonly sequence: number;
  readonly data: Uint8Array | null;
  readonly release: boolean;
}

export interface Hello {
  readonly op: 'hello';
  readonly user?: string | undefined;
  readonly instance?: Guid | undefined;
  readonly agent?: string | undefined;
}
export interface AnnouncedLimits {
  readonly payload: number;
  readonly message: number;
  readonly waitingObjects: number;
  readonly waitingBytes: number;
  /** How much a client may keep back that it could give back; 0: nothing. */
  readonly keptObjects: number;
  readonly keptBytes: number;
}
/** Told to a listener that had been cut off: why, and how many notifications it missed. */
export interface Missed {
  readonly cause: Cause;
  readonly count: number;
}
export interface Welcome {
  readonly op: 'welcome';
  readonly user: string;
  readonly server: string;
  readonly limits: AnnouncedLimits;
  readonly missed?: Missed | undefined;
}
export interface Ping {
  readonly op: 'ping';
  readonly sequence: number;
}
export interface Pong {
  readonly op: 'pong';
  readonly sequence: number;
}
export interface Register {
  readonly op: 'register';
  readonly registration: number;
  readonly request: number;
  readonly interest: Interest;
}
export interface Unregister {
  readonly op: 'unregister';
  readonly registration: number;
  readonly request: number;
}
export interface Open {
  readonly op: 'open';
  readonly end: number;
  readonly request: number;
  readonly interest: Interest;
  readonly user?: string | undefined;
  readonly overflow?: Overflow | undefined;
}
export interface Explain {
  readonly op: 'explain';
  readonly request: number;
  readonly side: 'registration' | 'channel';
  readonly interest: Interest;
  readonly user?: string | undefined;
}
export interface Status {
  readonly op: 'status';
  readonly request: number;
}
/** A call of a service's method. */
export interface Call {
  readonly op: 'call';
  readonly request: number;
  readonly service: string;
  readonly method: string;
  /** The service's own; those of this library use UTF-8 JSON. */
  readonly payload: Uint8Array;
}
export interface Result {
  readonly op: 'result';
  readonly id: number;
  readonly request: number;
  readonly hresult: number;
  /** UTF-8 JSON, or empty. */
  readonly json: Uint8Array;
}
export interface Offer {
  readonly op: 'offer';
  readonly end: number;
  readonly registration: number;
  readonly interest: Interest;
}
export interface Notify extends Carried {
  readonly op: 'notify';
  /** Only where it differs from the channel's. */
  readonly type?: Guid | undefined;
}
/** From a client: close this end. */
export interface CloseEnd extends Carried {
  readonly op: 'close';
  readonly type?: Guid | undefined;
}
/** From the spooler: this end is closed. */
export interface Closed extends Carried {
  readonly op: 'closed';
  readonly cause: Cause;
}
export interface Settled {
  readonly op: 'settled';
  readonly end: number;
  readonly sequence: number;
  readonly hresult: number;
}
export interface Release {
  readonly op: 'release';
  readonly end: number;
  readonly sequence: number;
  readonly only: boolean;
}

export type ClientRecord =
  | Hello
  | Ping
  | Pong
  | Register
  | Unregister
  | Open
  | Explain
  | Status
  | Call
  | Notify
  | CloseEnd
  | Release;
export type SpoolerRecord = Welcome | Ping | Pong | Result | Offer | Notify | Closed | Settled;
export type WireRecord = ClientRecord | SpoolerRecord;

/** Who wrote a record. `close` means a request from a client and a fact from the spooler. */
export type Direction = 'client' | 'spooler';
