/** The newest change of each key, in memory, until it is in the store behind: to be found by key and read in order. */

import { type Change, keyOf } from './store.ts';

/** A few keys that are new are sorted in; after more the order is made anew, by whoever reads next. */
const FEW = 1_000;

export class PendingChanges {
  readonly #changes = new Map<string, Change>();
  /** Every key and some that are gone, in order, without the new ones; undefined: nobody has asked for it. */
  #sorted: readonly string[] | undefined;
  #new: string[] = [];

  get size(): number {
    return this.#changes.size;
  }

  /** As they are now, in no order. */
  all(): readonly Change[] {
    return [...this.#changes.values()];
  }

  get(key: string): Change | undefined {
    return this.#changes.get(key);
  }

  add(change: Change): void {
    const key = keyOf(change);
    if (this.#sorted && !this.#changes.has(key)) this.#isNew(key);
    this.#changes.set(key, change);
  }

  #isNew(key: string): void {
    this.#new.push(key);
    if (this.#new.length <= FEW) return;
    this.#sorted = undefined;
    this.#new = [];
  }

  /** Those of them that no newer one has taken the place of. */
  forget(changes: readonly Change[]): void {
    for (const change of changes) {
      const key = keyOf(change);
      if (this.#changes.get(key) === change) this.#changes.delete(key);
    }
    if (this.#changes.size === 0) this.#sorted = undefined;
  }

  /** Of keys that begin with the prefix and are greater than `after`, in order, as they are now. */
  from(prefix: string, after: string): readonly (readonly [key: string, change: Change])[] {
    const found: (readonly [string, Change])[] = [];
    const sorted = this.#inOrder();
    for (let index = firstAfter(sorted, after < prefix ? prefix : after); index < sorted.length; index++) {
      const key = sorted[index];
      if (key === undefined || !key.startsWith(prefix)) break;
      const change = key === after ? undefined : this.#changes.get(key);
      if (change) found.push([key, change]);
    }
    return found;
  }

  #inOrder(): readonly string[] {
    if (this.#sorted && this.#new.length > 0) this.#sorted = this.#merged(this.#sorted, this.#new.sort());
    this.#sorted ??= [...this.#changes.keys()].sort();
    this.#new = [];
    return this.#sorted;
  }

  #merged(sorted: readonly string[], added: readonly string[]): readonly string[] {
    const merged: string[] = [];
    let next = 0;
    const take = (key: string): void => {
      // It may have gone, or gone and come again.
      if (merged.at(-1) !== key && this.#changes.has(key)) merged.push(key);
    };
    for (const key of sorted) {
      for (let one = added[next]; one !== undefined && one < key; one = added[++next]) take(one);
      take(key);
    }
    for (const key of added.slice(next)) take(key);
    return merged;
  }
}

/** The index of the first that is not less. */
function firstAfter(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
