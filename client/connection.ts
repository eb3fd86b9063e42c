/**
 * One connection to a spooler: greets, matches requests with results and sends with their answers, counts what was received, notices when
 * the spooler is gone. What a channel or a registration means is for listener.ts and sender.ts.
 */

import { unwrap } from '../shared/errors.ts';
import { Heartbeat, type HeartbeatTimes, type Pulse } from '../shared/heartbeat.ts';
import {
  type AnnouncedLimits,
  type Cause,
  CLOSES,
  type ClientRecord,
  type Clock,
  type Closed,
  DataObject,
  decodeRecord,
  type Explanation,
  eachRecord,
  encodeRecord,
  type Guid,
  type Interest,
  type Link,
  type Missed,
  type Notify,
  ObjectLedger,
  type Offer,
  type Outcome,
  type Result,
  releaseTriple,
  SpoolError,
  type SpoolerRecord,
  type StatusReport,
  systemClock,
  type Welcome,
} from '../shared/index.ts';
import { Outbox } from '../shared/outbox.ts';
import { isUpTo, nextSequence } from '../shared/sequence.ts';
import { type OnProblem, reportToConsole } from './callbacks.ts';

/** What both libraries take when they connect. */
export interface ConnectionOptions {
  /** Who one says one is, where the spooler takes one's word. Default: the operating system's user; `anonymous` in browsers. */
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
  /** Development option: remember where each data object was acquired, and report those that are never released when the connection ends. */
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

interface Request {
  resolve(result: Pick<Result, 'id' | 'hresult' | 'json'>): void;
  reject(reason: SpoolError): void;
}

interface Send {
  readonly sequence: number;
  resolve(hresult: number): void;
  reject(reason: SpoolError): void;
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
  #greeted: { resolve(): void; reject(reason: SpoolError): void } | undefined;
  #hooks: ConnectionHooks | undefined;
  #lastRequest = 0;
  readonly #requests = new Map<number, Request>();
  readonly #ends = new Map<number, ConnectionEnd>();
  readonly #sends = new Map<number, Send[]>();
  /** Delivered and not given back, by end, in order. */
  readonly #taken = new Map<number, Set<number>>();
  #lastPing = HEARTBEAT_SEQUENCE;
  readonly #pings = new Map<number, { resolve(): void; reject(reason: SpoolError): void }>();
  readonly #linkGone: Promise<void>;
  #resolveLinkGone: () => void = () => {};

