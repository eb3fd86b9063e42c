/**
 * What was delivered here and not given back: the client's half of credit (PROTOCOL.md sections 5.9 and 6).
 *
 * Whatever dies is given back in order where it can be, and a while later where the spooler allows it: one record then
 * gives many back, together with something else that is sent.
 */

import { type Cancel, type Clock, DataObject, encodeRecord, type Guid, type ObjectLedger } from '../shared/index.ts';
import type { Outbox } from '../shared/outbox.ts';

/** How much may be kept back, in objects and bytes. */
export interface Slack {
  readonly objects: number;
  readonly bytes: number;
}

/** Milliseconds after which everything is given back that may be (PROTOCOL.md section 5.9). */
const KEPT_TIME = 500;

export class Received {
  readonly #outbox: Outbox;
  readonly #ledger: ObjectLedger;
  readonly #clock: Clock;
  readonly #ends = new Map<number, Deliveries>();
  #slack: Slack = { objects: 0, bytes: 0 };
  /** Ends with something dead that the spooler has not been told of. */
  #keeping: Deliveries[] = [];
  #keptObjects = 0;
  #keptBytes = 0;
  #cancelTimer: Cancel | undefined;
  #ended = false;

  constructor(outbox: Outbox, ledger: ObjectLedger, clock: Clock) {
    this.#outbox = outbox;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** How much the spooler lets be kept back; nothing until it has said so. */
  allow(slack: Slack): void {
    this.#slack = slack;
  }

  /**
   * A delivery as a data object; it is given back when the object dies. The bytes are the view that arrived, not a
   * copy.
   */
  take(end: number, sequence: number, type: Guid, data: Uint8Array | null): DataObject {
    const deliveries = this.#deliveriesOn(end);
    deliveries.add(sequence);
    return new DataObject({ type, data, ledger: this.#ledger }, deliveries, sequence);
  }

  /** A delivery that nobody wants any more. */
  refuse(end: number, sequence: number, size: number): void {
    const deliveries = this.#deliveriesOn(end);
    deliveries.isOver = true;
    deliveries.add(sequence);
    deliveries.died(sequence, size);
  }

  /** Nothing is delivered on the end any more that anybody wants. */
  finish(end: number): void {
    const deliveries = this.#ends.get(end);
    if (!deliveries) return;
    deliveries.isOver = true;
    this.#forgetIfOver(deliveries);
  }

  /** Gives back now whatever is kept back. */
  giveBackKept(): void {
    if (this.#keeping.length === 0) return;
    for (const deliveries of this.#keeping) {
      this.#outbox.release(deliveries.end, deliveries.keptUpTo ?? 0);
      deliveries.keptUpTo = undefined;
      this.#forgetIfOver(deliveries);
    }
    this.#keeping = [];
    this.#keptObjects = 0;
    this.#keptBytes = 0;
  }

  /** The connection has ended: nothing can be given back, and nothing needs to be. */
  end(): void {
    this.#ended = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#ends.clear();
    this.#keeping = [];
  }

  #forgetIfOver(deliveries: Deliveries): void {
    const { isOver, isEmpty, keptUpTo, end } = deliveries;
    if (isOver && isEmpty && keptUpTo === undefined) this.#ends.delete(end);
  }

  #deliveriesOn(end: number): Deliveries {
    let deliveries = this.#ends.get(end);
    if (!deliveries) {
      deliveries = new Deliveries(end, this);
      this.#ends.set(end, deliveries);
    }
    return deliveries;
  }

  /** For deliveries: everything up to the number is dead. */
  giveBackUpTo(deliveries: Deliveries, sequence: number, size: number): void {
    if (this.#ended) return;
    if (deliveries.keptUpTo === undefined) this.#keeping.push(deliveries);
    deliveries.keptUpTo = sequence;
    this.#keptObjects++;
    this.#keptBytes += size;
    if (this.#keptObjects > this.#slack.objects || this.#keptBytes > this.#slack.bytes) return this.giveBackKept();
    // It is not cancelled when something is given back earlier: what is kept by then goes too.
    this.#cancelTimer ??= this.#clock.after(KEPT_TIME, () => {
      this.#cancelTimer = undefined;
      this.giveBackKept();
    });
  }

  /** For deliveries: this one is dead, an older one is still in use. */
  giveBackOnly({ end }: Deliveries, sequence: number): void {
    if (!this.#ended) this.#outbox.write(encodeRecord({ op: 'release', end, sequence, only: true }));
  }
}

/** What of one end is alive, the oldest first. */
class Deliveries {
  readonly end: number;
  /** What is dead and kept back goes up to here. */
  keptUpTo: number | undefined;
  /** Its end is gone: so is this, once everything is given back. */
  isOver = false;
  readonly #received: Received;
  #sequences: number[] = [];
  /** Where the oldest stands, and where the next one will. */
  #first = 0;
  #end = 0;
  /** Dead, and not the oldest when they died. */
  #gone: Set<number> | undefined;

  constructor(end: number, received: Received) {
    this.end = end;
    this.#received = received;
  }

  get isEmpty(): boolean {
    return this.#first === this.#end;
  }

  add(sequence: number): void {
    this.#sequences[this.#end++] = sequence;
  }

  /** Together with all before it where it is the oldest, alone where an older one is still in use. */
  died(sequence: number, size: number): void {
    if (this.#sequences[this.#first] === sequence) {
      this.#first++;
      this.#tidy();
      this.#received.giveBackUpTo(this, sequence, size);
    } else {
      this.#gone ??= new Set();
      this.#gone.add(sequence);
      this.#forget(this.#gone);
      this.#received.giveBackOnly(this, sequence);
    }
  }

  /** What is gone behind one that is in use for long is let go once it is most of what is kept. */
  #forget(gone: Set<number>): void {
    if (gone.size < 1024 || gone.size * 2 < this.#end - this.#first) return;
    this.#keep(this.#sequences.slice(this.#first, this.#end).filter((sequence) => !gone.has(sequence)));
    gone.clear();
  }

  #tidy(): void {
    const sequences = this.#sequences;
    if (this.#gone !== undefined && this.#gone.size > 0) {
      while (this.#first < this.#end && this.#gone.delete(sequences[this.#first] as number)) this.#first++;
    }
    if (this.#first === this.#end) {
      // Most die before the next one comes: the same place is used again.
      this.#first = 0;
      this.#end = 0;
      if (sequences.length > 1024) this.#sequences = [];
    } else if (this.#first > 1024 && this.#first * 2 > this.#end) {
      this.#keep(sequences.slice(this.#first, this.#end));
    }
  }

  #keep(sequences: number[]): void {
    this.#sequences = sequences;
    this.#first = 0;
    this.#end = sequences.length;
  }
}
