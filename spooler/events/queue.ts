/**
 * Events that are delivered later (EVC-120 to EVC-129). What is accepted is in the store; it is played in the order it
 * was recorded, tried again by the retry ladder, and in the end put to the dead letters. A line is what one recorder
 * recorded for one destination: its first message holds up the others of the line and nobody else.
 *
 * At least once: a spooler that dies between a delivery and the store's answer delivers again when it is back.
 */

import { type Clock, type Guid, SpoolError, succeeded } from '../../shared/index.ts';
import type { Change, Store } from '../store/store.ts';
import { DeadLetters } from './dead-letters.ts';
import { Lanes } from './lanes.ts';
import { Line, type LineHooks, type Step } from './line.ts';
import {
  advanced,
  decodeMessage,
  decodeNumber,
  decodeProgress,
  encodeMessage,
  encodeNumber,
  encodeProgress,
  keyOf,
  LAST_NUMBER,
  type Place,
  type Progress,
  type QueuedMessage,
  type Recording,
  sizeOf,
} from './queued-message.ts';
import { waitAfter } from './retry-ladder.ts';

/**
 * What came of playing a call. `done`: with this result. `hold`: it cannot be delivered now and that is nobody's failure;
 * the line waits. `gone`: there is nobody any more whom it is for.
 */
export type Played =
  | { readonly kind: 'done'; readonly hresult: number }
  | { readonly kind: 'hold' }
  | { readonly kind: 'gone' };

export interface QueueLimits {
  /** Messages for one destination, dead letters included. */
  readonly messages: number;
  /** Characters of all calls, dead letters included. */
  readonly characters: number;
  /** Rungs of the retry ladder in use, 0 to 5 (EVC-128). */
  readonly rungs: number;
}

export const DEFAULT_QUEUE_LIMITS: QueueLimits = { messages: 10_000, characters: 64 * 1024 * 1024, rungs: 5 };

export interface QueueParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly limits: QueueLimits;
  /** Plays the first call of the message. A rejection is a fault of the event system. */
  play(message: QueuedMessage): Promise<Played>;
  /** Its tries are used up: true where somebody else has dealt with it (EVC-127). */
  lastChance(message: QueuedMessage): Promise<boolean>;
  /** A message went to the dead letters. */
  died(message: QueuedMessage): void;
  /** Stored bytes that are no message. */
  corrupt(key: string): void;
  /** Something failed that must not: the store, or `play`. */
  fault(reason: unknown): void;
}

/** A line that is held looks again this often, in milliseconds; `wake` is sooner. */
const HOLD_TIME = 60_000;

/** One subscription, or everybody. */
interface Destination {
  messages: number;
  /** One delivery at a time to one subscription, whatever the line. */
  readonly turns: Lanes;
}

export class EventQueue implements LineHooks {
  readonly deadLetters: DeadLetters = new DeadLetters();
  readonly clock: Clock;
  readonly #parts: QueueParts;
  readonly #lines = new Map<string, Line>();
  readonly #destinations = new Map<Guid | null, Destination>();
  #characters = 0;
  #lastId = 0;
  #closed = false;

  private constructor(parts: QueueParts) {
    this.clock = parts.clock;
    this.#parts = parts;
  }

  /**
   * With what the store holds; it is played once `begin` is called. Stored bytes that are no message are left alone.
   * Rejects as the store does.
   */
  static async open(parts: QueueParts): Promise<EventQueue> {
    const queue = new EventQueue(parts);
    for await (const [key, bytes] of parts.store.entries(LAST_NUMBER)) {
      if (key === LAST_NUMBER) queue.#lastId = decodeNumber(bytes);
    }
    const progress = new Map<string, Progress | undefined>();
    for await (const [key, bytes] of parts.store.entries('progress/')) progress.set(key, decodeProgress(bytes));
    for await (const stored of queue.#stored('queue')) {
      const message = advanced(stored, progress.get(keyOf('progress', stored.id)));
      queue.#count(message, 1);
      const line = queue.#line(message);
      line.stand(message);
      if (line.length === 1) queue.#restAsBefore(line, message);
    }
    for await (const message of queue.#stored('dead')) {
      queue.#count(message, 1);
      queue.deadLetters.add(message);
    }
    return queue;
  }