  private constructor(link: Link, options: ConnectionOptions) {
    this.#link = link;
    this.#linkGone = new Promise((resolve) => {
      this.#resolveLinkGone = resolve;
    });
    this.#outbox = new Outbox(link);
    this.clock = options.clock ?? systemClock;
    this.report = options.onProblem ?? reportToConsole;
    this.ledger = new ObjectLedger({ trace: options.traceReferences ?? false });
    this.#heartbeat = new Heartbeat(this.clock, options.heartbeat ?? HEARTBEAT);
  }

  /**
   * Greets the spooler at the other end of an established link. Rejects with `CONNECTION_FAILED`, `UNAUTHORIZED` or `TIMED_OUT`; the link is
   * then closed. The hooks are in force from the first record on.
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
    let sends = 0;
    for (const waiting of this.#sends.values()) sends += waiting.length;
    return {
      ends: this.#ends.size,
      requests: this.#requests.size + this.#pings.size,
      sends,
      liveObjects: this.ledger.live,
    };
  }

  // ------------------------------------------------------------------------------------------ requests

  /**
   * Sends a request. `succeeded` is called with a result of success at once, before anything that follows it is read; what it returns is the
   * promise's value. Rejects with the code of a failure, or when the connection is lost first.
   */
  request<Value>(
    record: (request: number) => ClientRecord,
    succeeded: (success: Success) => Value,
    signal?: AbortSignal,
  ): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled(signal));
      if (this.#state.kind !== 'open') return reject(new SpoolError('CONNECTION_LOST'));
      this.#lastRequest = nextSequence(this.#lastRequest);
      const request = this.#lastRequest;
      const abort = (): void => {
        // The answer may still come; then nobody waits for it, but it takes effect.
        reject(cancelled(signal));
      };
      signal?.addEventListener('abort', abort);
      this.#requests.set(request, {
        resolve: ({ id, hresult, json }) => {
          signal?.removeEventListener('abort', abort);
          try {
            resolve(succeeded({ id, outcome: unwrap(hresult), json }));
          } catch (reason) {
            reject(SpoolError.from(reason, 'PROTOCOL_VIOLATED'));
          }
        },
        reject: (reason) => {
          signal?.removeEventListener('abort', abort);
          reject(reason);
        },
      });
      this.write(record(request));
    });
  }

  /** Resolves when everything sent before has reached the spooler and everything it had sent by then has arrived here. */
  roundTrip(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#state.kind !== 'open') return reject(new SpoolError('CONNECTION_LOST'));
      this.#lastPing = nextSequence(this.#lastPing) || 1;
      this.#pings.set(this.#lastPing, { resolve, reject });
      this.write({ op: 'ping', sequence: this.#lastPing });
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

  // ------------------------------------------------------------------------------------------ ends

  addEnd(number: number, end: ConnectionEnd): void {
    this.#ends.set(number, end);
  }

  removeEnd(number: number): void {
    this.#ends.delete(number);
  }

  /**
   * Sends a `notify` or `close` on an end and resolves with the HRESULT that answers it. The bytes are borrowed until then. Rejects with
   * `CONNECTION_LOST` when no answer can come any more.
   */
  sendOn(record: Extract<ClientRecord, { op: 'notify' | 'close' }>): Promise<number> {
    return new Promise<number>((resolve, reject) => {
      if (this.#state.kind !== 'open') return reject(new SpoolError('CONNECTION_LOST'));
      const { end, sequence } = record;
      const waiting = this.#sends.get(end);
      const send = { sequence, resolve, reject };
      if (waiting) waiting.push(send);
      else this.#sends.set(end, [send]);
      this.write(record);
    });
  }

  write(record: ClientRecord): void {
    if (this.#state.kind !== 'ended') this.#outbox.write(encodeRecord(record));
  }

  // ------------------------------------------------------------------------------------------ reading

  #read(message: Uint8Array): void {
    try {
      eachRecord(message, (raw) => {
        if (this.#state.kind !== 'ended') this.#dispatch(decodeRecord(raw, 'spooler'));
      });
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
      case 'notify':
        return this.#notified(record);
      case 'settled':
        return this.#settled(record.end, record.sequence, record.hresult);
      case 'closed':
        return this.#closed(record);
      case 'offer':
        return this.#hooks?.offered(record, this);
      case 'result': {
        const request = this.#requests.get(record.request);
        this.#requests.delete(record.request);
        return request?.resolve(record);
      }
      case 'ping':
        return this.write({ op: 'pong', sequence: record.sequence });
      case 'pong': {
        const ping = this.#pings.get(record.sequence);
        this.#pings.delete(record.sequence);
        return ping?.resolve();
      }
      case 'welcome': {
        if (this.#state.kind !== 'greeting') throw new SpoolError('PROTOCOL_VIOLATED', { input: 'welcome' });
        this.#welcome = record;
        const pulse = this.#heartbeat.watch({
          ping: () => (this.#link.ping ? this.#link.ping() : this.write({ op: 'ping', sequence: HEARTBEAT_SEQUENCE })),
          silent: () => this.#silent(),
        });
        this.#state = { kind: 'open', pulse };
        return this.#greeted?.resolve();
      }
    }
  }

  #notified({ end: number, sequence, data }: Notify): void {
    const end = this.#ends.get(number);
    this.#take(number, sequence);
    // Crossed the end of this end: given back unread.
    if (end) end.notified(this.#dataObject(number, sequence, end.type, data));
    else this.#giveBack(number, sequence);
  }

  #closed({ end: number, sequence, data, release, cause }: Closed): void {
    const end = this.#ends.get(number);
    this.#ends.delete(number);
    if (release) return end?.closed(releaseTriple(this.ledger), cause);
    this.#take(number, sequence);
    if (end) end.closed(this.#dataObject(number, sequence, end.type, data), cause);
    else this.#giveBack(number, sequence);
  }

  #settled(number: number, sequence: number, hresult: number): void {
    const waiting = this.#sends.get(number);
    if (!waiting) return;
    let answered = 0;
    while (answered < waiting.length && isUpTo((waiting[answered] as Send).sequence, sequence)) answered++;
    for (const send of waiting.splice(0, answered)) send.resolve(hresult);
    if (waiting.length === 0) this.#sends.delete(number);
  }

  // ------------------------------------------------------------------------------------------ references

  #dataObject(number: number, sequence: number, type: Guid, data: Uint8Array | null): DataObject {
    return new DataObject({ type, data, ledger: this.ledger, onDeath: () => this.#giveBack(number, sequence) });
  }

  #take(number: number, sequence: number): void {
    const taken = this.#taken.get(number);
    if (taken) taken.add(sequence);
    else this.#taken.set(number, new Set([sequence]));
  }

  /** Gives one delivery back: together with all before it where it is the oldest, alone where an older one is still in use. */
  #giveBack(number: number, sequence: number): void {
    const taken = this.#taken.get(number);
    if (!taken || this.#state.kind === 'ended') return;
    const [oldest] = taken;
    taken.delete(sequence);
    if (taken.size === 0) this.#taken.delete(number);
    const only = oldest !== sequence;
    const [record] = encodeRecord({ op: 'release', end: number, sequence, only });
    if (!record) return;
    if (only) this.#outbox.write([record]);
    else this.#outbox.writeCumulative(record);
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
    this.#resolveLinkGone();
    const cause = code === CLOSES.GOING_AWAY.code ? 'shutdown' : 'lost';
    this.#end({ code, reason, cause });
  }

  /** The spooler is gone: everything that waits fails, every end hears of it, then whoever made the connection (PAN-172). */
  #end(loss: Loss): void {
    if (this.#state.kind === 'ended') return;
    const input = loss.reason === '' ? `close code ${loss.code}` : `close code ${loss.code}: ${loss.reason}`;
    const ends = [...this.#ends.values()];
    this.#toEnded(new SpoolError('CONNECTION_LOST', { input }));
    for (const end of ends) end.closed(releaseTriple(this.ledger), loss.cause);
    this.#hooks?.lost(loss, this);
  }

  #toEnded(reason: SpoolError): void {
    if (this.#state.kind === 'open') this.#state.pulse.stop();
    this.#state = { kind: 'ended' };
    this.#ends.clear();
    this.#taken.clear();
    const waiting = [...this.#requests.values(), ...this.#pings.values(), ...[...this.#sends.values()].flat()];
    this.#requests.clear();
    this.#pings.clear();
    this.#sends.clear();
    for (const waiter of waiting) waiter.reject(reason);
    this.#greeted?.reject(new SpoolError('CONNECTION_FAILED', { input: reason.input ?? reason.code }));
    for (const leak of this.ledger.leaks()) {
      this.report({
        kind: 'leak',
        what: `data object of type ${leak.type}, ${leak.size} bytes, never released`,
        reason: leak.origins.join('\n'),
      });
    }
  }
}

function cancelled(signal: AbortSignal | undefined): SpoolError {
  return new SpoolError('CONNECTION_ENDED', { input: 'cancelled', cause: signal?.reason });
}
