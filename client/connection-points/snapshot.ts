/** The enumerator of both lists: what was in the list when it was made, each item held (CP-OPEN-1). */

import { CountedObject } from './counted-object.ts';
import type { Enumerator, Fetched, InterfaceId, IUnknown } from './interfaces.ts';

export class Snapshot<Item> extends CountedObject implements Enumerator<Item> {
  readonly #offered: InterfaceId<Enumerator<Item>>;
  readonly #items: readonly Item[];
  readonly #counted: (item: Item) => IUnknown;
  #at: number;

  /** `counted` says what of an item has the references. */
  constructor(
    offered: InterfaceId<Enumerator<Item>>,
    items: readonly Item[],
    counted: (item: Item) => IUnknown,
    at = 0,
  ) {
    super();
    this.implement(offered, this);
    this.#offered = offered;
    this.#items = items;
    this.#counted = counted;
    this.#at = at;
    for (const item of items) counted(item).addRef();
  }

  next(count = 1): Fetched<Item> {
    this.mustLive();
    const items = this.#items.slice(this.#at, this.#at + Math.max(0, count));
    this.#at += items.length;
    for (const item of items) this.#counted(item).addRef();
    return { code: items.length === count ? 'S_OK' : 'S_FALSE', items };
  }

  skip(count: number): 'S_OK' | 'S_FALSE' {
    this.mustLive();
    const skipped = Math.min(Math.max(0, count), this.#items.length - this.#at);
    this.#at += skipped;
    return skipped === count ? 'S_OK' : 'S_FALSE';
  }

  reset(): void {
    this.mustLive();
    this.#at = 0;
  }

  clone(): Enumerator<Item> {
    this.mustLive();
    return new Snapshot(this.#offered, this.#items, this.#counted, this.#at);
  }

  protected override died(): void {
    for (const item of this.#items) this.#counted(item).release();
  }
}
