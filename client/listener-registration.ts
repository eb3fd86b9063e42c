/**
 * A listener's registration (PAN-22): the ends of the channels it receives from, and what its callback is told.
 */

import {
  type Cause,
  completeName,
  type DataObject,
  type Explanation,
  hresultOf,
  type Interest,
  type Offer,
  type Outcome,
  releaseTriple,
} from '../shared/index.ts';
import { CallbackSequence, giveBack } from './callback-sequence.ts';
import type { Connection } from './connection.ts';
import type { ListedRegistration } from './listed-registration.ts';
import { ListenerChannel } from './listener-channel.ts';
import type { Listener } from './notification-listener.ts';
import type { NotifyCallback } from './notify-callback.ts';
import { RegistrationLife, type RegistrationState } from './registration-life.ts';

export class ListenerRegistration implements ListedRegistration {
  readonly #listener: Listener;
  /** The client's number for it (PROTOCOL.md section 5.4). */
  readonly number: number;
  readonly #asked: Interest;
  readonly #callback: NotifyCallback;
  readonly #life: RegistrationLife;
  /** Unidirectional: one line of callbacks, in the order of its queue (PAN-98). */
  #callbacks: CallbackSequence | undefined;
  /** The unidirectional ends the spooler named; they go with the registration. */
  readonly #ends = new Set<number>();
  /** From the beginning to the unregistration; the loss of the spooler does not end it. */
  #term = { over: false };

  /** For `Listener`. */
  constructor(listener: Listener, number: number, asked: Interest, callback: NotifyCallback) {
    this.#listener = listener;
    this.number = number;
    this.#asked = asked;
    this.#callback = callback;
    this.#life = new RegistrationLife(listener, number);
  }

  get state(): RegistrationState {
    return this.#life.state;
  }

  get interest(): Interest {
    return this.#asked;
  }

  /**
   * Registers, also again after it was unregistered (PAN-95). Rejects with `ALREADY_REGISTERED` (PAN-79),
   * `MAX_REGISTRATION_COUNT_EXCEEDED`, `E_ACCESSDENIED`, `ERROR_INVALID_NAME`, `RPC_S_CALL_CANCELLED`,
   * `CONNECTION_LOST`. May take long (PAN-64): the signal gives up waiting.
   */
  registerForNotifications(options: { readonly signal?: AbortSignal } = {}): Promise<Outcome> {
    return this.#life.begin(() => {
      this.#term = { over: false };
      return this.registerOn(this.#listener.connection, options.signal);
    });
  }

  /** For `Listener`: registers on this connection, the first time or again after the spooler was lost. */
  async registerOn(connection: Connection, signal?: AbortSignal): Promise<Outcome> {
    this.#ends.clear();
    const whose = `the registration for ${this.#asked.name ?? 'the server'}`;
    this.#callbacks ??= new CallbackSequence(connection.clock, connection.report, whose);
    const interest = { ...this.#asked, name: completeName(this.#asked.name, connection.server) };
    const term = this.#term;
    this.#listener.enlist(this.number, this);
    return connection.request(
      (request) => ({ op: 'register', registration: this.number, request, interest }),
      ({ outcome }) => {
        if (signal?.aborted || term.over) this.#takeBack(connection);
        else this.#life.registered();
        return outcome;
      },
      signal,
    );
  }

  /** It was made after nobody wanted it any more (OBS-2). */
  #takeBack(connection: Connection): void {
    const nobodyWaits = (): void => {};
    connection
      .request((request) => ({ op: 'unregister', registration: this.number, request }), nobodyWaits)
      .catch(nobodyWaits);
  }

  /**
   * Unregisters. What is queued for a unidirectional one is dropped (PAN-91); conversations on bidirectional channels
   * go on until closed (PAN-92). Resolves with `NOT_REGISTERED`, a success, where it never was registered (PAN-89);
   * rejects with `ALREADY_UNREGISTERED` (PAN-88) and `CONNECTION_LOST`.
   */
  async unregisterForNotifications(): Promise<Outcome> {
    const notRegistered = this.#life.notRegistered();
    if (notRegistered) return notRegistered;
    const isAway = this.state === 'away';
    this.#life.ending();
    this.#term.over = true;
    try {
      if (isAway) return { code: 'S_OK', hresult: hresultOf('S_OK') };
      const { connection } = this.#listener;
      return await connection.request(
        (request) => ({ op: 'unregister', registration: this.number, request }),
        ({ outcome }) => {
          for (const number of this.#ends) connection.removeEnd(number);
          this.#ends.clear();
          return outcome;
        },
      );
    } finally {
      this.#life.ended();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.isInForce ? this.unregisterForNotifications().then(() => {}) : Promise.resolve();
  }

  /** Which channels it would receive from now, and what keeps the nearest others apart (OBS-1, OBS-4). */
  async explain(): Promise<Explanation> {
    const { connection } = this.#listener;
    return connection.explain('registration', {
      ...this.#asked,
      name: completeName(this.#asked.name, connection.server),
    });
  }

  // ------------------------------------------------------------------------------------------ for the listener

  /** The spooler named an end that belongs to this registration. */
  offered({ end: number, interest }: Offer, connection: Connection): void {
    if (interest.style === 'kBiDirectional') {
      const channel = new ListenerChannel(connection, number, interest, this.#callback);
      connection.addEnd(number, channel.connectionEnd);
      channel.offered();
      return;
    }
    const term = this.#term;
    // What crosses the unregistration, or still stands in line behind an async callback, is given back unread.
    const onEventNotify = (data: DataObject): unknown =>
      term.over ? undefined : this.#callback.onEventNotify(null, data);
    this.#ends.add(number);
    connection.addEnd(number, {
      type: interest.type,
      notified: (data) => this.#callbacks?.run('onEventNotify', onEventNotify, giveBack, data),
      // A source that closed its unidirectional channel is no news to a listener, which never saw the channel (GAP-1).
      closed: (data) => {
        this.#ends.delete(number);
        data.release();
      },
    });
  }

  /** The spooler is gone. A unidirectional registration is told once, with no channel (GAP-1). */
  spoolerLost(connection: Connection, cause: Cause): void {
    if (!this.#life.lost() || this.#asked.style !== 'kUniDirectional') return;
    const data = releaseTriple(connection.ledger);
    this.#callbacks?.run('channelClosed', () => this.#callback.channelClosed?.(null, data, cause), giveBack, data);
  }

  /** It could not be made again after the spooler had been lost. */
  notMadeAgain(): void {
    this.#life.ended();
  }
}
