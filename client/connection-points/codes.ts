/**
 * What connection points answer with (CP-30 to CP-40): a closed set of their own. The numbers of CONNECT_E_* mean other
 * things elsewhere (CP-39, EVC-197), so a number is never turned into a name, and none of them travels.
 */

import { type CodeEntry, entry } from '../../shared/codes/entry.ts';

export const CONNECTION_POINT_CODES = {
  S_OK: entry(0, 'It worked.', 'Nothing to do.'),
  S_FALSE: entry(1, 'There was less than was asked for.', 'Nothing to do: that was the end.'),

  CONNECT_E_NOCONNECTION: entry(
    0x80040200,
    'There is no such connection, or no connection point for such an interface.',
    'Use a cookie that advise gave and that was not given back, or an interface the object fires on.',
  ),
  CONNECT_E_ADVISELIMIT: entry(
    0x80040201,
    'The connection point has as many connections as it takes.',
    'Unadvise what is not needed, or raise the limit.',
  ),
  CONNECT_E_CANNOTCONNECT: entry(
    0x80040202,
    'The sink lacks the interface the connection point fires on.',
    'Advise a sink that implements it.',
  ),
  CONNECT_E_OVERRIDDEN: entry(
    0x80040203,
    'Another interface, derived from this one, has to be used.',
    'Ask for the derived interface.',
  ),

  E_NOTIMPL: entry(0x80004001, 'The object does without this method.', 'Do without it, too.'),
  E_NOINTERFACE: entry(0x80004002, 'The object has no such interface.', 'Ask for one it has.'),
  E_POINTER: entry(0x80004003, 'Something that is needed was not given.', 'Give it.'),
  E_UNEXPECTED: entry(
    0x8000ffff,
    'The object is gone: its last reference was released.',
    'Hold a reference for as long as you use it.',
  ),
  E_OUTOFMEMORY: entry(0x8007000e, 'Memory is short.', 'Try again later.'),
} as const satisfies Record<string, CodeEntry>;

export type ConnectionPointCode = keyof typeof CONNECTION_POINT_CODES;

export interface ConnectionPointErrorOptions {
  /** The input that caused it, as text: the name of an interface, a cookie. */
  readonly input?: string;
  readonly cause?: unknown;
}

/**
 * The only error connection points throw. Clients test for any failure, not for one code: others who implement them
 * answer differently (CP-37).
 */
export class ConnectionPointError extends Error {
  override readonly name: string = 'ConnectionPointError';
  readonly code: ConnectionPointCode;
  readonly hresult: number;
  /** The sentence without the code, for people who show it beside one. */
  readonly rawMessage: string;
  /** What the caller can do about it. */
  readonly advice: string;
  readonly input: string | undefined;

  constructor(code: ConnectionPointCode, options: ConnectionPointErrorOptions = {}) {
    const { sentence, advice, hresult } = CONNECTION_POINT_CODES[code];
    const rawMessage = options.input === undefined ? sentence : `${sentence} (${options.input})`;
    super(`[${code}] ${rawMessage} ${advice}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hresult = hresult;
    this.rawMessage = rawMessage;
    this.advice = advice;
    this.input = options.input;
  }
}
