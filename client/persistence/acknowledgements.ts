/**
 * What of one attachment is done with, and was said so: in order, with one call under way at most. What the spooler
 * refuses, as it does while its disk is full, is said again until it is stored or there is nobody to say it to.
 */

import { type Cancel, type DataObject, type Guid, SpoolError } from '../../shared/index.ts';
import { REGISTRATIONS } from '../../shared/persistence/registrations.ts';
import type { Connection } from '../connection.ts';

/** Milliseconds before what was refused is said again: the first time, and at most. Each wait is twice the one before. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 60_000;

export class Acknowledgements {
  readonly #connection: Connection;
  readonly #attachment: Guid;
  /** The deliveries of what somebody holds, the oldest first. */
  readonly #held = new Map<number, DataObject>();
  /** The number of the last one that came. */
  #last = 0;
  /** Everything up to here is done with. */
  #done = 0;
  /** And the spooler has stored that up to here. */
  #said = 0;
  #saying: Promise<void> | undefined;
  /** Up to here it is known that the spooler could not store it. */
  #reported = 0;
  #wait = FIRST_WAIT;
  #cancelWait: Cancel | undefined;
  #isOver = false;

  constructor(connection: Connection, attachment: Guid) {
    this.#connection = connection;
    this.#attachment = attachment;
  }

  /** Somebody holds it. The delivery is released when he does no more. Precondition: the numbers rise. */
  hold(number: number, delivery: DataObject): void {
    this.#last = number;
    this.#held.set(number, delivery);
  }

  /** Nobody holds it any more. */
  done(number: number): void {
    this.#held.get(number)?.release();
    this.#held.delete(number);
    if (this.#isOver) return;
    const oldest = this.#held.keys().next();
    this.#done = oldest.done ? this.#last : oldest.value - 1;
    void this.#say();
  }

  /** What comes now counts no more. Resolves when the spooler has stored what is done with, or cannot. */
  async finish(): Promise<void> {
    this.#close();
    await this.#saying;
    await this.#say();
  }

  /** There is nobody to say anything to. */
  end(): void {
    this.#close();
    this.#done = this.#said;
  }

  #close(): void {
    this.#isOver = true;
    this.#waitNoLonger();
  }

  /** Says the newest, and when that is stored what has come to it meanwhile. */
  #say(): Promise<void> {
    if (this.#done > this.#said) this.#saying ??= this.#sayUpTo(this.#done);
    return this.#saying ?? Promise.resolve();
  }

  async #sayUpTo(number: number): Promise<void> {
    this.#waitNoLonger();
    let isStored = false;
    try {
      await this.#connection.call(REGISTRATIONS, 'acknowledge', { attachment: this.#attachment, number });
      this.#said = number;
      this.#wait = FIRST_WAIT;
      isStored = true;
    } catch (reason) {
      this.#refused(number, SpoolError.from(reason, 'E_UNEXPECTED'));
    }
    this.#saying = undefined;
    if (isStored && !this.#isOver) void this.#say();
  }

  /** It comes again unless it is stored later, which somebody should know, once. */
  #refused(number: number, reason: SpoolError): void {
    const { code } = reason;
    if (code === 'CONNECTION_LOST' || code === 'CONNECTION_ENDED' || this.#done === this.#said) return;
    if (number > this.#reported)
      this.#connection.report({ kind: 'notAcknowledged', what: `notifications up to ${number}`, reason });
    this.#reported = number;
    // The spooler knows the attachment no more: what is said of it will never be stored.
    if (code !== 'NOT_REGISTERED' && !this.#isOver) this.#sayLater();
  }

  /** Unless something more is done with before: then with that. */
  #sayLater(): void {
    this.#cancelWait = this.#connection.clock.after(this.#wait, () => {
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
      void this.#say();
    });
  }

  #waitNoLonger(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }
}
