/** For whom queued events wait, how much for each and in all, and whose turn it is. */

import type { Guid } from '../../shared/index.ts';
import { Lanes } from './lanes.ts';
import { type QueuedMessage, sizeOf } from './queued-message.ts';

export interface DestinationLimits {
  /** Messages for one destination, dead letters included. */
  readonly messages: number;
  /** Characters of all calls, dead letters included. */
  readonly characters: number;
}

/** One subscription, or everybody. */
interface Destination {
  messages: number;
  /** One delivery at a time to one subscription, whatever the line. */
  readonly turns: Lanes;
}

export class Destinations {
  readonly #limits: DestinationLimits;
  readonly #destinations = new Map<Guid | null, Destination>();
  #characters = 0;

  constructor(limits: DestinationLimits) {
    this.#limits = limits;
  }

  /** There is one message more, or less. */
  count(message: QueuedMessage, by: 1 | -1): void {
    const destination = this.#destination(message.subscription);
    destination.messages += by;
    this.#characters += by * sizeOf(message);
    if (destination.messages === 0) this.#destinations.delete(message.subscription);
  }

  /** A call of a message that waits is done with. */
  played(call: string): void {
    this.#characters -= call.length;
  }

  /** Whether what is counted may be. */
  hasRoom(subscription: Guid | null): boolean {
    const { messages, characters } = this.#limits;
    return this.#destination(subscription).messages <= messages && this.#characters <= characters;
  }

  /** Plays in the subscription's turn. Calls for everybody are like those of any publisher: they wait for nobody else's. */
  inTurn<Value>(subscription: Guid | null, playing: () => Promise<Value>): Promise<Value> {
    return subscription === null ? playing() : this.#destination(subscription).turns.run(playing);
  }

  #destination(subscription: Guid | null): Destination {
    const destination = this.#destinations.get(subscription) ?? { messages: 0, turns: new Lanes(1) };
    this.#destinations.set(subscription, destination);
    return destination;
  }
}
