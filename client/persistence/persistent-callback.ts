/** What a persistent registration asks for, and what its callback is told. */

import type { Cause, DataObject, Guid, UserFilter } from '../../shared/index.ts';
import { REGISTRATION_ID, type Retention } from '../../shared/persistence/registrations.ts';

/**
 * A registration with a name of its own. The spooler keeps what it is interested in while nobody is attached to it, until it
 * is acknowledged. Unidirectional only.
 */
export interface PersistentRegistrationSpecification {
  /** `\\server\printer`, a bare printer name of the spooler, or null for the server and all its printers. */
  readonly name: string | null;
  readonly type: Guid;
  /** Default `kPerUser`. */
  readonly filter?: UserFilter;
  readonly style?: 'kUniDirectional';
  /** The ID alone, or with what is to be kept. */
  readonly persistent: string | PersistentIdentity;
}

export interface PersistentIdentity {
  /** 1 to 64 letters, digits, `.`, `_` or `-`. Each user has IDs of his own. */
  readonly id: string;
  /** What is left out stays as it was; at first 100,000 notifications, 256 MiB, and the oldest is discarded. */
  readonly retention?: Partial<Retention>;
}

/** About one notification. */
export interface KeptNotification {
  /** From 1 on, in the order they were kept; what was discarded leaves a gap. Never given to another one. */
  readonly number: number;
  /** It may have been given before, to this process or to another, that did not acknowledge it. */
  readonly redelivered: boolean;
  /** Of the channel it was sent on. */
  readonly name: string | null;
  /** When it was kept; milliseconds since 1970, by the spooler's clock. */
  readonly at: number;
}

/** What an attachment found. */
export interface Recovery {
  /**
   * True: it existed, and everything since the last acknowledged notification comes, but what was discarded. False: it is
   * new, and there is nothing from before.
   */
  readonly recovered: boolean;
  /** Notifications that wait. */
  readonly pending: number;
  /** Notifications that were discarded for want of room, of which nobody was told before. */
  readonly lost: number;
}

/** What the listener of a persistent registration is told; the methods run one after another, as those of `NotifyCallback`. */
export interface PersistentNotifyCallback {
  /**
   * A notification. It is acknowledged when this, or the promise it returns, has ended and the data object's last reference
   * is given back, and that is true of all before it. One that throws is reported, and acknowledged all the same. What was
   * not acknowledged when the connection, this process or the spooler ends comes again.
   */
  onEventNotify(channel: null, data: DataObject, kept: KeptNotification): unknown;
  /** It is attached: at first, and after each loss of the spooler. What is given next comes after this. */
  recovered?(recovery: Recovery): unknown;
  /** So many were discarded for want of room while it was attached, after what was given last. */
  notificationsLost?(count: number): unknown;
  /**
   * Nothing more is given, with (null, 0, NOTIFICATION_RELEASE): the spooler is lost (`lost`, `shutdown`), and where the
   * listener comes back `recovered` follows; or it is over: somebody else attached himself to it (`acquired`), it was removed
   * (`closed`), or what is kept cannot be read (`faulty`). What had arrived and was not begun is not given.
   */
  channelClosed?(channel: null, data: DataObject, cause: Cause): unknown;
}

/** Undefined for what cannot be an ID. */
export function identityOf(persistent: string | PersistentIdentity): PersistentIdentity | undefined {
  const identity = typeof persistent === 'string' ? { id: persistent } : persistent;
  return typeof identity?.id === 'string' && REGISTRATION_ID.test(identity.id) ? identity : undefined;
}
