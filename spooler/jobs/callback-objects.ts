/** Callback objects in connected clients: each is called over a channel of its own, and goes with its session. */

import type { Clock, Guid } from '../../shared/index.ts';
import { SpoolError } from '../../shared/index.ts';
import { JOB_CALLBACK } from '../../shared/jobs/job-callback.ts';
import { ALL_RIGHTS } from '../core/identity.ts';
import type { Caller, ServiceHost } from '../core/service.ts';
import type { CallableObject } from '../objects/callable-object.ts';
import { type ChannelObject, openObject } from '../objects/channel-object.ts';
import { InProcessSource } from '../objects/in-process-source.ts';

export class CallbackObjects {
  readonly #clock: Clock;
  readonly #callTime: number;
  readonly #source: InProcessSource;
  /** The objects of each session that has some. */
  readonly #sessions = new Map<Caller, Set<ChannelObject>>();

  /** `callTime`: milliseconds for one call. */
  constructor(host: ServiceHost, callTime: number) {
    this.#clock = host.clock;
    this.#callTime = callTime;
    this.#source = new InProcessSource(host, { user: 'jobs', rights: ALL_RIGHTS }, 'jobs');
  }

  /** What its objects had answered before is still heard; then they are gone (JOB-MAP-17). */
  left(caller: Caller): void {
    const objects = this.#sessions.get(caller) ?? [];
    this.#sessions.delete(caller);
    for (const object of objects) object.listenerGone('died');
  }

  /**
   * The object that the caller has registered under this ID, which the caller of this function releases. Rejects as
   * `openObject` does, and with `RPC_E_DISCONNECTED` where the session has ended meanwhile.
   */
  async open(caller: Caller, id: Guid): Promise<CallableObject> {
    const time = { clock: this.#clock, callTime: this.#callTime };
    const object = await openObject(this.#source, { name: id, type: JOB_CALLBACK, user: caller.user }, time);
    if (!caller.isPresent) {
      object.release();
      throw new SpoolError('RPC_E_DISCONNECTED', { input: caller.user });
    }
    const objects = this.#sessions.get(caller) ?? new Set();
    this.#sessions.set(caller, objects.add(object));
    void object.gone.then(() => objects.delete(object));
    return object;
  }
}
