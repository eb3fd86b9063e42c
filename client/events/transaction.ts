/** A publisher's transaction (EVC-177, EVC-180): events that leave when it commits, and never when it is aborted. */

import type { EventClass, EventMethods, Json, MethodTypes } from '../../shared/index.ts';
import { Recording } from './recording.ts';

export class Transaction {
  readonly #recording = new Recording('the transaction is over');
  #isAborted = false;

  /**
   * An event object whose events leave at the commit, in the order they were fired. Its methods throw `E_INVALIDARG` for
   * arguments that are not theirs, `E_OUTOFMEMORY` after 10,000 events, and `RPC_E_DISCONNECTED` once the transaction is
   * over.
   */
  events<Methods extends MethodTypes>(eventClass: EventClass<Methods>): EventMethods<Methods, void> {
    return this.#recording.events(eventClass);
  }

  /** Ends the transaction: no event leaves, of those before either. */
  abort(): void {
    this.#isAborted = true;
    this.#recording.end();
  }

  /** For `Publisher`: ends it; what is to leave. */
  end(): readonly Json[] {
    const calls = this.#recording.end();
    return this.#isAborted ? [] : calls;
  }
}
