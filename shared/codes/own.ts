/** Codes of this library that never travel: they carry the customer bit (PAN-238). */

import { type CodeEntry, entry } from './entry.ts';

export const OWN_CODES = {
  CONNECTION_LOST: entry(
    0xa0040001,
    'The connection to the spooler was lost.',
    'A listener reconnects by itself; a sender connects and opens again.',
  ),
  CONNECTION_FAILED: entry(
    0xa0040002,
    'The spooler could not be reached.',
    'Check that it runs, that the address is right, wss: or ws: included, and that its certificate is one to trust.',
  ),
  UNAUTHORIZED: entry(
    0xa0040003,
    'The spooler wants a valid token.',
    'Give a token that is in its token file and has not expired, and no user but its own; without a token file, give a user and no token.',
  ),
  CONNECTION_ENDED: entry(0xa0040004, 'The connection was closed by this program.', 'Connect again.'),
  TIMED_OUT: entry(0xa0040005, 'No answer came in time.', 'Wait longer, or see whether anybody is listening.'),
  OVER_RELEASE: entry(0xa0040006, 'More was released than had been acquired.', 'Release once for each acquire.'),
  USE_AFTER_RELEASE: entry(0xa0040007, 'The data object is gone.', 'Acquire it before the last release.'),
  MALFORMED_RECORD: entry(
    0xa0040008,
    'The bytes are not a valid record.',
    'Send records as PROTOCOL.md describes them.',
  ),
  PROTOCOL_VIOLATED: entry(0xa0040009, 'The other end broke the protocol.', 'Mend the other end.'),
  TOKEN_FILE_INVALID: entry(
    0xa004000a,
    'The token file cannot be used.',
    'Mend the file as docs/serve.md describes it.',
  ),
  NOT_ALLOWED_UNPROTECTED: entry(
    0xa004000b,
    'Without tokens the spooler listens on loopback only.',
    'Give it a token file, or a loopback address.',
  ),
  CLASS_FILE_INVALID: entry(
    0xa004000c,
    'The class table cannot be used.',
    'Mend the file as docs/serve.md describes it.',
  ),
  EVENTS_FILE_INVALID: entry(
    0xa004000d,
    'The file of event classes and subscriptions cannot be used.',
    'Mend the file as docs/serve.md describes it.',
  ),
  UNKNOWN_HRESULT: entry(
    0xa00400ff,
    'The spooler answered with a code this version does not know.',
    'Pass the number on.',
  ),
} as const satisfies Record<string, CodeEntry>;
