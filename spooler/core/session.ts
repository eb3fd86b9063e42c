/**
 * One connected client: greets it, reads its records, owns everything it has. The states are those of PROTOCOL.md
 * section 7.1; what happens when it ends is in rundown.ts.
 */

import { hresultOf, SpoolError } from '../../shared/errors.ts';
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
import { Delivery, type DeliveryHooks, keptBack } from './delivery.ts';
import { EndTable } from './end-table.ts';
import type { Channel, End, Finish, ListenerEnd } from './ends.ts';
import { whenExpired } from './expiry.ts';
import { explain } from './explain.ts';
import type { Identity } from './identity.ts';
import { Inbox, type InboxHooks } from './inbox.ts';
import { LazySet } from './lazy-set.ts';
import type { Message } from './message.ts';
import type { Registration } from './registration.ts';
import { RegistrationTable } from './registration-table.ts';
import { open, register, unregister } from './requests.ts';
import { runDown } from './rundown.ts';
import { close, notify, release } from './sending.ts';
import type { Spooler } from './spooler.ts';
import { statusFor } from './status.ts';

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

/** WebSocket close codes of a peer that left in good order; 1005: without saying a code. */
const GOODBYES = new Set([CLOSES.NORMAL.code, CLOSES.GOING_AWAY.code, 1005]);
/** Those of one that sent what is no message: broken framing, or text. */
const FAULTS = new Set([1002, CLOSES.TEXT_MESSAGE.code]);

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
    this.#toEnded(GOODBYES.has(code) ? 'left' : FAULTS.has(code) ? 'faulty' : 'died');
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
    const code = reason instanceof SpoolError ? reason.code : undefined;
    switch (code) {
      case 'MALFORMED_RECORD':
        return this.end('MALFORMED', 'faulty');
      case 'PROTOCOL_VIOLATED':
        return this.end('OUT_OF_STATE', 'faulty');
      case 'OVER_RELEASE':
        return this.end('OVER_RELEASE', 'faulty');
      default:
        // An impossibility of ours: this session ends, nobody else notices, and the operator hears of it.
        this.spooler.observe({ kind: 'fault', user: this.#user, reason });
        this.end('INTERNAL', 'died');
    }
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
    this.#dispatch(decodeRecord(raw, 'client'));
  }

  #dispatch(record: ClientRecord): void {
    if (this.#state.kind === 'greeting') {
      if (record.op !== 'hello') return this.end('OUT_OF_STATE', 'faulty');
      return this.#hello(record);
    }
    switch (record.op) {
      case 'register':
        return register(this, record);
      case 'unregister':
        return unregister(this, record);
      case 'open':
        return open(this, record);
      case 'explain':
        return this.answer(0, record.request, S_OK, explain(this, record));
      case 'status':
        return this.answer(0, record.request, S_OK, statusFor(this));
      case 'call':
        return this.spooler.calls.call(this, record);
      case 'ping':
        return this.write({ op: 'pong', sequence: record.sequence });
      case 'pong':
        return;
      case 'hello':
      // Read where they stand once it is open: see above.
      case 'notify':
      case 'release':
      case 'close':
        return this.end('OUT_OF_STATE', 'faulty');
    }
  }

  #hello({ user, instance, agent }: Hello): void {
    if (this.#state.kind !== 'greeting') return;
    const known = this.#state.peer.identity;
    const identity = known ?? (user === undefined ? undefined : this.spooler.trust(user));
    if (!identity || (user !== undefined && user.normalize('NFC') !== identity.user))
      return this.end('WRONG_USER', 'faulty');
    this.#state.cancelDeadline();
    this.#user = identity.user;
    this.agent = this.spooler.agents.get(agent ?? '', String);
    this.instance = instance;
    const pulse = this.spooler.heartbeat.watch(this);
    const { clock, wallClock } = this.spooler;
    const { expiresAt } = identity;
    const expired = (): void => this.end('TOKEN_EXPIRED', 'faulty');
    const cancelExpiry = expiresAt === undefined ? undefined : whenExpired(clock, wallClock, expiresAt, expired);
    this.#state = { kind: 'open', identity, pulse, cancelExpiry };
    const { limits } = this.spooler;
    const { payload, message, waitingObjects, waitingBytes } = limits;
    const missed = instance === undefined ? undefined : this.spooler.takeMissed(instance);
    this.write({
      op: 'welcome',
      user: identity.user,
      server: this.spooler.server,
      limits: { payload, message, waitingObjects, waitingBytes, ...keptBack(limits) },
      missed,
    });
    this.spooler.observe({ kind: 'sessionOpened', user: this.#user, agent: this.agent });
    this.spooler.calls.joined(this);
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

  /** For channels: a new end of this session's, offered to the registration. */
  newListenerEnd(registration: Registration, channel: Channel): ListenerEnd {
    const shared = channel.source.number;
    const taken = this.ends.knows(shared) || this.delivery.held.holdsOn(shared);
    const number = taken ? this.spooler.nextNumber() : shared;
    const end: ListenerEnd = {
      kind: 'listener',
      number,
      session: this,
      registration,
      channel,
      pending: undefined,
      sent: 0,
    };
    this.ends.add(end);
    this.write({ op: 'offer', end: number, registration: registration.number, interest: channel.target.interest });
    return end;
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
    if (this.#state.kind === 'ended') return;
    const { number } = end;
    if (end.kind === 'listener' && end.channel.style === 'kUniDirectional') {
      const record = encodeRecord({ op: 'closed', end: number, sequence: 0, data: null, release: true, cause });
      this.delivery.give({ end: number, sequence: 0, record, size: undefined }, end.registration.window);
      return;
    }
    if (last && this.delivery.hasRoom(this.delivery.common)) {
      const { sequence, size, data } = last;
      const record = encodeRecord({ op: 'closed', end: number, sequence, data, release: false, cause });
      this.delivery.give({ end: number, sequence, record, size }, this.delivery.common);
      return;
    }
    this.write({ op: 'closed', end: number, sequence: 0, data: null, release: true, cause });
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
