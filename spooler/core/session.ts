/**
 * One connected client: reads its records, owns everything it has. The states are those of PROTOCOL.md section 7.1; how it
 * begins and why it ends is in greeting.ts and closing.ts, what happens then in rundown.ts.
 */

import { hresultOf } from '../../shared/errors.ts';
import type { Pulse, Watched } from '../../shared/heartbeat.ts';
import {
  type Cancel,
  type Cause,
  CLOSES,
  type ClientRecord,
  type CloseName,
  decodeRecord,
  encodeRecord,
  type Hello,
  type Link,
  type LinkHandlers,
  OPS,
  type RawRecord,
  type SpoolerRecord,
} from '../../shared/index.ts';
import type { Loan } from '../../shared/loan.ts';
import { Outbox } from '../../shared/outbox.ts';
import type { Attendance } from './calls.ts';
import { causeOf, closeFor } from './closing.ts';
import { Delivery, type DeliveryHooks } from './delivery.ts';
import { EndTable } from './end-table.ts';
import type { Channel, End, Finish, ListenerEnd } from './ends.ts';
import { whenExpired } from './expiry.ts';
import { identified, welcomeFor } from './greeting.ts';
import type { Identity } from './identity.ts';
import { Inbox, type InboxHooks } from './inbox.ts';
import { LazySet } from './lazy-set.ts';
import type { Message } from './message.ts';
import { offer, tellClosed } from './offering.ts';
import type { Registration } from './registration.ts';
import { RegistrationTable } from './registration-table.ts';
import { requested } from './requests.ts';
import { runDown } from './rundown.ts';
import { close, notify, release } from './sending.ts';
import type { Spooler } from './spooler.ts';

/** Who is at the other end of a link, as far as whoever accepted it knows. */
export interface Peer {
  /** From its token; undefined where the spooler takes the client's word. */
  readonly identity?: Identity;
}

/** Connected; `hello` is due. */
interface Greeting {
  readonly kind: 'greeting';
  readonly peer: Peer;
  readonly cancelDeadline: () => void;
}
interface OpenState {
  readonly kind: 'open';
  readonly identity: Identity;
  readonly pulse: Pulse;
  readonly cancelExpiry: Cancel | undefined;
}
interface Ended {
  readonly kind: 'ended';
}
type SessionState = Greeting | OpenState | Ended;

const json = new TextEncoder();
const S_OK = hresultOf('S_OK');

/** What whoever accepted a link may still do about it. */
export interface Accepted {
  /** Ends the session from this side: the close code for the peer, the cause for everybody else. */
  end(close: CloseName, cause: Cause): void;
}

export class Session implements Accepted, LinkHandlers, InboxHooks, DeliveryHooks, Watched {
  readonly spooler: Spooler;
  readonly link: Link;
  readonly delivery: Delivery;
  readonly startedAt: number;
  readonly registrations = new RegistrationTable();
  /** Of the numbers that were ever registered. */
  highestRegistration = 0;
  /** The channels it is the source of. */
  readonly channels = new LazySet<Channel>();
  readonly ends = new EndTable();
  agent = '';
  instance: string | undefined;
  /** Bytes of the initial notifications held for its channels. */
  initialBytes = 0;
  /** Notifications lost to its registrations because they were full. */
  lost = 0;
  /** As the services know it, where there are some; set by Calls. */
  attendance: Attendance | undefined;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  #state: SessionState;
  #user = '';
  /** Answers leave when it is due, unless they have left before. */
  #cancelAnswers: Cancel | undefined;