  /** Plays what the store held. */
  begin(): void {
    for (const line of this.#lines.values()) line.advance();
  }

  async *#stored(place: 'queue' | 'dead'): AsyncIterable<QueuedMessage> {
    for await (const [key, bytes] of this.#parts.store.entries(`${place}/`)) {
      const message = decodeMessage(bytes);
      if (!message) {
        this.#parts.corrupt(key);
        continue;
      }
      this.#lastId = Math.max(this.#lastId, message.id, message.recorder);
      yield message;
    }
  }

  #restAsBefore(line: Line, { failures, due }: QueuedMessage): void {
    const left = due - this.#parts.wallClock();
    // The clock may have been set while nobody looked: never longer than the ladder says.
    const longest = (failures > 0 && waitAfter(failures, this.#parts.limits.rungs)) || 0;
    if (left > 0 && longest > 0) line.rest(Math.min(left, longest));
  }

  /** Messages that wait. */
  get waiting(): number {
    let sum = 0;
    for (const line of this.#lines.values()) sum += line.length;
    return sum;
  }

  /** A number for somebody who begins to record. */
  newRecorder(): number {
    return ++this.#lastId;
  }

  /**
   * Resolves when all of it is in the store; its delivery begins by itself. Rejects with
   * `INTERNAL_NOTIFICATION_QUEUE_IS_FULL`, with `RPC_S_CALL_CANCELLED` once closed, or as the store does; then nothing was
   * accepted.
   */
  async accept(recordings: readonly Recording[]): Promise<void> {
    if (this.#closed) throw new SpoolError('RPC_S_CALL_CANCELLED');
    const recordedAt = this.#parts.wallClock();
    const messages = recordings.map((recording): QueuedMessage => {
      return { ...recording, id: ++this.#lastId, recordedAt, played: 0, failures: 0, due: recordedAt, hresult: 0 };
    });
    for (const message of messages) this.#count(message, 1);
    if (!messages.every(({ subscription }) => this.#hasRoom(subscription))) {
      for (const message of messages) this.#count(message, -1);
      throw new SpoolError('INTERNAL_NOTIFICATION_QUEUE_IS_FULL');
    }
    const stored = this.#parts.store.write([
      ...messages.map((message) => put('queue', message)),
      { put: [LAST_NUMBER, encodeNumber(this.#lastId)] },
    ]);
    for (const message of messages) {
      const line = this.#line(message);
      line.stand(message, stored);
      line.advance();
    }
    await stored;
  }

  /**
   * Puts dead letters back, to the end of their lines and with all their tries. All of them, unless `ids` says which;
   * those that are not there are ignored. Resolves with how many, once the store has it; rejects as the store does, then
   * nothing has changed.
   */
  async replay(ids?: readonly number[]): Promise<number> {
    const due = this.#parts.wallClock();
    const letters = this.deadLetters.take(ids);
    const revived = letters.map((letter) => ({ ...letter, failures: 0, due }));
    await this.#write(letters, [
      ...letters.map(({ id }) => remove('dead', id)),
      ...revived.map((one) => put('queue', one)),
    ]);
    for (const message of revived) {
      const line = this.#line(message);
      line.stand(message);
      line.advance();
    }
    return letters.length;
  }

  /** Forgets dead letters: which, and what it resolves with, as in `replay`. */
  async purge(ids?: readonly number[]): Promise<number> {
    const letters = this.deadLetters.take(ids);
    await this.#write(
      letters,
      letters.map(({ id }) => remove('dead', id)),
    );
    for (const letter of letters) this.#count(letter, -1);
    return letters.length;
  }

  async #write(letters: readonly QueuedMessage[], changes: readonly Change[]): Promise<void> {
    try {
      await this.#parts.store.write(changes);
    } catch (reason) {
      for (const letter of letters) this.deadLetters.add(letter);
      throw reason;
    }
  }

  /** What holds lines may have changed: they look again now. */
  wake(): void {
    for (const line of this.#lines.values()) line.wake();
  }

  /** Nothing more is accepted or played. Resolves when what is being played has ended; what waits is in the store. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#lines.values()].map((line) => line.stop()));
  }

  // ------------------------------------------------------------------------------------------ for its lines

  async play(message: QueuedMessage): Promise<Step> {
    const played = await this.#playInTurn(message);
    if (played.kind === 'hold') return { rest: message, pause: HOLD_TIME, held: true };
    if (played.kind === 'gone') return this.#done(message);
    if (!succeeded(played.hresult)) return this.#failed(message, played.hresult);
    const [done = '', ...calls] = message.calls;
    if (calls.length === 0) return this.#done(message);
    const rest = { ...message, calls, played: message.played + 1, failures: 0, hresult: 0 };
    this.#characters -= done.length;
    await this.#keep([progressOf(rest)]);
    return { rest, pause: 0 };
  }

  dropped(message: QueuedMessage): void {
    this.#count(message, -1);
  }

  emptied(line: Line): void {
    this.#lines.delete(line.key);
  }

  async #playInTurn(message: QueuedMessage): Promise<Played> {
    const { subscription } = message;
    const playing = (): Promise<Played> => this.#parts.play(message);
    try {
      // Calls for everybody are like those of any publisher: they wait for nobody else's.
      return await (subscription === null ? playing() : this.#destination(subscription).turns.run(playing));
    } catch (reason) {
      this.#parts.fault(reason);
      return { kind: 'hold' };
    }
  }

  async #done(message: QueuedMessage): Promise<Step> {
    this.#count(message, -1);
    await this.#keep(gone(message));
    return { pause: 0 };
  }

  async #failed(message: QueuedMessage, hresult: number): Promise<Step> {
    // Its end took the subscriber along: that is no failure of the subscriber's.
    if (this.#closed) return { rest: message, pause: 0 };
    const failures = message.failures + 1;
    const pause = waitAfter(failures, this.#parts.limits.rungs);
    const failed = { ...message, failures, hresult, due: this.#parts.wallClock() + (pause ?? 0) };
    if (pause !== undefined) {
      await this.#keep([progressOf(failed)]);
      return { rest: failed, pause };
    }
    if (await this.#hasTakenLastChance(failed)) return this.#done(message);
    const letter = { ...failed, played: 0 };
    await this.#keep([...gone(message), put('dead', letter)]);
    this.deadLetters.add(letter);
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

  // ------------------------------------------------------------------------------------------ tables

  #line({ subscription, recorder }: Recording): Line {
    const key = `${subscription}/${recorder}`;
    const line = this.#lines.get(key) ?? new Line(key, this);
    this.#lines.set(key, line);
    return line;
  }

  #destination(subscription: Guid | null): Destination {
    const destination = this.#destinations.get(subscription) ?? { messages: 0, turns: new Lanes(1) };
    this.#destinations.set(subscription, destination);
    return destination;
  }

  #count(message: QueuedMessage, by: 1 | -1): void {
    const destination = this.#destination(message.subscription);
    destination.messages += by;
    this.#characters += by * sizeOf(message);
    if (destination.messages === 0) this.#destinations.delete(message.subscription);
  }

  #hasRoom(subscription: Guid | null): boolean {
    const { messages, characters } = this.#parts.limits;
    return this.#destination(subscription).messages <= messages && this.#characters <= characters;
  }
}

function put(place: 'queue' | 'dead', message: QueuedMessage): Change {
  return { put: [keyOf(place, message.id), encodeMessage(message)] };
}

function progressOf(message: QueuedMessage): Change {
  return { put: [keyOf('progress', message.id), encodeProgress(message)] };
}

function remove(place: Place, id: number): Change {
  return { remove: keyOf(place, id) };
}

/** It waits no longer. */
function gone({ id }: QueuedMessage): readonly Change[] {
  return [remove('queue', id), remove('progress', id)];
}
