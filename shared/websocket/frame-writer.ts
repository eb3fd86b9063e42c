/** Puts messages into frames and writes them to a stream, copying what is small and referring to what is not. */

import { joinSmall, REFERENCE_FROM } from '../join.ts';
import { frameHeadLength, OPCODES, writeFrameHead } from './frame.ts';
import type { FrameRules } from './frame-rules.ts';
import { mask, randomKey, rotateKey } from './mask.ts';

/** What is used of a stream to write to. */
export interface ByteSink {
  /** Bytes that were written and have not left. */
  readonly writableLength: number;
  write(bytes: Uint8Array, left?: () => void): boolean;
  cork(): void;
  uncork(): void;
}

/** A peer that does not read what it is answered has no more than so many bytes kept for it. */
const PONGS_UP_TO = 64 * 1024;
/** Where small messages are put together, for everybody: as a rule their bytes have left when `write` returns. */
const SCRATCH = 128 * 1024;
let scratch: Uint8Array = new Uint8Array(0);
/** Before it, what belongs to streams that could not let it go at once. */
let scratchAt = 0;

/**
 * Writes one message. A frozen array may be written to many streams, and is put into a frame once for all of them;
 * `left` is called when this one needs them no more.
 */
export function writeMessage(sink: ByteSink, parts: readonly Uint8Array[], rules: FrameRules, left?: () => void): void {
  if (rules.masks) return writeCopied(sink, parts, lengthOf(parts), rules);
  if (Object.isFrozen(parts)) {
    let pieces = framed.get(parts);
    if (pieces === undefined) {
      pieces = piecesOf(parts, lengthOf(parts));
      framed.set(parts, pieces);
    }
    return writePieces(sink, pieces, left);
  }
  let length = 0;
  let largest = 0;
  for (const part of parts) {
    length += part.length;
    if (part.length > largest) largest = part.length;
  }
  if (largest >= REFERENCE_FROM) return writePieces(sink, piecesOf(parts, length), left);
  writeCopied(sink, parts, length, rules);
  // What was copied is free, whether the copy has left or not.
  left?.();
}

/** Writes control frames with the same opcode, in one piece. */
export function writeControl(
  sink: ByteSink,
  opcode: number,
  payloads: readonly Uint8Array[],
  { masks, allocate }: FrameRules,
): void {
  let length = 0;
  for (const payload of payloads) length += frameHeadLength(payload.length, masks) + payload.length;
  const bytes = allocate(length);
  let at = 0;
  for (const payload of payloads) at = writeFrame(bytes, at, opcode, [payload], payload.length, masks);
  sink.write(bytes);
}

/**
 * Answers pings, in one piece. Returns what is to be answered later: of those a peer does not read the answers to, only
 * the latest (RFC 6455, section 5.5.3).
 */
export function writePongs(sink: ByteSink, pings: readonly Uint8Array[], rules: FrameRules): Uint8Array[] | undefined {
  const latest = pings.at(-1);
  if (latest !== undefined && sink.writableLength >= PONGS_UP_TO) return [latest.slice()];
  writeControl(sink, OPCODES.pong, pings, rules);
  return undefined;
}

/** What a shared array was made into; kept for as long as somebody has the array. */
const framed = new WeakMap<readonly Uint8Array[], readonly Uint8Array[]>();

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

/** Writes the frame in one piece of memory. */
function writeCopied(
  sink: ByteSink,
  parts: readonly Uint8Array[],
  payload: number,
  { masks, allocate }: FrameRules,
): void {
  const length = frameHeadLength(payload, masks) + payload;
  if (masks && length > SCRATCH && sink.writableLength === 0) return writeInPieces(sink, parts, payload, allocate);
  // A stream that is behind keeps what it gets: that must not be a scrap of something large.
  if (length > SCRATCH || sink.writableLength > 0) {
    const bytes = allocate(length);
    writeFrame(bytes, 0, OPCODES.binary, parts, payload, masks);
    sink.write(bytes);
    return;
  }
  makeScratch(length, allocate);
  const start = scratchAt;
  const end = writeFrame(scratch, start, OPCODES.binary, parts, payload, masks);
  const bytes = scratch.subarray(start, end);
  // Reserved before writing: whatever that calls may write too.
  scratchAt = end;
  sink.write(bytes);
  if (sink.writableLength === 0 && scratchAt === end) scratchAt = start;
}

/**
 * A large frame by way of the scratch memory, as long as the stream lets go of each piece at once: fresh memory costs
 * more than the copy.
 */
function writeInPieces(
  sink: ByteSink,
  parts: readonly Uint8Array[],
  payload: number,
  allocate: FrameRules['allocate'],
): void {
  const key = randomKey();
  let piece = makeScratch(SCRATCH, allocate);
  let at = writeFrameHead(piece, 0, OPCODES.binary, payload, key);
  /** Where the payload begins in this piece, how much of it was in those before, and how much is not in any yet. */
  let from = at;
  let before = 0;
  let left = payload;
  for (const part of parts) {
    let taken = 0;
    while (taken < part.length) {
      const length = Math.min(part.length - taken, piece.length - at);
      piece.set(length === part.length ? part : part.subarray(taken, taken + length), at);
      at += length;
      taken += length;
      left -= length;
      if (left > 0 && at < piece.length) continue;
      mask(piece, from, at, rotateKey(key, before));
      before += at - from;
      // Reserved before writing: whatever that calls may write too.
      if (piece === scratch) scratchAt = at;
      sink.write(piece.subarray(0, at));
      const hasLeft = sink.writableLength === 0;
      if (hasLeft && piece === scratch && scratchAt === at) scratchAt = 0;
      if (left === 0) return;
      // What the stream keeps stays as it is: then the rest has memory of its own.
      piece = hasLeft ? makeScratch(SCRATCH, allocate) : allocate(left);
      at = 0;
      from = 0;
    }
  }
}

/** Scratch memory with so much room behind `scratchAt`. */
function makeScratch(room: number, allocate: FrameRules['allocate']): Uint8Array {
  if (scratchAt + room > scratch.length) {
    scratch = allocate(SCRATCH);
    scratchAt = 0;
  }
  return scratch;
}

/** Returns where the frame ends. */
function writeFrame(
  target: Uint8Array,
  at: number,
  opcode: number,
  parts: readonly Uint8Array[],
  payload: number,
  masks: boolean,
): number {
  const key = masks ? randomKey() : undefined;
  const begin = writeFrameHead(target, at, opcode, payload, key);
  let next = begin;
  for (const part of parts) {
    target.set(part, next);
    next += part.length;
  }
  if (key !== undefined) mask(target, begin, next, key);
  return next;
}

/** The frame as what is to be written: the head and small parts copied, large parts as they are. Not for masking. */
function piecesOf(parts: readonly Uint8Array[], payload: number): readonly Uint8Array[] {
  const head = new Uint8Array(frameHeadLength(payload, false));
  writeFrameHead(head, 0, OPCODES.binary, payload);
  return joinSmall([head, ...parts]);
}

function writePieces(sink: ByteSink, pieces: readonly Uint8Array[], left?: () => void): void {
  const last = pieces.length - 1;
  if (last > 0) sink.cork();
  for (let index = 0; index <= last; index++)
    sink.write(pieces[index] as Uint8Array, index === last ? left : undefined);
  if (last > 0) sink.uncork();
}
