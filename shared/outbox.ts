/**
 * What leaves an end in one turn of the event loop leaves together: records are collected and sent as few messages, at
 * the end of the turn. No timers: a lone record waits for nothing but the code that runs now.
 *
 * The hot records are written here byte by byte, without going through `encodeRecord`; the bytes are the same, which
 * test/fuzz/outbox holds.
 */

import type { Batch } from './batch.ts';
import { REFERENCE_FROM } from './join.ts';
import type { Link } from './link.ts';
import { FLAGS, OPS } from './ops.ts';
import { HEAD_LENGTH, writeHead, writeUint32 } from './record.ts';
import { Slab } from './slab.ts';
import { Stretches } from './stretches.ts';

/** Messages are filled up to here; a single larger record is a message of its own. */
export const JOIN_LIMIT = 64 * 1024;

const slab = new Slab();
/** Of all who have collected nothing; nothing is ever put into it. */
const NONE = new Stretches();
const NO_BYTES = new Uint8Array(0);

export class Outbox {
  /** How often it has sent what it had. */
  flushes = 0;
  readonly #link: Link;
  #stretches = NONE;
  /** Collected last, from this position on; nothing else has come since. */
  #batch: Batch | undefined;
  #batchFrom = 0;
  #batchTo = 0;
  /** It will be flushed at the end of the turn; or when what has arrived is read. */
  #waiting = false;
  #whenRead = false;
  /** The last record, where it may yet come to say more: a `settled` or `release`. */
  #cumulativeOp = 0;
  #cumulativeEnd = 0;
  #cumulativeCode = 0;
  #cumulativeBytes: Uint8Array = NO_BYTES;
  #cumulativeAt = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Adds one record. Its bytes are borrowed: nobody may change them afterwards. */
  write(record: readonly Uint8Array[]): void {
    let length = 0;
    for (const part of record) length += part.length;
    this.#makeRoom(length);
    for (const part of record) this.#add(part);
  }

  /** Adds a `notify` or `close` without a header. */
  carry(op: number, flags: number, end: number, sequence: number, data: Uint8Array | null): void {
    const length = data === null ? 0 : data.length;
    this.#makeRoom(HEAD_LENGTH + length);
    const copied = length < REFERENCE_FROM ? length : 0;
    const at = slab.take(HEAD_LENGTH + copied);
    const { bytes } = slab;
    writeHead(bytes, at, op, data === null ? flags | FLAGS.null : flags, 0, length, end, sequence);
    if (data !== null && copied > 0) bytes.set(data, at + HEAD_LENGTH);
    this.#collect(bytes, at, at + HEAD_LENGTH + copied);
    if (data !== null && copied < length) this.#collect(data, 0, length);
  }

  /** Adds what answers everything sent on the end up to the number; one that says the same of less is replaced. */
  settled(end: number, sequence: number, hresult: number): void {
    this.#cumulative(OPS.settled, end, sequence, hresult);
    if (this.#waiting || this.#whenRead) return;
    if (this.#link.whenRead === undefined) return this.#leaveInThisTurn();
    this.#whenRead = true;
    this.#link.whenRead(() => {
      this.#whenRead = false;
      this.flush();
    });
  }

  /** The same, but it leaves with whatever leaves next: whoever says so sees to it that something does. */
  settledSoon(end: number, sequence: number, hresult: number): void {
    this.#cumulative(OPS.settled, end, sequence, hresult);
  }

  /** Adds what gives back everything delivered on the end up to the number; one of less is replaced. */
  release(end: number, sequence: number): void {
    this.#cumulative(OPS.release, end, sequence, 0);
    this.#leaveInThisTurn();
  }

  /** Adds records as they stand in a message; what follows on each other there is one piece here. */
  forward(message: Uint8Array, from: number, to: number): void {
    this.#makeRoom(to - from);
    this.#collect(message, from, to);
  }

