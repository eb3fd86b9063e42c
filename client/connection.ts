/**
 * One connection to a spooler: greets, matches requests with results and sends with their answers, counts what was
 * received, notices when the spooler is gone. What a channel or a registration means is for the libraries.
 */

import { checkCarried, hresultSettled } from '../shared/decode-record.ts';
import { Heartbeat, type HeartbeatTimes, type Pulse } from '../shared/heartbeat.ts';
import {
  type AnnouncedLimits,
  type Cause,
  CLOSES,
  type ClientRecord,
  type Clock,
  type Closed,
  type Code,
  type DataObject,
  decodeRecord,
  type Explanation,
  encodeRecord,
  FLAGS,
  type Guid,
  type Interest,
  type Link,
  type LinkHandlers,
  type Missed,
  ObjectLedger,
  type Offer,
  OPS,
  RawRecord,
  releaseTriple,
  SpoolError,
  type SpoolerRecord,
  type StatusReport,
  systemClock,
  type Welcome,
} from '../shared/index.ts';
import { Outbox } from '../shared/outbox.ts';
import { Awaited, type Success } from './awaited.ts';
import { encodePayload, type Reply, replyOf } from './call.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { Greeting } from './greeting.ts';
import { leaksIn } from './leaks.ts';
import { connectionLost, type Loss, lossOf, refusalOf } from './loss.ts';
import { harmless, type OnProblem, reportToConsole } from './problem.ts';
import { Received } from './received.ts';
import type { Unanswered } from './unanswered.ts';

/** One end of a channel, as the connection sees it. The data objects are the end's to release. */
export interface ConnectionEnd {
  readonly type: Guid;
  notified(data: DataObject): void;
  /** Nothing follows; also called when the connection is gone. */
  closed(data: DataObject, cause: Cause): void;
}

export interface ConnectionHooks {
  offered(offer: Offer, connection: Connection): void;
  /** Exactly once, after every end was told; not when this side closed it. */
  lost(loss: Loss, connection: Connection): void;
}

/** What a connection holds; all zero after it has ended. */
export interface ConnectionStats {
  readonly ends: number;
  readonly requests: number;
  readonly sends: number;
  readonly liveObjects: number;
}

type ConnectionState =
  | { readonly kind: 'greeting'; readonly greeting: Greeting }
  | { readonly kind: 'open'; readonly pulse: Pulse }
  | { readonly kind: 'ended' };

const HEARTBEAT: HeartbeatTimes = { interval: 5_000, timeout: 5_000 };
/** The heartbeat's pings, whose answers nobody waits for; those of `roundTrip` have other numbers. */
const HEARTBEAT_SEQUENCE = 0;

const text = new TextDecoder();

export class Connection {
  readonly ledger: ObjectLedger;
  readonly clock: Clock;
  readonly report: OnProblem;
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #heartbeat: Heartbeat;
  readonly #hooks: ConnectionHooks;
  #state: ConnectionState;
  #welcome: Welcome | undefined;
  readonly #ends = new Map<number, ConnectionEnd>();
  readonly #awaited = new Awaited();
  readonly #received: Received;
  readonly #linkGone: Promise<void>;
  #resolveLinkGone: () => void = () => {};

