/** A callback that remembers what it was told, for either side, and lets a test wait for it. */

import type { KeptNotification, ListenerChannel, Recovery } from '../../client/listener.ts';
import type { SenderChannel } from '../../client/sender.ts';
import type { Cause, DataObject, Guid } from '../../shared/index.ts';
import { Deadline, PATIENCE } from './real-time.ts';

/** What was in a data object. The bytes are a copy, so they may be kept. */
export interface Received {
  /** Null is not the same as no bytes. */
  readonly data: Uint8Array | null;
  /** Bytes; 0 for null. */
  readonly size: number;
  readonly type: Guid;
  /** The data as UTF-8; empty for null. */
  readonly text: string;
}

type AnyChannel = ListenerChannel | SenderChannel;

/** `onEventNotify` was called. */
export interface NotificationSeen<Channel extends AnyChannel = ListenerChannel> extends Received {
  readonly kind: 'notification';
  /** Null for a unidirectional notification. */
  readonly channel: Channel | null;
  /** Of a persistent registration. */
  readonly kept?: KeptNotification;
}

/** `channelClosed` was called. */
export interface CloseSeen<Channel extends AnyChannel = ListenerChannel> extends Received {
  readonly kind: 'closed';
  /** Null where a unidirectional registration lost its spooler. */
  readonly channel: Channel | null;
  readonly cause: Cause;
}

/** `onNewChannel` was called. */
export interface OfferSeen {
  readonly kind: 'offer';
  readonly channel: ListenerChannel;
}

/** `recovered` of a persistent registration was called. */
export interface RecoverySeen extends Recovery {
  readonly kind: 'recovery';
  readonly channel: null;
}

/** `notificationsLost` of a persistent registration was called. */
export interface LossSeen {
  readonly kind: 'loss';
  readonly channel: null;
  readonly count: number;
}

/** One call of a callback. */
export type Seen<Channel extends AnyChannel = ListenerChannel> =
  | NotificationSeen<Channel>
  | CloseSeen<Channel>
  | OfferSeen
  | RecoverySeen
  | LossSeen;

/**
 * What a recorder does inside the callback, after it was recorded. What it returns is what the callback returns: a
 * promise makes it asynchronous, a throw or a rejection makes it fail. The data object is borrowed until then
 * (`undefined` where there is none).
 */
export type Reaction<Channel extends AnyChannel = ListenerChannel> = (
  event: Seen<Channel>,
  object: DataObject | undefined,
) => unknown;

const utf8 = new TextDecoder();

/** Reads a data object: acquires it, copies the bytes, and gives it back. Throws `USE_AFTER_RELEASE` for a dead one. */
export function read(object: DataObject): Received {
  using lease = object.acquireData();
  const { data, size, type } = lease;
  return { data: data && new Uint8Array(data), size, type, text: data === null ? '' : utf8.decode(data) };
}

/**
 * Give it as the callback of a registration, `new Recorder()`, or of a channel, `new Recorder<SenderChannel>()`; a rig's
 * `recorder()` and `senderRecorder()` make them. It keeps no data object: what it shows are copies.
 */
export class Recorder<Channel extends AnyChannel = ListenerChannel> {
  /** Everything, in the order it was told. */
  readonly seen: Seen<Channel>[] = [];
  readonly #react: Reaction<Channel> | undefined;
  readonly #patience: number;
  /** How many of each kind were waited for. */
  readonly #taken = { notification: 0, closed: 0, offer: 0, recovery: 0, loss: 0 };
  readonly #wakers = new Set<() => void>();

  /** `patience`: milliseconds of real time that `next…` waits. */
  constructor(react?: Reaction<Channel>, patience: number = PATIENCE) {
    this.#react = react;
    this.#patience = patience;
  }

  readonly onNewChannel = (channel: ListenerChannel): unknown => this.#record({ kind: 'offer', channel }, undefined);

  readonly onEventNotify = (channel: Channel | null, object: DataObject, kept?: KeptNotification): unknown =>
    this.#record({ kind: 'notification', channel, ...(kept && { kept }), ...read(object) }, object);

  readonly channelClosed = (channel: Channel | null, object: DataObject, cause: Cause): unknown =>
    this.#record({ kind: 'closed', channel, cause, ...read(object) }, object);

  readonly recovered = (recovery: Recovery): unknown =>
    this.#record({ kind: 'recovery', channel: null, ...recovery }, undefined);

  readonly notificationsLost = (count: number): unknown =>
    this.#record({ kind: 'loss', channel: null, count }, undefined);

  #record(event: Seen<Channel>, object: DataObject | undefined): unknown {
    this.seen.push(event);
    for (const wake of this.#wakers) wake();
    return this.#react?.(event, object);
  }

  /** All notifications so far. */
  get notifications(): NotificationSeen<Channel>[] {
    return this.#all('notification');
  }

  /** Their texts. */
  get texts(): string[] {
    return this.notifications.map(({ text }) => text);
  }

  /** All closes so far. */
  get closes(): CloseSeen<Channel>[] {
    return this.#all('closed');
  }

  /** All offers so far. */
  get offers(): OfferSeen[] {
    return this.#all('offer');
  }

  /** All attachments of a persistent registration so far. */
  get recoveries(): RecoverySeen[] {
    return this.#all('recovery');
  }

  /** What a persistent registration was told to have lost so far. */
  get losses(): LossSeen[] {
    return this.#all('loss');
  }

  /**
   * The first notification, then with each call the one after; waits for it where it has not come yet. Notifications,
   * closes and offers are counted apart. Rejects when patience runs out, with what was seen instead.
   */
  nextNotification(): Promise<NotificationSeen<Channel>> {
    return this.#next('notification');
  }

  /** The first close, then with each call the one after. As `nextNotification`. */
  nextClose(): Promise<CloseSeen<Channel>> {
    return this.#next('closed');
  }

  /** The first offer of a bidirectional channel, then with each call the one after. As `nextNotification`. */
  nextOffer(): Promise<OfferSeen> {
    return this.#next('offer');
  }

  /** The first attachment of a persistent registration, then with each call the one after. As `nextNotification`. */
  nextRecovery(): Promise<RecoverySeen> {
    return this.#next('recovery');
  }

  #all<Kind extends Seen['kind']>(kind: Kind): Extract<Seen<Channel>, { kind: Kind }>[] {
    return this.seen.filter((event): event is Extract<Seen<Channel>, { kind: Kind }> => event.kind === kind);
  }

  async #next<Kind extends Seen['kind']>(kind: Kind): Promise<Extract<Seen<Channel>, { kind: Kind }>> {
    const index = this.#taken[kind]++;
    const deadline = new Deadline(this.#patience);
    for (;;) {
      const event = this.#all(kind)[index];
      if (event) return event;
      if (deadline.passed) {
        this.#taken[kind]--;
        throw new Error(`no ${kind} number ${index + 1} came; seen: ${this.#summary()}`);
      }
      const { over, cancel } = deadline.wait();
      this.#wakers.add(cancel);
      await over;
      this.#wakers.delete(cancel);
    }
  }

  #summary(): string {
    const shown = this.seen.map((event) => {
      if (event.kind !== 'notification' && event.kind !== 'closed') return event.kind;
      const what = event.data === null ? 'null' : JSON.stringify(event.text.slice(0, 40));
      return event.kind === 'closed' ? `closed (${event.cause}) ${what}` : `notification ${what}`;
    });
    return shown.length === 0 ? 'nothing' : shown.join(', ');
  }
}
