/**
 * The ends of one session by number: those in use, what was sent on them last, and how those answer that are finished.
 */

import { hresultOf } from '../../shared/errors.ts';
import { isUpTo, nextSequence } from '../../shared/sequence.ts';
import { type End, type Finish, refusal } from './ends.ts';

/** So many finished ends are remembered, so that what crosses their end gets its exact code. */
const REMEMBERED = 1024;

export class EndTable {
  readonly #ends = new Map<number, End>();
  readonly #finished = new Map<number, Finish>();
  /** The numbers of the finished in a ring, the oldest at `#next`: a map is slow to find its first. */
  readonly #ring: number[] = [];
  #next = 0;
  /** The last send number processed on each end. */
  readonly #sent = new Map<number, number>();

  get size(): number {
    return this.#ends.size;
  }

  get(number: number): End | undefined {
    return this.#ends.get(number);
  }

  [Symbol.iterator](): Iterator<End> {
    return this.#ends.values();
  }

  /** Whether the number is or was an end here. */
  knows(number: number): boolean {
    return this.#ends.has(number) || this.#finished.has(number);
  }

  add(end: End): void {
    this.#ends.set(end.number, end);
  }

  /** Takes an end out; false where it was not in. Without a finish nothing is remembered of it. */
  remove({ number }: End, finish?: Finish): boolean {
    if (!this.#ends.delete(number)) return false;
    this.#sent.delete(number);
    if (finish) this.#remember(number, finish);
    return true;
  }

  #remember(number: number, finish: Finish): void {
    this.#finished.set(number, finish);
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) this.#finished.delete(oldest);
    this.#ring[this.#next] = number;
    this.#next = (this.#next + 1) % REMEMBERED;
  }

  clear(): void {
    this.#ends.clear();
    this.#sent.clear();
    this.#finished.clear();
  }

  /**
   * Where a send number stands, and takes note of it. On an end that is not in use every number is `next`: it is
   * refused by itself.
   */
  order(number: number, sequence: number): 'next' | 'duplicate' | 'gap' {
    if (!this.#ends.has(number)) return 'next';
    const last = this.#sent.get(number) ?? 0;
    if (sequence === nextSequence(last)) {
      this.#sent.set(number, sequence);
      return 'next';
    }
    return isUpTo(sequence, last) ? 'duplicate' : 'gap';
  }

  /** How an end answers that is not in use. */
  refusal(number: number, op: 'notify' | 'close', wasGivenOut: boolean): number {
    const finish = this.#finished.get(number);
    if (finish) return refusal(finish, op);
    return hresultOf(wasGivenOut ? 'CHANNEL_ALREADY_CLOSED' : 'CHANNEL_NOT_OPENED');
  }
}
