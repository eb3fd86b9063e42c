/**
 * One notification, response or last word on its way through the spooler: the record as it came, forwarded as it is.
 * Most go on at once: who keeps one asks it for a copy of its own.
 */

import type { Batch } from '../../shared/batch.ts';
import { encodeRecord, FLAGS, HEAD_LENGTH, type Link, RawRecord } from '../../shared/index.ts';
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
  /** Where the memory came from, if this is all that is in it and nobody else refers to it. */
  #link: Link | undefined;
  /** What will give it back, once it is in there. */
  #batch: Batch | undefined;

  /** Of a `notify` or `close` that has been checked. Refers to the message it stands in. */
  constructor(raw: RawRecord) {
    this.#bytes = raw.message;
    this.moveTo(raw);
  }

  /** Becomes another one; who keeps one has a copy. */
  moveTo(raw: RawRecord): this {
    this.sequence = raw.sequence;
    this.size = raw.payloadLength;
    this.#end = raw.id;
    this.#isNull = (raw.flags & FLAGS.null) !== 0;
    this.#plain = raw.headerLength === 0;
    this.#bytes = raw.message;
    this.#from = raw.offset;
    this.#payloadFrom = raw.offset + HEAD_LENGTH + raw.headerLength;
    this.#to = raw.offset + raw.length;
    this.#link = undefined;
    this.#batch = undefined;
    return this;
  }

  /** The link it came by may have the memory back once it is sent, where it is alone in it. */
  recycleWith(link: Link): void {
    if (this.#from === 0 && this.#to === this.#bytes.length && this.#to >= LARGE) this.#link = link;
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
    const link = this.#link;
    if (link !== undefined && batch.length === 0) {
      const bytes = this.#bytes;
      batch.recycleWith(() => link.recycle?.(bytes));
      this.#batch = batch;
    }
    this.#link = undefined;
    batch.add(this.#bytes, this.#from, this.#to);
    return this.#to - this.#from;
  }

  /** Sends the record on. Precondition: it fits the end. */
  forwardTo(outbox: Outbox): void {
    this.#referred();
    outbox.forward(this.#bytes, this.#from, this.#to);
  }

  /** Somebody else refers to the bytes: their memory is left to whoever collects garbage. */
  #referred(): void {
    this.#link = undefined;
    this.#batch?.keepMemory();
    this.#batch = undefined;
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
      kept.#link = this.#link;
      this.#referred();
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
/** Bytes from which it pays to use its memory again. */
const LARGE = 32 * 1024;

const NO_RECORD = new RawRecord(new Uint8Array(HEAD_LENGTH), 0);
