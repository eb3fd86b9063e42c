/** What waits for an answer from the spooler: requests, sends on ends, round trips. Each settles exactly once. */

import type { Result, SpoolError } from '../shared/index.ts';
import { isUpTo, nextSequence } from '../shared/sequence.ts';

export interface Waiter<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: SpoolError) => void;
}

interface Send extends Waiter<number> {
  readonly sequence: number;
}

export type Answer = Pick<Result, 'id' | 'hresult' | 'json'>;

export class Awaited {
  readonly #requests = new Map<number, Waiter<Answer>>();
  readonly #sends = new Map<number, Send[]>();
  readonly #pings = new Map<number, Waiter<void>>();
  #lastRequest = 0;
  #lastPing = 0;

  get requests(): number {
    return this.#requests.size + this.#pings.size;
  }

  get sends(): number {
    let sends = 0;
    for (const waiting of this.#sends.values()) sends += waiting.length;
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

  send(end: number, send: Send): void {
    const waiting = this.#sends.get(end);
    if (waiting) waiting.push(send);
    else this.#sends.set(end, [send]);
  }

  /** Everything sent on the end up to the number ended this way. */
  settled(end: number, sequence: number, hresult: number): void {
    const waiting = this.#sends.get(end);
    if (!waiting) return;
    const open = waiting.findIndex((send) => !isUpTo(send.sequence, sequence));
    const settled = open === -1 ? waiting.splice(0) : waiting.splice(0, open);
    if (waiting.length === 0) this.#sends.delete(end);
    for (const send of settled) send.resolve(hresult);
  }

  /** No answer will come any more. */
  rejectAll(reason: SpoolError): void {
    const waiting = [...this.#requests.values(), ...this.#pings.values(), ...[...this.#sends.values()].flat()];
    this.#requests.clear();
    this.#pings.clear();
    this.#sends.clear();
    for (const waiter of waiting) waiter.reject(reason);
  }
}
