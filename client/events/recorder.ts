/**
 * The recorder of a publisher (EVC-120, EVC-123): it takes events whether there is a spooler or not, and posts all of them
 * as one when it is released (EVC-124).
 */

import type { EventClass, EventMethods, Json, MethodTypes } from '../../shared/index.ts';
import { Recording } from './recording.ts';

export class Recorder {
  readonly #post: (calls: readonly Json[]) => Promise<void>;
  readonly #recording = new Recording('the recorder was released');
  #released: Promise<void> | undefined;

  /** For `Publisher`. */
  constructor(post: (calls: readonly Json[]) => Promise<void>) {
    this.#post = post;
  }

  /**
   * An event object whose methods record. They throw `E_INVALIDARG` for arguments that are not theirs, `E_OUTOFMEMORY`
   * after 10,000 events, and `RPC_E_DISCONNECTED` after the release.
   */
  events<Methods extends MethodTypes>(eventClass: EventClass<Methods>): EventMethods<Methods, void> {
    return this.#recording.events(eventClass);
  }

  /**
   * Posts what was recorded, in its order, all of it or nothing. Without a spooler it waits until the publisher is back.
   * Resolves when the events are the spooler's: it fires them later, one after another. Rejects with what the spooler
   * refuses them with, such as `E_ACCESSDENIED`, and with `CONNECTION_ENDED` when the publisher does not come back; they
   * are lost then. Doing it again waits for the same.
   *
   * A connection that is lost before the answer may have delivered them: they are posted again, and may come twice.
   */
  release(): Promise<void> {
    this.#released ??= this.#post(this.#recording.end());
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
