/** An object that takes events (EVC-2): calls from the spooler become calls of its methods. */

import { hresultReturned, memberOf } from '../../shared/events/called-object.ts';
import {
  type DataObject,
  decodeCall,
  type EventCall,
  type EventClassDescription,
  type EventMethods,
  type Guid,
  guid,
  hresultOf,
  type MethodDescription,
  type MethodLookup,
  type MethodTypes,
  methodOf,
  SpoolError,
} from '../../shared/index.ts';
import type { ListenerChannel } from '../listener-channel.ts';
import { attempt, isThenable, type OnProblem } from '../problem.ts';

/**
 * What subscribers implement: the methods of an event class, each called with the arguments by name; also async. They are
 * called one after another. A method may return a whole number, which is its HRESULT, and nothing else means anything. One
 * that throws is reported, and answers a `SpoolError`'s code, else `EVENT_E_USER_EXCEPTION` (EVC-72).
 */
export type EventSink<Methods extends MethodTypes> = EventMethods<Methods, unknown> & Releasable;

export interface Releasable {
  /** Nothing is called any more; once. Not for an event class that has a method of this name. */
  release?(): unknown;
}

/** What an exception class is called with before it gets the events that nobody took (EVC-127). */
const IPlaybackControl: Guid = guid('51372afd-cae7-11cf-be81-00aa00a2fa25');
const FINAL_SERVER_RETRY: MethodDescription = { name: 'FinalServerRetry', parameters: [] };

const S_OK = hresultOf('S_OK');
const utf8 = new TextEncoder();
const SUCCESS = utf8.encode(JSON.stringify({ hresult: S_OK }));

export class SinkCaller {
  readonly #sink: object;
  readonly #eventClass: EventClassDescription;
  readonly #lookup: MethodLookup;
  readonly #report: OnProblem;
  readonly #whose: string;
  #isReleased = false;

  /** `whose`, for reports. */
  constructor(sink: object, eventClass: EventClassDescription, report: OnProblem, whose: string) {
    this.#sink = sink;
    this.#eventClass = eventClass;
    // Another class with the same interface may publish under the same ID: the interface says what the arguments are.
    this.#lookup = (_, iid, method) =>
      iid === IPlaybackControl && method === FINAL_SERVER_RETRY.name
        ? FINAL_SERVER_RETRY
        : methodOf(eventClass, iid, method);
    this.#report = report;
    this.#whose = whose;
  }

  /** Calls the object with what came on its channel, and answers there. The data object is borrowed. */
  call(channel: ListenerChannel, data: DataObject): Promise<void> | undefined {
    const hresult = this.#hresultOf(data);
    if (typeof hresult === 'number') return answerCall(channel, hresult);
    return hresult.then((late) => answerCall(channel, late));
  }

  #hresultOf(data: DataObject): number | Promise<number> {
    // The event system only wants to know whether there is anybody (EVC-91).
    if (data.size === 0) return S_OK;
    let call: EventCall;
    try {
      call = callIn(data, this.#lookup);
    } catch (reason) {
      return SpoolError.from(reason, 'E_INVALIDARG').hresult;
    }
    const { method, arguments: given } = call;
    const run = memberOf(this.#sink, method);
    if (!run) return hresultOf('E_NOTIMPL');
    try {
      const result = run(given);
      if (!isThenable(result)) return hresultReturned(result);
      return Promise.resolve(result).then(hresultReturned, (reason: unknown) => this.#thrown(method, reason));
    } catch (reason) {
      return this.#thrown(method, reason);
    }
  }

  #thrown(method: string, reason: unknown): number {
    this.#report({ kind: 'callbackThrew', what: `${method} of ${this.#whose}`, reason });
    return SpoolError.from(reason, 'EVENT_E_USER_EXCEPTION').hresult;
  }

  /** Lets the object go. Doing it again does nothing. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (this.#eventClass.interfaces.some(({ methods }) => methods.some(({ name }) => name === 'release'))) return;
    const what = `release of ${this.#whose}`;
    attempt(
      () => memberOf(this.#sink, 'release')?.(),
      (reason) => this.#report({ kind: 'callbackThrew', what, reason }),
    );
  }
}

/** Answers a call. An answer that nobody waits for any more is no fault. */
export function answerCall(channel: ListenerChannel, hresult: number): undefined {
  const answer = hresult === S_OK ? SUCCESS : utf8.encode(JSON.stringify({ hresult }));
  channel.sendNotification(answer).catch(() => {});
}

function callIn(data: DataObject, lookup: MethodLookup): EventCall {
  const lease = data.acquireData();
  try {
    return decodeCall(lease.data ?? new Uint8Array(0), lookup);
  } finally {
    lease.releaseData();
  }
}
