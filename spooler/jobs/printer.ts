/** A simulated printer: how fast it is, why it does not print, and what is going to happen to it. */

import * as v from 'valibot';
import { refuse } from '../../shared/events/schema.ts';
import { FAILURES, type Failure, PRINTER_REASONS, type PrinterReason } from '../../shared/jobs/vocabulary.ts';

/** Once so many bytes more were printed, this happens. */
export interface ScriptedFailure {
  readonly reason: Failure;
  readonly afterBytes: number;
  /** Milliseconds until it mends by itself. Without, somebody has to. Of `blocked` it is ignored. */
  readonly lasts?: number;
}

export interface Printer {
  readonly name: string;
  readonly reasons: readonly PrinterReason[];
  /** What will happen, the next first; each counts from the one before. */
  readonly failures: readonly ScriptedFailure[];
  readonly bytesPerSecond: number;
  readonly bytesPerPage: number;
  /** Milliseconds to reach the printer before each turn of a job. */
  readonly connectTime: number;
  /** Milliseconds of one turn, where other jobs wait. */
  readonly timeSlice: number;
}

const whole = (least: number, most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));

const failure = v.strictObject({
  reason: v.picklist(FAILURES),
  afterBytes: whole(0, Number.MAX_SAFE_INTEGER),
  lasts: v.exactOptional(whole(1, 2_000_000_000)),
});

/** What of a printer can be given and changed. */
export const printerEntries = {
  reasons: v.exactOptional(v.pipe(v.array(v.picklist(PRINTER_REASONS)), v.maxLength(16))),
  failures: v.exactOptional(v.pipe(v.array(failure), v.maxLength(1_000))),
  bytesPerSecond: v.exactOptional(whole(1, 10_000_000_000)),
  bytesPerPage: v.exactOptional(whole(1, 1_000_000_000)),
  connectTime: v.exactOptional(whole(0, 3_600_000)),
  timeSlice: v.exactOptional(whole(1, 86_400_000)),
};

const changes = v.strictObject(printerEntries);
export type PrinterChanges = v.InferOutput<typeof changes>;

const DEFAULTS: Omit<Printer, 'name'> = {
  reasons: [],
  failures: [],
  bytesPerSecond: 100_000,
  bytesPerPage: 50_000,
  connectTime: 100,
  timeSlice: 10_000,
};

export function newPrinter(name: string, given: PrinterChanges): Printer {
  return changedPrinter({ name, ...DEFAULTS }, given);
}

export function changedPrinter(printer: Printer, { reasons, ...given }: PrinterChanges): Printer {
  return { ...printer, ...given, ...(reasons && { reasons: [...new Set(reasons)] }) };
}

/** The printer's own part of `\\server\printer`, or what is that already. Throws `E_INVALIDARG`. */
export function bareName(name: string): string {
  const bare = /^\\\\[^\\]+\\([^\\]+)$/.exec(name)?.[1] ?? name;
  if (!/^[^\\,\p{Cc}]{1,200}$/u.test(bare)) refuse('printer: 1 to 200 characters, no "\\", no ","');
  return bare.normalize('NFC');
}

/** What prevents it from printing: the first reason. */
export function obstacle({ reasons }: Printer): PrinterReason | undefined {
  return reasons[0];
}

/**
 * After so many bytes: what happens now, and the failures that are left. The rest of the bytes counts for the next.
 */
export function afterPrinting(
  failures: readonly ScriptedFailure[],
  bytes: number,
): { readonly failures: readonly ScriptedFailure[]; readonly now?: ScriptedFailure } {
  const [first, ...rest] = failures;
  if (!first) return { failures };
  if (first.afterBytes > bytes) return { failures: [{ ...first, afterBytes: first.afterBytes - bytes }, ...rest] };
  return { failures: rest, now: first };
}

export function encodePrinter(printer: Printer): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(printer));
}

const stored = v.strictObject({ name: v.string(), ...printerEntries });

/** Throws whatever it likes for bytes that are none. */
export function decodePrinter(bytes: Uint8Array): Printer {
  const { name, ...given } = v.parse(stored, JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  return newPrinter(name, given);
}
