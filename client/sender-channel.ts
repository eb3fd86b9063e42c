/** A channel as its source sees it (PAN-19): opens, sends, takes the answers. */

import {
  type Cause,
  type ConversationStyle,
  DataObject,
  type Explanation,
  type Guid,
  type Interest,
  type Outcome,
  type Overflow,
  SpoolError,
  type UserFilter,
} from '../shared/index.ts';
import { CallbackSequence, giveBack } from './callback-sequence.ts';
import type { Connection, ConnectionEnd } from './connection.ts';
import { bytesOf, type Sendable, toDataObject } from './sendable.ts';
import { SendingEnd } from './sending-end.ts';

/** What a channel is opened for (PAN-8, PAN-9, PAN-72). */
export interface ChannelSpecification {
  /** `\\server\printer`, a bare printer name of this spooler, or null for the server. */
  readonly name: string | null;
  readonly type: Guid;
  /** Default `kPerUser`. */
  readonly filter?: UserFilter;
  /** Whom a `kPerUser` channel is for; default oneself. */
  readonly user?: string;
  /** Default `kUniDirectional`. */
  readonly style?: ConversationStyle;
  /** What happens where a registration is full; default `lose`. `wait` is for unidirectional channels. */
  readonly overflow?: Overflow;
}

/**
 * What a source is told (PAN-20). Both may be async; of one channel they run one after another. A data object is
 * borrowed: it is released when the callback, or the promise it returns, ends. Whoever wants it longer calls `addRef`
 * or `acquireData`. One that throws is reported, nothing else.
 */
export interface SenderCallback {
  /** A listener answered. */
  onEventNotify?(channel: SenderChannel, data: DataObject): unknown;
  /**
   * The channel is closed, by its owner with a last message or without, or by rundown: then (null, 0,
   * NOTIFICATION_RELEASE). Exactly once.
   */
  channelClosed?(channel: SenderChannel, data: DataObject, cause: Cause): unknown;
}

type ChannelState =
  | { readonly kind: 'none' }
  | { readonly kind: 'opening' }
  | { readonly kind: 'open'; readonly number: number; readonly end: SendingEnd }
  | { readonly kind: 'closed'; readonly end: SendingEnd };

export class SenderChannel {
  readonly interest: Interest;
  /** Whom it is for; undefined for oneself or for everybody. */
  readonly intendedUser: string | undefined;
  readonly #connection: Connection;
  readonly #overflow: Overflow | undefined;
  readonly #callback: SenderCallback;
  readonly #callbacks: CallbackSequence;
  #state: ChannelState = { kind: 'none' };
  /** Overflow `wait`: what may not be sent before something sent earlier is answered. */
  readonly #line: { readonly size: number; go(): void }[] = [];
  #servingLine = false;

  /** For `Sender`. */
  constructor(
    connection: Connection,
    interest: Interest,
    { user, overflow }: ChannelSpecification,
    callback: SenderCallback,
  ) {
    this.interest = interest;
    this.intendedUser = user;
    this.#connection = connection;
    this.#overflow = overflow;
    this.#callback = callback;
    const whose = `the sender's channel for ${interest.name ?? 'the server'}`;
    this.#callbacks = new CallbackSequence(connection.clock, connection.report, whose);
  }

  get state(): ChannelState['kind'] {
    return this.#state.kind;
  }

  get type(): Guid {
    return this.interest.type;
  }

  /** Opens it. Rejects with `CHANNEL_ALREADY_OPENED` where it is open, was, or is being opened (PAN-113). */
  async createNotificationChannel(): Promise<Outcome> {
    if (this.#state.kind !== 'none') throw new SpoolError('CHANNEL_ALREADY_OPENED');
    this.#state = { kind: 'opening' };
    const { interest, intendedUser: user } = this;
    const overflow = this.#overflow;
    try {
      return await this.#connection.request(
        (request) => ({ op: 'open', end: 0, request, interest, user, overflow }),
        ({ id, outcome }) => {
          this.#opened(id);
          return outcome;
        },
      );
    } catch (reason) {
      this.#state = { kind: 'none' };
      throw reason;
    }
  }

