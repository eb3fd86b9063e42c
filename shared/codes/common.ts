/** Codes of COM and Windows that every feature may answer with. */

import { type CodeEntry, entry } from './entry.ts';

export const COMMON_CODES = {
  S_OK: entry(0, 'It worked.', 'Nothing to do.'),
  E_ACCESSDENIED: entry(
    0x80070005,
    'The user has no right to do this.',
    'Use a token with the right, or ask for less.',
  ),
  E_OUTOFMEMORY: entry(0x8007000e, 'Memory is short.', 'Try again later.'),
  E_INVALIDARG: entry(0x80070057, 'A value makes no sense here.', 'Mend the call.'),
  ERROR_INVALID_NAME: entry(
    0x8007007b,
    'The name is not \\\\server\\printer, nor null for the server.',
    'Use a full UNC name without "\\" and "," in the printer\'s part.',
  ),
  RPC_S_CALL_CANCELLED: entry(0x8007071a, 'The spooler is shutting down.', 'Connect again once it is back.'),
  REGDB_E_CLASSNOTREG: entry(
    0x80040154,
    'No such class is known here.',
    "Install the event class; a subscriber's class stands in the operator's class table, or a program serves it.",
  ),
  CO_E_SERVER_EXEC_FAILURE: entry(
    0x80080005,
    'The program that serves the class did not come up.',
    'Run its command by hand to see why, or allow it more time.',
  ),
  RPC_E_DISCONNECTED: entry(
    0x80010108,
    'The object that was called is gone.',
    'Nothing to do; its subscription ends with it.',
  ),
  RPC_E_TIMEOUT: entry(
    0x8001011f,
    'The object that was called did not answer in time.',
    'See what holds it up, or allow it more time.',
  ),
  E_PENDING: entry(0x8000000a, 'It is not there yet.', 'Wait for it.'),
  E_NOTIMPL: entry(0x80004001, 'There is no such method here.', 'See which methods the other side has.'),
  E_NOINTERFACE: entry(0x80004002, 'There is no such interface or service here.', 'See what the other side offers.'),
  E_POINTER: entry(0x80004003, 'Something that is needed was not given.', 'Give it.'),
  E_FAIL: entry(0x80004005, 'It failed, and the one who was called says no more.', 'Look into what was called.'),
  E_UNEXPECTED: entry(
    0x8000ffff,
    'Something went wrong that never should.',
    'See what the other side logs, report it.',
  ),
} as const satisfies Record<string, CodeEntry>;
