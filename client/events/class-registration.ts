/**
 * A class that this process serves (EVC-81, JOB-90): where the spooler wants an object of it, it is created here, called,
 * and let go. COM's class factory in an out-of-process server.
 */

import { type EventClassDescription, type Guid, hresultOf } from '../../shared/index.ts';
import type { ListenerChannel } from '../listener-channel.ts';
import type { ListenerRegistration } from '../listener-registration.ts';
import type { NotifyCallback } from '../notify-callback.ts';
import type { Renewable, Renewals } from '../renewals.ts';
import { answerCall, SinkCaller } from './event-sink.ts';

/** `away`: the spooler is lost, the class will be registered again. */
type ClassState = 'registering' | 'registered' | 'away' | 'revoked';

/** Makes an object, or its promise. */
export type CreateObject = (clsid: Guid) => object | PromiseLike<object>;

const EXCEPTION = hresultOf('EVENT_E_USER_EXCEPTION');

export class ClassRegistration implements Renewable {
  readonly clsid: Guid;
  readonly #renewals: Renewals;
  readonly #eventClass: EventClassDescription;
  readonly #createObject: CreateObject;
  readonly #objects = new Map<ListenerChannel, SinkCaller>();
  #state: ClassState = 'registering';
  /** The client has left: an object that was still being made is let go at once. */
  #isClosed = false;
  #registration: ListenerRegistration | undefined;

  /** For reports. */
  get what(): string {
    return `the class ${this.clsid}`;
  }

  /** For `Subscriber` and `Jobs`. */
  constructor(renewals: Renewals, clsid: Guid, eventClass: EventClassDescription, createObject: CreateObject) {
    this.#renewals = renewals;
    this.clsid = clsid;
    this.#eventClass = eventClass;
    this.#createObject = createObject;
  }

  get state(): ClassState {
    return this.#state;
  }

  /** How many objects of it live now. */
  get objects(): number {
    return this.#objects.size;
  }

  /** No object is created here any more; those that live are called until they are let go. Rejects with `CONNECTION_LOST`. */
  async revoke(): Promise<void> {
    if (this.#state === 'revoked') return;
    const isThere = this.#state === 'registered';
    this.end();
    try {
      if (isThere) await this.#renewals.listener.connection.call('classes', 'revoke', { clsid: this.clsid });
    } finally {
      await this.#unregister();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.revoke();
  }

  // ------------------------------------------------------------------------------------------ for its renewals

  /** Rejects as the spooler refuses it, such as with `ALREADY_REGISTERED`; then nothing is left of it. */
  async make(): Promise<void> {
    const { listener } = this.#renewals;
    const { clsid } = this;
    // First: where another process serves the class, its objects must not come here.
    await listener.connection.call('classes', 'register', { clsid });
    try {
      this.#registration = await listener.registerForNotifications(
        { name: clsid, type: clsid, style: 'kBiDirectional' },
        this.#callback(),
      );
    } catch (reason) {
      await listener.connection.call('classes', 'revoke', { clsid }).catch(() => {});
      throw reason;
    }
    if (this.#state !== 'revoked') {
      this.#state = 'registered';
      return;
    }
    // Revoked while it was made again.
    await this.#unregister();
    await listener.connection.call('classes', 'revoke', { clsid });
  }

  #callback(): NotifyCallback {
    return {
      onEventNotify: async (channel, data) => {
        if (!channel) return;
        const object = this.#objects.get(channel) ?? (await this.#created(channel));
        if (object) await object.call(channel, data);
        else answerCall(channel, EXCEPTION);
      },
      channelClosed: (channel) => {
        if (channel) this.#objects.get(channel)?.release();
        if (channel) this.#objects.delete(channel);
      },
    };
  }

  async #created(channel: ListenerChannel): Promise<SinkCaller | undefined> {
    const whose = `an object of the class ${this.clsid}`;
    const { report } = this.#renewals;
    try {
      const object = new SinkCaller(await this.#createObject(this.clsid), this.#eventClass, report, whose);
      if (this.#isClosed) {
        object.release();
        return undefined;
      }
      this.#objects.set(channel, object);
      return object;
    } catch (reason) {
      report({ kind: 'callbackThrew', what: `the making of ${whose}`, reason });
      return undefined;
    }
  }

  /** The spooler is lost. Each object hears of it by its channel. */
  lost(): void {
    if (this.#state === 'revoked') return;
    this.#state = 'away';
    void this.#unregister();
  }

  end(): void {
    if (this.#state === 'revoked') return;
    this.#state = 'revoked';
    this.#renewals.ended(this);
  }

  /** The client leaves, and nobody tells the objects. */
  close(): void {
    this.end();
    this.#isClosed = true;
    for (const object of this.#objects.values()) object.release();
    this.#objects.clear();
  }

  async #unregister(): Promise<void> {
    const registration = this.#registration;
    this.#registration = undefined;
    await registration?.unregisterForNotifications().catch(() => {});
  }
}
