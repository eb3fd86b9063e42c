/** The callback object of a job (JOB-90): called over a channel of its own, for as long as both sides are there. */

import { v4 } from 'uuid';
import { type Cause, type Guid, guid } from '../../shared/index.ts';
import { JOB_CALLBACK } from '../../shared/jobs/job-callback.ts';
import { SinkCaller } from '../events/event-sink.ts';
import type { ListenerRegistration } from '../registration.ts';
import type { Renewable, Renewals } from '../renewals.ts';
import { JOB_CALLBACK_CLASS } from './job-callback.ts';

/** `away`: the spooler is lost, the object will be set again (JOB-120). */
type ObjectState = 'setting' | 'set' | 'away' | 'ended';

export class CallbackObject implements Renewable {
  readonly #renewals: Renewals;
  readonly #job: Guid;
  readonly #sink: SinkCaller;
  readonly #ended: () => void;
  #state: ObjectState = 'setting';
  /** The spooler has let the object go while it was being set, because it refuses it or the job is over at once. */
  #isLetGo = false;
  #registration: ListenerRegistration | undefined;

  get what(): string {
    return `the callback object of the job ${this.#job}`;
  }

  /** `ended`: it is called no more. */
  constructor(renewals: Renewals, job: Guid, sink: object, ended: () => void) {
    this.#renewals = renewals;
    this.#job = job;
    this.#sink = new SinkCaller(sink, JOB_CALLBACK_CLASS, renewals.report, this.what);
    this.#ended = ended;
  }

  get isSet(): boolean {
    return this.#state === 'set';
  }

  async make(): Promise<void> {
    const { listener } = this.#renewals;
    const object = guid(v4());
    this.#isLetGo = false;
    const registration = await listener.registerForNotifications(
      { name: object, type: JOB_CALLBACK, style: 'kBiDirectional' },
      {
        onEventNotify: (channel, data) => channel && this.#sink.call(channel, data),
        channelClosed: (_channel, _data, cause) => this.#closed(cause),
      },
    );
    this.#registration = registration;
    try {
      await listener.connection.call('jobs', 'setNotifyInterface', { job: this.#job, object });
    } catch (reason) {
      await this.#unregister();
      throw reason;
    }
    // Cleared while it was set again: whoever cleared it could not tell the spooler.
    if (this.#state === 'ended')
      await listener.connection.call('jobs', 'setNotifyInterface', { job: this.#job, object: null });
    else if (this.#isLetGo) this.close();
    else this.#state = 'set';
    if (this.#state !== 'set') await this.#unregister();
  }

  /** The spooler has let the object go: the job is over, or has another one now (JOB-93). */
  #closed(cause: Cause): void {
    if (cause === 'lost' || cause === 'shutdown') return;
    if (this.#state === 'set') this.close();
    else this.#isLetGo = true;
  }

  lost(): void {
    if (this.#state === 'ended') return;
    this.#state = 'away';
    void this.#unregister();
  }

  /** Nothing is called any more. Doing it again does nothing. */
  close(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#renewals.ended(this);
    this.#ended();
    this.#sink.release();
    void this.#unregister();
  }

  async #unregister(): Promise<void> {
    const registration = this.#registration;
    this.#registration = undefined;
    // A loss has done it already.
    await registration?.unregisterForNotifications().catch(() => {});
  }
}
