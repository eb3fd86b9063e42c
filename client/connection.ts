/**
 * One connection to a spooler: greets, matches requests with results and sends with their answers, counts what was
 * received, notices when the spooler is gone. What a channel or a registration means is for listener.ts and sender.ts.
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
  isFinal,
  succeeded as isSuccess,
  type Link,
  type Missed,
  ObjectLedger,
  type Offer,
  OPS,
  type Outcome,
  outcomeOf,
  RawRecord,
  releaseTriple,
  SpoolError,
  type SpoolerRecord,
  type StatusReport,
  systemClock,
  type Welcome,
} from '../shared/index.ts';
import { Outbox } from '../shared/outbox.ts';
import { type Answer, Awaited, type Waiter } from './awaited.ts';
import { encodePayload, failureOf, type Reply, replyOf } from './call.ts';
import { harmless, type OnProblem, reportToConsole } from './callbacks.ts';
import { Received } from './received.ts';
import type { Unanswered } from './unanswered.ts';

/** What both libraries take when they connect. */
export interface ConnectionOptions {
  /**
   * Who one says one is, where the spooler takes one's word. Default: the operating system's user; `anonymous` in
   * browsers.
   */
  readonly user?: string;
  /** What the spooler's token file names one by. */
  readonly token?: string;
  /** For people who look at `status`; default the library's name. */
  readonly agent?: string;
  /** Milliseconds; default 5,000 and 5,000. */
  readonly heartbeat?: HeartbeatTimes;
  /** Milliseconds to connect and be greeted; default 10,000. */
  readonly connectTime?: number;
  readonly clock?: Clock;
  /** Told of callbacks that throw or hang. Default: the console. */
  readonly onProblem?: OnProblem;
  /**
   * Development option: remember where each data object was acquired, and report those that are never released when the
   * connection ends.
   */
  readonly traceReferences?: boolean;
  /** Cancels connecting. */
  readonly signal?: AbortSignal;
}

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

/** How a connection was lost. */
export interface Loss {
  /** WebSocket close code; 1006: without a goodbye. */
  readonly code: number;
  readonly reason: string;
  readonly cause: Cause;
}

/** What a connection holds; all zero after it has ended. */
export interface ConnectionStats {
  readonly ends: number;
  readonly requests: number;
  readonly sends: number;
  readonly liveObjects: number;
}

/** A request that worked. */
export interface Success {
  /** The end's number, for `open`. */
  readonly id: number;
  readonly outcome: Outcome;
  readonly json: Uint8Array;
}

interface OpenState {
  readonly kind: 'open';
  readonly pulse: Pulse;
}
type ConnectionState = { readonly kind: 'greeting' } | OpenState | { readonly kind: 'ended' };

