/**
 * The spooler: accepts links, holds the tables all sessions share, and knows the limits. No sockets here: see
 * ../ws-server.ts.
 */

import { hresultOf, SpoolError } from '../../shared/errors.ts';
import { Heartbeat } from '../../shared/heartbeat.ts';
import {
  type Cause,
  type Clock,
  DEFAULT_LIMITS,
  type Interest,
  type Limits,
  type Link,
  type Missed,
  NOTIFICATION_RELEASE,
  nameKey,
  type Overflow,
  systemClock,
  type Totals,
  VERSION,
  validName,
} from '../../shared/index.ts';
import { Alike } from './alike.ts';
import { BidirectionalChannel } from './bidirectional-channel.ts';
import { Calls } from './calls.ts';
import { Directory } from './directory.ts';
import type { Channel } from './ends.ts';
import { ALL_RIGHTS, type Identity, mayOpen, mayRegister } from './identity.ts';
import type { Keeper, Keeping, KeptInterest } from './keeper.ts';
import type { Observer, SpoolerEvent } from './observer.ts';
import type { ServiceFactory } from './service.ts';
import { type Accepted, type Peer, Session } from './session.ts';
import { TrafficCount } from './traffic.ts';
import { UnidirectionalChannel } from './unidirectional-channel.ts';

export interface SpoolerOptions {
  /** Any of them; the rest as in DEFAULT_LIMITS. */
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  /** The server part of this spooler's printer names. Default `localhost`. */
  readonly server?: string;
  /**
   * True: a session is who its token says, and one accepted without an identity is refused. Default false: it is who it
   * says.
   */
  readonly usesTokens?: boolean;
  readonly observer?: Observer;
  /** Features that answer calls; they end with the spooler. */
  readonly services?: readonly ServiceFactory[];
  /** Milliseconds since 1970, for the expiry of tokens. */
  readonly wallClock?: () => number;
  /** What keeps it from doing all it should, such as the failure of its store. Default: nothing does. */
  readonly trouble?: () => SpoolError | undefined;
}

/** Sessions that were cut are remembered so that they can be told; so many at most. */
const REMEMBERED_CUTS = 10_000;
/** How long the spooler waits, when it ends, for listeners to take what is queued for them; milliseconds. */
const DRAIN_TIME = 2_000;

