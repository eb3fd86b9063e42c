/**
 * Records that many outboxes send alike, as a fan-out does: put together once, and given to each link as the same
 * parts, so that what a transport makes of them is made once too.
 */

import type { Loan } from './loan.ts';
import { Stretches } from './stretches.ts';

export class Batch {
  readonly stretches = new Stretches();
  readonly #sent: () => void;
  #parts: readonly Uint8Array[] | undefined;
  /** Outboxes that have it, and how many of them have seen it leave. */
  #users = 0;
  #left = 0;
  #isOver = false;
  #loans: Loan[] | undefined;

  /** `sent` is called when it is first given to a link: what comes later belongs into another batch. */
  constructor(sent: () => void) {
    this.#sent = sent;
  }

  get length(): number {
    return this.stretches.length;
  }

  /** For whoever sends it as it is: to be called when it has left. Undefined where nobody wants to know. */
  left: (() => void) | undefined;

  /** The records that come next stand in memory that is lent, which is needed until everybody has sent them. */
  use(loan: Loan): void {
    if (this.#loans?.at(-1) === loan) return;
    loan.use();
    if (this.#loans !== undefined) {
      this.#loans.push(loan);
      return;
    }
    this.#loans = [loan];
    this.left = () => {
      this.#left++;
      this.#giveBackIfDone();
    };
  }

  /** One more outbox sends it. */
  joined(): void {
    this.#users++;
  }

  /** No more outboxes will. */
  over(): void {
    this.#isOver = true;
    this.#giveBackIfDone();
  }

  #giveBackIfDone(): void {
    const loans = this.#loans;
    if (loans === undefined || !this.#isOver || this.#left < this.#users) return;
    this.#loans = undefined;
    for (const loan of loans) loan.done();
  }

  /** Adds one record. */
  add(bytes: Uint8Array, from: number, to: number): void {
    this.stretches.add(bytes, from, to);
    this.#parts = undefined;
  }

  /** Everything: the same parts for whoever asks, frozen where more than one will. */
  parts(): readonly Uint8Array[] {
    if (this.#parts === undefined) {
      const parts = this.stretches.parts();
      this.#parts = this.#users > 1 ? Object.freeze(parts) : parts;
      this.#sent();
    }
    return this.#parts;
  }
}
