/**
 * What leaves an end in one turn of the event loop leaves together: records are collected and sent as few messages, at
 * the end of the turn. No timers: a lone record waits for nothing but the code that runs now.
 */

import type { Link } from './link.ts';

/** Messages are filled up to here; a single larger record is a message of its own. */
const JOIN_LIMIT = 64 * 1024;
/** Payloads from here on travel by reference; copying a smaller one is cheaper than handing over another piece. */
const REFERENCE_FROM = 16 * 1024;

export class Outbox {
  readonly #link: Link;
  #parts: Uint8Array[] = [];
  #length = 0;
  #scheduled = false;
  /** Whether the last part is a cumulative record: a payload that looks like one must never be replaced. */
  #lastIsCumulative = false;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Adds one record. Its bytes are borrowed: nobody may change them afterwards. */
  write(record: readonly Uint8Array[]): void {
    let length = 0;
    for (const part of record) length += part.length;
    if (this.#length > 0 && this.#length + length > JOIN_LIMIT) this.flush();
    for (const part of record) this.#parts.push(part);
    this.#length += length;
    this.#lastIsCumulative = false;
    this.#schedule();
  }

  /**
   * Adds a record that also says what an equal one before it said (settled, release): if the last record differs from
   * it in the sequence only, it is replaced. The bytes are the outbox's from now on.
   */
  writeCumulative(record: Uint8Array): void {
    const last = this.#lastIsCumulative ? this.#parts.at(-1) : undefined;
    if (last !== undefined && differInSequenceOnly(last, record)) this.#parts[this.#parts.length - 1] = record;
    else this.write([record]);
    this.#lastIsCumulative = true;
  }

  /** Sends what is collected now. */
  flush(): void {
    if (this.#parts.length === 0) return;
    const parts = this.#parts;
    this.#parts = [];
    this.#length = 0;
    this.#lastIsCumulative = false;
    this.#link.send(joinSmall(parts));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}

/** Runs of small parts become one; large ones stay as they are. */
export function joinSmall(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  if (parts.length === 1) return parts;
  const joined: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  const endRun = (): void => {
    if (run.length > 0) joined.push(run.length === 1 ? (run[0] as Uint8Array) : concat(run));
    run = [];
  };
  for (const part of parts) {
    if (part.length < REFERENCE_FROM) {
      run.push(part);
    } else {
      endRun();
      joined.push(part);
    }
  }
  endRun();
  return joined;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function differInSequenceOnly(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if ((i < 12 || i > 15) && a[i] !== b[i]) return false;
  return true;
}
