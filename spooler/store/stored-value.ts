/** A value as it lies on the disk: a checksum of its key and itself, then its bytes. Disks forget bits. */

import { crc32 } from 'node:zlib';

const CHECKSUM = 4;

/** How many bytes it has there. */
export function storedLength(value: Uint8Array): number {
  return CHECKSUM + value.length;
}

/** A copy, in memory of its length. */
export function encodeValue(key: string, value: Uint8Array, stored: Buffer): Buffer {
  stored.set(value, CHECKSUM);
  stored.writeUInt32LE(crc32(value, crc32(key)), 0);
  return stored;
}

/** A copy; undefined where it is not what was stored. */
export function decodeValue(key: string, stored: Uint8Array): Uint8Array | undefined {
  if (stored.length < CHECKSUM) return undefined;
  const value = new Uint8Array(stored.subarray(CHECKSUM));
  const view = new DataView(stored.buffer, stored.byteOffset, CHECKSUM);
  return view.getUint32(0, true) === crc32(value, crc32(key)) ? value : undefined;
}
