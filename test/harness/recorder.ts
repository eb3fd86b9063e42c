/** A callback that remembers what it was told, for either side, and lets a test wait for it. */

import type { ListenerChannel } from '../../client/listener.ts';
import type { SenderChannel } from '../../client/sender.ts';
import type { Cause, DataObject, Guid } from '../../shared/index.ts';

/** A data object, read and given back. */
export interface Received {
  readonly data: Uint8Array | null;
  readonly size: number;
  readonly type: Guid;
  /** The data as UTF-8. */
  readonly text: string;
}

type AnyChannel = ListenerChannel | SenderChannel;

export interface NotificationSeen<Channel extends AnyChannel = ListenerChannel> extends Received {
  readonly kind: 'notification';
  readonly channel: Channel | null;
}

export interface CloseSeen<Channel extends AnyChannel = ListenerChannel> extends Received {
  readonly kind: 'closed';
  readonly channel: Channel | null;
  readonly cause: Cause;
}

export interface OfferSeen {
  readonly kind: 'offer';
  readonly channel: ListenerChannel;
}

export type Seen<Channel extends AnyChannel = ListenerChannel> =
  | NotificationSeen<Channel>
  | CloseSeen<Channel>
  | OfferSeen;

/** Milliseconds of real time after which waiting is given up; a test that gets here has failed. */
const PATIENCE = 5_000;

const utf8 = new TextDecoder();

/** Reads a data object and gives it back; the bytes are copied, so they may be kept. */
export function read(object: DataObject): Received {
  using lease = object.acquireData();
  const { data, size, type } = lease;
  return { data: data && new Uint8Array(data), size, type, text: data === null ? '' : utf8.decode(data) };
}

export class Recorder<Channel extends AnyChannel = ListenerChannel> {
  /** Everything, in order. */
  readonly seen: Seen<Channel>[] = [];
  #read = 0;
  #wake: (() => void) | undefined;
  readonly #react: ((event: Seen<Channel>, object: DataObject | undefined) => unknown) | undefined;

  /** `react` runs inside the callback, after it was recorded; what it returns is what the callback returns. */
  constructor(react?: (event: Seen<Channel>, object: DataObject | undefined) => unknown) {
    this.#react = react;
  }

  readonly onNewChannel = (channel: ListenerChannel): unknown => this.#record({ kind: 'offer', channel }, undefined);

  readonly onEventNotify = (channel: Channel | null, object: DataObject): unknown =>
    this.#record({ kind: 'notification', channel, ...read(object) }, object);

  readonly channelClosed = (channel: Channel | null, object: DataObject, cause: Cause): unknown =>
    this.#record({ kind: 'closed', channel, cause, ...read(object) }, object);

  #record(event: Seen<Channel>, object: DataObject | undefined): unknown {
    this.seen.push(event);
    this.#wake?.();
    return this.#react?.(event, object);
  }

  get notifications(): NotificationSeen<Channel>[] {
    return this.seen.filter((event) => event.kind === 'notification');
  }

  get texts(): string[] {
    return this.notifications.map(({ text }) => text);
  }

  get closes(): CloseSeen<Channel>[] {
    return this.seen.filter((event) => event.kind === 'closed');
  }

  get offers(): OfferSeen[] {
    return this.seen.filter((event) => event.kind === 'offer');
  }

  /** The next notification that was not waited for yet. Rejects after five seconds of real time. */
  nextNotification(): Promise<NotificationSeen<Channel>> {
    return this.#next('notification') as Promise<NotificationSeen<Channel>>;
  }

  nextClose(): Promise<CloseSeen<Channel>> {
    return this.#next('closed') as Promise<CloseSeen<Channel>>;
  }

  nextOffer(): Promise<OfferSeen> {
    return this.#next('offer') as Promise<OfferSeen>;
  }

  async #next(kind: Seen['kind']): Promise<Seen<Channel>> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      while (this.#read < this.seen.length) {
        const event = this.seen[this.#read++];
        if (event?.kind === kind) return event;
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no ${kind} came; seen: ${JSON.stringify(this.seen.map((event) => event.kind))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
