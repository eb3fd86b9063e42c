/** Transient subscriptions: the objects in clients that the event system holds and calls (EVC-80 to EVC-92). */

import { type Cause, SpoolError } from '../../shared/index.ts';
import { ALL_RIGHTS, type Identity } from '../core/identity.ts';
import type { Caller, ServiceHost } from '../core/service.ts';
import { type CallTime, type ChannelObject, openObject } from '../objects/channel-object.ts';
import { InProcessSource } from '../objects/in-process-source.ts';
import { Attendance } from './attendance.ts';
import type { Subscription, SubscriptionDocument } from './subscription.ts';
import type { Subscriptions } from './subscriptions.ts';

/** As whom the event system opens its channels. */
const IDENTITY: Identity = { user: 'EventSystem', rights: ALL_RIGHTS };

export class LiveSubscribers {
  readonly #subscriptions: Subscriptions<ChannelObject>;
  readonly #time: CallTime;
  readonly #source: InProcessSource;
  readonly #attendance = new Attendance();

  /** `callTime`: milliseconds for one call. */
  constructor(host: ServiceHost, subscriptions: Subscriptions<ChannelObject>, callTime: number) {
    this.#subscriptions = subscriptions;
    this.#time = { clock: host.clock, callTime };
    this.#source = new InProcessSource(host, IDENTITY, 'event system');
  }

  joined(caller: Caller): void {
    // The event system's own session logs nobody on.
    if (caller.identity !== IDENTITY) this.#attendance.joined(caller);
  }

  /** What its objects had answered before is still heard; then their subscriptions end (EVC-85). */
  left(caller: Caller): void {
    if (caller.identity === IDENTITY) return;
    const cause: Cause = 'died';
    for (const id of this.#attendance.left(caller)) this.#subscriptions.live(id)?.listenerGone(cause);
  }

  isLoggedOn(user: string): boolean {
    return this.#attendance.isLoggedOn(user);
  }

  /**
   * Subscribes the object that the caller has registered under the ID of the subscription. The subscription ends with the
   * object, and with the session. Rejects as `Subscriptions.subscribe` and `openObject` do.
   */
  async subscribe(caller: Caller, document: SubscriptionDocument): Promise<Subscription> {
    const { id, eventClass } = document;
    if (id === undefined) throw new SpoolError('E_INVALIDARG', { input: 'id: that of the registered object' });
    const target = { name: id, type: eventClass ?? id, user: caller.user };
    const object = await openObject(this.#source, target, this.#time);
    try {
      const subscription = await this.#subscriptions.subscribe(document, caller.user, object);
      void object.gone.then(() => this.#ended(caller, subscription, object));
      if (caller.isPresent) this.#attendance.tie(caller, id);
      else object.listenerGone('died');
      return subscription;
    } catch (reason) {
      object.release();
      throw reason;
    }
  }

  /** Its object is gone. Where the subscription has ended before, that is why, and another may have its ID by now. */
  #ended(caller: Caller, { id }: Subscription, object: ChannelObject): void {
    const live = this.#subscriptions.live(id);
    if (live === undefined || live === object) this.#attendance.untie(caller, id);
    if (live === object) void this.#subscriptions.unsubscribe(id, () => true).catch(() => {});
  }

  /**
   * Calls every object with nothing, and ends the subscriptions of those that do not answer (EVC-91). Resolves with how
   * many. Any answer will do.
   */
  async verify(): Promise<number> {
    const objects = this.#subscriptions.transient().flatMap(({ id }) => this.#subscriptions.live(id) ?? []);
    const answers = await Promise.all(objects.map(answersAtAll));
    const silent = objects.filter((_, index) => !answers[index]);
    for (const object of silent) object.release();
    return silent.length;
  }
}

async function answersAtAll(object: ChannelObject): Promise<boolean> {
  try {
    await object.call(new Uint8Array(0));
    return true;
  } catch (reason) {
    return reason instanceof SpoolError && reason.code === 'PROTOCOL_VIOLATED';
  }
}
