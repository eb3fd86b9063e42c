/** What all persistent registrations of a spooler keep together, and how much that may be. */

/** Bytes of data that may be on their way to the store, which is in memory. */
const MOST_UNSTORED = 64 * 1024 * 1024;
/** Bytes that a notification takes in the store beside its data, or not many more: nobody fills it with empty ones. */
const OF_EACH = 64;

export class KeptTotal {
  /** Bytes of data that are neither in the store nor refused by it. */
  unstored = 0;
  readonly #size: number;
  #bytes = 0;

  /** `size`: bytes that may be kept. What is kept already stays, however much it is. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Whether one more may be kept, which may go beyond. */
  get hasRoom(): boolean {
    return this.unstored < MOST_UNSTORED && this.#bytes < this.#size;
  }

  /** A registration keeps as many now, with so many bytes of data, and what was counted for it before no more. Returns what is counted. */
  count(notifications: number, bytes: number, before: number): number {
    const counted = bytes + OF_EACH * notifications;
    this.#bytes += counted - before;
    return counted;
  }
}
