/**
 * Events that are delivered later (EVC-120 to EVC-129). What is accepted is in the store; it is played in the order it
 * was recorded, tried again by the retry ladder, and in the end put to the dead letters. A line is what one recorder
 * recorded for one destination: its first message holds up the others of the line and nobody else.
 *
 * At least once: a spooler that dies between a delivery and the store's answer delivers again when it is back.
 */

import { type Clock, SpoolError } from '../../shared/index.ts';
import type { Change } from '../store/store.ts';
import { DeadLetters } from './dead-letters.ts';
import { type DestinationLimits, Destinations } from './destinations.ts';
import { Line, type LineHooks, type Step } from './line.ts';
import { deadMessages, lastNumber, put, putLastNumber, remove, waitingMessages } from './queue-entries.ts';
import { QueuePlayer, type QueuePlayerParts } from './queue-player.ts';
import type { QueuedMessage, Recording } from './queued-message.ts';
import { waitAfter } from './retry-ladder.ts';

export interface QueueLimits extends DestinationLimits {
  /** Rungs of the retry ladder in use, 0 to 5 (EVC-128). */
  readonly rungs: number;
}

export const DEFAULT_QUEUE_LIMITS: QueueLimits = { messages: 10_000, characters: 64 * 1024 * 1024, rungs: 5 };

export interface QueueParts extends QueuePlayerParts {
  readonly clock: Clock;
  readonly limits: QueueLimits;
  /** Stored bytes that are no message. */
  corrupt(key: string): void;
}

export class EventQueue implements LineHooks {
  readonly deadLetters: DeadLetters = new DeadLetters();
  readonly clock: Clock;
  readonly #parts: QueueParts;
  readonly #lines = new Map<string, Line>();
  readonly #destinations: Destinations;
  readonly #player: QueuePlayer;
  #lastId = 0;

  private constructor(parts: QueueParts) {
    this.clock = parts.clock;
    this.#parts = parts;
    this.#destinations = new Destinations(parts.limits);
    this.#player = new QueuePlayer(parts, this.#destinations, this.deadLetters);
  }

  /**
   * With what the store holds; it is played once `begin` is called. Stored bytes that are no message are left alone.
   * Rejects as the store does.
   */
  static async open(parts: QueueParts): Promise<EventQueue> {
    const queue = new EventQueue(parts);
    const corrupt = (key: string): void => parts.corrupt(key);
    queue.#lastId = await lastNumber(parts.store);
    for await (const message of waitingMessages(parts.store, corrupt)) {
      queue.#found(message);
      const line = queue.#line(message);
      line.stand(message);
      if (line.length === 1) queue.#restAsBefore(line, message);
    }
    for await (const message of deadMessages(parts.store, corrupt)) {
      queue.#found(message);
      queue.deadLetters.add(message);
    }
    return queue;
  }

  /** Plays what the store held. */
  begin(): void {
    for (const line of this.#lines.values()) line.advance();
  }

  #found(message: QueuedMessage): void {
    this.#lastId = Math.max(this.#lastId, message.id, message.recorder);
    this.#destinations.count(message, 1);
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
    if (this.#player.isClosed) throw new SpoolError('RPC_S_CALL_CANCELLED');
    const recordedAt = this.#parts.wallClock();
    const messages = recordings.map((recording): QueuedMessage => {
      return { ...recording, id: ++this.#lastId, recordedAt, played: 0, failures: 0, due: recordedAt, hresult: 0 };
    });
    for (const message of messages) this.#destinations.count(message, 1);
    if (!messages.every(({ subscription }) => this.#destinations.hasRoom(subscription))) {
      for (const message of messages) this.#destinations.count(message, -1);
      throw new SpoolError('INTERNAL_NOTIFICATION_QUEUE_IS_FULL');
    }
    const stored = this.#parts.store.write([
      ...messages.map((message) => put('queue', message)),
      putLastNumber(this.#lastId),
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
      ...letters.map((letter) => remove('dead', letter)),
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
      letters.map((letter) => remove('dead', letter)),
    );
    for (const letter of letters) this.#destinations.count(letter, -1);
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
    this.#player.isClosed = true;
    await Promise.all([...this.#lines.values()].map((line) => line.stop()));
  }

  // ------------------------------------------------------------------------------------------ for its lines

  play(message: QueuedMessage): Promise<Step> {
    return this.#player.play(message);
  }

  dropped(message: QueuedMessage): void {
    this.#destinations.count(message, -1);
  }

  emptied(line: Line): void {
    this.#lines.delete(line.key);
  }

  #line({ subscription, recorder }: Recording): Line {
    const key = `${subscription}/${recorder}`;
    const line = this.#lines.get(key) ?? new Line(key, this);
    this.#lines.set(key, line);
    return line;
  }
}
