/**
 * A notification that waits in the queues of several listeners: kept once for all of them and given to each as the same
 * parts, so that the memory of a large one is used again when the last has been sent it.
 */

import { Batch } from '../../shared/batch.ts';
import { REFERENCE_FROM } from '../../shared/join.ts';
import type { Outbox } from '../../shared/outbox.ts';
import type { Content } from './delivery.ts';
import type { Message } from './message.ts';

export class WaitingMessage implements Content {
  readonly #message: Message;
  #batch: Batch | undefined;
  /** Queues it waits in. */
  #queues = 0;

  constructor(message: Message) {
    this.#message = message.keep();
  }

  /** What waits in one queue more, for that end. Precondition: everybody is queued before the first is sent it. */
  contentFor(end: number): Content | readonly Uint8Array[] {
    // What is small is copied anyway, beside what else waits.
    if (this.#message.length < REFERENCE_FROM || !this.#message.fits(end)) return this.#message.record(end);
    this.#queues++;
    return this;
  }

  sendTo(outbox: Outbox): void {
    this.#batch ??= this.#batched();
    outbox.share(this.#batch, this.#batch.length);
    this.withdrawn();
  }

  withdrawn(): void {
    this.#queues--;
    if (this.#queues === 0) this.#batch?.over();
  }

  #batched(): Batch {
    const batch = new Batch(() => {});
    this.#message.addTo(batch);
    return batch;
  }
}
