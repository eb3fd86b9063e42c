/**
 * The fixed 16-byte head of a record, and how a message is cut into records (PROTOCOL.md section 3). No meaning here:
 * see ops.ts.
 */

import { SpoolError } from './errors.ts';

export const HEAD_LENGTH = 16;
export const MAX_HEADER_LENGTH = 4096;

/**
 * One record as it stands in a message: the numbers of its head, and views of the rest. Who reads many moves one from
 * record to record; who keeps one must not move it.
 */
export class RawRecord {
  op = 0;
  flags = 0;
  id = 0;
  sequence = 0;
  headerLength = 0;
  payloadLength = 0;
  /** The message it stands in, and where. */
  message: Uint8Array;
  offset = 0;
  #memory: ArrayBufferLike;
  #memoryOffset: number;

  /** Throws `MALFORMED_RECORD` if the record does not lie wholly inside the message. */
  constructor(message: Uint8Array, offset: number) {
    this.message = message;
    this.#memory = message.buffer;
    this.#memoryOffset = message.byteOffset;
    this.moveTo(message, offset);
  }

  /** Becomes the record that stands there. Throws `MALFORMED_RECORD`. */
  moveTo(message: Uint8Array, offset: number): void {
    if (message.length - offset < HEAD_LENGTH) throw new SpoolError('MALFORMED_RECORD', { input: 'head cut short' });
    this.op = message[offset] as number;
    this.flags = message[offset + 1] as number;
    this.headerLength = ((message[offset + 2] as number) << 8) | (message[offset + 3] as number);
    this.payloadLength = readUint32(message, offset + 4);
    this.id = readUint32(message, offset + 8);
    this.sequence = readUint32(message, offset + 12);
    if (this.headerLength > MAX_HEADER_LENGTH) throw new SpoolError('MALFORMED_RECORD', { input: 'header too long' });
    if (message.length - offset - HEAD_LENGTH < this.headerLength + this.payloadLength) {
      throw new SpoolError('MALFORMED_RECORD', { input: 'record longer than its message' });
    }
    this.offset = offset;
    if (message === this.message) return;
    this.message = message;
    this.#memory = message.buffer;
    this.#memoryOffset = message.byteOffset;
  }

  get length(): number {
    return HEAD_LENGTH + this.headerLength + this.payloadLength;
  }

  /** Views of the message, not copies. */
  get header(): Uint8Array {
    const start = this.offset + HEAD_LENGTH;
    return this.message.subarray(start, start + this.headerLength);
  }

  get payload(): Uint8Array {
    const start = this.#memoryOffset + this.offset + HEAD_LENGTH + this.headerLength;
    return new Uint8Array(this.#memory, start, this.payloadLength);
  }

  get bytes(): Uint8Array {
    return this.message.subarray(this.offset, this.offset + this.length);
  }
}

/**
 * Calls `visit` for each record in order. Throws `MALFORMED_RECORD` at the first that is none; what came before was
 * visited.
 */
export function eachRecord(message: Uint8Array, visit: (record: RawRecord) => void): void {
  if (message.length === 0) throw new SpoolError('MALFORMED_RECORD', { input: 'empty message' });
  let offset = 0;
  while (offset < message.length) {
    const record = new RawRecord(message, offset);
    offset += record.length;
    visit(record);
  }
}

export interface Head {
  readonly op: number;
  readonly flags?: number;
  readonly id: number;
  readonly sequence: number;
}

/** A record's head and header in one buffer; the payload, of the length given, is to follow it. */
export function encodeHead(head: Head, payloadLength: number, header?: Uint8Array): Uint8Array {
  const headerLength = header?.length ?? 0;
  const bytes = new Uint8Array(HEAD_LENGTH + headerLength);
  writeHead(bytes, 0, head.op, head.flags ?? 0, headerLength, payloadLength, head.id, head.sequence);
  if (header) bytes.set(header, HEAD_LENGTH);
  return bytes;
}

/** Writes the 16 bytes at `at`. */
export function writeHead(
  bytes: Uint8Array,
  at: number,
  op: number,
  flags: number,
  headerLength: number,
  payloadLength: number,
  id: number,
  sequence: number,
): void {
  bytes[at] = op;
  bytes[at + 1] = flags;
  bytes[at + 2] = headerLength >>> 8;
  bytes[at + 3] = headerLength;
  writeUint32(bytes, at + 4, payloadLength);
  writeUint32(bytes, at + 8, id);
  writeUint32(bytes, at + 12, sequence);
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] as number) << 24) |
      ((bytes[offset + 1] as number) << 16) |
      ((bytes[offset + 2] as number) << 8) |
      (bytes[offset + 3] as number)) >>>
    0
  );
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}
