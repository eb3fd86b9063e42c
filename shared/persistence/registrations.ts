/**
 * What a listener that names itself and the service `registrations` say to each other, as JSON
 * (docs/persistent-registrations.md): it gets what was sent while it was away.
 */

import { type Guid, guid } from '../guid.ts';
import type { UserFilter } from '../vocabulary.ts';

/** The name of the service. */
export const REGISTRATIONS = 'registrations';

/**
 * The type of the channel that an attachment receives on. Not that of the registration: whoever listens to every
 * printer for that one would receive what is given here too. What arrives is of the type the registration is for.
 */
export const KEPT_NOTIFICATIONS: Guid = guid('30a35626-fcff-4034-a692-4a7e15762ef4');

/** What becomes of a notification for which there is no room: the oldest goes, or the sender is told. */
export const RETENTION_OVERFLOWS = ['discardOldest', 'refuse'] as const;

/** How much is kept for a registration until it is acknowledged. */
export interface Retention {
  /** Notifications, at least 1. */
  readonly notifications: number;
  /** Bytes of data, at least 1; one notification may go beyond. */
  readonly bytes: number;
  readonly overflow: (typeof RETENTION_OVERFLOWS)[number];
}

export const DEFAULT_RETENTION: Retention = {
  notifications: 100_000,
  bytes: 256 * 1024 * 1024,
  overflow: 'discardOldest',
};

/** A listener's own name for a registration; each user has a namespace of his own. */
export const REGISTRATION_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Method `attach`. The caller has registered before: unidirectional, `kPerUser`, type `KEPT_NOTIFICATIONS`, name
 * `\\server\` and the attachment in lower case without braces. Another attachment of the same registration ends.
 */
export interface Attach {
  readonly id: string;
  /** A fresh one for each time. */
  readonly attachment: Guid;
  /** What it is interested in: as for any unidirectional registration, by the same rules and rights. */
  readonly name: string | null;
  readonly type: Guid;
  readonly filter: UserFilter;
  /** What is left out stays as it was, or is as in `DEFAULT_RETENTION`. */
  readonly retention?: Partial<Retention>;
}

/** What `attach` answers; it comes before the first notification. */
export interface Attached {
  /** Whether it existed: then everything since the last acknowledged one is there, but the lost. */
  readonly recovered: boolean;
  /** Notifications that wait. */
  readonly pending: number;
  /** Notifications that were discarded and nobody was told of before. */
  readonly lost: number;
  /** The number of the first one to be given. */
  readonly next: number;
}

/** Method `acknowledge`: everything up to the number is done with. Answered once that is stored; `{}`. */
export interface Acknowledge {
  readonly attachment: Guid;
  readonly number: number;
}

/** Method `detach`: nothing more is given. What was not acknowledged stays. Answers `{}`. */
export interface Detach {
  readonly attachment: Guid;
}

/** Method `remove`: the registration goes, with all that is kept for it. Answers `{}`, or `NOT_REGISTERED`. */
export interface Remove {
  readonly id: string;
}

/** Method `list`, with `{}`: the caller's own. */
export interface PersistentRegistrations {
  readonly registrations: readonly PersistentRegistration[];
}

export interface PersistentRegistration {
  readonly id: string;
  readonly name: string | null;
  readonly type: Guid;
  readonly filter: UserFilter;
  readonly retention: Retention;
  /** Notifications that are kept, and their bytes. */
  readonly pending: number;
  readonly bytes: number;
  /** As in `Attached`. */
  readonly lost: number;
  readonly attached: boolean;
}

/** What comes before notifications on the channel of an attachment, as UTF-8 JSON. The first is one, and each after a run. */
export type Heading = RunHeading | LostHeading | OverHeading;

/** The next `count` notifications of the channel are a run: data as it was sent, and this is true of all of them. */
export interface RunHeading {
  /** The number of the first of them; each that follows is one more. Numbers begin at 1. */
  readonly first: number;
  readonly count: number;
  /** It may have been given before. */
  readonly redelivered: boolean;
  /** Of the channel they were sent on. */
  readonly name: string | null;
  /** When they were kept; milliseconds since 1970. */
  readonly at: number;
}

/** So many were discarded since the last one given: another heading follows. */
export interface LostHeading {
  readonly lost: number;
}

/** The last one: another attachment took over, the registration was removed, or what is kept cannot be read. */
export interface OverHeading {
  readonly over: 'taken' | 'removed' | 'failed';
}
