/** What was written to an outbox, to be held against what has left it. */

import { eachRecord } from '../../shared/index.ts';
import { JOIN_LIMIT } from '../../shared/outbox.ts';

interface Written {
  readonly record: Uint8Array;
  readonly cumulative: boolean;
  /** How often the outbox had been flushed before. */
  readonly turn: number;
}

export class OutboxLedger {
  readonly #written: Written[] = [];
  /** What was written in one piece and is too large to leave together with something else. */
  readonly #large: Uint8Array[] = [];
  #turn = 0;

  /** Records in one piece. Only a cumulative one may be replaced by the one behind it. */
  write(records: Uint8Array, cumulative = false): void {
    if (records.length > JOIN_LIMIT) this.#large.push(records);
    for (const record of cut(records)) this.#written.push({ record, cumulative, turn: this.#turn });
  }

  flushed(): void {
    this.#turn++;
  }

  /**
   * Undefined where everything has left, in order, in messages of whole records that are filled up to the limit; only
   * what was larger by itself, or has a batch of so many bytes behind it, goes beyond.
   */
  faultIn(messages: readonly Uint8Array[], batch = 0): string | undefined {
    for (const message of messages) {
      const alone = this.#large.some((large) => Buffer.compare(large, message) === 0);
      if (!alone && message.length > JOIN_LIMIT + batch) return `a message of ${message.length} bytes`;
    }
    const sent = messages.flatMap(cut);
    // How much of what was sent may be explained by what was written so far.
    let explained = new Set([0]);
    for (const [index, { record, cumulative, turn }] of this.#written.entries()) {
      const next = this.#written[index + 1];
      const mayGo = cumulative && next?.cumulative === true && turn === next.turn && stands(record, next.record);
      const further = new Set<number>();
      for (const count of explained) {
        const candidate = sent[count];
        if (candidate && Buffer.compare(record, candidate) === 0) further.add(count + 1);
        if (mayGo) further.add(count);
      }
      explained = further;
    }
    if (!explained.has(sent.length)) return `${sent.length} records that are not the ${this.#written.length} written`;
    return undefined;
  }
}

/** The records of a message. */
function cut(message: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  eachRecord(message, ({ bytes }) => records.push(bytes));
  return records;
}

/** Whether `later` says everything that `earlier` said: equal but for the sequence. */
function stands(earlier: Uint8Array, later: Uint8Array): boolean {
  return later.length === earlier.length && earlier.every((byte, at) => (at >= 12 && at < 16) || byte === later[at]);
}
