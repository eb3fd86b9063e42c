/**
 * What one session is given and when (PROTOCOL.md section 6): a delivery is held until it is given back, what is held
 * is bounded, and at the bound further deliveries queue.
 */

import type { Batch } from '../../shared/batch.ts';
import type { Account } from '../../shared/held-references.ts';
import { HeldReferences } from '../../shared/held-references.ts';
import type { AnnouncedLimits, Cancel, Clock, Limits } from '../../shared/index.ts';
import type { Outbox } from '../../shared/outbox.ts';
import { LazySet } from './lazy-set.ts';
import type { Message } from './message.ts';
import type { TrafficCount } from './traffic.ts';

/** A record that others are sent too. */
export interface Content {
  sendTo(outbox: Outbox): void;
  /** It will not be sent to this one. */
  withdrawn(): void;
}

/** One record to be given to the session, and what it charges. */
export interface Parcel {
  readonly end: number;
  readonly sequence: number;
  readonly record: Content | readonly Uint8Array[];
  /** Bytes of data; undefined for a record that is not a reference, such as the end of a number. */
  readonly size: number | undefined;
}

/**
 * A share of a session: one unidirectional registration has one, all bidirectional ends of a session have one together.
 */
export class Window implements Account {
  heldObjects = 0;
  heldBytes = 0;
  /** In order. A parcel is taken out from anywhere when its end goes. */
  readonly queue = new LazySet<Parcel>();
  /** References among what is queued; the end of a number takes nobody's place. */
  queued = 0;
  readonly #maxObjects: number;
  readonly #maxBytes: number;
  readonly #maxQueue: number;
  constructor(maxObjects: number, maxBytes: number, maxQueue: number) {
    this.#maxObjects = maxObjects;
    this.#maxBytes = maxBytes;
    this.#maxQueue = maxQueue;
  }

  get atBound(): boolean {
    return this.heldObjects >= this.#maxObjects || this.heldBytes >= this.#maxBytes;
  }

  get queueIsFull(): boolean {
    return this.queued >= this.#maxQueue;
  }
}

/** What a client may keep back (PROTOCOL.md section 5.9): so little that nobody waits for it. */
export function keptBack(limits: Limits): Pick<AnnouncedLimits, 'keptObjects' | 'keptBytes'> {
  const { registrationHeldObjects, registrationHeldBytes, sessionHeldObjects, sessionHeldBytes } = limits;
  const objects = Math.min(registrationHeldObjects, sessionHeldObjects);
  const bytes = Math.min(registrationHeldBytes, sessionHeldBytes);
  return {
    keptObjects: Math.min(limits.keptObjects, Math.floor(objects / 4)),
    keptBytes: Math.min(limits.keptBytes, Math.floor(bytes / 4)),
  };
}

/** Somebody who found no room and wants to try again. */
export interface RoomSeeker {
  roomMade(): void;
}

export interface DeliveryHooks {
  /** The session stayed at its bound and gave nothing back. */
  stalled(): void;
  /** Nothing is queued any more. */
  emptied(): void;
}

export class Delivery {
  readonly held: HeldReferences = new HeldReferences();
  #common: Window | undefined;
  readonly #outbox: Outbox;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #traffic: TrafficCount;
  readonly #hooks: DeliveryHooks;
  readonly #seekers = new LazySet<RoomSeeker>();
  /** Windows with something queued, the one to be served next first. */
  readonly #waiting = new LazySet<Window>();
  #queued = 0;
  #queuedBytes = 0;
  #gaveBack = false;
  #cancelStall: Cancel | undefined;

  constructor(outbox: Outbox, limits: Limits, clock: Clock, traffic: TrafficCount, hooks: DeliveryHooks) {
    this.#outbox = outbox;
    this.#limits = limits;
    this.#clock = clock;
    this.#traffic = traffic;
    this.#hooks = hooks;
  }

  /** For everything that no registration's window charges. */
  get common(): Window {
    this.#common ??= new Window(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    return this.#common;
  }

  get queued(): number {
    return this.#queued;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  newWindow(): Window {
    const { registrationHeldObjects, registrationHeldBytes, queueLength } = this.#limits;
    return new Window(registrationHeldObjects, registrationHeldBytes, queueLength);
  }

