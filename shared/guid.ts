/**
 * GUIDs: text inside programs, 16 bytes in text order on the wire. The pipe assumes nothing about their bits (PAN-7).
 */

import { SpoolError } from './errors.ts';

/** A GUID in lower-case text form, without braces. */
export type Guid = string & { readonly __brand: 'Guid' };

const TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Reads the text form in either case, with or without braces. Throws `E_INVALIDARG`. */
export function guid(text: string): Guid {
  const bare = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text;
  if (!TEXT.test(bare))
    throw new SpoolError('E_INVALIDARG', { input: `not a GUID: ${JSON.stringify(text.slice(0, 64))}` });
  return bare.toLowerCase() as Guid;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function guidToBytes(value: Guid): Uint8Array {
  const digits = value.replaceAll('-', '');
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 16; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Precondition: 16 bytes. */
export function guidFromBytes(bytes: Uint8Array): Guid {
  const pieces: string[] = [];
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) pieces.push('-');
    pieces.push(HEX[bytes[i] ?? 0] ?? '');
  }
  // Joined, not added up: every connection keeps some of them, and a sum keeps all that went into it.
  return pieces.join('') as Guid;
}

/** The reserved type that means "this end accepts no further communication" (PAN-46). */
export const NOTIFICATION_RELEASE: Guid = guid('ba9a5027-a70e-4ae7-9b7d-eb3e06ad4157');

/**
 * The well-known notification types by the names the documents use (PAN-257 to PAN-261; GAP-18: the header's digits).
 */
export const WELL_KNOWN_TYPES: Readonly<Record<string, Guid>> = {
  NOTIFICATION_RELEASE,
  AsyncPrintNotificationType_AsyncUI: guid('f6853f92-eb31-4e23-b6e7-fd69056153f0'),
  AsyncPrintNotificationType_PrinterConfiguration: guid('2abad223-b994-4aca-82fc-4571b1b585ac'),
  PRINT_APP_BIDI_NOTIFY_CHANNEL: guid('2abad223-b994-4aca-82fc-4571b1b585ac'),
  PRINT_PORT_MONITOR_NOTIFY_CHANNEL: guid('25df3b0e-74a9-47f5-80ce-79b4b1eb5c58'),
  MS_ASYNCNOTIFY_UI: guid('f6853f92-eb31-4e23-b6e7-fd69056153f0'),
  SAMPLE_NOTIFICATION_UI: guid('0b20806a-328a-4e1c-931c-0250308574c7'),
};

/** A GUID, or a well-known name in any letter case. Throws `E_INVALIDARG`. */
export function notificationType(text: string): Guid {
  const wanted = text.toLowerCase();
  for (const [name, value] of Object.entries(WELL_KNOWN_TYPES)) if (name.toLowerCase() === wanted) return value;
  return guid(text);
}

/** The well-known name of a type, the first in the list where it has several. */
export function nameOfType(type: Guid): string | undefined {
  return Object.entries(WELL_KNOWN_TYPES).find(([, value]) => value === type)?.[0];
}
