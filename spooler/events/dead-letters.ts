/** Messages that nobody took until their tries were used up. They stay until somebody replays or purges them (EVC-127). */

import type { QueuedMessage } from './queued-message.ts';

export class DeadLetters {
  readonly #letters = new Map<number, QueuedMessage>();

  get size(): number {
    return this.#letters.size;
  }

  /** In the order they were recorded. */
  list(): readonly QueuedMessage[] {
    return [...this.#letters.values()].sort((a, b) => a.id - b.id);
  }

  add(letter: QueuedMessage): void {
    this.#letters.set(letter.id, letter);
  }

  /** Takes out all, or those of `ids` that are there, in the order they were recorded. */
  take(ids?: readonly number[]): readonly QueuedMessage[] {
    const wanted = ids && new Set(ids);
    const taken = this.list().filter(({ id }) => !wanted || wanted.has(id));
    for (const { id } of taken) this.#letters.delete(id);
    return taken;
  }
}
