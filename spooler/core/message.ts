/**
 * One notification, response or last word on its way through the spooler: the bytes as they came, forwarded as they
 * are.
 */

import { encodeRecord, type Notify } from '../../shared/index.ts';

export class Message {
  readonly sequence: number;
  readonly size: number;
  readonly #end: number;
  #data: Uint8Array | null;
  #frame: Uint8Array | undefined;

  /** `frame` is the whole record as it came, where it can be sent on unchanged. */
  constructor({ end, sequence, data }: Pick<Notify, 'end' | 'sequence' | 'data'>, frame?: Uint8Array) {
    this.#end = end;
    this.sequence = sequence;
    this.#data = data;
    this.size = data?.length ?? 0;
    this.#frame = frame;
  }

  get data(): Uint8Array | null {
    return this.#data;
  }

  /** The `notify` record for an end. The same bytes for every end that has the number it came with. */
  record(end: number): readonly Uint8Array[] {
    if (end === this.#end && this.#frame) return [this.#frame];
    return encodeRecord({ op: 'notify', end, sequence: this.sequence, data: this.#data, release: false });
  }

  /** To be called before it is kept: a small piece of a large message would keep the whole of it in memory. */
  detach(): this {
    const view = this.#frame ?? this.#data;
    if (view && view.buffer.byteLength > 2 * view.length) {
      this.#frame = this.#frame && copyOf(this.#frame);
      this.#data = this.#frame
        ? this.#data && this.#frame.subarray(this.#frame.length - this.size)
        : this.#data && copyOf(this.#data);
    }
    return this;
  }
}

function copyOf(bytes: Uint8Array): Uint8Array {
  // Not slice(): a Buffer's slice is a view.
  return new Uint8Array(bytes);
}
