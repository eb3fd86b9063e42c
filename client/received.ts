/** What was delivered here and not given back: the client's half of credit (PROTOCOL.md sections 5.9 and 6). */

import { DataObject, encodeRecord, type Guid, type ObjectLedger } from '../shared/index.ts';
import type { Outbox } from '../shared/outbox.ts';

export class Received {
  readonly #outbox: Outbox;
  readonly #ledger: ObjectLedger;
  /** Delivery numbers by end, the oldest first; an end without any is not kept. */
  readonly #ends = new Map<number, Set<number>>();
  #ended = false;

  constructor(outbox: Outbox, ledger: ObjectLedger) {
    this.#outbox = outbox;
    this.#ledger = ledger;
  }

  /**
   * A delivery as a data object; it is given back when the object dies. The bytes are the view that arrived, not a
   * copy.
   */
  take(end: number, sequence: number, type: Guid, data: Uint8Array | null): DataObject {
    this.#add(end, sequence);
    return new DataObject({ type, data, ledger: this.#ledger, onDeath: () => this.#giveBack(end, sequence) });
  }

  /** A delivery that nobody wants any more. */
  refuse(end: number, sequence: number): void {
    this.#add(end, sequence);
    this.#giveBack(end, sequence);
  }

  /** The connection has ended: nothing can be given back, and nothing needs to be. */
  end(): void {
    this.#ended = true;
    this.#ends.clear();
  }

  #add(end: number, sequence: number): void {
    const deliveries = this.#ends.get(end);
    if (deliveries) deliveries.add(sequence);
    else this.#ends.set(end, new Set([sequence]));
  }

  /** Together with all before it where it is the oldest, alone where an older one is still in use. */
  #giveBack(end: number, sequence: number): void {
    const deliveries = this.#ends.get(end);
    if (!deliveries || this.#ended) return;
    const [oldest] = deliveries;
    deliveries.delete(sequence);
    if (deliveries.size === 0) this.#ends.delete(end);
    const only = oldest !== sequence;
    const [record] = encodeRecord({ op: 'release', end, sequence, only });
    if (!record) return;
    if (only) this.#outbox.write([record]);
    else this.#outbox.writeCumulative(record);
  }
}