  #opened(number: number): void {
    const end = new SendingEnd(this.#connection, number, this.type, asItIs, () => this.#serveLine());
    this.#state = { kind: 'open', number, end };
    const onEventNotify = (data: DataObject): unknown => this.#callback.onEventNotify?.(this, data);
    const connectionEnd: ConnectionEnd = {
      type: this.type,
      notified: (data) => this.#callbacks.run('onEventNotify', onEventNotify, giveBack, data),
      closed: (data, cause) => {
        this.#state = { kind: 'closed', end };
        const channelClosed = (): unknown => this.#callback.channelClosed?.(this, data, cause);
        this.#callbacks.run('channelClosed', channelClosed, giveBack, data);
      },
    };
    this.#connection.addEnd(number, connectionEnd);
  }

  /**
   * Sends one notification. Resolves with `S_OK`, `NO_LISTENERS` or `UNIRECTIONAL_NOTIFICATION_LOST`, all successes
   * (PAN-114 to PAN-116); rejects with the codes of PAN-117 to PAN-123 and PAN-147, or `CONNECTION_LOST`. Takes one
   * reference on a data object, given back when the promise settles.
   */
  sendNotification(data: Sendable): Promise<Outcome> {
    const state = this.#state;
    if (state.kind === 'none' || state.kind === 'opening') return Promise.reject(new SpoolError('CHANNEL_NOT_OPENED'));
    if (state.kind === 'closed' && !this.#connection.isOpen)
      return Promise.reject(new SpoolError('CHANNEL_ALREADY_CLOSED'));
    const { end } = state;
    if (this.#overflow !== 'wait') return end.send('notify', data);
    if (this.#line.length === 0 && !(data instanceof DataObject)) {
      const bytes = bytesOf(data);
      if (this.#mayGo(end, bytes?.length ?? 0)) return end.send('notify', bytes);
    }
    return this.#inLine(data, (object) => end.send('notify', object));
  }

  /**
   * Closes with a last message, or without one: listeners then see (null, 0, NOTIFICATION_RELEASE) (PAN-50). What was
   * sent before is delivered. Rejects with `CHANNEL_ALREADY_CLOSED`, `INVALID_NOTIFICATION_TYPE`,
   * `MAX_NOTIFICATION_SIZE_EXCEEDED`, `INTERNAL_NOTIFICATION_QUEUE_IS_FULL`.
   */
  async closeChannel(data: Sendable = null): Promise<Outcome> {
    const state = this.#state;
    if (state.kind === 'none' || state.kind === 'opening') throw new SpoolError('CHANNEL_NOT_OPENED');
    if (state.kind === 'closed' && !this.#connection.isOpen) throw new SpoolError('CHANNEL_ALREADY_CLOSED');
    const { end } = state;
    const close = (object: Sendable): Promise<Outcome> =>
      data === null ? end.closeWithRelease() : end.send('close', object);
    const outcome = await (this.#overflow === 'wait' ? this.#inLine(data, close) : close(data));
    if (this.#state.kind === 'open') {
      this.#connection.removeEnd(this.#state.number);
      this.#state = { kind: 'closed', end: state.end };
    }
    return outcome;
  }

  /** Which registrations this channel reaches now, and what keeps the nearest others apart (OBS-1, OBS-4). */
  explain(): Promise<Explanation> {
    return this.#connection.explain('channel', this.interest, this.intendedUser);
  }

  // ------------------------------------------------------------------------------------------ overflow `wait`

  /** Whether so much more may be unanswered; one always may. */
  #mayGo({ unanswered }: SendingEnd, size: number): boolean {
    const { waitingObjects, waitingBytes } = this.#connection.limits;
    return unanswered.objects === 0 || (unanswered.objects < waitingObjects && unanswered.bytes + size <= waitingBytes);
  }

  /** What goes beyond that stands in line here, in order. */
  #inLine(data: Sendable, send: (object: DataObject) => Promise<Outcome>): Promise<Outcome> {
    const object = toDataObject(data, this.type);
    return new Promise<Outcome>((resolve, reject) => {
      const go = (): void => {
        send(object)
          .then(resolve, reject)
          .finally(() => object.release());
      };
      this.#line.push({ size: object.size, go });
      this.#serveLine();
    });
  }

  #serveLine(): void {
    const state = this.#state;
    if (this.#servingLine || (state.kind !== 'open' && state.kind !== 'closed')) return;
    // What cannot be sent any more is answered at once, and comes back here.
    this.#servingLine = true;
    for (let next = this.#line[0]; next !== undefined; next = this.#line[0]) {
      if (!this.#mayGo(state.end, next.size)) break;
      this.#line.shift();
      next.go();
    }
    this.#servingLine = false;
  }
}

function asItIs(reason: SpoolError): SpoolError {
  return reason;
}
