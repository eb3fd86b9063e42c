/** A set that most of its owners leave empty: until something is in it, it costs a tenth of one. */

const NOTHING: ReadonlySet<never> = new Set<never>();

export class LazySet<Item> {
  #items: Set<Item> | undefined;

  get size(): number {
    return this.#items === undefined ? 0 : this.#items.size;
  }

  has(item: Item): boolean {
    return this.#items !== undefined && this.#items.has(item);
  }

  add(item: Item): void {
    this.#items ??= new Set();
    this.#items.add(item);
  }

  delete(item: Item): boolean {
    return this.#items !== undefined && this.#items.delete(item);
  }

  clear(): void {
    this.#items = undefined;
  }

  /** In the order of adding; what is added meanwhile comes too. */
  [Symbol.iterator](): Iterator<Item> {
    return (this.#items ?? NOTHING).values();
  }
}
