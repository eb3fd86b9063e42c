/**
 * Every way a call can end: the closed set of codes, a sentence for each, and what the caller can do about it.
 * HRESULTs as in PROTOCOL.md section 8; the codes of this library that never travel carry the customer bit (PAN-238).
 */

interface CodeEntry {
  readonly hresult: number;
  readonly sentence: string;
  readonly advice: string;
}

const entry = (hresult: number, sentence: string, advice: string): CodeEntry => ({ hresult, sentence, advice });

const CODES = {
  S_OK: entry(0, 'It worked.', 'Nothing to do.'),

  CHANNEL_CLOSED_BY_SERVER: entry(
    0x80040001,
    'The source or the spooler closed the channel.',
    'Wait for the next channel.',
  ),
  CHANNEL_CLOSED_BY_ANOTHER_LISTENER: entry(
    0x80040002,
    'Another listener closed the channel.',
    'Wait for the next channel.',
  ),
  CHANNEL_CLOSED_BY_SAME_LISTENER: entry(
    0x80040003,
    'This listener closed the channel itself.',
    'Do not use a channel after closing it.',
  ),
  CHANNEL_RELEASED_BY_LISTENER: entry(
    0x80040004,
    'This listener released the channel without answering.',
    'Do not use a channel after releasing it.',
  ),
  UNIRECTIONAL_NOTIFICATION_LOST: entry(
    0x00040005,
    'Some listeners missed the notification, others got it.',
    'Send slower, or open the channel with overflow "wait".',
  ),
  ASYNC_NOTIFICATION_FAILURE: entry(
    0x80040006,
    'None of the listeners present could take the notification.',
    'Send it again later, or open the channel with overflow "wait".',
  ),
  NO_LISTENERS: entry(0x00040007, 'Nobody is registered for this.', 'Ask explain which registration comes nearest.'),
  CHANNEL_ALREADY_CLOSED: entry(0x80040008, 'The channel is closed.', 'Open another channel.'),
  CHANNEL_ALREADY_OPENED: entry(0x80040009, 'The channel is open already.', 'Use it as it is, or open another one.'),
  CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION: entry(
    0x8004000a,
    'The listener has not answered the last notification yet.',
    'Send again after the answer has come.',
  ),
  CHANNEL_NOT_OPENED: entry(0x8004000b, 'The channel was never opened.', 'Open it first.'),
  ASYNC_CALL_ALREADY_PARKED: entry(
    0x8004000c,
    'The end is waiting for the other party already.',
    'Answer after the next notification.',
  ),
  NOT_REGISTERED: entry(0x8004000d, 'The registration was never made.', 'Register first.'),
  ALREADY_UNREGISTERED: entry(0x8004000e, 'The registration was ended before.', 'Nothing to do, or register again.'),
  ALREADY_REGISTERED: entry(
    0x8004000f,
    'The registration is in force already.',
    'Use a registration of its own for each interest.',
  ),
  CHANNEL_ACQUIRED: entry(0x80040010, 'Another listener acquired the channel.', 'Let it go; the answer was discarded.'),
  ASYNC_CALL_IN_PROGRESS: entry(
    0x80040011,
    'The last answer on this channel is still being processed by the source.',
    'Answer after the next notification.',
  ),
  MAX_NOTIFICATION_SIZE_EXCEEDED: entry(
    0x80040012,
    'The payload is larger than the spooler allows.',
    "Send a smaller payload, or raise the spooler's limit.",
  ),
  INTERNAL_NOTIFICATION_QUEUE_IS_FULL: entry(
    0x80040013,
    'There is no room to hold the message for the other end now.',
    'Send it again later, or drop it.',
  ),
  INVALID_NOTIFICATION_TYPE: entry(
    0x80040014,
    'The data object has another type than the channel.',
    'Use the type the channel was opened with.',
  ),
  MAX_REGISTRATION_COUNT_EXCEEDED: entry(
    0x80070015,
    'There are as many registrations as the spooler allows.',
    'Unregister what is not needed, or raise the limit.',
  ),
  MAX_CHANNEL_COUNT_EXCEEDED: entry(
    0x80040016,
    'There are as many channels as the spooler allows.',
    'Close what is not needed, or raise the limit.',
  ),
  LOCAL_ONLY_REGISTRATION: entry(
    0x00040017,
    'Only the local half of the registration worked.',
    'Register again for the remote half.',
  ),
  REMOTE_ONLY_REGISTRATION: entry(
    0x00040018,
    'Only the remote half of the registration worked.',
    'Register again for the local half.',
  ),

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

  CONNECTION_LOST: entry(
    0xa0040001,
    'The connection to the spooler was lost.',
    'A listener reconnects by itself; a sender connects and opens again.',
  ),
  CONNECTION_FAILED: entry(
    0xa0040002,
    'The spooler could not be reached.',
    'Check that it runs and that the address is right.',
  ),
  UNAUTHORIZED: entry(
    0xa0040003,
    'The spooler wants a valid token.',
    'Give a token that is in its token file and has not expired.',
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
  UNKNOWN_HRESULT: entry(
    0xa00400ff,
    'The spooler answered with a code this version does not know.',
    'Pass the number on.',
  ),
} as const satisfies Record<string, CodeEntry>;

/** The name of a result; the same names as in `PrintAsyncNotifyError` and winerror.h, plus this library's own. */
export type Code = keyof typeof CODES;

/** How a call ended: its name and the exact 32-bit HRESULT (PAN-197 to PAN-238). */
export interface Outcome {
  readonly code: Code;
  /** Unsigned 32 bit. Success below 0x80000000. */
  readonly hresult: number;
}

/** The HRESULT a code usually travels as. Two codes exist with either severity: see `success`. */
export function hresultOf(code: Code): number {
  return CODES[code].hresult;
}

/** The same code with success severity: `CHANNEL_ACQUIRED` answers a loser's close this way (PAN-154). */
export function success(code: Code): number {
  return (CODES[code].hresult & 0x7fffffff) >>> 0;
}

export function succeeded(hresult: number): boolean {
  return hresult < 0x80000000;
}

/** What the code means, in one sentence. */
export function sentenceOf(code: Code): string {
  return CODES[code].sentence;
}

/** Every code with its HRESULT, sentence and advice, for documentation and tools. */
export const ALL_CODES: ReadonlyMap<Code, CodeEntry> = new Map(
  Object.entries(CODES).map(([code, value]): [Code, CodeEntry] => [code as Code, value]),
);

const byHresult = new Map<number, Code>();
for (const [code, { hresult }] of ALL_CODES) {
  byHresult.set(hresult, code);
  // Facility 4 exists with either severity in the documents (GAP-6, GAP-10): the low word names it.
  if ((hresult & 0x7fff0000) === 0x00040000) byHresult.set((hresult ^ 0x80000000) >>> 0, code);
}

/** Names an HRESULT from the wire. A code this version does not know is passed up by number (PAN-238). */
export function outcomeOf(hresult: number): Outcome {
  return { code: byHresult.get(hresult) ?? 'UNKNOWN_HRESULT', hresult };
}

export interface SpoolErrorOptions {
  /** The exact HRESULT when it is not the usual one of the code. */
  readonly hresult?: number;
  /** The input that caused it, as text: a name, a number, never payload. */
  readonly input?: string;
  /** Kept in this process; never sent. */
  readonly cause?: unknown;
}

/**
 * The only error this library throws or rejects with. The message starts with the code:
 * `[INVALID_NOTIFICATION_TYPE] The data object has another type than the channel. …`
 */
export class SpoolError extends Error {
  override readonly name: string = 'SpoolError';
  readonly code: Code;
  readonly hresult: number;
  /** The sentence without the code, for people who show it beside one. */
  readonly rawMessage: string;
  /** What the caller can do about it. */
  readonly advice: string;
  readonly input: string | undefined;

  constructor(code: Code, options: SpoolErrorOptions = {}) {
    const { sentence, advice, hresult } = CODES[code];
    const rawMessage = options.input === undefined ? sentence : `${sentence} (${options.input})`;
    super(`[${code}] ${rawMessage} ${advice}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hresult = options.hresult ?? hresult;
    this.rawMessage = rawMessage;
    this.advice = advice;
    this.input = options.input;
  }

  /** The door through which foreign errors enter. */
  static from(reason: unknown, code: Code): SpoolError {
    if (reason instanceof SpoolError) return reason;
    return new SpoolError(code, { cause: reason, ...(reason instanceof Error ? { input: reason.message } : {}) });
  }
}

/** The outcome of a success, or the error of a failure, thrown. */
export function unwrap(hresult: number, input?: string): Outcome {
  const outcome = outcomeOf(hresult);
  if (succeeded(hresult)) return outcome;
  const shown = outcome.code === 'UNKNOWN_HRESULT' ? `0x${hresult.toString(16)}` : input;
  throw new SpoolError(outcome.code, { hresult, ...(shown === undefined ? {} : { input: shown }) });
}
