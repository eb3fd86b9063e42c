/** The registrations of one session by number. Most sessions have one or none, and those need no map. */

import type { Registration } from './registration.ts';

export class RegistrationTable {
  /** The one there is, unless there is a map. */
  #only: Registration | undefined;
  #all: Map<number, Registration> | undefined;

  get size(): number {
    if (this.#all !== undefined) return this.#all.size;
    return this.#only === undefined ? 0 : 1;
  }

  get(number: number): Registration | undefined {
    if (this.#all !== undefined) return this.#all.get(number);
    return this.#only?.number === number ? this.#only : undefined;
  }

  /** Precondition: none has its number. */
  add(registration: Registration): void {
    if (this.#all === undefined) {
      if (this.#only === undefined) {
        this.#only = registration;
        return;
      }
      this.#all = new Map([[this.#only.number, this.#only]]);
      this.#only = undefined;
    }
    this.#all.set(registration.number, registration);
  }

  delete(number: number): void {
    if (this.#all !== undefined) this.#all.delete(number);
    else if (this.#only?.number === number) this.#only = undefined;
  }

  clear(): void {
    this.#only = undefined;
    this.#all = undefined;
  }

  /** In the order of adding. */
  [Symbol.iterator](): Iterator<Registration> {
    if (this.#all !== undefined) return this.#all.values();
    return (this.#only === undefined ? [] : [this.#only]).values();
  }
}
