/**
 * An object of this process that the spooler calls by name (EVC-82, JOB-90): registered under an ID of its own, introduced
 * to the service that is to call it, and called until one of the two lets it go. One that is made again after the spooler
 * was lost has another ID.
 */

import { v4 } from 'uuid';
import { type Cause, type Guid, guid } from '../../shared/index.ts';
import type { ListenerRegistration } from '../listener-registration.ts';
import type { Listener } from '../notification-listener.ts';
import type { SinkCaller } from './event-sink.ts';

/** What becomes of a live object at the spooler. */
export interface LiveObjectService {
  /** Of the channels that it is called over; default its ID. */
  readonly type: Guid | undefined;
  /** The object of this ID is to be called. Rejects as the service refuses it. */
  introduce(id: Guid): Promise<unknown>;
  /** It was introduced after nobody wanted it any more. */
  takeBack(id: Guid): Promise<unknown>;
  /** It is called no more; once. */
  ended(): void;
}

/** `away`: the spooler is lost, it will be made again. */
export type LiveObjectState = 'making' | 'made' | 'away' | 'ended';

export class LiveObject {
  readonly #listener: Listener;
  readonly #sink: SinkCaller;
  readonly #service: LiveObjectService;
  #id: Guid = guid(v4());
  #state: LiveObjectState = 'making';
  /** The spooler has let it go while it was being introduced, because it refuses it or is done with it at once. */
  #isLetGo = false;
  #registration: ListenerRegistration | undefined;

  constructor(listener: Listener, sink: SinkCaller, service: LiveObjectService) {
    this.#listener = listener;
    this.#sink = sink;
    this.#service = service;
  }

  get id(): Guid {
    return this.#id;
  }

  get state(): LiveObjectState {
    return this.#state;
  }

  /** Rejects as the registration does, and as the service refuses it; then nothing is left of it at the spooler. */
  async make(): Promise<void> {
    const id = guid(v4());
    this.#isLetGo = false;
    const registration = await this.#listener.registerForNotifications(
      { name: id, type: this.#service.type ?? id, style: 'kBiDirectional' },
      {
        onEventNotify: (channel, data) => channel && this.#sink.call(channel, data),
        channelClosed: (_channel, _data, cause) => this.#closed(cause),
      },
    );
    this.#id = id;
    this.#registration = registration;
    try {
      await this.#service.introduce(id);
    } catch (reason) {
      await this.unregister();
      throw reason;
    }
    // Ended here while it was made again, or let go by the spooler before anybody heard that it was made.
    if (this.#state === 'ended') await this.#service.takeBack(id);
    else if (this.#isLetGo) this.end();
    else this.#state = 'made';
    if (this.#state !== 'made') await this.unregister();
  }

  /** The spooler has let it go, unless the spooler itself is gone. */
  #closed(cause: Cause): void {
    if (cause === 'lost' || cause === 'shutdown') return;
    if (this.#state === 'made') {
      this.end();
      void this.unregister();
    } else this.#isLetGo = true;
  }

  /** The spooler is lost. What was registered there is gone with it. */
  lost(): void {
    if (this.#state === 'ended') return;
    this.#state = 'away';
    void this.unregister();
  }

  /** It is called no more, and let go here. Doing it again does nothing. */
  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#service.ended();
    this.#sink.release();
  }

  /** The spooler cannot call it any more. Never rejects: a loss has done it already. */
  async unregister(): Promise<void> {
    const registration = this.#registration;
    this.#registration = undefined;
    await registration?.unregisterForNotifications().catch(() => {});
  }
}
