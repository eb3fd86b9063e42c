/**
 * A source of channels that is part of the spooler itself, for features that call objects. It has no privilege but its
 * identity: it speaks the protocol over a link, so that counting, credit, limits and rundown are those of the pipe. It has
 * a session for each user it calls, so that nobody uses up what a sender may have under way for somebody else; and each
 * only while there are channels.
 */

import {
  type Cause,
  CLOSES,
  type ClientRecord,
  type ConversationStyle,
  decodeRecord,
  eachRecord,
  encodeRecord,
  FLAGS,
  type Guid,
  type Interest,
  type Link,
  OPS,
  type Open,
  type RawRecord,
  type Result,
  SpoolError,
  type SpoolerRecord,
  succeeded,
} from '../../shared/index.ts';
import { Outbox } from '../../shared/outbox.ts';
import { nextSequence } from '../../shared/sequence.ts';
import type { Identity } from '../core/identity.ts';
import type { ServiceHost } from '../core/service.ts';
import { inProcessLinks } from './in-process-link.ts';
import { errorOf, type SessionEnd, type SourceSide } from './source-side.ts';
import { StreamChannel, type StreamHandlers } from './stream-channel.ts';

/** Whom a channel is for: the `kPerUser` registrations of that user for the name and the type. */
export interface Target {
  /**
   * The printer's part of the name; the server's is the spooler's own. For an object it is the GUID of what it is: of a
   * subscription, of a class or of an attachment, in lower case without braces.
   */
  readonly name: string;
  readonly type: Guid;
  readonly user: string;
}

/** What the owner of a channel is told. Data is a copy of its own. */
export interface ChannelHandlers {
  /** The listener has answered; null is the null of the wire. */
  answered(data: Uint8Array | null): void;
  /** What was sent is refused and goes nowhere. */
  refused(reason: SpoolError): void;
  /** Exactly once, unless the owner closes it: with the listener's last message, or undefined without one. */
  closed(cause: Cause, last: Uint8Array | null | undefined): void;
}

/** One end of a channel. */
export interface SourceChannel {
  /** Sends; the listener answers, or it is refused. Does nothing once the channel is closed. */
  send(bytes: Uint8Array): void;
  /** Nothing is told any more. */
  close(): void;
}

export class InProcessSource {
  readonly #host: Pick<ServiceHost, 'accept' | 'server'>;
  readonly #identity: Identity;
  readonly #agent: string;
  readonly #sessions = new Map<string, SourceSession>();

  /** `agent` is for people who look at `status`. */
  constructor(host: Pick<ServiceHost, 'accept' | 'server'>, identity: Identity, agent: string) {
    this.#host = host;
    this.#identity = identity;
    this.#agent = agent;
  }

  /**
   * Opens a channel; the caller closes it. Rejects with `MAX_CHANNEL_COUNT_EXCEEDED`, `ERROR_INVALID_NAME`,
   * `E_ACCESSDENIED`, `RPC_S_CALL_CANCELLED`, `CONNECTION_LOST`.
   */
  open(target: Target, handlers: ChannelHandlers): Promise<SourceChannel> {
    const session = this.#sessionFor(target);
    return session.open(this.#open(target, 'kBiDirectional'), (end) => new Channel(session, end, handlers));
  }

  /** The same for a unidirectional channel that waits where there is no room. */
  openStream(target: Target, handlers: StreamHandlers): Promise<StreamChannel> {
    const session = this.#sessionFor(target);
    const open = { ...this.#open(target, 'kUniDirectional'), overflow: 'wait' } as const;
    return session.open(open, (end) => new StreamChannel(session, end, handlers));
  }

  #open({ name, type, user }: Target, style: ConversationStyle): OpenRequest {
    const interest: Interest = { name: `\\\\${this.#host.server}\\${name}`, type, filter: 'kPerUser', style };
    return { interest, user };
  }

  #sessionFor({ user }: Target): SourceSession {
    return this.#sessions.get(user) ?? this.#newSession(user);
  }

  #newSession(user: string): SourceSession {
    const [near, far] = inProcessLinks();
    const session = new SourceSession(near, this.#agent, () => {
      if (this.#sessions.get(user) === session) this.#sessions.delete(user);
    });
    this.#sessions.set(user, session);
    this.#host.accept(far, { identity: this.#identity });
    return session;
  }
}

type OpenRequest = Pick<Open, 'interest' | 'user' | 'overflow'>;

interface Opening {
  readonly name: string | null;
  opened(end: number): SessionEnd;
  reject(reason: SpoolError): void;
}

/** From the first channel to the last. */
class SourceSession implements SourceSide {
  most = { objects: 1, bytes: 0 };
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #ended: () => void;
  readonly #openings = new Map<number, Opening>();
  readonly #channels = new Map<number, SessionEnd>();
  #lastRequest = 0;

