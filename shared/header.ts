/**
 * Headers: MessagePack maps in a closed subset (PROTOCOL.md section 3.1).
 *
 * A few hundred hostile bytes can hang or kill a general MessagePack decoder, so every header is scanned against the
 * subset before it is decoded. The decoder's own errors never leave this file.
 */

import { Packr, Unpackr } from 'msgpackr';
import { SpoolError } from './errors.ts';
import { MAX_HEADER_LENGTH } from './record.ts';

const MAX_DEPTH = 4;
const MAX_ITEMS = 128;
const MAX_STRING = 1024;

const packr = new Packr({ useRecords: false, mapsAsObjects: true, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number', copyBuffers: true });

/** A count as the encoder must be given it: it writes what does not fit 32 bits as a float, outside the subset. */
export function wideCount(value: number): number | bigint {
  return value > 0xffffffff ? BigInt(Math.min(value, Number.MAX_SAFE_INTEGER)) : value;
}

/** Encodes a header; keys whose value is undefined are left out. Throws `E_INVALIDARG` above 4,096 bytes. */
export function packHeader(fields: object): Uint8Array {
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const bytes = packr.pack(present);
  if (bytes.length > MAX_HEADER_LENGTH) throw new SpoolError('E_INVALIDARG', { input: 'header above 4096 bytes' });
  return bytes;
}

/**
 * Decodes a header to an object whose values are still unchecked against the op. Throws `MALFORMED_RECORD`, nothing
 * else.
 */
export function unpackHeader(bytes: Uint8Array): unknown {
  scanHeader(bytes);
  try {
    return unpackr.unpack(bytes);
  } catch {
    throw new SpoolError('MALFORMED_RECORD', { input: 'header' });
  }
}

/** Throws `MALFORMED_RECORD` unless the bytes are exactly one map of the subset. */
export function scanHeader(bytes: Uint8Array): void {
  const scanner = new Scanner(bytes);
  scanner.topLevelMap();
  scanner.end();
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;
  #items = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  topLevelMap(): void {
    const lead = this.#bytes[0];
    if (lead === undefined || !(isFixMap(lead) || lead === 0xde || lead === 0xdf)) refuse('not a map');
    this.#value(1);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) refuse('bytes after the map');
  }

  #value(depth: number): void {
    if (depth > MAX_DEPTH) refuse('too deep');
    if (++this.#items > MAX_ITEMS) refuse('too many items');
    const lead = this.#uint(1);
    if (lead <= 0x7f || lead === 0xc0 || lead === 0xc2 || lead === 0xc3) return;
    if (isFixMap(lead)) return this.#map(lead & 0x0f, depth);
    if ((lead & 0xf0) === 0x90) return this.#array(lead & 0x0f, depth);
    if ((lead & 0xe0) === 0xa0) return void this.#text(lead & 0x1f);
    switch (lead) {
      case 0xc4:
        return this.#skip(this.#uint(1));
      case 0xc5:
        return this.#skip(this.#uint(2));
      case 0xc6:
        return this.#skip(this.#uint(4));
      case 0xcc:
        return void this.#uint(1);
      case 0xcd:
        return void this.#uint(2);
      case 0xce:
        return void this.#uint(4);
      case 0xcf:
      case 0xd3:
        if (this.#uint(4) > 0x1fffff) refuse('negative, or above 2^53-1');
        return void this.#uint(4);
      // Signed widths: some encoders use them for what is not negative too.
      case 0xd0:
        return this.#positive(1, 0x7f);
      case 0xd1:
        return this.#positive(2, 0x7fff);
      case 0xd2:
        return this.#positive(4, 0x7fffffff);
      case 0xd9:
        return void this.#text(this.#uint(1));
      case 0xda:
        return void this.#text(this.#uint(2));
      case 0xdb:
        return void this.#text(this.#uint(4));
      case 0xdc:
        return this.#array(this.#uint(2), depth);
      case 0xdd:
        return this.#array(this.#uint(4), depth);
      case 0xde:
        return this.#map(this.#uint(2), depth);
      case 0xdf:
        return this.#map(this.#uint(4), depth);
      default:
        // Floats, negative integers, extensions, 0xc1.
        refuse('outside the subset');
    }
  }

  #array(length: number, depth: number): void {
    for (let i = 0; i < length; i++) this.#value(depth + 1);
  }

  #map(length: number, depth: number): void {
    const keys = new Set<string>();
    for (let i = 0; i < length; i++) {
      const key = this.#key();
      if (keys.has(key)) refuse('key twice');
      keys.add(key);
      this.#value(depth + 1);
    }
  }

  #key(): string {
    if (++this.#items > MAX_ITEMS) refuse('too many items');
    const lead = this.#uint(1);
    if ((lead & 0xe0) === 0xa0) return this.#text(lead & 0x1f);
    if (lead === 0xd9) return this.#text(this.#uint(1));
    if (lead === 0xda) return this.#text(this.#uint(2));
    if (lead === 0xdb) return this.#text(this.#uint(4));
    return refuse('key is no string');
  }

  #text(length: number): string {
    const start = this.#at;
    this.#skip(length);
    try {
      return utf8.decode(this.#bytes.subarray(start, this.#at));
    } catch {
      return refuse('invalid UTF-8');
    }
  }

  #skip(length: number): void {
    if (length > MAX_STRING) refuse('string or binary too long');
    this.#at += length;
    if (this.#at > this.#bytes.length) refuse('cut short');
  }

  #positive(width: 1 | 2 | 4, greatest: number): void {
    if (this.#uint(width) > greatest) refuse('negative');
  }

  #uint(width: 1 | 2 | 4): number {
    if (this.#at + width > this.#bytes.length) refuse('cut short');
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + (this.#bytes[this.#at++] as number);
    return value;
  }
}

function isFixMap(lead: number): boolean {
  return (lead & 0xf0) === 0x80;
}

function refuse(what: string): never {
  throw new SpoolError('MALFORMED_RECORD', { input: `header: ${what}` });
}
