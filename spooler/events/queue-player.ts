/**
 * What becomes of a queued message when it is its turn: it is delivered, tried again by the retry ladder, or put to the
 * dead letters (EVC-126 to EVC-128).
 */

import { succeeded } from '../../shared/index.ts';
import type { Change, Store } from '../store/store.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Destinations } from './destinations.ts';
import type { Step } from './line.ts';
import { gone, put, putProgress } from './queue-entries.ts';
import type { QueuedMessage } from './queued-message.ts';
import { waitAfter } from './retry-ladder.ts';

/**
 * What came of playing a call. `done`: with this result. `hold`: it cannot be delivered now and that is nobody's failure;
 * the line waits. `gone`: there is nobody any more whom it is for.
 */
export type Played =
  | { readonly kind: 'done'; readonly hresult: number }
  | { readonly kind: 'hold' }
  | { readonly kind: 'gone' };

export interface QueuePlayerParts {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Rungs of the retry ladder in use, 0 to 5 (EVC-128). */
  readonly limits: { readonly rungs: number };
  /** Plays the first call of the message. A rejection is a fault of the event system. */
  play(message: QueuedMessage): Promise<Played>;
  /** Its tries are used up: true where somebody else has dealt with it (EVC-127). */
  lastChance(message: QueuedMessage): Promise<boolean>;
  /** A message went to the dead letters. */
  died(message: QueuedMessage): void;
  /** Something failed that must not: the store, or `play`. */
  fault(reason: unknown): void;
}

/** A line that is held looks again this often, in milliseconds; `wake` is sooner. */
const HOLD_TIME = 60_000;

export class QueuePlayer {
  /** Set once nothing more is played: what fails from then on has failed for that. */
  isClosed = false;
  readonly #parts: QueuePlayerParts;
  readonly #destinations: Destinations;
  readonly #deadLetters: DeadLetters;

  constructor(parts: QueuePlayerParts, destinations: Destinations, deadLetters: DeadLetters) {
    this.#parts = parts;
    this.#destinations = destinations;
    this.#deadLetters = deadLetters;
  }

  /** Never rejects. */
  async play(message: QueuedMessage): Promise<Step> {
    const played = await this.#playInTurn(message);
    if (played.kind === 'hold') return { rest: message, pause: HOLD_TIME, held: true };
    if (played.kind === 'gone') return this.#done(message);
    if (!succeeded(played.hresult)) return this.#failed(message, played.hresult);
    const [done = '', ...calls] = message.calls;
    if (calls.length === 0) return this.#done(message);
    const rest = { ...message, calls, played: message.played + 1, failures: 0, hresult: 0 };
    this.#destinations.played(done);
    await this.#keep([putProgress(rest)]);
    return { rest, pause: 0 };
  }

  async #playInTurn(message: QueuedMessage): Promise<Played> {
    try {
      return await this.#destinations.inTurn(message.subscription, () => this.#parts.play(message));
    } catch (reason) {
      this.#parts.fault(reason);
      return { kind: 'hold' };
    }
  }

  async #done(message: QueuedMessage): Promise<Step> {
    this.#destinations.count(message, -1);
    await this.#keep(gone(message));
    return { pause: 0 };
  }

  async #failed(message: QueuedMessage, hresult: number): Promise<Step> {
    // Its end took the subscriber along: that is no failure of the subscriber's.
    if (this.isClosed) return { rest: message, pause: 0 };
    const failures = message.failures + 1;
    const pause = waitAfter(failures, this.#parts.limits.rungs);
    const failed = { ...message, failures, hresult, due: this.#parts.wallClock() + (pause ?? 0) };
    if (pause !== undefined) {
      await this.#keep([putProgress(failed)]);
      return { rest: failed, pause };
    }
    if (await this.#hasTakenLastChance(failed)) return this.#done(message);
    const letter = { ...failed, played: 0 };
    await this.#keep([...gone(message), put('dead', letter)]);
    this.#deadLetters.add(letter);
    this.#parts.died(letter);
    return { pause: 0 };
  }

  async #hasTakenLastChance(message: QueuedMessage): Promise<boolean> {
    try {
      return await this.#parts.lastChance(message);
    } catch (reason) {
      this.#parts.fault(reason);
      return false;
    }
  }

  /** What the store cannot keep is known here, and is forgotten with the process: then a delivery is repeated. */
  async #keep(changes: readonly Change[]): Promise<void> {
    try {
      await this.#parts.store.write(changes);
    } catch (reason) {
      this.#parts.fault(reason);
    }
  }
}
