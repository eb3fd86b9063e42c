/** Runs pieces of work in the order they came, so many at a time. One lane: strictly one after another. */
export class Lanes {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** `width`: how many may be under way at once, 1 at least. */
  constructor(width: number) {
    this.#free = width;
  }

  /** Settles as `work` does. Work that fails frees its lane like any other. */
  async run<Value>(work: () => Value | Promise<Value>): Promise<Value> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
