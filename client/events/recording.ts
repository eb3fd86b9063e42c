/** Events that are kept, in the order they were fired, until they leave together. */

import { MOST_CALLS } from '../../shared/events/event-call.ts';
import {
  callToJson,
  type EventCall,
  type EventClass,
  type EventMethods,
  type Json,
  type MethodTypes,
  SpoolError,
} from '../../shared/index.ts';
import { eventObject } from './event-object.ts';

export class Recording {
  readonly #what: string;
  #calls: Json[] | undefined = [];

  /** `what`, for errors: such as "the recorder was released". */
  constructor(what: string) {
    this.#what = what;
  }

  /**
   * The methods throw `E_INVALIDARG` for arguments that are not theirs, `E_OUTOFMEMORY` after 10,000 events, and
   * `RPC_E_DISCONNECTED` once this is over.
   */
  events<Methods extends MethodTypes>(eventClass: EventClass<Methods>): EventMethods<Methods, void> {
    return eventObject(eventClass, (makeCall) => this.#record(makeCall()));
  }

  #record(call: EventCall): void {
    if (!this.#calls) throw new SpoolError('RPC_E_DISCONNECTED', { input: this.#what });
    if (this.#calls.length >= MOST_CALLS) throw new SpoolError('E_OUTOFMEMORY', { input: `${MOST_CALLS} events` });
    this.#calls.push(callToJson(call));
  }

  /** Nothing more is kept. What was, the first time. */
  end(): readonly Json[] {
    const calls = this.#calls ?? [];
    this.#calls = undefined;
    return calls;
  }
}
