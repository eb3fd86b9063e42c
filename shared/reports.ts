/** What `explain` and `status` answer, as JSON (PROTOCOL.md sections 5.4 and 10). */

import type { Guid } from './guid.ts';
import type { ConversationStyle, UserFilter } from './vocabulary.ts';

export type Difference = 'name' | 'type' | 'style' | 'user';

/** One registration or channel beside the one asked about. */
export interface Neighbour {
  readonly name: string | null;
  readonly type: Guid;
  readonly filter: UserFilter;
  readonly style: ConversationStyle;
  /** Who registered, or whom the channel is for; null for everybody. */
  readonly user: string | null;
  /** Empty for a match. */
  readonly differs: readonly Difference[];
}

export interface Explanation {
  /** How many match. */
  readonly matches: number;
  /** At most ten, the nearest first. */
  readonly nearest: readonly Neighbour[];
}

export interface SessionStatus {
  readonly user: string;
  readonly agent: string;
  /** Seconds. */
  readonly since: number;
  readonly registrations: number;
  readonly channels: number;
  readonly heldObjects: number;
  readonly heldBytes: number;
  readonly queued: number;
}

export interface RegistrationStatus {
  readonly name: string | null;
  readonly type: Guid;
  readonly filter: UserFilter;
  readonly style: ConversationStyle;
  readonly user: string;
  readonly queued: number;
}

export interface ChannelStatus {
  readonly id: number;
  readonly name: string | null;
  readonly type: Guid;
  readonly filter: UserFilter;
  readonly style: ConversationStyle;
  /** Whom it is for; null for everybody. */
  readonly user: string | null;
  readonly state: string;
  readonly listeners: number;
}

/** Everything the spooler holds; all zero once everybody has left. */
export interface Totals {
  readonly sessions: number;
  readonly registrations: number;
  readonly channels: number;
  readonly ends: number;
  readonly heldObjects: number;
  readonly heldBytes: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly initialBytes: number;
}

/** What has passed since the spooler started; it only rises. */
export interface Traffic {
  /** Notifications, responses and last messages that were well-formed and in turn for their end. */
  readonly received: number;
  readonly receivedBytes: number;
  /** Copies of them given to sessions. */
  readonly delivered: number;
  readonly deliveredBytes: number;
  /** Copies that a registration had no room for, or that still waited when its session ended. */
  readonly lost: number;
}

export interface Trouble {
  /** One of those of the library, such as `STORE_FAILED`. */
  readonly code: string;
  /** For people. */
  readonly message: string;
}

export interface Status {
  readonly server: string;
  readonly version: string;
  /** Seconds. */
  readonly uptime: number;
  /** The asker. */
  readonly user: string;
  /** What keeps it from doing all it should, such as a store that has failed. */
  readonly trouble: Trouble | null;
  /** Each list shows what the asker may see, at most 1,000 entries. */
  readonly sessions: readonly SessionStatus[];
  readonly registrations: readonly RegistrationStatus[];
  readonly channels: readonly ChannelStatus[];
  readonly totals: Totals;
  readonly traffic: Traffic;
}
