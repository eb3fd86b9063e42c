/**
 * The sending end of a unidirectional channel that waits where there is no room. What may not be unanswered yet waits here,
 * by reference, so that whoever sends much sends it when there is room for it.
 */

import { type Cause, hresultOf, type SpoolError, succeeded } from '../../shared/index.ts';
import { isUpTo, nextSequence } from '../../shared/sequence.ts';
import { errorOf, type SessionEnd, type SourceSide } from './source-side.ts';

/** What the owner of such a channel is told. */
export interface StreamHandlers {
  /** All that was sent is on its way, and much of it answered: it is the time to send more. */
  room(): void;
  /** What was sent is refused and goes nowhere, as with `NO_LISTENERS` where nobody is there any more. */
  refused(reason: SpoolError): void;
  /** Exactly once, unless the owner closes it. */
  closed(cause: Cause): void;
}

/** Sent in one go. */
interface Burst {
  readonly through: number;
  readonly bytes: number;
}

const NO_LISTENERS = hresultOf('NO_LISTENERS');

export class StreamChannel implements SessionEnd {
  readonly #side: SourceSide;
  readonly #number: number;
  readonly #handlers: StreamHandlers;
  /** Not sent yet. */
  #waiting: (Uint8Array | null)[] = [];
  #bursts: Burst[] = [];
  #unansweredBytes = 0;
  #sent = 0;
  #answered = 0;
  #state: 'open' | 'closing' | 'over' = 'open';

  constructor(side: SourceSide, number: number, handlers: StreamHandlers) {
    this.#side = side;
    this.#number = number;
    this.#handlers = handlers;
  }

  /** Whether it is the time to send more; else `room` says so. */
  get isReady(): boolean {
    const { objects, bytes } = this.#side.most;
    return this.#waiting.length === 0 && 2 * this.#unanswered <= objects && 2 * this.#unansweredBytes <= bytes;
  }

  /** Sends all of it, in order. The bytes are borrowed: nobody may change them. Does nothing once it is closed. */
  send(data: readonly (Uint8Array | null)[]): void {
    if (this.#state !== 'open') return;
    for (const one of data) this.#waiting.push(one);
    this.#carry();
  }

  /** Closes it behind what was sent. Nothing is told any more. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#carry();
  }

  // ------------------------------------------------------------------------------------------ for its session

  notified(): void {}

  settled(sequence: number, hresult: number): void {
    if (!isUpTo(sequence, this.#sent)) return;
    this.#answered = sequence;
    for (let burst = this.#bursts[0]; burst && isUpTo(burst.through, sequence); burst = this.#bursts[0]) {
      this.#bursts.shift();
      this.#unansweredBytes -= burst.bytes;
    }
    if (this.#state === 'over') return;
    if (this.#state === 'open' && (!succeeded(hresult) || hresult === NO_LISTENERS)) {
      this.#handlers.refused(errorOf(hresult));
    }
    this.#carry();
    if (this.#state === 'open' && this.isReady) this.#handlers.room();
  }

  closed(cause: Cause): void {
    const wasOpen = this.#state === 'open';
    this.#over();
    if (wasOpen) this.#handlers.closed(cause);
  }

  get #unanswered(): number {
    return (this.#sent - this.#answered) >>> 0;
  }

  #carry(): void {
    let count = 0;
    let sum = 0;
    for (const data of this.#waiting) {
      const size = data === null ? 0 : data.length;
      if (!this.#mayCarry(sum + size)) break;
      this.#sent = nextSequence(this.#sent);
      this.#side.carry('notify', this.#number, this.#sent, data, false);
      sum += size;
      count++;
    }
    if (count > 0) {
      this.#waiting = count === this.#waiting.length ? [] : this.#waiting.slice(count);
      this.#bursts.push({ through: this.#sent, bytes: sum });
      this.#unansweredBytes += sum;
    }
    if (this.#state === 'closing' && this.#waiting.length === 0 && this.#unanswered === 0) this.#close();
  }

  /** One may always be unanswered. */
  #mayCarry(bytes: number): boolean {
    const { objects, bytes: mostBytes } = this.#side.most;
    return this.#unanswered === 0 || (this.#unanswered < objects && this.#unansweredBytes + bytes <= mostBytes);
  }

  #close(): void {
    this.#sent = nextSequence(this.#sent);
    this.#side.carry('close', this.#number, this.#sent, null, true);
    this.#over();
  }

  #over(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#waiting = [];
    this.#side.removed(this.#number);
  }
}
