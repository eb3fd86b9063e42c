/** What was sent on one end and not answered yet, the oldest first. Numbers and functions in arrays: there may be many. */

import { unwrap } from '../shared/errors.ts';
import { type DataObject, type Outcome, SpoolError } from '../shared/index.ts';

/** What a refusal is to whoever sent; here a code may mean something else than on the wire. */
export type Refused = (reason: SpoolError) => SpoolError;

/** So many may be remembered although they are answered. */
const SMALL = 16;

// One executor for all promises: a closure for each costs as much as the promise.
let resolveTaken: (outcome: Outcome) => void = () => {};
let rejectTaken: (reason: SpoolError) => void = () => {};
function takeSettlers(resolve: (outcome: Outcome) => void, reject: (reason: SpoolError) => void): void {
  resolveTaken = resolve;
  rejectTaken = reject;
}

export class Unanswered {
  readonly #refused: Refused;
  readonly #answered: () => void;
  #resolves: ((outcome: Outcome) => void)[] = [];
  #rejects: ((reason: SpoolError) => void)[] = [];
  #sizes: number[] = [];
  /** What was lent, given back with the answer; as long as the others once anything was. */
  #lent: (DataObject | undefined)[] | undefined;
  /** Where the oldest stands, where the next one will, and the number of the oldest; those behind it follow on that. */
  #first = 0;
  #end = 0;
  #sequence = 0;
  #bytes = 0;

  /** `answered` is called whenever there is less of it. */
  constructor(refused: Refused, answered: () => void) {
    this.#refused = refused;
    this.#answered = answered;
  }

  get objects(): number {
    return this.#end - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The promise of what is sent under this number, which follows the one before it. `lent`: one reference is given back
   * before the promise settles.
   */
  add(sequence: number, size: number, lent?: DataObject): Promise<Outcome> {
    if (this.objects === 0) this.#sequence = sequence;
    const at = this.#end++;
    this.#sizes[at] = size;
    if (lent !== undefined) this.#lent ??= Array.from({ length: at }, () => undefined);
    if (this.#lent !== undefined) this.#lent[at] = lent;
    this.#bytes += size;
    const answer = new Promise<Outcome>(takeSettlers);
    this.#resolves[at] = resolveTaken;
    this.#rejects[at] = rejectTaken;
    return answer;
  }

  /** Whether an answer to this number answers everything. */
  isLast(sequence: number): boolean {
    return this.#upTo(sequence) === this.objects;
  }

  /** Everything up to the number ended this way. */
  settled(sequence: number, hresult: number): void {
    const count = this.#upTo(sequence);
    if (count === 0) return;
    const end = this.#first + count;
    this.#giveBack(count);
    let outcome: Outcome | undefined;
    for (let at = this.#first; at < end; at++) {
      this.#bytes -= this.#sizes[at] as number;
      try {
        outcome ??= unwrap(hresult);
        this.#resolves[at]?.(outcome);
      } catch (reason) {
        this.#rejects[at]?.(this.#refused(SpoolError.from(reason, 'PROTOCOL_VIOLATED')));
      }
    }
    this.#first = end;
    this.#sequence = (this.#sequence + count) >>> 0;
    this.#tidy();
    this.#answered();
  }

  /** No answer will come any more. */
  rejectAll(reason: SpoolError): void {
    this.#giveBack(this.objects);
    const rejects = this.#rejects.slice(this.#first, this.#end);
    this.#first = this.#end;
    this.#bytes = 0;
    this.#tidy();
    for (const reject of rejects) reject(reason);
    this.#answered();
  }

  #giveBack(count: number): void {
    const lent = this.#lent;
    if (lent === undefined) return;
    const end = this.#first + count;
    for (let at = this.#first; at < end; at++) {
      const object = lent[at];
      lent[at] = undefined;
      object?.release();
    }
  }

  /** How many of them a number stands for. */
  #upTo(sequence: number): number {
    const count = (sequence - this.#sequence + 1) | 0;
    return Math.max(0, Math.min(count, this.objects));
  }

  /** Room is used again where there is little of it; what is answered is let go now and then. */
  #tidy(): void {
    const isEmpty = this.#first === this.#end;
    if (isEmpty ? this.#end > SMALL : this.#first > 1024 && this.#first * 2 > this.#end) {
      this.#resolves = this.#resolves.slice(this.#first, this.#end);
      this.#rejects = this.#rejects.slice(this.#first, this.#end);
      this.#sizes = this.#sizes.slice(this.#first, this.#end);
      this.#lent = this.#lent?.slice(this.#first, this.#end);
      this.#end -= this.#first;
      this.#first = 0;
    } else if (isEmpty) {
      this.#first = 0;
      this.#end = 0;
    }
  }
}
