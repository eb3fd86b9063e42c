/**
 * What a durable store answers with (docs/store.md): codes of this library, with the customer bit (PAN-238). They travel:
 * whoever wants something kept hears why it was not.
 */

import { type CodeEntry, entry } from './entry.ts';

export const STORE_CODES = {
  STORE_FULL: entry(
    0xa0050001,
    'The disk has no room for it; nothing was changed.',
    'Make room on the disk of the store and try again.',
  ),
  STORE_FAILED: entry(
    0xa0050002,
    'The disk did not take what was to be stored, and takes nothing more.',
    'See to the disk, then start the spooler again: what was acknowledged is there.',
  ),
  STORE_STALLED: entry(
    0xa0050003,
    'The disk did not answer in time; whether it was stored is not known, and nothing more is.',
    'See to the disk, then start the spooler again: what was acknowledged is there.',
  ),
  STORE_IN_USE: entry(0xa0050004, 'Another process has the store open.', 'End that process, or use another folder.'),
  STORE_CORRUPT: entry(
    0xa0050005,
    'The store is damaged, or is no store.',
    'See what "spoolpipe store check" says of it, and put a copy of it in its place.',
  ),
  STORE_TOO_NEW: entry(
    0xa0050006,
    'A newer version of spoolpipe has written the store.',
    'Use that version, or another folder.',
  ),
  STORE_UNAVAILABLE: entry(
    0xa0050007,
    'The package lmdb, with which the store is kept, cannot be loaded here.',
    'Install its binary for this platform, or keep nothing.',
  ),
} as const satisfies Record<string, CodeEntry>;