  /** Whether a parcel for this window would be given or queued. */
  hasRoom(window: Window): boolean {
    return this.wouldPass(window) || (!window.queueIsFull && this.#queuedBytes < this.#limits.queueBytes);
  }

  /** Tells the seeker once when there may be room where there was none. */
  whenRoom(seeker: RoomSeeker): void {
    this.#seekers.add(seeker);
  }

  /**
   * Gives the parcel now, or queues it behind what the window waits for. The end of a number waits only for what is
   * queued on that number. Returns whether it was given.
   */
  give(parcel: Parcel, window: Window): boolean {
    if (parcel.size === undefined ? !hasQueued(window, parcel.end) : this.wouldPass(window)) {
      this.#send(parcel, window);
      return true;
    }
    window.queue.add(parcel);
    this.#waiting.add(window);
    if (parcel.size !== undefined) {
      window.queued++;
      this.#queued++;
      this.#queuedBytes += parcel.size;
    }
    this.#watchStall();
    return false;
  }

  /** Gives what was last added to a batch, which is for many. Precondition: it would pass. */
  share(batch: Batch, length: number, end: number, sequence: number, size: number, window: Window): void {
    this.held.hold(end, sequence, size, window);
    this.#traffic.countDelivered(size);
    this.#outbox.share(batch, length);
  }

  /** Gives a message on as it came. Precondition: it would pass, and fits the end. */
  forward(message: Message, end: number, window: Window): void {
    this.held.hold(end, message.sequence, message.size, window);
    this.#traffic.countDelivered(message.size);
    message.forwardTo(this.#outbox);
  }

  /** Takes a parcel back that is still queued; does nothing otherwise. */
  withdraw(parcel: Parcel, window: Window): void {
    if (!window.queue.delete(parcel)) return;
    this.#unqueued(parcel, window);
    if ('withdrawn' in parcel.record) parcel.record.withdrawn();
    this.#checkEmptied();
    this.#wakeLater();
  }

  /** Takes back everything queued in a window: its registration is gone. */
  close(window: Window): void {
    for (const parcel of window.queue) this.withdraw(parcel, window);
    this.#wakeLater();
  }

  /** The peer gave something back: what waited for it goes. Throws `OVER_RELEASE` where it held no such thing. */
  released(end: number, sequence: number, only: boolean): void {
    const sessionWasAtBound = this.#sessionAtBound;
    const account = only ? this.held.releaseOnly(end, sequence) : this.held.releaseUpTo(end, sequence);
    this.#gaveBack = true;
    if (this.#queued > 0) {
      if (sessionWasAtBound) this.#serveInTurn();
      // Every window that waits is at its own bound: only the one given back to can have room.
      else if (account instanceof Window) this.#serve(account);
      this.#checkEmptied();
    }
    if (this.#seekers.size > 0) this.#wake();
  }

  /** The session is gone. */
  end(): void {
    for (const window of [...this.#waiting]) this.close(window);
    this.held.releaseAll();
    this.#wakeLater();
  }

  get #sessionAtBound(): boolean {
    const { sessionHeldObjects, sessionHeldBytes } = this.#limits;
    return this.held.heldObjects >= sessionHeldObjects || this.held.heldBytes >= sessionHeldBytes;
  }

  /** Whether a parcel would be given at once, and not queue. */
  wouldPass(window: Window): boolean {
    return window.queue.size === 0 && !window.atBound && !this.#sessionAtBound;
  }

  /** Gives what the session has room for, each window in its turn, so that none starves another. */
  #serveInTurn(): void {
    for (const window of [...this.#waiting]) {
      if (this.#sessionAtBound) break;
      this.#waiting.delete(window);
      this.#waiting.add(window);
      this.#serve(window);
    }
  }

  #serve(window: Window): void {
    for (const parcel of window.queue) {
      if (parcel.size !== undefined && (window.atBound || this.#sessionAtBound)) break;
      window.queue.delete(parcel);
      this.#unqueued(parcel, window);
      this.#send(parcel, window);
    }
  }

  /** When what goes on now is over: whoever takes the room must not take it from the middle of that. */
  #wakeLater(): void {
    if (this.#seekers.size > 0) queueMicrotask(() => this.#wake());
  }

  #wake(): void {
    const seekers = [...this.#seekers];
    this.#seekers.clear();
    for (const seeker of seekers) seeker.roomMade();
  }

  #send({ end, sequence, size, record }: Parcel, window: Window): void {
    if (size !== undefined) {
      this.held.hold(end, sequence, size, window);
      this.#traffic.countDelivered(size);
    }
    if ('sendTo' in record) record.sendTo(this.#outbox);
    else this.#outbox.write(record);
  }

  #unqueued({ size }: Parcel, window: Window): void {
    if (size !== undefined) {
      window.queued--;
      this.#queued--;
      this.#queuedBytes -= size;
    }
    if (window.queue.size === 0) this.#waiting.delete(window);
  }

  #checkEmptied(): void {
    if (this.#queued > 0) return;
    this.#cancelStall?.();
    this.#cancelStall = undefined;
    this.#hooks.emptied();
  }

  #watchStall(): void {
    if (this.#cancelStall) return;
    this.#gaveBack = false;
    this.#cancelStall = this.#clock.after(this.#limits.stallTime, () => {
      this.#cancelStall = undefined;
      if (this.#gaveBack) this.#watchStall();
      else this.#hooks.stalled();
    });
  }
}

function hasQueued({ queue }: Window, end: number): boolean {
  for (const parcel of queue) if (parcel.end === end) return true;
  return false;
}
