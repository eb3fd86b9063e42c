/** What waits for an answer from the spooler: requests, sends on ends, round trips. Each settles exactly once. */

import type { Result, SpoolError } from '../shared/index.ts';
import { nextSequence } from '../shared/sequence.ts';
import type { Unanswered } from './unanswered.ts';

export interface Waiter<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: SpoolError) => void;
}

export type Answer = Pick<Result, 'id' | 'hresult' | 'json'>;

export class Awaited {
  readonly #requests = new Map<number, Waiter<Answer>>();
  /** By end, for as long as it is in use: a conversation would come and go here with each message. */
  readonly #sends = new Map<number, Unanswered>();
  /** Ends that are finished, while something sent on them is not answered. */
  readonly #finished = new Set<number>();
  readonly #pings = new Map<number, Waiter<void>>();
  #lastRequest = 0;
  #lastPing = 0;

  get requests(): number {
    return this.#requests.size + this.#pings.size;
  }

  get sends(): number {
    let sends = 0;
    for (const unanswered of this.#sends.values()) sends += unanswered.objects;
    return sends;
  }

  /** Sends a request with a number of its own; its answer goes to the waiter. Where sending throws, nobody waits. */
  request(waiter: Waiter<Answer>, send: (request: number) => void): void {
    this.#lastRequest = nextSequence(this.#lastRequest);
    send(this.#lastRequest);
    this.#requests.set(this.#lastRequest, waiter);
  }

  answered(request: number, answer: Answer): void {
    const waiter = this.#requests.get(request);
    this.#requests.delete(request);
    waiter?.resolve(answer);
  }

  /** A number for a ping; never 0, which is the heartbeat's. */
  ping(waiter: Waiter<void>): number {
    this.#lastPing = nextSequence(this.#lastPing) || 1;
    this.#pings.set(this.#lastPing, waiter);
    return this.#lastPing;
  }

  ponged(sequence: number): void {
    const waiter = this.#pings.get(sequence);
    this.#pings.delete(sequence);
    waiter?.resolve();
  }

  /** Whether it knows where answers on the end go. */
  knows(end: number): boolean {
    return this.#sends.has(end);
  }

  /** What is sent on the end is answered there. Of a finished end it is forgotten with the last answer. */
  sent(end: number, unanswered: Unanswered, isFinished: boolean): void {
    this.#sends.set(end, unanswered);
    if (isFinished) this.#finished.add(end);
  }

  /** Nothing but refusals will be sent on the end. */
  finish(end: number): void {
    const unanswered = this.#sends.get(end);
    if (unanswered === undefined) return;
    if (unanswered.objects === 0) this.#sends.delete(end);
    else this.#finished.add(end);
  }

  /** Everything sent on the end up to the number ended this way. */
  settled(end: number, sequence: number, hresult: number): void {
    const unanswered = this.#sends.get(end);
    if (!unanswered) return;
    // Before anybody is told: whoever is may send again.
    if (this.#finished.size > 0 && unanswered.isLast(sequence) && this.#finished.delete(end)) this.#sends.delete(end);
    unanswered.settled(sequence, hresult);
  }

  /** No answer will come any more. */
  rejectAll(reason: SpoolError): void {
    const waiting = [...this.#requests.values(), ...this.#pings.values()];
    const sends = [...this.#sends.values()];
    this.#requests.clear();
    this.#pings.clear();
    this.#sends.clear();
    this.#finished.clear();
    for (const waiter of waiting) waiter.reject(reason);
    for (const unanswered of sends) unanswered.rejectAll(reason);
  }
}
