/** A bidirectional channel as a listener sees it (PAN-19). */

import { type Cause, type DataObject, type Guid, type Interest, type Outcome, SpoolError } from '../shared/index.ts';
import { CallbackSequence, giveBack } from './callback-sequence.ts';
import type { Connection, ConnectionEnd } from './connection.ts';
import type { NotifyCallback } from './notify-callback.ts';
import type { Sendable } from './sendable.ts';
import { SendingEnd } from './sending-end.ts';

export class ListenerChannel {
  readonly interest: Interest;
  readonly #connection: Connection;
  readonly #number: number;
  readonly #end: SendingEnd;
  readonly #callback: NotifyCallback;
  readonly #callbacks: CallbackSequence;
  /** Declined or closed without a last message: what is still on its way is given back unread. */
  #left = false;

  /** For `Listener`. */
  constructor(connection: Connection, number: number, interest: Interest, callback: NotifyCallback) {
    this.interest = interest;
    this.#connection = connection;
    this.#number = number;
    this.#end = new SendingEnd(connection, number, interest.type, parkedSeenByListener, () => {});
    this.#callback = callback;
    const whose = `a listener's channel for ${interest.name ?? 'the server'}`;
    this.#callbacks = new CallbackSequence(connection.clock, connection.report, whose);
  }

  get type(): Guid {
    return this.interest.type;
  }

  /** What the connection calls. */
  get connectionEnd(): ConnectionEnd {
    const onEventNotify = (data: DataObject): unknown =>
      this.#left ? undefined : this.#callback.onEventNotify(this, data);
    return {
      type: this.type,
      notified: (data) => this.#callbacks.run('onEventNotify', onEventNotify, giveBack, data),
      closed: (data, cause) => this.#closed(data, cause),
    };
  }

  #closed(data: DataObject, cause: Cause): void {
    const channelClosed = (): unknown => this.#callback.channelClosed?.(this, data, cause);
    this.#callbacks.run('channelClosed', channelClosed, giveBack, data);
  }

  /** For `Listener`: the channel is there, before anything was sent on it. */
  offered(): void {
    this.#callbacks.run(
      'onNewChannel',
      () => this.#callback.onNewChannel?.(this),
      () => {},
      undefined,
    );
  }

  /**
   * Answers. The first listener to answer acquires the channel (PAN-148). Rejects with `CHANNEL_ACQUIRED` where another
   * was first, `ASYNC_CALL_IN_PROGRESS` where it is the source's turn (PAN-157, PAN-213), the closed codes of PAN-197
   * to PAN-200, `INVALID_NOTIFICATION_TYPE`, `MAX_NOTIFICATION_SIZE_EXCEEDED`, `INTERNAL_NOTIFICATION_QUEUE_IS_FULL`.
   * Takes one reference on a data object, given back when the promise settles.
   */
  sendNotification(data: Sendable): Promise<Outcome> {
    return this.#end.send('notify', data);
  }

  /**
   * Closes. With a last message it also acquires a channel that nobody has (PAN-149). Without one it closes a channel
   * that is one's own, and declines one that is nobody's: the others keep competing (PAN-150). Resolves with
   * `CHANNEL_ACQUIRED`, a success, where another listener was first (PAN-154).
   */
  async closeChannel(data: Sendable = null): Promise<Outcome> {
    if (data === null) this.#left = true;
    const outcome = await (data === null ? this.#end.closeWithRelease() : this.#end.send('close', data));
    if (outcome.code === 'S_OK') this.#connection.removeEnd(this.#number);
    return outcome;
  }

  /**
   * Steps back from a channel without answering (PAN-151, PAN-192). The same as `closeChannel()`, without an answer to
   * wait for.
   */
  release(): void {
    this.closeChannel().catch(() => {});
  }
}

/**
 * The wire knows one code for "a call is parked"; a listener that replies too early is told the local one (PAN-157).
 */
function parkedSeenByListener(reason: SpoolError): SpoolError {
  const parked = reason.code === 'ASYNC_CALL_ALREADY_PARKED';
  return parked ? new SpoolError('ASYNC_CALL_IN_PROGRESS', { cause: reason }) : reason;
}
