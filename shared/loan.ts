/**
 * The memory of a message, lent by the link it came by: the link may use it again when everybody who refers to the
 * message is done with it.
 */

import type { Link } from './link.ts';

/** Bytes from which it pays to give it back. */
const WORTH_IT = 4 * 1024;

export class Loan {
  readonly #message: Uint8Array;
  /** Who takes it back; undefined once somebody keeps it. */
  #lender: Link | undefined;
  /** Whoever reads the message is the first. */
  #users = 1;

  private constructor(lender: Link, message: Uint8Array) {
    this.#lender = lender;
    this.#message = message;
  }

  /** Undefined where nobody wants the memory back, or it is not worth it. */
  static of(lender: Link, message: Uint8Array): Loan | undefined {
    if (lender.recycle === undefined || message.length < WORTH_IT) return undefined;
    return new Loan(lender, message);
  }

  /** One more refers to the message, and will say `done`. */
  use(): void {
    this.#users++;
  }

  /** One refers to it no more. */
  done(): void {
    if (--this.#users === 0) this.#lender?.recycle?.(this.#message);
  }

  /** Somebody refers to it and will not say until when: the memory is left to whoever collects garbage. */
  keep(): void {
    this.#lender = undefined;
  }
}
