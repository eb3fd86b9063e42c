/** A persistent registration as its listener has it: attached to the spooler, and again after each loss. */

import {
  type Cause,
  completeName,
  type DataObject,
  hresultOf,
  type Interest,
  type Offer,
  type Outcome,
  releaseTriple,
} from '../../shared/index.ts';
import { type OverHeading, REGISTRATIONS } from '../../shared/persistence/registrations.ts';
import { CallbackSequence, giveBack } from '../callback-sequence.ts';
import type { Connection } from '../connection.ts';
import type { ListedRegistration } from '../listed-registration.ts';
import type { Listener } from '../notification-listener.ts';
import { RegistrationLife, type RegistrationState } from '../registration-life.ts';
import { Attachment, type Given } from './attachment.ts';
import type { PersistentIdentity, PersistentNotifyCallback, Recovery } from './persistent-callback.ts';

/** Why it is over, in the words of a closed channel. */
const CAUSES: Readonly<Record<OverHeading['over'], Cause>> = { taken: 'acquired', removed: 'closed', failed: 'faulty' };

export class PersistentListenerRegistration implements ListedRegistration {
  /** For the attachments (PROTOCOL.md section 5.4). */
  readonly number: number;
  readonly #listener: Listener;
  readonly #asked: Interest;
  readonly #identity: PersistentIdentity;
  readonly #callback: PersistentNotifyCallback;
  readonly #life: RegistrationLife;
  #callbacks: CallbackSequence | undefined;
  #attachment: Attachment | undefined;

  /** For `Listener`. */
  constructor(
    listener: Listener,
    number: number,
    asked: Interest,
    identity: PersistentIdentity,
    callback: PersistentNotifyCallback,
  ) {
    this.#listener = listener;
    this.number = number;
    this.#asked = asked;
    this.#identity = identity;
    this.#callback = callback;
    this.#life = new RegistrationLife(listener, number);
  }

  get id(): string {
    return this.#identity.id;
  }

  get state(): RegistrationState {
    return this.#life.state;
  }

  get interest(): Interest {
    return this.#asked;
  }

  /**
   * Attaches, and makes the registration where there is none of this ID; also again once it is over. Whoever was attached
   * to it is told that it is taken. Rejects with `E_INVALIDARG` where it exists with another interest, which `input` says;
   * `E_NOINTERFACE` where the spooler keeps nothing, what the store says such as `STORE_FULL`, and else as a
   * registration does. The signal gives up waiting.
   */
  registerForNotifications(options: { readonly signal?: AbortSignal } = {}): Promise<Outcome> {
    return this.#life.begin(() => this.registerOn(this.#listener.connection, options.signal));
  }

  /** For `Listener`: attaches on this connection, the first time or again after the spooler was lost. */
  registerOn(connection: Connection, signal?: AbortSignal): Promise<Outcome> {
    const whose = `the persistent registration ${this.id}`;
    this.#callbacks ??= new CallbackSequence(connection.clock, connection.report, whose);
    const attachment = new Attachment(connection, this.number, this.#asked.type, {
      attached: (recovery) => this.#attached(recovery),
      given: (given) => this.#callbacks?.run('onEventNotify', this.#onEventNotify, dealtWith, given),
      lost: (count) => this.#tell('notificationsLost', () => this.#callback.notificationsLost?.(count)),
      over: (why) => this.#over(connection, CAUSES[why]),
    });
    this.#attachment = attachment;
    this.#listener.enlist(this.number, this);
    const { id, retention } = this.#identity;
    const { name, type, filter } = this.#asked;
    const complete = completeName(name, connection.server);
    return attachment.attach({ id, name: complete, type, filter, ...(retention && { retention }) }, signal);
  }

  #attached(recovery: Recovery): void {
    this.#life.registered();
    this.#tell('recovered', () => this.#callback.recovered?.(recovery));
  }

  /**
   * Removes it for good, with all that is kept for it. Resolves with `NOT_REGISTERED`, a success, where it never was
   * attached here (PAN-89); rejects with `ALREADY_UNREGISTERED` (PAN-88), with `NOT_REGISTERED` where it had been removed
   * already, and with `CONNECTION_LOST`: while the spooler is lost nothing is changed.
   */
  async unregisterForNotifications(): Promise<Outcome> {
    const notRegistered = this.#life.notRegistered();
    if (notRegistered) return notRegistered;
    const removing = this.#listener.connection.call(REGISTRATIONS, 'remove', { id: this.id });
    this.#life.ending();
    this.#attachment?.abandon();
    try {
      return (await removing).outcome;
    } finally {
      this.#life.ended();
    }
  }

  /**
   * Leaves it in place: nothing more is given, and what is sent from now on is kept. Resolves when the spooler has stored
   * what is acknowledged. `onEventNotify` that still runs has not ended: its notification comes again. Doing it again, or
   * where it is not attached, does nothing.
   */
  async detach(): Promise<Outcome> {
    if (this.#life.isInForce) {
      this.#life.ending();
      await this.#attachment?.detach();
      this.#life.ended();
    }
    return { code: 'S_OK', hresult: hresultOf('S_OK') };
  }

  /** Leaves it in place. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.detach();
  }

  // ------------------------------------------------------------------------------------------ for the listener

  /** The spooler named the end of an attachment. */
  offered({ end }: Offer): void {
    this.#attachment?.offered(end);
  }

  /** The spooler is gone. The callback is told once, with no channel (GAP-1). */
  spoolerLost(connection: Connection, cause: Cause): void {
    this.#attachment?.end();
    if (this.#life.lost()) this.#tellClosed(connection, cause);
  }

  /** It could not be made again after the spooler had been lost. */
  notMadeAgain(): void {
    this.#life.ended();
  }

  /** The listener leaves for good: what is acknowledged is said before. */
  async leave(): Promise<void> {
    this.#life.ended();
    await this.#attachment?.detach();
  }

  // ------------------------------------------------------------------------------------------ parts

  /** The spooler gives nothing more. */
  #over(connection: Connection, cause: Cause): void {
    this.#life.ended();
    this.#tellClosed(connection, cause);
  }

  #tell(what: string, callback: () => unknown): void {
    this.#callbacks?.run(what, callback, () => {}, undefined);
  }

  #tellClosed({ ledger }: Connection, cause: Cause): void {
    const channelClosed = (data: DataObject): unknown => this.#callback.channelClosed?.(null, data, cause);
    this.#callbacks?.run('channelClosed', channelClosed, giveBack, releaseTriple(ledger));
  }

  /** What had arrived when its attachment was over, and was not begun, comes again: it is not given twice. */
  readonly #onEventNotify = ({ attachment, data, kept }: Given): unknown =>
    attachment.isOver ? undefined : this.#callback.onEventNotify(null, data, kept);
}

function dealtWith({ data }: Given): void {
  data.release();
}