const HEARTBEAT: HeartbeatTimes = { interval: 5_000, timeout: 5_000 };
const CONNECT_TIME = 10_000;
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
  #state: ConnectionState = { kind: 'greeting' };
  #welcome: Welcome | undefined;
  #greeted: { readonly resolve: () => void; readonly reject: (reason: SpoolError) => void } | undefined;
  #hooks: ConnectionHooks | undefined;
  readonly #ends = new Map<number, ConnectionEnd>();
  readonly #awaited = new Awaited();
  readonly #received: Received;
  readonly #linkGone: Promise<void>;
  #resolveLinkGone: () => void = () => {};

  private constructor(link: Link, options: ConnectionOptions) {
    this.#link = link;
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
    const connection = new Connection(link, options);
    connection.#hooks = hooks;
    await connection.#greet(options, instance);
    return connection;
  }

  async #greet(
    { user, agent = 'spoolpipe', connectTime = CONNECT_TIME, signal }: ConnectionOptions,
    instance: Guid | undefined,
  ): Promise<void> {
    const give = (code: 'TIMED_OUT' | 'CONNECTION_ENDED'): void => {
      this.#greeted?.reject(new SpoolError(code, { input: 'connecting' }));
      this.#link.terminate();
    };
    const cancel = this.clock.after(connectTime, () => give('TIMED_OUT'));
    const abort = (): void => give('CONNECTION_ENDED');
    signal?.addEventListener('abort', abort);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#greeted = { resolve, reject };
        this.#link.attach({
          onMessage: (message) => this.#read(message),
          onAlive: () => {
            if (this.#state.kind === 'open') this.#state.pulse.alive();
          },
          onDrain: () => {},
          onClose: (code, reason) => this.#linkClosed(code, reason),
        });
        if (signal?.aborted) return give('CONNECTION_ENDED');
        this.write({ op: 'hello', user, instance, agent });
      });
    } catch (reason) {
      this.#link.terminate();
      throw reason;
    } finally {
      cancel();
      signal?.removeEventListener('abort', abort);
      this.#greeted = undefined;
    }
  }

  get isOpen(): boolean {
    return this.#state.kind === 'open';
  }

  /** The identity in force. */
  get user(): string {
    return this.#greeting.user;
  }

  get server(): string {
    return this.#greeting.server;
  }

  get limits(): AnnouncedLimits {
    return this.#greeting.limits;
  }

  /** Why this client was cut off last time, and what it missed. */
  get missed(): Missed | undefined {
    return this.#greeting.missed;
  }

  get #greeting(): Welcome {
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
    return new Promise<Value>((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled(signal));
      if (this.#state.kind !== 'open') return reject(new SpoolError('CONNECTION_LOST'));
      // The answer may still come; then nobody waits for it, but it takes effect.
      const abort = (): void => reject(cancelled(signal));
      const waiter: Waiter<Answer> = {
        resolve: ({ id, hresult, json }) => {
          signal?.removeEventListener('abort', abort);
          try {
            if (!isSuccess(hresult)) throw failureOf(hresult, json);
            resolve(succeeded({ id, outcome: outcomeOf(hresult), json }));
          } catch (reason) {
            reject(SpoolError.from(reason, 'PROTOCOL_VIOLATED'));
          }
        },
        reject: (reason) => {
          signal?.removeEventListener('abort', abort);
          reject(reason);
        },
      };
      this.#awaited.request(waiter, (request) => this.write(record(request)));
      signal?.addEventListener('abort', abort);
    });
  }

  /**
   * Resolves when everything sent before has reached the spooler and everything it had sent by then has arrived here.
   */
  roundTrip(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#state.kind !== 'open') return reject(new SpoolError('CONNECTION_LOST'));
      this.write({ op: 'ping', sequence: this.#awaited.ping({ resolve, reject }) });
    });
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
   * Calls a method of a service with JSON; bytes go as they are, borrowed until it is answered. Rejects with `E_NOINTERFACE` where the spooler has no such service, `E_NOTIMPL` where
   * that has no such method, `E_OUTOFMEMORY` where too many calls are under way, `MAX_NOTIFICATION_SIZE_EXCEEDED`, what
   * the service refuses it with, and `CONNECTION_LOST`. Calls may be answered in another order than they were made. The
   * signal gives up waiting; the call takes effect all the same.
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
      this.#link.close(CLOSES.MALFORMED.code, CLOSES.MALFORMED.reason);
      this.#end({
        code: CLOSES.MALFORMED.code,
        reason: SpoolError.from(reason, 'PROTOCOL_VIOLATED').code,
        cause: 'lost',
      });
    }
  }

  #dispatch(record: SpoolerRecord): void {
    switch (record.op) {
      case 'closed':
        return this.#closed(record);
      case 'offer':
        return this.#hooks?.offered(record, this);
      case 'result':
        return this.#awaited.answered(record.request, record);
      case 'ping':
        return this.write({ op: 'pong', sequence: record.sequence });
      case 'pong':
        return this.#awaited.ponged(record.sequence);
      case 'welcome': {
        if (this.#state.kind !== 'greeting') throw new SpoolError('PROTOCOL_VIOLATED', { input: 'welcome' });
        this.#welcome = record;
        const pulse = this.#heartbeat.watch({
          ping: () => (this.#link.ping ? this.#link.ping() : this.write({ op: 'ping', sequence: HEARTBEAT_SEQUENCE })),
          silent: () => this.#silent(),
        });
        this.#state = { kind: 'open', pulse };
        this.#received.allow({ objects: record.limits.keptObjects, bytes: record.limits.keptBytes });
        return this.#greeted?.resolve();
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
    this.#end({ code: CLOSES.SILENT.code, reason: CLOSES.SILENT.reason, cause: 'lost' });
    this.#link.terminate();
  }

  #linkClosed(code: number, reason: string): void {
    const cause = code === CLOSES.GOING_AWAY.code ? 'shutdown' : 'lost';
    this.#end({ code, reason, cause });
    this.#reportLeaks();
    this.#resolveLinkGone();
  }

  /**
   * The spooler is gone: everything that waits fails, every end hears of it, then whoever made the connection
   * (PAN-172).
   */
  #end(loss: Loss): void {
    if (this.#state.kind === 'ended') return;
    const input = loss.reason === '' ? `close code ${loss.code}` : `close code ${loss.code}: ${loss.reason}`;
    const ends = [...this.#ends.values()];
    this.#toEnded(new SpoolError('CONNECTION_LOST', { input }), refusalOf(loss.code));
    for (const end of ends) end.closed(releaseTriple(this.ledger), loss.cause);
    this.#hooks?.lost(loss, this);
  }

  /** `refusal`: what it means to somebody who was still being greeted. */
  #toEnded(reason: SpoolError, refusal: Code = 'CONNECTION_FAILED'): void {
    if (this.#state.kind === 'open') this.#state.pulse.stop();
    this.#state = { kind: 'ended' };
    this.#ends.clear();
    this.#received.end();
    this.#awaited.rejectAll(reason);
    this.#greeted?.reject(new SpoolError(refusal, { input: reason.input ?? reason.code }));
  }

  /** What callbacks only borrowed is no leak: the library gives that back itself. */
  #reportLeaks(): void {
    for (const { type, size, origins } of this.ledger.leaks()) {
      const taken = origins.filter((origin) => !origin.startsWith('created'));
      if (taken.length === 0) continue;
      this.report({
        kind: 'leak',
        what: `a data object of type ${type}, ${size} bytes, was never released`,
        reason: taken.join('\n'),
      });
    }
  }
}

/** Why a spooler does not greet: for good, or only now. */
function refusalOf(closeCode: number): Code {
  if (closeCode === CLOSES.WRONG_USER.code || closeCode === CLOSES.TOKEN_EXPIRED.code) return 'UNAUTHORIZED';
  return isFinal(closeCode) ? 'PROTOCOL_VIOLATED' : 'CONNECTION_FAILED';
}

function cancelled(signal: AbortSignal | undefined): SpoolError {
  return new SpoolError('CONNECTION_ENDED', { input: 'cancelled', cause: signal?.reason });
}
