/** A transient subscription (EVC-80, EVC-82): calls one live object, for as long as both sides are there. */

import { type EventClassDescription, type Guid, SpoolError } from '../../shared/index.ts';
import type { Renewable, Renewals } from '../renewals.ts';
import { SinkCaller } from './event-sink.ts';
import { LiveObject, type LiveObjectState } from './live-object.ts';
import type { SubscriptionRequest } from './subscription-request.ts';

/** `away`: the spooler is lost, the subscriber will subscribe again. */
type SubscriptionState = 'subscribing' | 'subscribed' | 'away' | 'ended';

const STATES: Readonly<Record<LiveObjectState, SubscriptionState>> = {
  making: 'subscribing',
  made: 'subscribed',
  away: 'away',
  ended: 'ended',
};

export class TransientSubscription implements Renewable {
  readonly #renewals: Renewals;
  readonly #name: string;
  readonly #object: LiveObject;

  /** For reports. */
  get what(): string {
    return `the subscription ${this.#name}`;
  }

  /** For `Subscriber`. */
  constructor(renewals: Renewals, request: SubscriptionRequest, sink: object, eventClass: EventClassDescription) {
    this.#renewals = renewals;
    this.#name = request.name;
    this.#object = new LiveObject(renewals.listener, new SinkCaller(sink, eventClass, renewals.report, this.what), {
      type: request.eventClass,
      introduce: (id) => this.#ask('subscribe', { subscription: { ...request, id } }),
      takeBack: (id) => this.#ask('unsubscribe', { id }),
      ended: () => renewals.ended(this),
    });
  }

  /** Its cookie (EVC-89). Another one after the spooler was lost: one that is made again is another subscription. */
  get id(): Guid {
    return this.#object.id;
  }

  get state(): SubscriptionState {
    return STATES[this.#object.state];
  }

  /**
   * Ends it, and lets the object go; for its publisher a call that is under way has failed. Rejects with `CONNECTION_LOST`;
   * it has ended all the same. Doing it again does nothing.
   */
  async unsubscribe(): Promise<void> {
    const { state, id } = this.#object;
    if (state === 'ended') return;
    this.close();
    try {
      if (state === 'made') await this.#ask('unsubscribe', { id });
    } catch (reason) {
      // The spooler ended it at the same time.
      if (!(reason instanceof SpoolError && reason.code === 'E_INVALIDARG')) throw reason;
    } finally {
      await this.#object.unregister();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }

  async #ask(method: 'subscribe' | 'unsubscribe', request: object): Promise<void> {
    await this.#renewals.listener.connection.call('events', method, request);
  }

  // ------------------------------------------------------------------------------------------ for its renewals

  /** Rejects as the registration of the object does, and as the event system refuses it; then nothing is left of it. */
  make(): Promise<void> {
    return this.#object.make();
  }

  /** The spooler is lost. */
  lost(): void {
    this.#object.lost();
  }

  /** Nothing is called any more. */
  close(): void {
    this.#object.end();
  }
}
