/** What the model of the pipe remembers: clients, registrations, channels, ends, and what waits or is held. */

import type { Cause, ConversationStyle, UserFilter } from '../../shared/index.ts';

/** `S_OK` or another success; an error starts with `!`. */
export type Answer = string;

/**
 * What is sent: its text (null is the NULL pointer), its bytes, and whether it is of another type than the channel's.
 */
export interface Message {
  readonly text: string | null;
  readonly size: number;
  readonly otherType: boolean;
}

export interface Interest {
  readonly name: string | null;
  readonly type: string;
  readonly filter: UserFilter;
  readonly style: ConversationStyle;
}

/** How an end is finished; the first answer is to `notify`, the second to `close` (PROTOCOL.md section 8). */
export const FINISHES = {
  bySource: ['!CHANNEL_CLOSED_BY_SERVER', '!CHANNEL_CLOSED_BY_SERVER'],
  bySelf: ['!CHANNEL_CLOSED_BY_SAME_LISTENER', '!CHANNEL_CLOSED_BY_SAME_LISTENER'],
  declined: ['!CHANNEL_RELEASED_BY_LISTENER', '!CHANNEL_RELEASED_BY_LISTENER'],
  acquiredByAnother: ['!CHANNEL_ACQUIRED', 'CHANNEL_ACQUIRED'],
  closedByAnother: ['!CHANNEL_CLOSED_BY_ANOTHER_LISTENER', 'CHANNEL_ACQUIRED'],
} as const satisfies Record<string, readonly [notify: Answer, close: Answer]>;
export type Finish = keyof typeof FINISHES;

/** Something that waits for a client or is held by it. `last`: the cause of the close that it comes with. */
export interface Delivery {
  readonly to: Stream;
  readonly from: Channel;
  readonly text: string | null;
  readonly size: number;
  readonly last: Cause | undefined;
  readonly window: Window;
  /** The step that caused it. Within a step nothing is said about the order of what different channels sent. */
  readonly step: number;
  readonly order: number;
}

export class Window {
  objects = 0;
  bytes = 0;
  readonly queue: Delivery[] = [];
  readonly maxObjects: number;
  readonly maxBytes: number;
  readonly maxQueue: number;

  constructor(maxObjects = Infinity, maxBytes = Infinity, maxQueue = Infinity) {
    this.maxObjects = maxObjects;
    this.maxBytes = maxBytes;
    this.maxQueue = maxQueue;
  }

  get atBound(): boolean {
    return this.objects >= this.maxObjects || this.bytes >= this.maxBytes;
  }
}

/** Whose callbacks are told something: in order, and of the close once. */
interface Told {
  readonly client: Client;
  /** The cause of a close without data that is on its way. */
  telling: Cause | undefined;
  /** It has heard of the close, or closed by itself. */
  told: boolean;
}

export interface Registration extends Told {
  readonly kind: 'registration';
  readonly interest: Interest;
  state: 'object' | 'registered' | 'unregistered';
  window: Window;
  /** Offers on their way. */
  readonly offers: End[];
}

/** A listener's end of a bidirectional channel. */
export interface End extends Told {
  readonly kind: 'end';
  readonly channel: Channel;
  finish: Finish | undefined;
  /** Its client has seen the offer. */
  known: boolean;
}

export interface Waiting {
  readonly call: number;
  readonly what: Message | 'close' | { readonly refused: Answer };
}

export interface Channel extends Told {
  readonly kind: 'channel';
  readonly interest: Interest;
  /** Whom a `kPerUser` channel is for. */
  readonly user: string;
  readonly waits: boolean;
  state: 'opened' | 'held' | 'sourceTurn' | 'listenerTurn' | 'closed';
  initial: Message | undefined;
  owner: End | undefined;
  /** Offered and not finished. */
  ends: End[];
  waiting: Waiting[];
}

export type Stream = Registration | End | Channel;

/**
 * What a client was seen to be told. `stream`: whose callback it was; undefined while its offer is not explained. A
 * close with text undefined came with the release triple.
 */
export type Event = { readonly client: Client } & (
  | {
      readonly kind: 'offer';
      readonly registration: Registration;
      readonly interest: Interest;
      bind(end: End): void;
    }
  | { readonly kind: 'notification'; stream(): Stream | undefined; readonly text: string | null }
  | {
      readonly kind: 'closed';
      stream(): Stream | undefined;
      readonly text: string | null | undefined;
      readonly cause: Cause;
    }
);

export class Client {
  readonly name: string;
  readonly user: string;
  /** `gone`: its session has ended. */
  state: 'open' | 'silent' | 'gone' = 'open';
  /** It knows that its spooler is lost. */
  lost = false;
  left = false;
  /** Whether it keeps what it is given until told to give it back. */
  keeps = false;
  /** What it holds, the oldest first. */
  readonly kept: Delivery[] = [];
  readonly common = new Window();
  readonly registrations: Registration[] = [];
  readonly ends: End[] = [];
  readonly channels: Channel[] = [];
  missed = 0;
  /** Since when something waits for it and it has given nothing back; undefined while nothing waits. */
  stalledSince: number | undefined;
  silentSince: number | undefined;

  constructor(name: string, user: string) {
    this.name = name;
    this.user = user;
  }

  get windows(): Window[] {
    return [this.common, ...this.registrations.map(({ window }) => window)];
  }

  get queued(): Delivery[] {
    return [...new Set(this.windows)].flatMap(({ queue }) => queue);
  }
}
