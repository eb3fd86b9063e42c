/**
 * One notification, response or last word on its way through the spooler: the record as it came, forwarded as it is.
 * Most go on at once: who keeps one asks it for a copy of its own.
 */

import type { Batch } from '../../shared/batch.ts';
import { encodeRecord, FLAGS, HEAD_LENGTH, RawRecord } from '../../shared/index.ts';
import type { Loan } from '../../shared/loan.ts';
import type { Outbox } from '../../shared/outbox.ts';
import type { Slab } from '../../shared/slab.ts';

export class Message {
  sequence = 0;
  /** Bytes of data. */
  size = 0;
  #end = 0;
  #isNull = false;
  /** Whether the record can be sent on unchanged to an end of the number it came with. */
  #plain = false;
  /** Where the record stands. */
  #bytes: Uint8Array;
  #from = 0;
  #payloadFrom = 0;
  #to = 0;
  /** What the bytes are lent with; and whether it is one of those who use that. */
  #loan: Loan | undefined;
  #isUser = false;

  /** Of a `notify` or `close` that has been checked. Refers to the message it stands in. */
  constructor(raw: RawRecord, loan?: Loan) {
    this.#bytes = raw.message;
    this.moveTo(raw, loan);
  }

  /** Becomes another one; who keeps one has a copy. */
  moveTo(raw: RawRecord, loan: Loan | undefined): this {
    this.sequence = raw.sequence;
    this.size = raw.payloadLength;
    this.#end = raw.id;
    this.#isNull = (raw.flags & FLAGS.null) !== 0;
    this.#plain = raw.headerLength === 0;
    this.#bytes = raw.message;
    this.#from = raw.offset;
    this.#payloadFrom = raw.offset + HEAD_LENGTH + raw.headerLength;
    this.#to = raw.offset + raw.length;
    this.#loan = loan;
    this.#isUser = false;
    return this;
  }

  /** Bytes of the record. */
  get length(): number {
    return this.#to - this.#from;
  }

  get data(): Uint8Array | null {
    this.#referred();
    return this.#isNull ? null : this.#bytes.subarray(this.#payloadFrom, this.#to);
  }

  /** Whether the data pointer is null. */
  get isNull(): boolean {
    return this.#isNull;
  }

  /** Copies the data. Precondition: there is room for `size` bytes. */
  copyTo(bytes: Uint8Array, at: number): void {
    bytes.set(this.#bytes.subarray(this.#payloadFrom, this.#to), at);
  }

  /** Whether the record is the same for this end. */
  fits(end: number): boolean {
    return this.#plain && end === this.#end;
  }

  /** The `notify` record for an end. */
  record(end: number): readonly Uint8Array[] {
    this.#referred();
    if (this.fits(end)) return [this.#bytes.subarray(this.#from, this.#to)];
    return encodeRecord({ op: 'notify', end, sequence: this.sequence, data: this.data, release: false });
  }

  /** Adds the record to what many are sent, and returns its length. Precondition: it fits the ends of all of them. */
  addTo(batch: Batch): number {
    const loan = this.#loan;
    if (loan !== undefined) {
      batch.use(loan);
      if (this.#isUser) loan.done();
      this.#isUser = false;
    }
    batch.add(this.#bytes, this.#from, this.#to);
    return this.#to - this.#from;
  }

  /** Sends the record on. Precondition: it fits the end. */
  forwardTo(outbox: Outbox): void {
    this.#referred();
    outbox.forward(this.#bytes, this.#from, this.#to);
  }

  /** Somebody refers to the bytes from now on. */
  #referred(): void {
    this.#loan?.keep();
  }

  /**
   * A copy to be kept. Its bytes are copied too, to the slab if there is one, unless they are most of what they came
   * with: a small piece would keep the whole of it in memory.
   */
  keep(slab?: Slab): Message {
    const { length } = this;
    const kept = new Message(NO_RECORD);
    kept.sequence = this.sequence;
    kept.size = this.size;
    kept.#end = this.#end;
    kept.#isNull = this.#isNull;
    kept.#plain = this.#plain;
    let from = this.#from;
    if (this.#bytes.buffer.byteLength <= 2 * length) {
      kept.#bytes = this.#bytes;
      kept.#loan = this.#loan;
      kept.#isUser = true;
      this.#loan?.use();
    } else if (slab === undefined || length > OWN_FROM) {
      // Not slice(): a Buffer's slice is a view.
      kept.#bytes = new Uint8Array(this.#bytes.subarray(from, this.#to));
      from = 0;
    } else {
      from = slab.take(length);
      kept.#bytes = slab.bytes;
      kept.#bytes.set(this.#bytes.subarray(this.#from, this.#to), from);
    }
    kept.#from = from;
    kept.#payloadFrom = from + this.#payloadFrom - this.#from;
    kept.#to = from + length;
    return kept;
  }
}

/** Bytes from which a record has memory of its own. */
const OWN_FROM = 4096;

const NO_RECORD = new RawRecord(new Uint8Array(HEAD_LENGTH), 0);