  /** Adds the last `length` bytes of a batch that others send too. */
  share(batch: Batch, length: number): void {
    const from = batch.length - length;
    if (this.#batch === batch && this.#batchTo === from) {
      this.#batchTo = batch.length;
      return;
    }
    this.#makeRoom(length);
    batch.joined();
    this.#batch = batch;
    this.#batchFrom = from;
    this.#batchTo = batch.length;
  }

  /** Whether something is collected. */
  get isWaiting(): boolean {
    return this.#stretches.length > 0 || this.#batch !== undefined;
  }

  /** Sends what is collected now. */
  flush(): void {
    this.flushes++;
    const batch = this.#batch;
    this.#cumulativeOp = 0;
    // An end that is idle from now on must not keep a slab alive.
    this.#cumulativeBytes = NO_BYTES;
    const isAll = batch !== undefined && this.#batchFrom === 0 && this.#batchTo === batch.length;
    if (isAll && this.#stretches.length === 0) {
      this.#batch = undefined;
      this.#link.send(batch.parts(), batch.left);
      return;
    }
    this.#endBatch();
    if (this.#stretches.length === 0) return;
    const parts = this.#stretches.parts();
    this.#stretches = NONE;
    this.#link.send(parts);
  }

  /** For the end of the turn. */
  flushInTurn(): void {
    this.#waiting = false;
    this.flush();
  }

  #collect(bytes: Uint8Array, from: number, to: number): void {
    if (this.#stretches === NONE) this.#stretches = new Stretches();
    this.#stretches.add(bytes, from, to);
  }

  #add(part: Uint8Array): void {
    if (part.length >= REFERENCE_FROM) return this.#collect(part, 0, part.length);
    const at = slab.take(part.length);
    slab.bytes.set(part, at);
    this.#collect(slab.bytes, at, at + part.length);
  }

  #cumulative(op: number, end: number, sequence: number, code: number): void {
    if (this.#cumulativeOp === op && this.#cumulativeEnd === end && this.#cumulativeCode === code) {
      writeUint32(this.#cumulativeBytes, this.#cumulativeAt + 12, sequence);
      return;
    }
    const payload = code === 0 ? 0 : 4;
    this.#fit(HEAD_LENGTH + payload);
    const at = slab.take(HEAD_LENGTH + payload);
    const { bytes } = slab;
    writeHead(bytes, at, op, 0, 0, payload, end, sequence);
    if (payload > 0) writeUint32(bytes, at + HEAD_LENGTH, code);
    this.#collect(bytes, at, at + HEAD_LENGTH + payload);
    this.#cumulativeOp = op;
    this.#cumulativeEnd = end;
    this.#cumulativeCode = code;
    this.#cumulativeBytes = bytes;
    this.#cumulativeAt = at;
  }

  /** Before anything is added that leaves in this turn. */
  #makeRoom(length: number): void {
    this.#fit(length);
    this.#leaveInThisTurn();
  }

  /** Nothing before it can be replaced any more, and a full message leaves first. */
  #fit(length: number): void {
    this.#cumulativeOp = 0;
    const collected = this.#stretches.length + (this.#batch === undefined ? 0 : this.#batchTo - this.#batchFrom);
    // A batch that is full leaves as it is.
    if (collected > 0 && collected + length > JOIN_LIMIT) this.flush();
    else this.#endBatch();
  }

  #leaveInThisTurn(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    atEndOfTurn(this);
  }

  #endBatch(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    if (this.#stretches === NONE) this.#stretches = new Stretches();
    this.#stretches.addFrom(batch.stretches, this.#batchFrom, this.#batchTo);
  }
}

let waiting: Outbox[] = [];

/** A reaction to it is a microtask at a third of what `queueMicrotask` costs in Node. */
const now = Promise.resolve();

function atEndOfTurn(outbox: Outbox): void {
  if (waiting.push(outbox) === 1) void now.then(endTurn);
}

function endTurn(): void {
  const turn = waiting;
  waiting = [];
  for (const outbox of turn) {
    try {
      outbox.flushInTurn();
    } catch (reason) {
      // A link that throws must not keep the others from sending.
      queueMicrotask(() => {
        throw reason;
      });
    }
  }
}
