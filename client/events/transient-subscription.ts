/** A transient subscription (EVC-80, EVC-82): calls one live object, for as long as both sides are there. */

import { v4 } from 'uuid';
import { type Cause, type EventClassDescription, type Guid, guid, SpoolError } from '../../shared/index.ts';
import type { Listener } from '../notification-listener.ts';
import type { NotifyCallback } from '../notify-callback.ts';
import type { OnProblem } from '../problem.ts';
import type { ListenerRegistration } from '../registration.ts';
import { SinkCaller } from './event-sink.ts';
import type { SubscriptionRequest } from './subscription-request.ts';

/** `away`: the spooler is lost, the subscriber will subscribe again. */
type SubscriptionState = 'subscribing' | 'subscribed' | 'away' | 'ended';

/** What a subscription needs of its subscriber. */
export interface SubscriptionHost {
  readonly listener: Listener;
  readonly report: OnProblem;
  /** It has ended: not to be made again. */
  ended(subscription: TransientSubscription): void;
}

export class TransientSubscription {
  readonly #host: SubscriptionHost;
  readonly #request: SubscriptionRequest;
  readonly #sink: SinkCaller;
  #id: Guid = guid(v4());
  #state: SubscriptionState = 'subscribing';
  /** The spooler has let the object go while it was being subscribed, because it refuses it or ends it at once. */
  #isLetGo = false;
  #registration: ListenerRegistration | undefined;

  /** For reports. */
  get what(): string {
    return `the subscription ${this.#request.name}`;
  }

  /** For `Subscriber`. */
  constructor(host: SubscriptionHost, request: SubscriptionRequest, sink: object, eventClass: EventClassDescription) {
    this.#host = host;
    this.#request = request;
    this.#sink = new SinkCaller(sink, eventClass, host.report, this.what);
  }

  /** Its cookie (EVC-89). Another one after the spooler was lost: one that is made again is another subscription. */
  get id(): Guid {
    return this.#id;
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  /**
   * Ends it, and lets the object go; for its publisher a call that is under way has failed. Rejects with `CONNECTION_LOST`;
   * it has ended all the same. Doing it again does nothing.
   */
  async unsubscribe(): Promise<void> {
    if (this.#state === 'ended') return;
    const isThere = this.#state === 'subscribed';
    this.close();
    try {
      if (isThere) await this.#host.listener.connection.call('events', 'unsubscribe', { id: this.#id });
    } catch (reason) {
      // The spooler ended it at the same time.
      if (!(reason instanceof SpoolError && reason.code === 'E_INVALIDARG')) throw reason;
    } finally {
      await this.#unregister();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }

  // ------------------------------------------------------------------------------------------ for the subscriber

  /**
   * Registers the object under the subscription's ID and subscribes it. Rejects as the registration does, and as the event
   * system refuses it; then nothing is left of it.
   */
  async make(): Promise<void> {
    const { listener } = this.#host;
    const id = guid(v4());
    this.#isLetGo = false;
    const { eventClass } = this.#request;
    const registration = await listener.registerForNotifications(
      { name: id, type: eventClass ?? id, style: 'kBiDirectional' },
      this.#callback(),
    );
    this.#id = id;
    this.#registration = registration;
    try {
      await listener.connection.call('events', 'subscribe', { subscription: { ...this.#request, id } });
    } catch (reason) {
      await this.#unregister();
      throw reason;
    }
    // Unsubscribed while it was made again, or ended by the spooler before anybody heard that it was made.
    if (this.#state === 'ended') await listener.connection.call('events', 'unsubscribe', { id });
    else if (this.#isLetGo) this.close();
    else this.#state = 'subscribed';
    if (this.#state !== 'subscribed') await this.#unregister();
  }

  #callback(): NotifyCallback {
    return {
      onEventNotify: (channel, data) => channel && this.#sink.call(channel, data),
      channelClosed: (_channel, _data, cause) => this.#closed(cause),
    };
  }

  /** The spooler has let the object go, unless the spooler itself is gone. */
  #closed(cause: Cause): void {
    if (cause === 'lost' || cause === 'shutdown') return;
    if (this.#state === 'subscribed') {
      this.close();
      void this.#unregister();
    } else this.#isLetGo = true;
  }

  /** The spooler is lost. What was registered there is gone with it. */
  lost(): void {
    if (this.#state === 'ended') return;
    this.#state = 'away';
    void this.#unregister();
  }

  /** Nothing is called any more. */
  close(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#host.ended(this);
    this.#sink.release();
  }

  async #unregister(): Promise<void> {
    const registration = this.#registration;
    this.#registration = undefined;
    // A loss has done it already.
    await registration?.unregisterForNotifications().catch(() => {});
  }
}
