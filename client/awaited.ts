/** What waits for an answer from the spooler: requests, sends on ends, round trips. Each settles exactly once. */

import { succeeded as isSuccess, type Outcome, outcomeOf, type Result, SpoolError } from '../shared/index.ts';
import { nextSequence } from '../shared/sequence.ts';
import { failureOf } from './call.ts';
import type { Unanswered } from './unanswered.ts';

/** A request that worked. */
export interface Success {
  /** The end's number, for `open`. */
  readonly id: number;
  readonly outcome: Outcome;
  readonly json: Uint8Array;
}

interface Waiter<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: SpoolError) => void;
}

type Answer = Pick<Result, 'id' | 'hresult' | 'json'>;

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

  /**
   * Sends a request with a number of its own. `succeeded` is called with a result of success as soon as that is there;
   * what it returns is the promise's value. Rejects with the code of a failure, when the signal gives up waiting, and
   * with what `send` throws; then nobody waits.
   */
  request<Value>(
    send: (request: number) => void,
    succeeded: (success: Success) => Value,
    signal?: AbortSignal,
  ): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled(signal));
      // The answer may still come; then nobody waits for it, but it takes effect.
      const abort = (): void => reject(cancelled(signal));
      const waiter: Waiter<Answer> = {
        resolve: ({ id, hresult, json }) => {
          signal?.removeEventListener('abort', abort);
          try {
            if (!isSuccess(hresult)) throw failureOf(hresult, json);
            resolve(succeeded({ id, outcome: outcomeOf(hresult), json }));
          } catch (reason) {
            reject(SpoolError.from(reason, 'PROTOCOL_VIOLATED'));
          }
        },
        reject: (reason) => {
          signal?.removeEventListener('abort', abort);
          reject(reason);
        },
      };
      this.#lastRequest = nextSequence(this.#lastRequest);
      send(this.#lastRequest);
      this.#requests.set(this.#lastRequest, waiter);
      signal?.addEventListener('abort', abort);
    });
  }

  answered(request: number, answer: Answer): void {
    const waiter = this.#requests.get(request);
    this.#requests.delete(request);
    waiter?.resolve(answer);
  }

  /** Sends a ping with a number of its own, never 0, which is the heartbeat's. Resolves with its pong. */
  ping(send: (sequence: number) => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#lastPing = nextSequence(this.#lastPing) || 1;
      this.#pings.set(this.#lastPing, { resolve, reject });
      send(this.#lastPing);
    });
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

function cancelled(signal: AbortSignal | undefined): SpoolError {
  return new SpoolError('CONNECTION_ENDED', { input: 'cancelled', cause: signal?.reason });
}
