/**
 * Masking: each byte of a frame from a client is combined with one of the four of a key (RFC 6455, section 5.3). Doing
 * it again undoes it. A key is a number here, its first byte lowest.
 */

/** What `bufferutil` offers, and later versions of Node: combines in place, from the key's first byte on. */
export interface NativeMask {
  unmask(bytes: Uint8Array, key: Uint8Array): void;
}

/** Below, the way into native code costs more than it saves: measured with bufferutil 4.1 on Node 20. */
const NATIVE_FROM = 512;
/** Below, a view of whole words costs more than it saves. */
const WORDS_FROM = 128;

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const keyBytes = new Uint8Array(4);
let native: NativeMask | undefined;
let looked = false;

/** From now on long stretches are left to it; `undefined`: to nobody. */
export function useNativeMask(mask: NativeMask | undefined): void {
  native = mask;
}

/** What there is to look in: the environment, and `import` as a function. */
export interface NativePlaces {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly load: (name: string) => Promise<unknown>;
}

/** Looks for native code where `ws` does: in Node itself, then for `bufferutil`, where the user has installed that. */
export async function findNativeMask({ environment, load }: NativePlaces): Promise<NativeMask | undefined> {
  const { websocketUnmask } = (await load('node:http')) as { websocketUnmask?: NativeMask['unmask'] };
  if (websocketUnmask) return { unmask: websocketUnmask };
  if (environment['WS_NO_BUFFER_UTIL'] !== undefined) return undefined;
  try {
    return ((await load('bufferutil')) as { default: NativeMask }).default;
  } catch {
    // Most have not.
    return undefined;
  }
}

/** The first time only; until something is found, and where nothing is, it works without. */
export function useNativeMaskOf(places: NativePlaces): void {
  if (looked) return;
  looked = true;
  void findNativeMask(places).then(useNativeMask);
}

/** Combines what lies from `from` to before `to`, in place. */
export function mask(bytes: Uint8Array, from: number, to: number, key: number): void {
  const length = to - from;
  if (key === 0) return;
  if (native !== undefined && length >= NATIVE_FROM) {
    for (let index = 0; index < 4; index++) keyBytes[index] = key >>> (8 * index);
    native.unmask(bytes.subarray(from, to), keyBytes);
  } else if (length < WORDS_FROM) {
    maskBytes(bytes, from, to, key);
  } else {
    maskWords(bytes, from, to, key);
  }
}

/** The key for what comes after `length` bytes. */
export function rotateKey(key: number, length: number): number {
  const bits = (length & 3) * 8;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}

/** One after the other, as the RFC says it. */
export function maskBytes(bytes: Uint8Array, from: number, to: number, key: number): void {
  const second = key >>> 8;
  const third = key >>> 16;
  const fourth = key >>> 24;
  let at = from;
  for (const last = to - 3; at < last; at += 4) {
    bytes[at] = (bytes[at] as number) ^ key;
    bytes[at + 1] = (bytes[at + 1] as number) ^ second;
    bytes[at + 2] = (bytes[at + 2] as number) ^ third;
    bytes[at + 3] = (bytes[at + 3] as number) ^ fourth;
  }
  for (let shift = 0; at < to; shift += 8) {
    bytes[at] = (bytes[at] as number) ^ (key >>> shift);
    at++;
  }
}

/** Four bytes at once where they stand aligned; ten times as fast on long stretches. */
export function maskWords(bytes: Uint8Array, from: number, to: number, key: number): void {
  const aligned = Math.min(to, from + (-(bytes.byteOffset + from) & 3));
  maskBytes(bytes, from, aligned, key);
  const rotated = rotateKey(key, aligned - from);
  const count = (to - aligned) >>> 2;
  if (count > 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, count);
    const word = isLittleEndian ? rotated : swapBytes(rotated);
    let at = 0;
    for (const last = count - 3; at < last; at += 4) {
      words[at] = (words[at] as number) ^ word;
      words[at + 1] = (words[at + 1] as number) ^ word;
      words[at + 2] = (words[at + 2] as number) ^ word;
      words[at + 3] = (words[at + 3] as number) ^ word;
    }
    for (; at < count; at++) words[at] = (words[at] as number) ^ word;
  }
  maskBytes(bytes, aligned + 4 * count, to, rotated);
}

function swapBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** Keys come from the system's randomness by the thousand; asking for each costs a microsecond. */
const keys = new Uint32Array(1024);
let nextKey = keys.length;

/** A key nobody can foresee. */
export function randomKey(): number {
  if (nextKey === keys.length) {
    crypto.getRandomValues(keys);
    nextKey = 0;
  }
  return (keys[nextKey++] as number) | 0;
}
