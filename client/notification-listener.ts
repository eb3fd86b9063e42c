/**
 * The listening side: registers, receives, answers, and comes back after the spooler was lost. No transport is named
 * here.
 */

import { v4 } from 'uuid';
import {
  type Clock,
  type Explanation,
  type Guid,
  guid,
  type Interest,
  type Offer,
  SpoolError,
  type StatusReport,
  systemClock,
} from '../shared/index.ts';
import {
  type PersistentRegistration,
  type PersistentRegistrations,
  REGISTRATIONS,
} from '../shared/persistence/registrations.ts';
import { Connection, type ConnectionStats } from './connection.ts';
import type { ListedRegistration } from './listed-registration.ts';
import type { Dial, Gap, ListenerOptions } from './listener-options.ts';
import { ListenerRegistration } from './listener-registration.ts';
import type { Loss } from './loss.ts';
import type { NotifyCallback, RegistrationSpecification } from './notify-callback.ts';
import {
  identityOf,
  type PersistentNotifyCallback,
  type PersistentRegistrationSpecification,
} from './persistence/persistent-callback.ts';
import { PersistentListenerRegistration } from './persistence/persistent-registration.ts';
import { attempt, harmless, reportToConsole } from './problem.ts';
import { DEFAULT_RECONNECT, worthTrying } from './reconnect.ts';
import { Retries } from './retries.ts';

/**
 * Joins a listener to the spooler that `dial` reaches. Rejects with `CONNECTION_FAILED`, `UNAUTHORIZED`, `TIMED_OUT`.
 */
export async function createListener(dial: Dial, options: ListenerOptions = {}): Promise<Listener> {
  const listener = new Listener(dial, options);
  await listener.connect();
  return listener;
}

type ListenerState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connected'; readonly connection: Connection }
  /** Waiting to try again, or trying. */
  | { readonly kind: 'away'; readonly last: Connection; readonly retries: Retries }
  | { readonly kind: 'closed'; readonly last: Connection | undefined };

export class Listener {
  readonly #dial: Dial;
  readonly #options: ListenerOptions;
  readonly #instance: Guid = guid(v4());
  readonly #registrations = new Map<number, ListedRegistration>();
  #lastNumber = 0;
  #state: ListenerState = { kind: 'idle' };

  /** For `createListener`. */
  constructor(dial: Dial, options: ListenerOptions) {
    this.#dial = dial;
    this.#options = options;
  }

  /** For `createListener`. */
  async connect(): Promise<void> {
    this.#state = { kind: 'connected', connection: await this.#newConnection() };
  }

  /** `away`: the spooler is lost, the listener is coming back. */
  get state(): ListenerState['kind'] {
    return this.#state.kind;
  }

  get user(): string {
    return this.connection.user;
  }

