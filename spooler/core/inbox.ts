/**
 * What a peer has sent, read in slices of time: a message may hold half a million records, and each may be a question that
 * takes long. However much one asks, the others wait for a slice only.
 */

import { type Cancel, type Clock, type Link, RawRecord, SpoolError } from '../../shared/index.ts';
import { Loan } from '../../shared/loan.ts';

/** Milliseconds of reading before the others have their turn. */
const SLICE = 20;
/** The time is looked at after so many records. */
const LOOK_EVERY = 8;
/** A reaction to it is a microtask at a third of what `queueMicrotask` costs in Node. */
const now = Promise.resolve();

export interface InboxHooks {
  read(record: RawRecord): void;
  /** Reading has thrown: the bytes are no record, or whoever reads refuses it. Nothing is read any more. */
  failed(reason: unknown): void;
  /** A slice is over and there is more: nothing else should come meanwhile. */
  busy(): void;
  /** Everything is read. */
  idle(): void;
}

export class Inbox {
  /** Of the memory of what is being read, where somebody wants that back. */
  loan: Loan | undefined;
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #hooks: InboxHooks;
  /** The one being read, and where it is to be read on. */
  #message: Uint8Array | undefined;
  #offset = 0;
  /** Those behind it. */
  #others: Uint8Array[] | undefined;
  #records = 0;
  #sliceBegan: number | undefined;
  #cancelTurn: Cancel | undefined;
  #whenRead: (() => void) | undefined;
  #ended = false;

  constructor(link: Link, clock: Clock, hooks: InboxHooks) {
    this.#link = link;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  /** Whether it waits for its next turn. */
  get isBusy(): boolean {
    return this.#cancelTurn !== undefined;
  }

  /** Reads the message, now or in its turn. */
  take(message: Uint8Array): void {
    if (this.#message !== undefined) {
      this.#others ??= [];
      this.#others.push(message);
      return;
    }
    this.#begin(message);
    this.#serve();
  }

  /** Calls `then` when everything that was taken is read; at once where it is. */
  finish(then: () => void): void {
    if (this.isBusy) this.#whenRead = then;
    else then();
  }

  /** Nothing is read any more. */
  end(): void {
    this.#ended = true;
    this.#message = undefined;
    this.#others = undefined;
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
  }

  #begin(message: Uint8Array | undefined): void {
    this.#message = message;
    this.#offset = 0;
    this.loan = message && Loan.of(this.#link, message);
  }

  #serve(): void {
    try {
      while (this.#message !== undefined) {
        if (!this.#read(this.#message)) return this.#wait();
        this.loan?.done();
        this.#begin(this.#others?.shift());
      }
      this.#others = undefined;
    } catch (reason) {
      this.end();
      this.#hooks.failed(reason);
    }
  }

  /** False where the slice was over before the message was. */
  #read(message: Uint8Array): boolean {
    if (message.length === 0) throw new SpoolError('MALFORMED_RECORD', { input: 'empty message' });
    const record = new RawRecord(message, this.#offset);
    for (;;) {
      if (++this.#records % LOOK_EVERY === 0 && this.#sliceIsOver()) return false;
      this.#offset += record.length;
      this.#hooks.read(record);
      if (this.#offset >= message.length || this.#ended) return true;
      record.moveTo(message, this.#offset);
    }
  }

  /** A slice begins with the first look in a turn of the event loop, and ends with that turn at the latest. */
  #sliceIsOver(): boolean {
    const time = this.#clock.now();
    if (this.#sliceBegan === undefined) {
      this.#sliceBegan = time;
      void now.then(() => {
        this.#sliceBegan = undefined;
      });
    }
    return time - this.#sliceBegan >= SLICE;
  }

  #wait(): void {
    this.#cancelTurn = this.#clock.after(0, () => {
      this.#cancelTurn = undefined;
      this.#serve();
      if (this.isBusy) return;
      this.#hooks.idle();
      this.#whenRead?.();
    });
    this.#hooks.busy();
  }
}
