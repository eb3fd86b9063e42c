/** What a registration asks for, and what its callback is told. */

import type { Cause, ConversationStyle, DataObject, Guid, UserFilter } from '../shared/index.ts';
import type { ListenerChannel } from './listener-channel.ts';

/** What a registration asks for (PAN-54 to PAN-58). */
export interface RegistrationSpecification {
  /** `\\server\printer`, a bare printer name of the spooler, or null for the server and all its printers. */
  readonly name: string | null;
  readonly type: Guid;
  /** Default `kPerUser`. */
  readonly filter?: UserFilter;
  /** Default `kUniDirectional`. */
  readonly style?: ConversationStyle;
  /** For `PersistentRegistrationSpecification`. */
  readonly persistent?: undefined;
}

/**
 * What a listener is told (PAN-20). All may be async; those of one channel, or of one unidirectional registration, run
 * one after another. A data object is borrowed: it is released when the callback, or the promise it returns, ends.
 * Whoever wants it longer calls `addRef` or `acquireData`. One that throws is reported and harms nobody else.
 */
export interface NotifyCallback {
  /** A notification. `channel` is null for a unidirectional one (PAN-193). */
  onEventNotify(channel: ListenerChannel | null, data: DataObject): unknown;
  /**
   * A bidirectional channel is closed, with the other end's last message or with (null, 0, NOTIFICATION_RELEASE); or
   * the spooler of a unidirectional registration is lost: then `channel` is null. Exactly once, after everything
   * delivered before. Do not use the channel afterwards (PAN-190).
   */
  channelClosed?(channel: ListenerChannel | null, data: DataObject, cause: Cause): unknown;
  /** A bidirectional channel was offered; nothing has been sent on it yet, or its initial notification follows. */
  onNewChannel?(channel: ListenerChannel): unknown;
}