  constructor(link: Link, agent: string, ended: () => void) {
    this.#link = link;
    this.#outbox = new Outbox(link);
    this.#ended = ended;
    link.attach({
      onMessage: (message) => eachRecord(message, (raw) => this.#read(raw)),
      onAlive: () => {},
      onDrain: () => {},
      onClose: (code) => this.#lost(code === CLOSES.GOING_AWAY.code ? 'shutdown' : 'lost'),
    });
    this.#write({ op: 'hello', agent });
  }

  open<End extends SessionEnd>(asked: OpenRequest, newEnd: (end: number) => End): Promise<End> {
    return new Promise((resolve, reject) => {
      this.#lastRequest = nextSequence(this.#lastRequest);
      const request = this.#lastRequest;
      this.#write({ op: 'open', end: 0, request, ...asked });
      const opened = (number: number): End => {
        const end = newEnd(number);
        resolve(end);
        return end;
      };
      this.#openings.set(request, { name: asked.interest.name, opened, reject });
    });
  }

  // ------------------------------------------------------------------------------------------ for its channels

  carry(op: 'notify' | 'close', end: number, sequence: number, data: Uint8Array | null, release: boolean): void {
    this.#outbox.carry(OPS[op], release ? FLAGS.release : 0, end, sequence, data);
  }

  removed(end: number): void {
    this.#channels.delete(end);
    this.#endIfIdle();
  }

  // ------------------------------------------------------------------------------------------ reading

  #read(raw: RawRecord): void {
    const record = decodeRecord(raw, 'spooler');
    switch (record.op) {
      case 'notify':
        this.#outbox.release(record.end, record.sequence);
        return this.#channels.get(record.end)?.notified(record.data);
      case 'closed':
        return this.#closed(record);
      case 'settled':
        return this.#channels.get(record.end)?.settled(record.sequence, record.hresult);
      case 'result':
        return this.#opened(record);
      case 'ping':
        return this.#write({ op: 'pong', sequence: record.sequence });
      case 'welcome':
        this.most = { objects: record.limits.waitingObjects, bytes: record.limits.waitingBytes };
        return;
      case 'pong':
      case 'offer':
        return;
    }
  }

  #opened({ request, id, hresult }: Result): void {
    const opening = this.#openings.get(request);
    if (!opening) return;
    this.#openings.delete(request);
    if (succeeded(hresult)) {
      this.#channels.set(id, opening.opened(id));
    } else {
      opening.reject(errorOf(hresult, opening.name ?? undefined));
      this.#endIfIdle();
    }
  }

  #closed({ end, sequence, data, release, cause }: SpoolerRecord & { op: 'closed' }): void {
    const channel = this.#channels.get(end);
    if (!release) this.#outbox.release(end, sequence);
    channel?.closed(cause, release ? undefined : data);
  }

  // ------------------------------------------------------------------------------------------ ending

  #endIfIdle(): void {
    if (this.#channels.size > 0 || this.#openings.size > 0) return;
    this.#ended();
    this.#outbox.flush();
    this.#link.close(CLOSES.NORMAL.code, CLOSES.NORMAL.reason);
  }

  #lost(cause: Cause): void {
    this.#ended();
    const openings = [...this.#openings.values()];
    const channels = [...this.#channels.values()];
    this.#openings.clear();
    this.#channels.clear();
    for (const opening of openings) opening.reject(new SpoolError('CONNECTION_LOST', { input: cause }));
    for (const channel of channels) channel.closed(cause, undefined);
  }

  #write(record: ClientRecord): void {
    this.#outbox.write(encodeRecord(record));
  }
}

class Channel implements SourceChannel, SessionEnd {
  readonly #handlers: ChannelHandlers;
  readonly #side: SourceSide;
  readonly #number: number;
  #sent = 0;
  #isOver = false;

  constructor(side: SourceSide, number: number, handlers: ChannelHandlers) {
    this.#side = side;
    this.#number = number;
    this.#handlers = handlers;
  }

  send(bytes: Uint8Array): void {
    if (!this.#isOver) this.#side.carry('notify', this.#number, this.#next(), bytes, false);
  }

  close(): void {
    if (this.#isOver) return;
    this.#side.carry('close', this.#number, this.#next(), null, true);
    this.#over();
  }

  // ------------------------------------------------------------------------------------------ for its session

  notified(data: Uint8Array | null): void {
    this.#handlers.answered(data);
  }

  settled(_: number, hresult: number): void {
    if (!succeeded(hresult)) this.#handlers.refused(errorOf(hresult));
  }

  closed(cause: Cause, last: Uint8Array | null | undefined): void {
    this.#over();
    this.#handlers.closed(cause, last);
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#side.removed(this.#number);
  }

  #next(): number {
    this.#sent = nextSequence(this.#sent);
    return this.#sent;
  }
}
