/** Payloads and names as they may be shown: what a peer sent must neither command a terminal nor break a line. */

import { TextDecoder } from 'node:util';

/** Controls, and what is invisible or changes the direction of text. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const MAX_CHARACTERS = 2_000;
const MAX_HEX_BYTES = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true });

/** `Buffer.from(data, encoding)` gives the bytes back; both null for a NULL pointer. */
export interface JsonPayload {
  readonly encoding: 'utf8' | 'utf16le' | 'base64' | null;
  readonly data: string | null;
}

export function inJson(data: Uint8Array | null): JsonPayload {
  if (data === null) return { encoding: null, data: null };
  const xml = asUtf16Xml(data);
  if (xml !== undefined) return { encoding: 'utf16le', data: xml };
  const text = decode(utf8, data);
  if (text !== undefined) return { encoding: 'utf8', data: text };
  return { encoding: 'base64', data: Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64') };
}

/** One line: text with its line breaks escaped, or the bytes in hexadecimal; cut where it is long. */
export function forPeople(data: Uint8Array | null): string {
  if (data === null) return 'NULL';
  if (data.length === 0) return '(empty)';
  const text = asUtf16Xml(data) ?? asPlainText(data);
  if (text === undefined) {
    const hex = [...data.subarray(0, MAX_HEX_BYTES)].map((byte) => byte.toString(16).padStart(2, '0'));
    return hex.join(' ') + (data.length > MAX_HEX_BYTES ? ' …' : '');
  }
  const shown = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
  return escapeText(shown);
}

/** `10,485,760 bytes`. */
export function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${grouped(count)} bytes`;
}

/** `10,485,760`. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Somebody else's words, on one line. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** Lines of ours with somebody else's words in them. */
export function escapeLines(lines: string): string {
  return lines.replace(UNSAFE, (character) => (character === '\n' ? character : escapeCharacter(character)));
}

/** JSON allows characters that a terminal obeys; escaped they mean the same. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** AsyncUI and configuration documents travel in UTF-16LE (PAN-272, PAN-339), with a byte order mark or without (GAP-19). */
function asUtf16Xml(data: Uint8Array): string | undefined {
  const [first, second] = data;
  const begins = (first === 0xff && second === 0xfe) || (first === 0x3c && second === 0);
  return begins ? decode(utf16, data) : undefined;
}

/** Undefined for what only happens to be valid UTF-8. */
function asPlainText(data: Uint8Array): string | undefined {
  const text = decode(utf8, data);
  if (text === undefined) return undefined;
  const controls = text.slice(0, MAX_CHARACTERS).match(/\p{Cc}/gu) ?? [];
  return controls.every((control) => '\t\n\r\x1b'.includes(control)) ? text : undefined;
}

function decode(decoder: TextDecoder, data: Uint8Array): string | undefined {
  try {
    return decoder.decode(data);
  } catch {
    return undefined;
  }
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
