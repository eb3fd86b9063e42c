/**
 * Every way a call can end: the closed set of codes, a sentence for each, and what the caller can do about it.
 * HRESULTs as in PROTOCOL.md section 8; the tables are in shared/codes/.
 */

import { COMMON_CODES } from './codes/common.ts';
import type { CodeEntry } from './codes/entry.ts';
import { EVENT_CODES } from './codes/events.ts';
import { JOB_CODES } from './codes/jobs.ts';
import { OWN_CODES } from './codes/own.ts';
import { PIPE_CODES } from './codes/pipe.ts';
import { STORE_CODES } from './codes/store.ts';

const CODES = {
  ...PIPE_CODES,
  ...COMMON_CODES,
  ...EVENT_CODES,
  ...JOB_CODES,
  ...STORE_CODES,
  ...OWN_CODES,
} as const;

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
  // The pipe's own exist with either severity in the documents (GAP-6, GAP-10): the low word names them.
  if (code in PIPE_CODES && (hresult & 0x7fff0000) === 0x00040000) byHresult.set((hresult ^ 0x80000000) >>> 0, code);
}

/** Nearly all of them: every notification has one. */
const OK: Outcome = Object.freeze({ code: 'S_OK', hresult: 0 });

/** Names an HRESULT from the wire. A code this version does not know is passed up by number (PAN-238). */
export function outcomeOf(hresult: number): Outcome {
  if (hresult === 0) return OK;
  return { code: byHresult.get(hresult) ?? 'UNKNOWN_HRESULT', hresult };
}

export interface SpoolErrorOptions {
  /** The exact HRESULT when it is not the usual one of the code. */
  readonly hresult?: number;
  /** The input that caused it, as text: a name, a number, never payload. */
  readonly input?: string;
  /** More facts about the input, such as a position in it. They are sent where a call of a service fails. */
  readonly details?: Readonly<Record<string, unknown>>;
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
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, options: SpoolErrorOptions = {}) {
    const { sentence, advice, hresult } = CODES[code];
    const rawMessage = options.input === undefined ? sentence : `${sentence} (${options.input})`;
    super(`[${code}] ${rawMessage} ${advice}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hresult = options.hresult ?? hresult;
    this.rawMessage = rawMessage;
    this.advice = advice;
    this.input = options.input;
    this.details = options.details ?? {};
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
