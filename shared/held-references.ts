/**
 * What one peer holds: deliveries by end and number, until it gives them back (PROTOCOL.md section 6). Pure counting,
 * no wire.
 */

import { SpoolError } from './errors.ts';
import { isUpTo } from './sequence.ts';

/** A window that is charged for what is held: the session's own, and that of a registration. */
export interface Account {
  heldObjects: number;
  heldBytes: number;
}

interface Held {
  readonly size: number;
  readonly account: Account | undefined;
}

export class HeldReferences implements Account {
  heldObjects = 0;
  heldBytes = 0;
  /** Deliveries of each end in the order they were made; an end without any is not kept. */
  readonly #ends = new Map<number, Map<number, Held>>();

  /** Counts one delivery, also in the account given. Precondition: not held already. */
  hold(end: number, sequence: number, size: number, account?: Account): void {
    let deliveries = this.#ends.get(end);
    if (!deliveries) {
      deliveries = new Map();
      this.#ends.set(end, deliveries);
    }
    deliveries.set(sequence, { size, account });
    this.heldObjects++;
    this.heldBytes += size;
    if (account) {
      account.heldObjects++;
      account.heldBytes += size;
    }
  }

  holdsOn(end: number): boolean {
    return this.#ends.has(end);
  }

  /** Gives back one delivery. Throws `OVER_RELEASE` where it is not held. Returns the account that was charged. */
  releaseOnly(end: number, sequence: number): Account | undefined {
    const deliveries = this.#ends.get(end);
    const held = deliveries?.get(sequence);
    if (!deliveries || !held) throw new SpoolError('OVER_RELEASE', { input: `end ${end}, number ${sequence}` });
    this.#giveBack(end, deliveries, sequence, held);
    return held.account;
  }

  /** Gives back everything delivered on the end up to the number. Throws `OVER_RELEASE` where that is nothing. */
  releaseUpTo(end: number, sequence: number): Account | undefined {
    const deliveries = this.#ends.get(end);
    let account: Account | undefined;
    let found = false;
    for (const [number, held] of deliveries ?? []) {
      if (!isUpTo(number, sequence)) break;
      this.#giveBack(end, deliveries as Map<number, Held>, number, held);
      account = held.account;
      found = true;
    }
    if (!found) throw new SpoolError('OVER_RELEASE', { input: `end ${end}, up to ${sequence}` });
    return account;
  }

  /** Gives back everything: the peer is gone. */
  releaseAll(): void {
    for (const [end, deliveries] of this.#ends) {
      for (const [number, held] of deliveries) this.#giveBack(end, deliveries, number, held);
    }
  }

  #giveBack(end: number, deliveries: Map<number, Held>, sequence: number, { size, account }: Held): void {
    deliveries.delete(sequence);
    if (deliveries.size === 0) this.#ends.delete(end);
    this.heldObjects--;
    this.heldBytes -= size;
    if (account) {
      account.heldObjects--;
      account.heldBytes -= size;
    }
  }
}