  /** For registrations: the connection in force. Throws `CONNECTION_LOST` while there is none. */
  get connection(): Connection {
    if (this.#state.kind !== 'connected')
      throw new SpoolError(this.#state.kind === 'closed' ? 'CONNECTION_ENDED' : 'CONNECTION_LOST');
    return this.#state.connection;
  }

  /**
   * Registers. The callback is kept until unregistered, so it need not be kept elsewhere (PAN-59, OBS-1). Rejects as the
   * registration's own method does.
   */
  registerForNotifications(
    specification: RegistrationSpecification,
    callback: NotifyCallback,
    options?: { readonly signal?: AbortSignal },
  ): Promise<ListenerRegistration>;
  /**
   * Attaches to a persistent registration, which is made where there is none of this ID: what was sent while nobody was
   * attached is given first. It stays when this listener leaves; `unregisterForNotifications` removes it.
   */
  registerForNotifications(
    specification: PersistentRegistrationSpecification,
    callback: PersistentNotifyCallback,
    options?: { readonly signal?: AbortSignal },
  ): Promise<PersistentListenerRegistration>;
  async registerForNotifications(
    specification: RegistrationSpecification | PersistentRegistrationSpecification,
    callback: NotifyCallback & PersistentNotifyCallback,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ListenerRegistration | PersistentListenerRegistration> {
    const registration = this.#prepare(specification, callback);
    await registration.registerForNotifications(options);
    return registration;
  }

  /**
   * A registration that is not made yet. Throws `E_INVALIDARG` without a callback (PAN-59, OBS-9), and for an ID or a style
   * that a persistent one cannot have.
   */
  prepareRegistration(specification: RegistrationSpecification, callback: NotifyCallback): ListenerRegistration;
  prepareRegistration(
    specification: PersistentRegistrationSpecification,
    callback: PersistentNotifyCallback,
  ): PersistentListenerRegistration;
  prepareRegistration(
    specification: RegistrationSpecification | PersistentRegistrationSpecification,
    callback: NotifyCallback & PersistentNotifyCallback,
  ): ListenerRegistration | PersistentListenerRegistration {
    return this.#prepare(specification, callback);
  }

  #prepare(
    specification: RegistrationSpecification | PersistentRegistrationSpecification,
    callback: NotifyCallback & PersistentNotifyCallback,
  ): ListenerRegistration | PersistentListenerRegistration {
    if (typeof callback?.onEventNotify !== 'function')
      throw new SpoolError('E_INVALIDARG', { input: 'a callback with onEventNotify is required' });
    const { name, type, filter = 'kPerUser', style = 'kUniDirectional', persistent } = specification;
    const asked: Interest = { name, type, filter, style };
    if (persistent === undefined) return new ListenerRegistration(this, ++this.#lastNumber, asked, callback);
    const identity = identityOf(persistent);
    if (!identity || style !== 'kUniDirectional')
      throw new SpoolError('E_INVALIDARG', { input: identity ? style : 'the ID of a persistent registration' });
    return new PersistentListenerRegistration(this, ++this.#lastNumber, asked, identity, callback);
  }

  /** One's own persistent registrations. Rejects with `E_NOINTERFACE` where the spooler keeps nothing, `CONNECTION_LOST`. */
  async persistentRegistrations(): Promise<readonly PersistentRegistration[]> {
    const { json } = await this.connection.call(REGISTRATIONS, 'list', {});
    return (json as PersistentRegistrations).registrations;
  }

  /**
   * Removes one's own persistent registration of this ID for good, with all that is kept for it; whoever is attached to it is
   * told. Rejects with `NOT_REGISTERED`, `E_NOINTERFACE`, `CONNECTION_LOST`.
   */
  async removePersistentRegistration(id: string): Promise<void> {
    await this.connection.call(REGISTRATIONS, 'remove', { id });
  }

  async status(): Promise<StatusReport> {
    return this.connection.status();
  }

  /** Which channels a registration like this would receive from now, and what keeps the nearest others apart. */
  async explain(specification: RegistrationSpecification): Promise<Explanation> {
    return this.prepareRegistration(specification, { onEventNotify: () => {} }).explain();
  }

  /** Resolves when everything sent before has been processed and everything it caused here has arrived. */
  async roundTrip(): Promise<void> {
    return this.connection.roundTrip();
  }

  stats(): ConnectionStats & { readonly registrations: number } {
    const connection =
      this.#state.kind === 'connected'
        ? this.#state.connection
        : this.#state.kind === 'idle'
          ? undefined
          : this.#state.last;
    const stats = connection?.stats() ?? { ends: 0, requests: 0, sends: 0, liveObjects: 0 };
    return { ...stats, registrations: this.#registrations.size };
  }

  /**
   * Leaves for good. Callbacks are not told of what one does oneself. Persistent registrations stay; what is acknowledged is
   * stored before this resolves.
   */
  async close(): Promise<void> {
    const state = this.#state;
    const leaving = [...this.#registrations.values()].flatMap((registration) => registration.leave?.() ?? []);
    this.#registrations.clear();
    switch (state.kind) {
      case 'connected':
        this.#state = { kind: 'closed', last: state.connection };
        if (leaving.length > 0) await Promise.all(leaving);
        return state.connection.close();
      case 'away':
        this.#state = { kind: 'closed', last: state.last };
        return state.retries.end();
      case 'idle':
        this.#state = { kind: 'closed', last: undefined };
        return;
      case 'closed':
        return;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ------------------------------------------------------------------------------------------ for registrations

  enlist(number: number, registration: ListedRegistration): void {
    this.#registrations.set(number, registration);
  }

  delist(number: number): void {
    this.#registrations.delete(number);
  }

  // ------------------------------------------------------------------------------------------ coming back

  async #newConnection(): Promise<Connection> {
    return Connection.greet(await this.#dial(), this.#options, this.#instance, {
      offered: (offer, from) => {
        const registration = this.#registrations.get(offer.registration);
        if (registration) registration.offered(offer, from);
        else decline(offer, from);
      },
      lost: (loss, from) => this.#lost(loss, from),
    });
  }

  #lost(loss: Loss, connection: Connection): void {
    // One that was lost while it was still being greeted or registered on is the concern of whoever is doing that.
    if (this.#state.kind !== 'connected' || this.#state.connection !== connection) return;
    const { reconnect = true, onLost } = this.#options;
    const retrying = reconnect !== false && worthTrying(loss.code);
    for (const registration of this.#registrations.values()) registration.spoolerLost(connection, loss.cause);
    // A callback that was just told may have closed it.
    if (this.state === 'closed') return;
    if (retrying) this.#state = { kind: 'away', last: connection, retries: this.#retriesAfter(loss, connection) };
    else this.#giveUp(connection);
    this.#guard('onLost', () => onLost?.(loss, retrying));
  }

  #retriesAfter(loss: Loss, last: Connection): Retries {
    const { reconnect } = this.#options;
    const policy = { ...DEFAULT_RECONNECT, ...(typeof reconnect === 'object' ? reconnect : {}) };
    const lostAt = this.#clock.now();
    const refused = (): void => {
      this.#giveUp(last);
      this.#guard('onLost', () => this.#options.onLost?.(loss, false));
    };
    return new Retries(this.#clock, policy, () => this.#comeBack(loss, lostAt), refused);
  }

  #giveUp(last: Connection): void {
    for (const registration of this.#registrations.values()) registration.notMadeAgain();
    this.#registrations.clear();
    this.#state = { kind: 'closed', last };
  }

  async #comeBack(loss: Loss, lostAt: number): Promise<void> {
    const connection = await this.#newConnection();
    if (this.#state.kind !== 'away') return connection.close();
    this.#state.retries.end();
    this.#state = { kind: 'connected', connection };
    for (const registration of [...this.#registrations.values()]) {
      // Unregistered before its turn came.
      if (!this.#registrations.has(registration.number)) continue;
      try {
        await registration.registerOn(connection);
      } catch (reason) {
        // Lost again meanwhile: the registration stays on the list for the next time.
        if (!connection.isOpen) throw reason;
        this.delist(registration.number);
        registration.notMadeAgain();
        connection.report({
          kind: 'registrationLost',
          what: `the registration for ${registration.interest.name ?? 'the server'} was not made again`,
          reason,
        });
      }
    }
    const gap: Gap = { duration: this.#clock.now() - lostAt, loss, missed: connection.missed };
    this.#guard('onGap', () => this.#options.onGap?.(gap));
  }

  get #clock(): Clock {
    return this.#options.clock ?? systemClock;
  }

  #guard(what: string, callback: () => void): void {
    const report = harmless(this.#options.onProblem ?? reportToConsole);
    attempt(callback, (reason) => report({ kind: 'callbackThrew', what, reason }));
  }
}

/** A channel offered to a registration that nobody wants any more: its source must not count on us. */
function decline({ end, interest }: Offer, connection: Connection): void {
  if (interest.style !== 'kBiDirectional') return;
  // Nobody waits for the answer, and where the connection is gone the offer is too.
  connection.carry('close', end, 1, null, true);
}
