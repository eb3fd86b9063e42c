/**
 * What is sent, and whether what arrives is that. A payload begins with the number of its pipe and its own number in
 * that pipe; the rest is noise that differs from one payload to the next.
 */

const HEAD = 8;
const SHIFTS = 251;
const SAMPLED = 64;
/** Contents are compared more often where there are few. */
const LARGE = 1024 * 1024;
const SAMPLED_OF_LARGE = 8;

/** The shape of all payloads of a workload: both sides make the same noise of it. */
export interface PayloadShape {
  readonly size: number;
  /** Payloads in flight at most, in one pipe. */
  readonly window: number;
  readonly pipes: number;
}

/** The sender's: buffers made beforehand, each used again when what it held before has been received. */
export class Payloads {
  readonly #shape: PayloadShape;
  readonly #slots: readonly Buffer[];

  constructor(shape: PayloadShape) {
    const { size, window, pipes } = shape;
    this.#shape = shape;
    const noise = noiseFor(size);
    const slab = Buffer.allocUnsafeSlow(size * window * pipes);
    this.#slots = Array.from({ length: window * pipes }, (_, index) => {
      const slot = slab.subarray(index * size, (index + 1) * size);
      const shift = shiftOf(Math.floor(index / window), index % window, window);
      noise.copy(slot, HEAD, shift, shift + size - HEAD);
      return slot;
    });
  }

  /** Valid until the payload a window later in the same pipe is asked for. */
  payload(pipe: number, sequence: number): Buffer {
    const { window } = this.#shape;
    const slot = this.#slots[pipe * window + (sequence % window)] as Buffer;
    slot.writeUInt32BE(pipe, 0);
    slot.writeUInt32BE(sequence, 4);
    return slot;
  }
}

/** The receiver's: count, order and length of all, contents of some. */
export class Inspection {
  readonly #shape: PayloadShape;
  readonly #noise: Buffer;
  readonly #next: Uint32Array;
  readonly #every: number;
  readonly #phase: number;
  readonly #fault: (fault: string) => void;

  /** Receivers with different `phase` compare the contents of different payloads. */
  constructor(shape: PayloadShape, phase: number, fault: (fault: string) => void) {
    this.#shape = shape;
    this.#noise = noiseFor(shape.size);
    this.#next = new Uint32Array(shape.pipes);
    this.#every = shape.size < LARGE ? SAMPLED : SAMPLED_OF_LARGE;
    this.#phase = phase;
    this.#fault = fault;
  }

  /** Returns the number of the pipe. */
  see(bytes: Uint8Array): number {
    const pipe = uint32(bytes, 0);
    const sequence = uint32(bytes, 4);
    if (bytes.length !== this.#shape.size) this.#fault(`${bytes.length} bytes instead of ${this.#shape.size}`);
    else if (sequence !== this.#next[pipe])
      this.#fault(`number ${sequence} of pipe ${pipe} instead of ${this.#next[pipe]}`);
    else if ((sequence + this.#phase) % this.#every === 0) this.#compare(bytes, pipe, sequence);
    this.#next[pipe] = sequence + 1;
    return pipe;
  }

  #compare(bytes: Uint8Array, pipe: number, sequence: number): void {
    const { size, window } = this.#shape;
    const shift = shiftOf(pipe, sequence, window);
    if (this.#noise.compare(bytes, HEAD, size, shift, shift + size - HEAD) !== 0)
      this.#fault(`other contents in number ${sequence} of pipe ${pipe}`);
  }
}

export function uint32(bytes: Uint8Array, at: number): number {
  // A view that is read beyond its end gives undefined, which counts as 0: a payload cut short is no crash.
  const [high, middle, low, last] = [bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0];
  return high * 0x1000000 + (middle << 16) + (low << 8) + last;
}

function shiftOf(pipe: number, sequence: number, window: number): number {
  return (pipe + (sequence % window)) % SHIFTS;
}

let lastNoise: Buffer = Buffer.alloc(0);

/** The same in every process. Made once for all receivers of one. */
function noiseFor(size: number): Buffer {
  const length = size + SHIFTS;
  if (lastNoise.length === length) return lastNoise;
  const noise = Buffer.allocUnsafeSlow(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    noise[index] = state >>> 24;
  }
  lastNoise = noise;
  return noise;
}