export class Spooler {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly server: string;
  readonly usesTokens: boolean;
  readonly wallClock: () => number;
  /** What keeps it from doing all it should. */
  readonly trouble: () => SpoolError | undefined;
  readonly version: string = VERSION;
  readonly startedAt: number;
  /** For sessions. */
  readonly directory: Directory = new Directory();
  readonly heartbeat: Heartbeat;
  readonly traffic: TrafficCount = new TrafficCount();
  readonly calls: Calls;
  /** What clients call themselves. */
  readonly agents = new Alike<string>();
  readonly #observer: Observer | undefined;
  readonly #sessions = new Set<Session>();
  readonly #channels = new Set<Channel>();
  readonly #identities = new Alike<Identity>();
  readonly #interests = new Alike<Interest>();
  readonly #cuts = new Map<string, Missed>();
  #lastNumber = 0;
  #draining = false;
  #drained: (() => void) | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: SpoolerOptions = {}) {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.clock = options.clock ?? systemClock;
    this.server = options.server ?? 'localhost';
    this.usesTokens = options.usesTokens ?? false;
    this.wallClock = options.wallClock ?? Date.now;
    this.trouble = options.trouble ?? (() => undefined);
    this.#observer = options.observer;
    this.startedAt = this.clock.now();
    const { heartbeatInterval, heartbeatTimeout } = this.limits;
    this.heartbeat = new Heartbeat(this.clock, { interval: heartbeatInterval, timeout: heartbeatTimeout });
    this.calls = new Calls(this, options.services ?? [], {
      clock: this.clock,
      wallClock: this.wallClock,
      server: this.server,
      accept: (link, peer) => this.#accept(link, peer),
      keep: (interest, user, keeper) => this.#keep(interest, user, keeper),
      observe: (event) => this.observe(event),
    });
  }

  /** Whoever it is for can reach it now: its services may call clients, and start programs that connect. */
  begin(): void {
    if (!this.#draining) this.calls.begin();
  }

  /** Takes over a link whose transport is established. The peer has `helloTime` to say hello. */
  accept(link: Link, peer: Peer = {}): Accepted {
    return this.#accept(link, peer);
  }

  #accept(link: Link, peer: Peer): Accepted {
    const session = new Session(this, link, peer);
    this.#sessions.add(session);
    return session;
  }

  #keep({ name, type, filter }: KeptInterest, user: string, keeper: Keeper): () => void {
    const interest = { name, type, filter, style: 'kUniDirectional' } as const;
    const keeping: Keeping = { interest, nameKey: nameKey(name), user, keeper };
    this.directory.addKeeping(keeping);
    return () => this.directory.removeKeeping(keeping);
  }

  /** Whether another session may be accepted. */
  get hasRoom(): boolean {
    return !this.#draining && this.#sessions.size < this.limits.sessions;
  }

  /** What is held now. All zero once everybody has left. */
  stats(): Totals {
    let ends = 0;
    let heldObjects = 0;
    let heldBytes = 0;
    let queued = 0;
    let queuedBytes = 0;
    let initialBytes = 0;
    for (const session of this.#sessions) {
      ends += session.ends.size;
      heldObjects += session.delivery.held.heldObjects;
      heldBytes += session.delivery.held.heldBytes;
      queued += session.delivery.queued;
      queuedBytes += session.delivery.queuedBytes;
      initialBytes += session.initialBytes;
    }
    return {
      sessions: this.#sessions.size,
      registrations: this.directory.registrationCount,
      channels: this.#channels.size,
      ends,
      heldObjects,
      heldBytes,
      queued,
      queuedBytes,
      initialBytes,
    };
  }

  /**
   * The operator removed a printer: its channels are run down (GAP-29). Registrations for it stay, they may meet
   * channels again. Returns how many channels that closed. Throws `ERROR_INVALID_NAME`.
   */
  removePrinter(name: string): number {
    const key = nameKey(validName(name));
    const closing = [...this.#channels].filter(({ target }) => target.nameKey === key);
    for (const channel of closing) channel.end('printerRemoved');
    return closing.length;
  }

  /**
   * Ends the service: nothing new is accepted, listeners get up to two seconds to take what is queued, then every end
   * is closed with cause `shutdown` and every link with 1001. Calling it again waits for the same end.
   */
  close(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#draining = true;
    await new Promise<void>((resolve) => {
      const cancel = this.clock.after(DRAIN_TIME, resolve);
      this.#drained = () => {
        cancel();
        resolve();
      };
      this.deliveryEmptied();
    });
    // First every end, so that everybody hears `shutdown` and nobody that another party died.
    for (const channel of [...this.#channels]) channel.end('shutdown');
    for (const session of [...this.#sessions]) session.end('GOING_AWAY', 'shutdown');
    await this.calls.close();
  }

  // ------------------------------------------------------------------------------------------ for sessions and channels

  get draining(): boolean {
    return this.#draining;
  }

  sessions(): Iterable<Session> {
    return this.#sessions;
  }

  channels(): Iterable<Channel> {
    return this.#channels;
  }

  observe(event: SpoolerEvent): void {
    try {
      this.#observer?.(event);
    } catch {
      // An observer's fault is its own.
    }
  }

  /** The identity of somebody who only says who he is; undefined where that is not enough. */
  trust(user: string): Identity | undefined {
    if (this.usesTokens) return undefined;
    return this.#identities.get(user.normalize('NFC'), (name) => ({ user: name, rights: ALL_RIGHTS }));
  }

  /** The interest with its name normalised, or the code that refuses the registration. */
  checkRegistration(session: Session, asked: Interest): Interest | number {
    if (asked.type === NOTIFICATION_RELEASE) return hresultOf('E_INVALIDARG');
    const interest = normalised(asked);
    if (!interest) return hresultOf('ERROR_INVALID_NAME');
    if (!mayRegister(session.identity, interest)) return hresultOf('E_ACCESSDENIED');
    const { registrations, registrationsPerSession, registrationsPerName } = this.limits;
    const full =
      session.registrations.size >= registrationsPerSession ||
      this.directory.registrationCount >= registrations ||
      this.directory.countAt(interest.type, nameKey(interest.name)) >= registrationsPerName;
    return full ? hresultOf('MAX_REGISTRATION_COUNT_EXCEEDED') : this.#interests.get(textOf(interest), () => interest);
  }

  /** A new channel, or the code that refuses it. Checked in this order: shutdown, values, name, rights, limit. */
  openChannel(session: Session, asked: Interest, user: string | undefined, overflow: Overflow): Channel | number {
    if (this.#draining) return hresultOf('RPC_S_CALL_CANCELLED');
    const forAll = asked.filter === 'kAllUsers';
    if (forAll && user !== undefined) return hresultOf('E_INVALIDARG');
    if (asked.type === NOTIFICATION_RELEASE) return hresultOf('E_INVALIDARG');
    if (overflow === 'wait' && asked.style !== 'kUniDirectional') return hresultOf('E_INVALIDARG');
    const interest = normalised(asked);
    if (!interest) return hresultOf('ERROR_INVALID_NAME');
    const intended = (user ?? session.user).normalize('NFC');
    if (!mayOpen(session.identity, interest, intended)) return hresultOf('E_ACCESSDENIED');
    if (this.#channels.size >= this.limits.channels) return hresultOf('MAX_CHANNEL_COUNT_EXCEEDED');
    const target = { interest, nameKey: nameKey(interest.name), user: forAll ? undefined : intended };
    const source = { kind: 'source', number: this.nextNumber(), session } as const;
    const channel =
      interest.style === 'kUniDirectional'
        ? new UnidirectionalChannel(source, target, this.directory, overflow)
        : new BidirectionalChannel(source, target, this.directory);
    this.#channels.add(channel);
    return channel;
  }

  channelClosed(channel: Channel): void {
    this.#channels.delete(channel);
  }

  /** A number for an end; never the same twice (PROTOCOL.md section 4). */
  nextNumber(): number {
    if (this.#lastNumber === 0xffffffff) throw new SpoolError('E_OUTOFMEMORY', { input: 'end numbers are used up' });
    return ++this.#lastNumber;
  }

  wasGivenOut(number: number): boolean {
    return number <= this.#lastNumber;
  }

  sessionEnded(session: Session, cause: Cause, missed: number): void {
    this.#sessions.delete(session);
    if (cause === 'slow' && session.instance !== undefined) {
      this.#cuts.set(session.instance, { cause, count: missed });
      if (this.#cuts.size > REMEMBERED_CUTS) {
        for (const oldest of this.#cuts.keys()) {
          this.#cuts.delete(oldest);
          break;
        }
      }
    }
    this.deliveryEmptied();
  }

  /** Why this client was cut off and what it missed, told once. */
  takeMissed(instance: string): Missed | undefined {
    const missed = this.#cuts.get(instance);
    this.#cuts.delete(instance);
    return missed;
  }

  deliveryEmptied(): void {
    if (!this.#drained) return;
    for (const session of this.#sessions) if (session.delivery.queued > 0) return;
    this.#drained();
  }
}

/** The same for two interests exactly when they are the same. */
function textOf({ name, type, filter, style }: Interest): string {
  return `${style} ${filter} ${type} ${name ?? ''}`;
}

function normalised(interest: Interest): Interest | undefined {
  try {
    return { ...interest, name: validName(interest.name) };
  } catch {
    return undefined;
  }
}
