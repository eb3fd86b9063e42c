/** What of one attachment is done with, and was said so: in order, with one call under way at most. */

import { type DataObject, type Guid, SpoolError } from '../../shared/index.ts';
import { REGISTRATIONS } from '../../shared/persistence/registrations.ts';
import type { Connection } from '../connection.ts';

export class Acknowledgements {
  readonly #connection: Connection;
  readonly #attachment: Guid;
  /** The deliveries of what somebody holds, the oldest first. */
  readonly #held = new Map<number, DataObject>();
  /** The number of the last one that came. */
  #last = 0;
  /** Everything up to here is done with. */
  #done = 0;
  /** And the spooler has stored that up to here. */
  #said = 0;
  #saying: Promise<void> | undefined;
  #isOver = false;

  constructor(connection: Connection, attachment: Guid) {
    this.#connection = connection;
    this.#attachment = attachment;
  }

  /** Somebody holds it. The delivery is released when he does no more. Precondition: the numbers rise. */
  hold(number: number, delivery: DataObject): void {
    this.#last = number;
    this.#held.set(number, delivery);
  }

  /** Nobody holds it any more. */
  done(number: number): void {
    this.#held.get(number)?.release();
    this.#held.delete(number);
    if (this.#isOver) return;
    const oldest = this.#held.keys().next();
    this.#done = oldest.done ? this.#last : oldest.value - 1;
    void this.#say();
  }

  /** What comes now counts no more. Resolves when the spooler has stored what is done with, or cannot. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#saying;
    await this.#say();
  }

  /** There is nobody to say anything to. */
  end(): void {
    this.#isOver = true;
    this.#done = this.#said;
  }

  /** Says the newest, and when that is stored what has come to it meanwhile. */
  #say(): Promise<void> {
    if (this.#done > this.#said) this.#saying ??= this.#sayUpTo(this.#done);
    return this.#saying ?? Promise.resolve();
  }

  async #sayUpTo(number: number): Promise<void> {
    let isStored = false;
    try {
      await this.#connection.call(REGISTRATIONS, 'acknowledge', { attachment: this.#attachment, number });
      this.#said = number;
      isStored = true;
    } catch (reason) {
      this.#refused(number, reason);
    }
    this.#saying = undefined;
    // After a refusal not at once: with the next one that is done with.
    if (isStored && !this.#isOver) void this.#say();
  }

  /** It comes again, which somebody should know unless it is known already. */
  #refused(number: number, reason: unknown): void {
    const { code } = SpoolError.from(reason, 'E_UNEXPECTED');
    if (code === 'CONNECTION_LOST' || code === 'CONNECTION_ENDED' || this.#done === this.#said) return;
    this.#connection.report({ kind: 'notAcknowledged', what: `notifications up to ${number}`, reason });
  }
}