  private constructor(link: Link, greeting: Greeting, options: ConnectionOptions, hooks: ConnectionHooks) {
    this.#link = link;
    this.#state = { kind: 'greeting', greeting };
    this.#hooks = hooks;
    this.#linkGone = new Promise((resolve) => {
      this.#resolveLinkGone = resolve;
    });
    this.#outbox = new Outbox(link);
    this.clock = options.clock ?? systemClock;
    this.report = harmless(options.onProblem ?? reportToConsole);
    this.ledger = new ObjectLedger({ trace: options.traceReferences ?? false });
    this.#received = new Received(this.#outbox, this.ledger, this.clock);
    this.#heartbeat = new Heartbeat(this.clock, options.heartbeat ?? HEARTBEAT);
  }

  /**
   * Greets the spooler at the other end of an established link. Rejects with `CONNECTION_FAILED`, `UNAUTHORIZED`,
   * `PROTOCOL_VIOLATED` or `TIMED_OUT`; the link is then closed. The hooks are in force from the first record on.
   */
  static async greet(
    link: Link,
    options: ConnectionOptions,
    instance: Guid | undefined,
    hooks: ConnectionHooks,
  ): Promise<Connection> {
    const greeting = new Greeting(link, options);
    const connection = new Connection(link, greeting, options, hooks);
    const { user, agent = 'spoolpipe' } = options;
    await greeting.run(
      () => link.attach(connection.#handlers),
      () => connection.write({ op: 'hello', user, instance, agent }),
    );
    return connection;
  }

  get #handlers(): LinkHandlers {
    return {
      onMessage: (message) => this.#read(message),
      onAlive: () => {
        if (this.#state.kind === 'open') this.#state.pulse.alive();
      },
      onDrain: () => {},
      onClose: (code, reason) => this.#linkClosed(code, reason),
    };
  }

  get isOpen(): boolean {
    return this.#state.kind === 'open';
  }

  /** The identity in force. */
  get user(): string {
    return this.#told.user;
  }

  get server(): string {
    return this.#told.server;
  }

  get limits(): AnnouncedLimits {
    return this.#told.limits;
  }

  /** Why this client was cut off last time, and what it missed. */
  get missed(): Missed | undefined {
    return this.#told.missed;
  }

  /** What the spooler said of itself. */
  get #told(): Welcome {
    if (!this.#welcome) throw new SpoolError('CONNECTION_FAILED', { input: 'not greeted yet' });
    return this.#welcome;
  }

  stats(): ConnectionStats {
    const { requests, sends } = this.#awaited;
    return { ends: this.#ends.size, requests, sends, liveObjects: this.ledger.live };
  }

  // ------------------------------------------------------------------------------------------ requests

  /**
   * Sends a request. `succeeded` is called with a result of success at once, before anything that follows it is read;
   * what it returns is the promise's value. Rejects with the code of a failure, or when the connection is lost first.
   */
  request<Value>(
    record: (request: number) => ClientRecord,
    succeeded: (success: Success) => Value,
    signal?: AbortSignal,
  ): Promise<Value> {
    const send = (request: number): void => {
      if (this.#state.kind !== 'open') throw new SpoolError('CONNECTION_LOST');
      this.write(record(request));
    };
    return this.#awaited.request(send, succeeded, signal);
  }

  /**
   * Resolves when everything sent before has reached the spooler and everything it had sent by then has arrived here.
   */
  roundTrip(): Promise<void> {
    if (this.#state.kind !== 'open') return Promise.reject(new SpoolError('CONNECTION_LOST'));
    return this.#awaited.ping((sequence) => this.write({ op: 'ping', sequence }));
  }

  explain(side: 'registration' | 'channel', interest: Interest, user?: string): Promise<Explanation> {
    return this.request(
      (request) => ({ op: 'explain', request, side, interest, user }),
      ({ json }) => JSON.parse(text.decode(json)) as Explanation,
    );
  }

  status(): Promise<StatusReport> {
    return this.request(
      (request) => ({ op: 'status', request }),
      ({ json }) => JSON.parse(text.decode(json)) as StatusReport,
    );
  }

  /**
   * Calls a method of a service with JSON; bytes go as they are, borrowed until it is answered. Rejects with
   * `E_NOINTERFACE` where the spooler has no such service, `E_NOTIMPL` where that has no such method, `E_OUTOFMEMORY`
   * where too many calls are under way, `MAX_NOTIFICATION_SIZE_EXCEEDED`, what the service refuses it with, and
   * `CONNECTION_LOST`. Calls may be answered in another order than they were made. The signal gives up waiting; the call
   * takes effect all the same.
   */
  async call(service: string, method: string, json?: unknown, signal?: AbortSignal): Promise<Reply> {
    const payload = encodePayload(json, this.limits.payload);
    return this.request((request) => ({ op: 'call', request, service, method, payload }), replyOf, signal);
  }

  // ------------------------------------------------------------------------------------------ ends

  addEnd(number: number, end: ConnectionEnd): void {
    this.#ends.set(number, end);
  }

  removeEnd(number: number): void {
    this.#ends.delete(number);
    this.#received.finish(number);
    this.#awaited.finish(number);
  }

  /** Something is being sent on the end: its answer goes there, or the news that none can come any more. */
  awaitAnswer(end: number, unanswered: Unanswered): void {
    if (!this.#awaited.knows(end)) this.#awaited.sent(end, unanswered, !this.#ends.has(end));
  }

  /** Sends a `notify` or `close` of the channel's type. The bytes are borrowed until it is answered. */
  carry(op: 'notify' | 'close', end: number, sequence: number, data: Uint8Array | null, release: boolean): void {
    if (this.#state.kind === 'ended') return;
    this.#received.giveBackKept();
    this.#outbox.carry(OPS[op], release ? FLAGS.release : 0, end, sequence, data);
  }

  write(record: ClientRecord): void {
    if (this.#state.kind === 'ended') return;
    this.#received.giveBackKept();
    this.#outbox.write(encodeRecord(record));
  }

  // ------------------------------------------------------------------------------------------ reading

  #read(message: Uint8Array): void {
    try {
      if (message.length === 0) throw new SpoolError('MALFORMED_RECORD', { input: 'empty message' });
      const raw = new RawRecord(message, 0);
      for (let offset = raw.length; ; offset += raw.length) {
        if (this.#state.kind === 'ended') return;
        // Read where they stand: there may be a million a second.
        if (raw.op === OPS.notify) this.#notified(raw);
        else if (raw.op === OPS.settled) this.#awaited.settled(raw.id, raw.sequence, hresultSettled(raw));
        else this.#dispatch(decodeRecord(raw, 'spooler'));
        if (offset >= message.length) return;
        raw.moveTo(message, offset);
      }
    } catch (reason) {
      const { code } = CLOSES.MALFORMED;
      this.#link.close(code, CLOSES.MALFORMED.reason);
      this.#end(lossOf(code, SpoolError.from(reason, 'PROTOCOL_VIOLATED').code));
    }
  }

  #dispatch(record: SpoolerRecord): void {
    switch (record.op) {
      case 'closed':
        return this.#closed(record);
      case 'offer':
        return this.#hooks.offered(record, this);
      case 'result':
        return this.#awaited.answered(record.request, record);
      case 'ping':
        return this.write({ op: 'pong', sequence: record.sequence });
      case 'pong':
        return this.#awaited.ponged(record.sequence);
      case 'welcome': {
        if (this.#state.kind !== 'greeting') throw new SpoolError('PROTOCOL_VIOLATED', { input: 'welcome' });
        const { greeting } = this.#state;
        this.#welcome = record;
        const pulse = this.#heartbeat.watch({
          ping: () => (this.#link.ping ? this.#link.ping() : this.write({ op: 'ping', sequence: HEARTBEAT_SEQUENCE })),
          silent: () => this.#silent(),
        });
        this.#state = { kind: 'open', pulse };
        this.#received.allow({ objects: record.limits.keptObjects, bytes: record.limits.keptBytes });
        return greeting.welcomed();
      }
      case 'notify':
      case 'settled':
        // Read above.
        return;
    }
  }

  #notified(raw: RawRecord): void {
    checkCarried(raw);
    if (raw.headerLength > 0) throw new SpoolError('MALFORMED_RECORD', { input: 'a header where none belongs' });
    const { id, sequence } = raw;
    const end = this.#ends.get(id);
    const data = (raw.flags & FLAGS.null) === 0 ? raw.payload : null;
    // What crosses the end of an end is given back unread.
    if (end) end.notified(this.#received.take(id, sequence, end.type, data));
    else this.#received.refuse(id, sequence, raw.payloadLength);
  }

  #closed({ end: number, sequence, data, release, cause }: Closed): void {
    const end = this.#ends.get(number);
    this.#ends.delete(number);
    if (release) end?.closed(releaseTriple(this.ledger), cause);
    else if (end) end.closed(this.#received.take(number, sequence, end.type, data), cause);
    else this.#received.refuse(number, sequence, data?.length ?? 0);
    this.#received.finish(number);
    this.#awaited.finish(number);
  }

  // ------------------------------------------------------------------------------------------ ending

  /** Says goodbye and closes. Nobody's callbacks are told; what waits is rejected with `CONNECTION_ENDED`. */
  close(): Promise<void> {
    if (this.#state.kind !== 'ended') {
      this.#outbox.flush();
      this.#toEnded(new SpoolError('CONNECTION_ENDED'));
      this.#link.close(CLOSES.NORMAL.code, CLOSES.NORMAL.reason);
    }
    return this.#linkGone;
  }

  #silent(): void {
    this.#end(lossOf(CLOSES.SILENT.code, CLOSES.SILENT.reason));
    this.#link.terminate();
  }

  #linkClosed(code: number, reason: string): void {
    this.#end(lossOf(code, reason));
    for (const leak of leaksIn(this.ledger)) this.report(leak);
    this.#resolveLinkGone();
  }

  /**
   * The spooler is gone: everything that waits fails, every end hears of it, then whoever made the connection
   * (PAN-172).
   */
  #end(loss: Loss): void {
    if (this.#state.kind === 'ended') return;
    const ends = [...this.#ends.values()];
    this.#toEnded(connectionLost(loss), refusalOf(loss));
    for (const end of ends) end.closed(releaseTriple(this.ledger), loss.cause);
    this.#hooks.lost(loss, this);
  }

  /** `refusal`: what it means to somebody who was still being greeted. */
  #toEnded(reason: SpoolError, refusal: Code = 'CONNECTION_FAILED'): void {
    const state = this.#state;
    if (state.kind === 'open') state.pulse.stop();
    this.#state = { kind: 'ended' };
    this.#ends.clear();
    this.#received.end();
    this.#awaited.rejectAll(reason);
    if (state.kind === 'greeting')
      state.greeting.refused(new SpoolError(refusal, { input: reason.input ?? reason.code }));
  }
}
