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
  /** By end, where there are any. */
  readonly #sends = new Map<number, Unanswered>();
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

  /** Something was sent on the end: its answers go there. */
  sent(end: number, unanswered: Unanswered): void {
    if (unanswered.objects === 1) this.#sends.set(end, unanswered);
  }

  /** Everything sent on the end up to the number ended this way. */
  settled(end: number, sequence: number, hresult: number): void {
    const unanswered = this.#sends.get(end);
    if (!unanswered) return;
    // Before anybody is told: whoever is may send again.
    if (unanswered.isLast(sequence)) this.#sends.delete(end);
    unanswered.settled(sequence, hresult);
  }

  /** No answer will come any more. */
  rejectAll(reason: SpoolError): void {
    const waiting = [...this.#requests.values(), ...this.#pings.values()];
    const sends = [...this.#sends.values()];
    this.#requests.clear();
    this.#pings.clear();
    this.#sends.clear();
    for (const waiter of waiting) waiter.reject(reason);
    for (const unanswered of sends) unanswered.rejectAll(reason);
  }
}
