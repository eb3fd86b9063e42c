/**
 * The publishing side: fires events at event classes, at once, in transactions, or recorded for later. It knows event
 * classes and never subscribers (EVC-4). No transport is named here.
 */

import {
  callToJson,
  type EventCall,
  type EventClass,
  type EventMethods,
  type Json,
  type MethodTypes,
  type Outcome,
  SpoolError,
} from '../../shared/index.ts';
import type { Connection, ConnectionStats } from '../connection.ts';
import type { Dial, Gap, ListenerOptions } from '../listener-options.ts';
import { Listener } from '../notification-listener.ts';
import { EventCatalogue } from './event-catalogue.ts';
import { eventObject } from './event-object.ts';
import { Recorder } from './recorder.ts';
import { Transaction } from './transaction.ts';

export interface PublisherOptions extends ListenerOptions {
  /** What it publishes under, for those who subscribe to a publisher ID; by default what each event class says. */
  readonly publisherId?: string;
}

/**
 * Joins a publisher to the spooler that `dial` reaches. Rejects with `CONNECTION_FAILED`, `UNAUTHORIZED`, `TIMED_OUT`.
 */
export async function createPublisher(dial: Dial, options: PublisherOptions = {}): Promise<Publisher> {
  const publisher = new Publisher(dial, options);
  await publisher.connect();
  return publisher;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: SpoolError) => void;
}

export class Publisher {
  /** What the spooler's event system has. */
  readonly catalogue: EventCatalogue;
  /** Registers nothing; it is what comes back after a loss. */
  readonly #listener: Listener;
  readonly #publisherId: { readonly publisherId?: string };
  /** Recorders that were released while there was no spooler. */
  #waiting: Waiting[] = [];

  /** For `createPublisher`. */
  constructor(dial: Dial, { publisherId, onGap, onLost, ...options }: PublisherOptions) {
    this.#publisherId = publisherId === undefined ? {} : { publisherId };
    this.#listener = new Listener(dial, {
      ...options,
      onGap: (gap: Gap) => {
        for (const { resolve } of this.#waiting.splice(0)) resolve();
        onGap?.(gap);
      },
      onLost: (loss, retrying) => {
        if (!retrying) this.#nobodyComesBack();
        onLost?.(loss, retrying);
      },
    });
    this.catalogue = new EventCatalogue(() => this.#listener.connection);
  }

  /** For `createPublisher`. */
  async connect(): Promise<void> {
    await this.#listener.connect();
  }

  /** `away`: the spooler is lost, the publisher is coming back. */
  get state(): Listener['state'] {
    return this.#listener.state;
  }

  get user(): string {
    return this.#listener.user;
  }

  /**
   * An event object (EVC-5), to be kept as long as one likes. Each method fires an event and resolves when every subscriber
   * was called: with `S_OK`, `EVENT_S_SOME_SUBSCRIBERS_FAILED` or `EVENT_S_NOSUBSCRIBERS`, all of them successes (EVC-70).
   * It rejects with `EVENT_E_ALL_SUBSCRIBERS_FAILED`; with `E_INVALIDARG`, nothing sent, for arguments that are not those of
   * the method; with `REGDB_E_CLASSNOTREG` where the class is not installed, `E_ACCESSDENIED`, what a publisher filter
   * ends it with, and `CONNECTION_LOST`, also while there is no spooler.
   */
  events<Methods extends MethodTypes>(eventClass: EventClass<Methods>): EventMethods<Methods, Promise<Outcome>> {
    return eventObject(eventClass, (makeCall) => this.#fire(makeCall));
  }

  async #fire(makeCall: () => EventCall): Promise<Outcome> {
    const call = callToJson(makeCall());
    const { outcome } = await this.#listener.connection.call('events', 'fire', { ...call, ...this.#publisherId });
    return outcome;
  }

  /**
   * Runs `work`. The events that it fires at the transaction leave when it has returned, all of them or none (EVC-180): it
   * resolves with what `work` returned once they are the spooler's, which fires them in their order. None leaves where
   * `work` throws, which is what it rejects with then, or where it aborts. Rejects also with what the spooler refuses the
   * events with, and with `CONNECTION_LOST`: then, as after any commit without an answer, they may have left.
   */
  async transaction<Value>(work: (transaction: Transaction) => Value | PromiseLike<Value>): Promise<Value> {
    const transaction = new Transaction();
    try {
      const value = await work(transaction);
      await this.#commit(this.#listener.connection, transaction.end());
      return value;
    } finally {
      transaction.end();
    }
  }

  /** Records events, also while there is no spooler, and posts them when it is released (EVC-120). */
  recorder(): Recorder {
    return new Recorder((calls) => this.#post(calls));
  }

  async #post(calls: readonly Json[]): Promise<void> {
    for (;;) {
      const connection = await this.#connected();
      try {
        return await this.#commit(connection, calls);
      } catch (reason) {
        if (!(reason instanceof SpoolError && reason.code === 'CONNECTION_LOST')) throw reason;
      }
    }
  }

  async #commit(connection: Connection, calls: readonly Json[]): Promise<void> {
    if (calls.length > 0) await connection.call('events', 'commit', { ...this.#publisherId, calls });
  }

  /** The connection in force, as soon as there is one. Rejects with `CONNECTION_ENDED` where there will be none. */
  async #connected(): Promise<Connection> {
    if (this.#listener.state === 'away') {
      await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    }
    return this.#listener.connection;
  }

  #nobodyComesBack(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new SpoolError('CONNECTION_ENDED'));
  }

  stats(): ConnectionStats & { readonly registrations: number } {
    return this.#listener.stats();
  }

  /** Leaves for good. What recorders have not posted is lost: release them before. */
  async close(): Promise<void> {
    this.#nobodyComesBack();
    await this.#listener.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
