/**
 * Takes a stream of bytes apart into messages and control frames. What lies whole in a chunk is handed out as a view of
 * it and nothing is copied; what does not is put together in one piece of memory.
 */

import { CLOSE_CODES, CONTROL_FROM, FrameHead, MAX_FRAME_HEAD } from './frame.ts';
import type { FrameRules } from './frame-rules.ts';
import { mask, rotateKey } from './mask.ts';

/** What `next` says where it is no opcode. */
export const NOTHING_WHOLE = -1;
export const NOT_A_FRAME = -2;

/** So much memory is given for what a head claims; more only once so much has come. */
const BELIEVED = 1024 * 1024;
const EMPTY = new Uint8Array(0);
/** The head read last, of all readers: it is used up before another is read. */
const head = new FrameHead();

/** Bytes that are put together. */
interface Assembly {
  bytes: Uint8Array;
  filled: number;
}

/** A frame whose payload has not all come. */
interface HalfFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly into: Assembly;
  /** Bytes that are still to come, and the key for the first of them. */
  left: number;
  key: number;
}

export class FrameReader {
  readonly #rules: FrameRules;
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  /** The beginning of a head that was not whole, and how much of it. */
  #head: Uint8Array | undefined;
  #headLength = 0;
  #frame: HalfFrame | undefined;
  /** A message in fragments. */
  #message: Assembly | undefined;
  #opcode = 0;
  #fragments = 0;
  /** What the opcode that `next` returned came with. */
  payload: Uint8Array = EMPTY;
  /** What to answer where it returned `NOT_A_FRAME`; nothing may be read afterwards. */
  closeCode = 0;

  constructor(rules: FrameRules) {
    this.#rules = rules;
  }

  /** Part of a message or of a frame has come, and the rest has not. */
  get isMidMessage(): boolean {
    return this.#head !== undefined || this.#frame !== undefined || this.#message !== undefined;
  }

  /** Gives it the bytes that come next; everything given before must have been read or taken back. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** Takes back what was given and not read. */
  takeRest(): Uint8Array {
    const rest = this.#chunk.subarray(this.#at);
    this.#release();
    return rest;
  }

  /** The opcode of the next whole message or control frame, its payload in `payload`; or one of the two above. */
  next(): number {
    for (;;) {
      const frame = this.#frame;
      let found: number;
      if (frame !== undefined) {
        if (!this.#fill(frame)) return this.#release();
        this.#frame = undefined;
        found = this.#completed(frame.opcode, frame.fin, frame.into);
      } else {
        const length = this.#readHead();
        if (length < 0) return this.#fail(-length);
        if (length === 0) return this.#release();
        found = this.#begin();
      }
      if (found !== NOTHING_WHOLE) return found;
    }
  }

  /** Nothing whole is left: the chunk must not be kept alive for as long as nothing comes. */
  #release(): number {
    this.#chunk = EMPTY;
    this.#at = 0;
    this.payload = EMPTY;
    return NOTHING_WHOLE;
  }

  #fail(closeCode: number): number {
    this.#release();
    this.closeCode = closeCode;
    return NOT_A_FRAME;
  }

  #readHead(): number {
    const chunk = this.#chunk;
    const begun = this.#head;
    const inside = this.#message === undefined ? -1 : this.#message.filled;
    if (begun === undefined) {
      const length = head.read(chunk, this.#at, chunk.length, this.#rules, inside);
      if (length > 0) this.#at += length;
      if (length === 0 && this.#at < chunk.length) {
        this.#head = new Uint8Array(MAX_FRAME_HEAD);
        this.#head.set(chunk.subarray(this.#at));
        this.#headLength = chunk.length - this.#at;
      }
      return length;
    }
    const before = this.#headLength;
    const taken = Math.min(MAX_FRAME_HEAD - before, chunk.length - this.#at);
    begun.set(chunk.subarray(this.#at, this.#at + taken), before);
    const length = head.read(begun, 0, before + taken, this.#rules, inside);
    if (length > 0) {
      this.#at += length - before;
      this.#head = undefined;
    }
    if (length === 0) this.#headLength = before + taken;
    return length;
  }

  /** Reads on behind the head. */
  #begin(): number {
    const { opcode, fin, length, key } = head;
    const isAlone = opcode >= CONTROL_FROM || (fin && this.#message === undefined);
    const end = this.#at + length;
    if (isAlone && end <= this.#chunk.length) {
      mask(this.#chunk, this.#at, end, key);
      this.payload = this.#chunk.subarray(this.#at, end);
      this.#at = end;
      return opcode;
    }
    if (!isAlone && this.#message === undefined) {
      this.#message = { bytes: EMPTY, filled: 0 };
      this.#opcode = opcode;
    }
    const into = opcode < CONTROL_FROM && this.#message !== undefined ? this.#message : { bytes: EMPTY, filled: 0 };
    this.#frame = { opcode, fin, into, left: length, key };
    return NOTHING_WHOLE;
  }

  /** Whether the frame is whole now. */
  #fill(frame: HalfFrame): boolean {
    const { into } = frame;
    const taken = Math.min(frame.left, this.#chunk.length - this.#at);
    if (taken > 0) {
      this.#makeRoom(into, taken, frame.left);
      const end = into.filled + taken;
      into.bytes.set(this.#chunk.subarray(this.#at, this.#at + taken), into.filled);
      mask(into.bytes, into.filled, end, frame.key);
      into.filled = end;
      this.#at += taken;
      frame.left -= taken;
      frame.key = rotateKey(frame.key, taken);
    }
    return frame.left === 0;
  }

  #makeRoom(into: Assembly, length: number, claimed: number): void {
    const { bytes, filled } = into;
    if (filled + length <= bytes.length) return;
    let size = filled + claimed;
    if (size > BELIEVED && filled < BELIEVED) size = Math.max(BELIEVED, filled + length);
    // Many small fragments must not be copied for each of them.
    if (into === this.#message) size = Math.max(size, Math.min(2 * bytes.length, this.#rules.maxMessage));
    into.bytes = this.#rules.allocate(size);
    into.bytes.set(bytes.subarray(0, filled));
    this.#rules.recycle?.(bytes);
  }

  #completed(opcode: number, fin: boolean, { bytes, filled }: Assembly): number {
    if (this.#message === undefined || opcode >= CONTROL_FROM) {
      this.payload = bytes;
      return opcode;
    }
    this.#fragments++;
    if (this.#fragments > this.#rules.maxFragments) return this.#fail(CLOSE_CODES.tooMany);
    if (!fin) return NOTHING_WHOLE;
    this.payload = bytes.subarray(0, filled);
    this.#message = undefined;
    this.#fragments = 0;
    return this.#opcode;
  }
}
