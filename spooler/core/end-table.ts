/**
 * The ends of one session by number: those in use, and how those answer that are finished.
 */

import { hresultOf } from '../../shared/errors.ts';
import { type End, type Finish, refusal } from './ends.ts';

/** So many finished ends are remembered, so that what crosses their end gets its exact code. */
const REMEMBERED = 1024;

/** For all who have none: most sessions never have any, and an empty map is not small. Nothing is ever put into them. */
const NO_ENDS = new Map<number, End>();
const NONE_FINISHED = new Map<number, Finish>();

export class EndTable {
  #ends: Map<number, End> = NO_ENDS;
  #finished: Map<number, Finish> = NONE_FINISHED;
  /** The numbers of the finished in a ring, the oldest at `#next`: a map is slow to find its first. */
  #ring: number[] | undefined;
  #next = 0;

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
    if (this.#ends === NO_ENDS) this.#ends = new Map();
    this.#ends.set(end.number, end);
  }

  /** Takes an end out; false where it was not in. Without a finish nothing is remembered of it. */
  remove({ number }: End, finish?: Finish): boolean {
    if (!this.#ends.delete(number)) return false;
    if (finish) this.#remember(number, finish);
    return true;
  }

  #remember(number: number, finish: Finish): void {
    if (this.#finished === NONE_FINISHED) this.#finished = new Map();
    this.#finished.set(number, finish);
    this.#ring ??= [];
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) this.#finished.delete(oldest);
    this.#ring[this.#next] = number;
    this.#next = (this.#next + 1) % REMEMBERED;
  }

  clear(): void {
    this.#ends.clear();
    this.#finished.clear();
  }

  /** How an end answers that is not in use. */
  refusal(number: number, op: 'notify' | 'close', wasGivenOut: boolean): number {
    const finish = this.#finished.get(number);
    if (finish) return refusal(finish, op);
    return hresultOf(wasGivenOut ? 'CHANNEL_ALREADY_CLOSED' : 'CHANNEL_NOT_OPENED');
  }
}
