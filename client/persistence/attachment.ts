/**
 * One attachment of a persistent registration, at one connection: reads what comes on its channel, and acknowledges what is
 * done with, in order, with one call under way at most.
 */

import { v4 } from 'uuid';
import type { Origin } from '../../shared/data-object.ts';
import { DataObject, type Guid, guid, SpoolError } from '../../shared/index.ts';
import { type OverHeading, REGISTRATIONS, type RunHeading } from '../../shared/persistence/registrations.ts';
import type { Connection } from '../connection.ts';
import { headingOf, violation } from './heading.ts';
import type { KeptNotification } from './persistent-callback.ts';

/** A notification in its turn. The data object is the taker's to release. */
export interface Given {
  readonly attachment: Attachment;
  readonly data: DataObject;
  readonly kept: KeptNotification;
}

export interface AttachmentHandlers {
  given(given: Given): void;
  lost(count: number): void;
  /** Nothing follows. */
  over(why: OverHeading['over']): void;
}

export class Attachment implements Origin {
  readonly id: Guid = guid(v4());
  readonly #connection: Connection;
  readonly #type: Guid;
  readonly #handlers: AttachmentHandlers;
  #run: RunHeading | undefined;
  /** How many of the run are still to come. */
  #left = 0;
  /** The number of the last one that came. */
  #last = 0;
  /** The deliveries of what somebody holds, the oldest first. */
  readonly #held = new Map<number, DataObject>();
  /** Everything up to here is done with. */
  #done = 0;
  /** And the spooler has stored that up to here. */
  #said = 0;
  #saying: Promise<void> | undefined;
  #isOver = false;

  /** `type`: of what is given. */
  constructor(connection: Connection, type: Guid, handlers: AttachmentHandlers) {
    this.#connection = connection;
    this.#type = type;
    this.#handlers = handlers;
  }

  /** Nothing is given any more, and what is given back now comes again. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What came on its channel: a heading, or one of a run. Throws `PROTOCOL_VIOLATED`. The data object is taken over. */
  read(delivery: DataObject): void {
    if (this.#isOver) return delivery.release();
    const run = this.#left > 0 ? this.#run : undefined;
    if (run) return this.#give(delivery, run);
    try {
      this.#begin(bytesOf(delivery));
    } finally {
      delivery.release();
    }
  }

  #begin(bytes: Uint8Array | null): void {
    const heading = headingOf(bytes);
    if ('over' in heading) {
      this.end();
      this.#handlers.over(heading.over);
    } else if ('lost' in heading) {
      this.#handlers.lost(heading.lost);
    } else {
      if (heading.first <= this.#last) throw violation();
      this.#run = heading;
      this.#left = heading.count;
      this.#last = heading.first - 1;
    }
  }

  #give(delivery: DataObject, { redelivered, name, at }: RunHeading): void {
    this.#left--;
    const number = ++this.#last;
    this.#held.set(number, delivery);
    // What is given has the registration's type, and the bytes of the delivery, which lives as long.
    const { ledger } = this.#connection;
    const data = new DataObject({ type: this.#type, data: bytesOf(delivery), ledger }, this, number);
    this.#handlers.given({ attachment: this, data, kept: { number, redelivered, name, at } });
  }

  /** For what is given: nobody holds it any more. */
  died(number: number): void {
    this.#held.get(number)?.release();
    this.#held.delete(number);
    if (this.#isOver) return;
    const oldest = this.#held.keys().next();
    this.#done = oldest.done ? this.#last : oldest.value - 1;
    void this.#say();
  }

  /** Says the newest, and when that is stored what has come to it meanwhile. */
  #say(): Promise<void> {
    if (this.#done > this.#said) this.#saying ??= this.#sayUpTo(this.#done);
    return this.#saying ?? Promise.resolve();
  }

  async #sayUpTo(number: number): Promise<void> {
    let isStored = false;
    try {
      await this.#connection.call(REGISTRATIONS, 'acknowledge', { attachment: this.id, number });
      this.#said = number;
      isStored = true;
    } catch (reason) {
      this.#refused(number, reason);
    }
    this.#saying = undefined;
    // After a refusal not at once: with the next one that is done with.
    if (isStored && !this.#isOver) void this.#say();
  }

  /** It comes again, which somebody should know unless it is known already. */
  #refused(number: number, reason: unknown): void {
    const isLost =
      reason instanceof SpoolError && (reason.code === 'CONNECTION_LOST' || reason.code === 'CONNECTION_ENDED');
    if (isLost || this.#done === this.#said) return;
    this.#connection.report({ kind: 'notAcknowledged', what: `notifications up to ${number}`, reason });
  }

  /** Gives nothing more. Resolves when the spooler has stored what is done with, or cannot. */
  async leave(): Promise<void> {
    this.#isOver = true;
    await this.#saying;
    await this.#say();
  }

  /** Gives nothing more, and there is nobody to acknowledge it to. */
  end(): void {
    this.#isOver = true;
    this.#done = this.#said;
  }
}

/** Borrowed: valid while the object lives. */
function bytesOf(object: DataObject): Uint8Array | null {
  const lease = object.acquireData();
  const { data } = lease;
  lease.releaseData();
  return data;
}