  constructor(spooler: Spooler, link: Link, peer: Peer) {
    this.spooler = spooler;
    this.link = link;
    this.startedAt = spooler.clock.now();
    this.#outbox = new Outbox(link);
    this.delivery = new Delivery(this.#outbox, spooler.limits, spooler.clock, spooler.traffic, this);
    const cancelDeadline = spooler.clock.after(spooler.limits.helloTime, () => this.end('NO_HELLO', 'faulty'));
    this.#state = { kind: 'greeting', peer, cancelDeadline };
    this.#inbox = new Inbox(link, spooler.clock, this);
    link.attach(this);
  }

  get user(): string {
    return this.#user;
  }

  get state(): SessionState['kind'] {
    return this.#state.kind;
  }

  /** Precondition: open. */
  get identity(): Identity {
    if (this.#state.kind !== 'open') throw new Error('a session without identity was asked for it');
    return this.#state.identity;
  }

  // ------------------------------------------------------------------------------------------ ending

  /** Ends the session from this side. The first cause is the one everybody sees; later calls do nothing. */
  end(close: CloseName, cause: Cause): void {
    if (this.#state.kind === 'ended') return;
    this.#toEnded(cause);
    const { code, reason } = CLOSES[close];
    this.#outbox.flush();
    this.link.close(code, reason);
  }

  #linkClosed(code: number): void {
    if (this.#state.kind === 'ended') return;
    this.#toEnded(causeOf(code));
  }

  #toEnded(cause: Cause): void {
    if (this.#state.kind === 'greeting') this.#state.cancelDeadline();
    if (this.#state.kind === 'open') {
      this.#state.pulse.stop();
      this.#state.cancelExpiry?.();
    }
    this.#cancelAnswers?.();
    const greeted = this.#state.kind === 'open';
    this.#state = { kind: 'ended' };
    this.#inbox.end();
    runDown(this, cause, greeted);
  }

  // ------------------------------------------------------------------------------------------ for its delivery

  stalled(): void {
    this.end('TOO_SLOW', 'slow');
  }

  emptied(): void {
    this.spooler.deliveryEmptied();
  }

  // ------------------------------------------------------------------------------------------ for its link

  onAlive(): void {
    if (this.#state.kind === 'open') this.#state.pulse.alive();
  }

  onDrain(): void {
    this.#resume();
  }

  onClose(code: number): void {
    // What it said before it went is read first.
    this.#inbox.finish(() => this.#linkClosed(code));
  }

  onMessage(message: Uint8Array): void {
    if (this.#state.kind === 'ended') return;
    if (message.length > this.spooler.limits.message) this.end('MESSAGE_TOO_BIG', 'faulty');
    else this.#inbox.take(message);
  }

  // ------------------------------------------------------------------------------------------ reading, for its inbox

  #resume(): void {
    if (!this.#inbox.isBusy && this.link.buffered <= this.spooler.limits.socketPauseBytes) this.link.resume();
  }

  failed(reason: unknown): void {
    const close = closeFor(reason);
    if (close !== undefined) return this.end(close, 'faulty');
    // An impossibility of ours: this session ends, nobody else notices, and the operator hears of it.
    this.spooler.observe({ kind: 'fault', user: this.#user, reason });
    this.end('INTERNAL', 'died');
  }

  busy(): void {
    this.link.pause();
  }

  idle(): void {
    this.#resume();
  }

  /** Of the memory of what is being read. */
  get loan(): Loan | undefined {
    return this.#inbox.loan;
  }

  /** What carries data is read where it stands; everything else becomes an object first. */
  read(raw: RawRecord): void {
    if (this.#state.kind === 'open') {
      if (raw.op === OPS.notify) return notify(this, raw);
      if (raw.op === OPS.release) return release(this, raw);
      if (raw.op === OPS.close) return close(this, raw);
    }
    // What is made of it may refer to the bytes for as long as it likes.
    this.loan?.keep();
    const record = decodeRecord(raw, 'client');
    if (this.#state.kind === 'open') requested(this, record);
    else this.#greet(record);
  }

  #greet(record: ClientRecord): void {
    if (record.op === 'hello') this.#hello(record);
    else this.end('OUT_OF_STATE', 'faulty');
  }

  #hello(hello: Hello): void {
    if (this.#state.kind !== 'greeting') return;
    const identity = identified(hello, this.#state.peer.identity, this.spooler);
    if (!identity) return this.end('WRONG_USER', 'faulty');
    this.#state.cancelDeadline();
    this.#user = identity.user;
    this.agent = this.spooler.agents.get(hello.agent ?? '', String);
    this.instance = hello.instance;
    const pulse = this.spooler.heartbeat.watch(this);
    this.#state = { kind: 'open', identity, pulse, cancelExpiry: this.#watchExpiry(identity) };
    this.write(welcomeFor(this));
    this.spooler.observe({ kind: 'sessionOpened', user: this.#user, agent: this.agent });
    this.spooler.calls.joined(this);
  }

  #watchExpiry({ expiresAt }: Identity): Cancel | undefined {
    const { clock, wallClock } = this.spooler;
    if (expiresAt === undefined) return undefined;
    return whenExpired(clock, wallClock, expiresAt, () => this.end('TOKEN_EXPIRED', 'faulty'));
  }

  // For its pulse.

  ping(): void {
    if (this.link.ping) this.link.ping();
    else this.write({ op: 'ping', sequence: 0 });
  }

  silent(): void {
    this.end('SILENT', 'silent');
    this.link.terminate();
  }

  // ------------------------------------------------------------------------------------------ for channels

  /** A new end of this session's, offered to the registration. */
  newListenerEnd(registration: Registration, channel: Channel): ListenerEnd {
    return offer(this, registration, channel);
  }

  mayHoldInitial(size: number): boolean {
    return this.initialBytes === 0 || this.initialBytes + size <= this.spooler.limits.initialBytes;
  }

  /**
   * Tells this session that its end is closed: with a last message, or with the release triple where there is none, or
   * no room for it.
   */
  finishEnd(end: End, finish: Finish, cause: Cause, last?: Message): void {
    this.forgetEnd(end, finish);
    if (this.#state.kind !== 'ended') tellClosed(this, end, cause, last);
  }

  /** The end is finished without a word: this session finished it itself. */
  forgetEnd(end: End, finish: Finish): void {
    // Nothing crosses the end of a session: what it finished need not be remembered.
    if (!this.ends.remove(end, this.#state.kind === 'ended' ? undefined : finish)) return;
    if (end.pending) this.delivery.withdraw(end.pending, this.delivery.common);
  }

  /** One of its channels is closed. */
  closed(channel: Channel): void {
    this.forgetEnd(channel.source, 'source');
    this.channels.delete(channel);
    this.spooler.channelClosed(channel);
  }

  // ------------------------------------------------------------------------------------------ writing

  /** Answers everything sent on the end up to the number. */
  settle(end: number, sequence: number, hresult: number): void {
    if (this.#state.kind === 'ended') return;
    this.#outbox.settled(end, sequence, hresult);
    this.#mindTheSocket();
  }

  /**
   * The same for a message of a conversation that was taken. What the other party says to it mostly comes within a
   * moment: the answer travels with that, which spares a system call at both ends for each message.
   */
  settleSoon(end: number, sequence: number): void {
    const { answerTime } = this.spooler.limits;
    if (answerTime === 0) return this.settle(end, sequence, S_OK);
    if (this.#state.kind === 'ended') return;
    this.#outbox.settledSoon(end, sequence, S_OK);
    this.#mindTheSocket();
    this.#cancelAnswers ??= this.#flushAfter(answerTime);
  }

  /** Unless something leaves by itself until then, which takes along what waits. */
  #flushAfter(answerTime: number): Cancel {
    const { flushes } = this.#outbox;
    return this.spooler.clock.after(answerTime, () => {
      const hasLeft = flushes !== this.#outbox.flushes;
      this.#cancelAnswers = hasLeft && this.#outbox.isWaiting ? this.#flushAfter(answerTime) : undefined;
      if (!hasLeft) this.#outbox.flush();
    });
  }

  write(record: SpoolerRecord): void {
    if (this.#state.kind === 'ended') return;
    this.#outbox.write(encodeRecord(record));
    this.#mindTheSocket();
  }

  /** A peer that sends without reading is not read from; one that is given more than a socket should hold is cut. */
  #mindTheSocket(): void {
    const { buffered } = this.link;
    if (buffered <= this.spooler.limits.socketPauseBytes) return;
    this.link.pause();
    // Not in the middle of what somebody is writing to it.
    if (buffered > this.spooler.limits.socketBytes) queueMicrotask(() => this.end('TOO_SLOW', 'slow'));
  }

  /** The result of a request; `detail` is shown as JSON. */
  answer(id: number, request: number, hresult: number, detail?: object): void {
    const text = detail === undefined ? '' : JSON.stringify(detail);
    this.write({ op: 'result', id, request, hresult, json: json.encode(text) });
  }
}
