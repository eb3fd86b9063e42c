/**
 * Takes a stream of bytes apart into messages and control frames. What lies whole where it was read is handed out as a
 * view of it and nothing is copied; what does not is put together in one piece of memory.
 *
 * Bytes come in chunks that others have read (`push`), or where the reader wants them (`room`, `arrived`): in the room
 * of all streams as long as little comes, in a room of its own while there is always more, and in the memory of the
 * frame they belong to where much of that is missing.
 */

import { CLOSE_CODES, CONTROL_FROM, FrameHead, MAX_FRAME_HEAD } from './frame.ts';
import type { FrameRules } from './frame-rules.ts';
import { mask, rotateKey } from './mask.ts';
import { BELIEVED } from './rooms.ts';

/** What `next` says where it is no opcode. */
export const NOTHING_WHOLE = -1;
export const NOT_A_FRAME = -2;
/** A frame that is not whole, and will be where it lies. */
const NOT_YET = -3;

/** Bytes of a frame from which what is missing is read where it belongs; less is not worth a system call. */
const MUCH = 16 * 1024;
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
  /** What has come and was not read lies from `#at` to before `#end`. */
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  #end = 0;
  /** The chunk is memory that `allocate` gave. */
  #isOurs = false;
  /** A room of its own. It is the chunk as soon as something has come there. */
  #own: Uint8Array | undefined;
  /** Where `room` said to read. */
  #reading: 'common' | 'own' | 'frame' = 'common';
  /** What it gave was filled: there may be more. */
  isBusy = false;
  /** How often something has come there. */
  reads = 0;
  /** Bytes of the last frame of a message, with its head. */
  #lastFrame = 0;
  /** Bytes of payload that a head may claim and has memory for: what is believed of a stranger, or has come whole before. */
  #believed = BELIEVED;
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
    return this.#head !== undefined || this.#frame !== undefined || this.#message !== undefined || this.#at < this.#end;
  }

  /** Gives it the bytes that come next; everything given before must have been read or taken back. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
    this.#end = chunk.length;
    this.#isOurs = false;
  }

  /** Where to read next; it stays so until something has come there, or it is asked again. Precondition: all is read. */
  room(): Uint8Array {
    const frame = this.#frame;
    if (frame !== undefined && frame.left >= MUCH) {
      const { into } = frame;
      this.#reading = 'frame';
      this.#makeRoom(into, 1, frame.left);
      return into.bytes.subarray(into.filled, Math.min(into.filled + frame.left, into.bytes.length));
    }
    if (this.isBusy) this.#own ??= this.#rules.rooms.take(this.#lastFrame);
    this.#reading = this.#own === undefined ? 'common' : 'own';
    if (this.#own === undefined) return this.#rules.rooms.common;
    return this.#isInOwn ? this.#chunk.subarray(this.#end) : this.#own;
  }

  /** So many bytes have come where `room` said. */
  arrived(length: number): void {
    this.reads++;
    switch (this.#reading) {
      case 'common':
        this.isBusy = length === this.#rules.rooms.common.length;
        return this.#pushCopy(this.#rules.rooms.common, length);
      case 'own':
        if (this.#own !== undefined) this.#arrivedInOwn(this.#own, length);
        return;
      case 'frame':
        if (this.#frame === undefined) return;
        this.#filled(this.#frame, length);
        this.isBusy = this.#frame.left === 0 || this.#frame.into.filled === this.#frame.into.bytes.length;
    }
  }

  /** Takes back what was given and not read. */
  takeRest(): Uint8Array {
    const rest = this.#chunk.subarray(this.#at, this.#end);
    // It may be given again as anybody's: then nobody would count who refers to memory of ours.
    const taken = this.#isOurs ? new Uint8Array(rest) : rest;
    this.#release();
    return taken;
  }

  /** Nothing comes any more where it wanted it. */
  end(): void {
    this.#release();
    if (this.#own !== undefined) this.#leaveOwn(this.#own);
  }

  /** The opcode of the next whole message or control frame, its payload in `payload`; or one of the two above. */
  next(): number {
    for (;;) {
      const frame = this.#frame;
      let found: number;
      if (frame !== undefined) {
        if (!this.#fill(frame)) return this.#release();
        this.#frame = undefined;
        this.#believed = Math.max(this.#believed, frame.into.filled);
        found = this.#completed(frame.opcode, frame.fin, frame.into);
      } else {
        const length = this.#readHead();
        if (length < 0) return this.#fail(-length);
        if (length === 0) return this.#at < this.#end ? this.#wait() : this.#release();
        found = this.#begin(length);
        if (found === NOT_YET) return this.#wait();
      }
      if (found !== NOTHING_WHOLE) return found;
    }
  }

  // ------------------------------------------------------------------------------------ rooms

  get #isInOwn(): boolean {
    return this.#own !== undefined && this.#chunk === this.#own;
  }

  #arrivedInOwn(own: Uint8Array, length: number): void {
    const isFirst = this.#chunk !== own;
    if (isFirst) {
      this.#chunk = own;
      this.#at = 0;
      this.#end = 0;
      this.#isOurs = true;
    }
    this.#end += length;
    this.isBusy = this.#end === own.length;
    if (!isFirst || this.#isWorthARoom()) return;
    this.#pushCopy(own, length);
    this.#leaveOwn(own);
  }

  /** Whether most of the room is filled, or will be when the frame that begins there is whole. */
  #isWorthARoom(): boolean {
    const { length } = this.#chunk;
    if (4 * this.#end >= 3 * length) return true;
    if (this.#head !== undefined || this.#frame !== undefined || this.#message !== undefined) return false;
    const before = head.read(this.#chunk, 0, this.#end, this.#rules, -1);
    const frame = before > 0 ? before + head.length : 0;
    return frame <= length && 4 * frame >= 3 * length;
  }

  #leaveOwn(own: Uint8Array): void {
    this.#own = undefined;
    this.#rules.rooms.leave(own);
    this.#rules.recycle?.(own);
  }

  #pushCopy(room: Uint8Array, length: number): void {
    const chunk = this.#rules.allocate(length);
    chunk.set(room.subarray(0, length));
    this.push(chunk);
    this.#isOurs = true;
  }

  /** The rest of the frame will come behind what is there. */
  #wait(): number {
    this.payload = EMPTY;
    return NOTHING_WHOLE;
  }

  /** Nothing whole is left: the chunk must not be kept alive for as long as nothing comes. */
  #release(): number {
    if (this.#isInOwn) this.#leaveOwn(this.#chunk);
    else if (this.#isOurs) this.#rules.recycle?.(this.#chunk);
    this.#chunk = EMPTY;
    this.#at = 0;
    this.#end = 0;
    this.#isOurs = false;
    this.payload = EMPTY;
    return NOTHING_WHOLE;
  }

  #fail(closeCode: number): number {
    this.#release();
    this.closeCode = closeCode;
    return NOT_A_FRAME;
  }

  // ------------------------------------------------------------------------------------ frames

  /** As `FrameHead.read`. */
  #readHead(): number {
    const begun = this.#head;
    const inside = this.#message === undefined ? -1 : this.#message.filled;
    if (begun === undefined) {
      const length = head.read(this.#chunk, this.#at, this.#end, this.#rules, inside);
      if (length > 0) this.#at += length;
      if (length === 0 && this.#at < this.#end) this.#beginHead();
      return length;
    }
    const before = this.#headLength;
    const taken = Math.min(MAX_FRAME_HEAD - before, this.#end - this.#at);
    begun.set(this.#chunk.subarray(this.#at, this.#at + taken), before);
    const length = head.read(begun, 0, before + taken, this.#rules, inside);
    if (length > 0) {
      this.#at += length - before;
      this.#head = undefined;
    }
    if (length === 0) {
      this.#headLength = before + taken;
      this.#at = this.#end;
    }
    return length;
  }

  /** Keeps the beginning of a head, unless the rest of it has room behind that. */
  #beginHead(): void {
    if (this.#isInOwn && this.#at + MAX_FRAME_HEAD <= this.#chunk.length) return;
    this.#head = new Uint8Array(MAX_FRAME_HEAD);
    this.#head.set(this.#chunk.subarray(this.#at, this.#end));
    this.#headLength = this.#end - this.#at;
    this.#at = this.#end;
  }

  /** Reads on behind the head, which had so many bytes. */
  #begin(headLength: number): number {
    const { opcode, fin, length, key } = head;
    if (opcode < CONTROL_FROM) this.#lastFrame = headLength + length;
    const isAlone = opcode >= CONTROL_FROM || (fin && this.#message === undefined);
    const end = this.#at + length;
    if (isAlone && end <= this.#end) {
      mask(this.#chunk, this.#at, end, key);
      if (this.#isOurs) this.#rules.share?.(this.#chunk);
      this.payload = this.#chunk.subarray(this.#at, end);
      this.#at = end;
      return opcode;
    }
    if (isAlone && this.#isInOwn && end <= this.#chunk.length && this.#at >= headLength) {
      this.#at -= headLength;
      return NOT_YET;
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
    const taken = Math.min(frame.left, this.#end - this.#at);
    if (taken > 0) {
      this.#makeRoom(into, taken, frame.left);
      into.bytes.set(this.#chunk.subarray(this.#at, this.#at + taken), into.filled);
      this.#at += taken;
      this.#filled(frame, taken);
    }
    return frame.left === 0;
  }

  /** So many of its bytes have come where they belong. */
  #filled(frame: HalfFrame, length: number): void {
    const { into } = frame;
    const end = into.filled + length;
    mask(into.bytes, into.filled, end, frame.key);
    into.filled = end;
    frame.left -= length;
    frame.key = rotateKey(frame.key, length);
  }

  #makeRoom(into: Assembly, length: number, claimed: number): void {
    const { bytes, filled } = into;
    if (filled + length <= bytes.length) return;
    let size = filled + claimed;
    if (size > this.#believed && filled < this.#believed) size = Math.max(this.#believed, filled + length);
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
