/**
 * What one peer holds: deliveries by end and number, until it gives them back (PROTOCOL.md section 6). Pure counting,
 * no wire.
 */

import { SpoolError } from './errors.ts';
import { isUpTo } from './sequence.ts';

/** A window that is charged for what is held: the session's own, and that of a registration. */
export interface Account {
  heldObjects: number;
  heldBytes: number;
}

/** The size of a delivery that was given back before an older one. */
const GONE = -1;

/** Deliveries of one end, in the order they were made. Numbers in arrays, since there may be millions a second. */
class Run {
  account: Account | undefined;
  readonly sequences: number[] = [];
  readonly sizes: number[] = [];
  /** Where the oldest that is held stands, and where the next one will. What is behind that means nothing. */
  first = 0;
  end = 0;
  /** How many are held. */
  count = 0;

  clear(): void {
    this.account = undefined;
    this.first = 0;
    this.end = 0;
    this.count = 0;
  }

  add(sequence: number, size: number): void {
    this.sequences[this.end] = sequence;
    this.sizes[this.end++] = size;
    this.count++;
  }

  /** Where the number stands, or would; the numbers rise. */
  find(sequence: number): number {
    let low = this.first;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isUpTo(sequence, this.sequences[middle] as number)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Goes to the oldest that is held. What is gone is let go once it is most of what is kept. Precondition: not empty. */
  tidy(): void {
    const { sequences, sizes, end } = this;
    while (this.first < end && sizes[this.first] === GONE) this.first++;
    if (end < 1024 || end < 2 * this.count) return;
    let kept = 0;
    for (let at = this.first; at < end; at++) {
      if (sizes[at] === GONE) continue;
      sequences[kept] = sequences[at] as number;
      sizes[kept++] = sizes[at] as number;
    }
    sequences.length = kept;
    sizes.length = kept;
    this.first = 0;
    this.end = kept;
  }
}

/** Empty ones to be used again: an end that holds one thing at a time begins a run for each. */
const spare: Run[] = [];
const MOST_SPARE = 256;

function newRun(account: Account | undefined): Run {
  const run = spare.pop() ?? new Run();
  run.account = account;
  return run;
}

function spareRun(run: Run): void {
  if (spare.length >= MOST_SPARE || run.sizes.length > 1024) return;
  run.clear();
  spare.push(run);
}

/** For all who hold nothing; nothing is ever put into it. */
const NO_ENDS = new Map<number, Run>();

export class HeldReferences implements Account {
  heldObjects = 0;
  heldBytes = 0;
  /** An end without any is not kept. */
  #ends: Map<number, Run> = NO_ENDS;

  /**
   * Counts one delivery, also in the account given, which is the same for all of an end. Precondition: its number comes
   * after all that are held on the end.
   */
  hold(end: number, sequence: number, size: number, account?: Account): void {
    let run = this.#ends.get(end);
    if (!run) {
      run = newRun(account);
      if (this.#ends === NO_ENDS) this.#ends = new Map();
      this.#ends.set(end, run);
    }
    run.add(sequence, size);
    this.heldObjects++;
    this.heldBytes += size;
    if (account) {
      account.heldObjects++;
      account.heldBytes += size;
    }
  }

  holdsOn(end: number): boolean {
    return this.#ends.has(end);
  }

  /** Gives back one delivery. Throws `OVER_RELEASE` where it is not held. Returns the account that was charged. */
  releaseOnly(end: number, sequence: number): Account | undefined {
    const run = this.#ends.get(end);
    const index = run ? run.find(sequence) : 0;
    const size = run && index < run.end ? run.sizes[index] : undefined;
    if (!run || size === undefined || size === GONE || run.sequences[index] !== sequence) {
      throw new SpoolError('OVER_RELEASE', { input: `end ${end}, number ${sequence}` });
    }
    run.sizes[index] = GONE;
    return this.#gaveBack(end, run, 1, size);
  }

  /** Gives back everything delivered on the end up to the number. Throws `OVER_RELEASE` where that is nothing. */
  releaseUpTo(end: number, sequence: number): Account | undefined {
    const run = this.#ends.get(end);
    let objects = 0;
    let bytes = 0;
    if (run) {
      const { sequences, sizes } = run;
      let at = run.first;
      for (; at < run.end && isUpTo(sequences[at] as number, sequence); at++) {
        const size = sizes[at] as number;
        if (size === GONE) continue;
        objects++;
        bytes += size;
        sizes[at] = GONE;
      }
    }
    if (!run || objects === 0) throw new SpoolError('OVER_RELEASE', { input: `end ${end}, up to ${sequence}` });
    return this.#gaveBack(end, run, objects, bytes);
  }

  /** Gives back everything: the peer is gone. */
  releaseAll(): void {
    for (const [end, run] of this.#ends) {
      let bytes = 0;
      for (let at = run.first; at < run.end; at++) {
        const size = run.sizes[at] as number;
        if (size !== GONE) bytes += size;
      }
      this.#gaveBack(end, run, run.count, bytes);
    }
  }

  #gaveBack(end: number, run: Run, objects: number, bytes: number): Account | undefined {
    const { account } = run;
    run.count -= objects;
    if (run.count === 0) {
      this.#ends.delete(end);
      spareRun(run);
    } else {
      run.tidy();
    }
    this.heldObjects -= objects;
    this.heldBytes -= bytes;
    if (!account) return undefined;
    account.heldObjects -= objects;
    account.heldBytes -= bytes;
    return account;
  }
}
