/**
 * An object at the other end of one bidirectional channel: a notification is a call, the response its result, closing
 * the channel releases the object.
 */

import { type Cancel, type Cause, type Clock, SpoolError } from '../../shared/index.ts';
import type { CallableObject } from './callable-object.ts';
import type { ChannelHandlers, InProcessSource, SourceChannel, Target } from './in-process-source.ts';
import { hresultIn } from './object-answer.ts';

export interface CallTime {
  readonly clock: Clock;
  /** Milliseconds for one call, from when its turn has come; undefined: as long as it takes. */
  readonly callTime?: number;
}

/**
 * Opens the channel of an object, which is created with the first call. The caller releases it. Rejects as
 * `InProcessSource.open` does.
 */
export async function openObject(source: InProcessSource, target: Target, time: CallTime): Promise<ChannelObject> {
  const object = new ChannelObject(time);
  object.take(await source.open(target, object));
  return object;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly resolve: (hresult: number) => void;
  readonly reject: (reason: SpoolError) => void;
}

/** The one whose turn it is. */
interface Current extends Waiting {
  readonly cancel: Cancel;
}

export class ChannelObject implements CallableObject, ChannelHandlers {
  readonly gone: Promise<Cause>;
  readonly #time: CallTime;
  readonly #line: Waiting[] = [];
  #current: Current | undefined;
  /** Something was sent whose answer has not come; nobody may be waiting for it any more. */
  #isDue = false;
  #hasAnswered = false;
  #channel: SourceChannel | undefined;
  /** Why nothing can be called any more. */
  #end: SpoolError | undefined;
  /** It ends with the answer to the call under way. */
  #isEnding = false;
  #resolveGone: (cause: Cause) => void = () => {};

  /** For `openObject`. */
  constructor(time: CallTime) {
    this.#time = time;
    this.gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
  }

  call(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#end || this.#isEnding) return reject(this.#end ?? released());
      this.#line.push({ bytes, resolve, reject });
      this.#next();
    });
  }

  release(): void {
    this.#toEnd('closed', released());
  }

  /** The same once it has answered the call that it is in, or has used up its time for it. Those behind it reject now. */
  releaseAfterCall(): void {
    if (!this.#current) return this.release();
    this.#isEnding = true;
    for (const { reject } of this.#line.splice(0)) reject(released());
  }

  /**
   * For whoever hears that the session of the object is gone. Before the first answer nobody owns the channel, and its
   * source is not told who went; afterwards it is, and this does nothing. What is on its way comes first.
   */
  listenerGone(cause: Cause): void {
    setImmediate(() => {
      if (!this.#hasAnswered) this.#lost(cause);
    });
  }

  // ------------------------------------------------------------------------------------------ for its channel

  /** For `openObject`. */
  take(channel: SourceChannel): void {
    this.#channel = channel;
  }

  answered(data: Uint8Array | null): void {
    this.#isDue = false;
    this.#hasAnswered = true;
    this.#settle(({ resolve }) => resolve(hresultIn(data)));
  }

  refused(reason: SpoolError): void {
    this.#isDue = false;
    this.#settle(({ reject }) => reject(reason));
  }

  closed(cause: Cause, last: Uint8Array | null | undefined): void {
    // The last word of one that closes is an answer too.
    if (last !== undefined && this.#isDue) this.answered(last);
    this.#lost(cause);
  }

  // ------------------------------------------------------------------------------------------ the line

  /** The turn of the one that has waited longest. One message is in flight on a channel. */
  #next(): void {
    if (this.#current) return;
    if (this.#isEnding) return this.release();
    if (this.#isDue) {
      // One was given up and is not answered yet: whoever comes after it would wait in vain, too, and for longer.
      for (const { reject } of this.#line.splice(0)) reject(timedOut('no answer yet to a call before'));
      return;
    }
    const waiting = this.#line.shift();
    if (!waiting) return;
    const { clock, callTime } = this.#time;
    const giveUp = (): void => this.#settle(({ reject }) => reject(timedOut(`${callTime} ms`)));
    this.#current = { ...waiting, cancel: callTime === undefined ? () => {} : clock.after(callTime, giveUp) };
    this.#isDue = true;
    this.#channel?.send(waiting.bytes);
  }

  #settle(how: (current: Current) => void): void {
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    current.cancel();
    try {
      how(current);
    } catch (reason) {
      current.reject(SpoolError.from(reason, 'E_UNEXPECTED'));
    }
    this.#next();
  }

  #lost(cause: Cause): void {
    this.#toEnd(cause, new SpoolError('CONNECTION_LOST', { input: cause }));
  }

  #toEnd(cause: Cause, reason: SpoolError): void {
    if (this.#end) return;
    this.#end = reason;
    this.#channel?.close();
    const line = this.#line.splice(0);
    this.#settle(({ reject }) => reject(reason));
    for (const { reject } of line) reject(reason);
    this.#resolveGone(cause);
  }
}

function released(): SpoolError {
  return new SpoolError('CHANNEL_ALREADY_CLOSED', { input: 'the object was released' });
}

function timedOut(input: string): SpoolError {
  return new SpoolError('TIMED_OUT', { input });
}
