/** Bytes that lie in several places, in order, without a view of each: neighbours become one stretch by themselves. */

interface Stretch {
  readonly bytes: Uint8Array;
  readonly from: number;
  to: number;
}

export class Stretches {
  /** Of all of them. */
  length = 0;
  readonly #stretches: Stretch[] = [];
  #last: Stretch | undefined;

  /** Adds what lies from `from` to before `to`. The bytes are borrowed. */
  add(bytes: Uint8Array, from: number, to: number): void {
    const last = this.#last;
    this.length += to - from;
    if (last !== undefined && last.bytes === bytes && last.to === from) {
      last.to = to;
    } else {
      this.#last = { bytes, from, to };
      this.#stretches.push(this.#last);
    }
  }

  /** Adds what another has between two of its own positions. */
  addFrom(other: Stretches, start: number, end: number): void {
    let position = 0;
    for (const { bytes, from, to } of other.#stretches) {
      const first = Math.max(from, from + start - position);
      const last = Math.min(to, from + end - position);
      if (first < last) this.add(bytes, first, last);
      position += to - from;
    }
  }

  /** A view of each. */
  parts(): Uint8Array[] {
    return this.#stretches.map(({ bytes, from, to }) =>
      // At half the price of subarray(), which asks what class the view should have.
      to - from === bytes.length ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from),
    );
  }
}
