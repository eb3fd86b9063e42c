/** Work that nobody waits for, until the end. What it cannot do it has told the operator. */

export class UnderWay {
  readonly #works = new Set<Promise<void>>();

  add(work: Promise<void>): void {
    const ended = work.catch(() => {}).finally(() => this.#works.delete(ended));
    this.#works.add(ended);
  }

  /** Resolves when what is under way now has ended. Never rejects. */
  async ended(): Promise<void> {
    await Promise.all(this.#works);
  }
}
