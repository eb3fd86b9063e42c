/** Objects of classes that are loaded into the spooler's own process. */

import { hresultReturned, memberOf } from '../../shared/events/called-object.ts';
import { decodeCall, type MethodLookup } from '../../shared/events/event-call.ts';
import { type Guid, hresultOf, SpoolError } from '../../shared/index.ts';
import type { ChannelHandlers, SourceChannel } from '../objects/in-process-source.ts';

/** Told what a module does wrong; for the operator. */
export type Complain = (what: string, reason: unknown) => void;

const utf8 = new TextEncoder();

/** A class whose module is loaded with the first object. */
export class ObjectFactory {
  readonly #load: () => Promise<unknown>;
  #module: Promise<unknown> | undefined;

  constructor(load: () => Promise<unknown>) {
    this.#load = load;
  }

  /** Rejects with what the module throws, or with an error that says what it lacks. */
  async createObject(clsid: Guid): Promise<object> {
    this.#module ??= this.#load();
    const create = memberOf(await this.#module, 'createObject');
    if (create === undefined) throw new TypeError('the module exports no function createObject');
    const object: unknown = await create(clsid);
    if (typeof object !== 'object' || object === null) throw new TypeError('createObject gave no object');
    return object;
  }
}

/** What an object's channel is to one that is elsewhere: calls go in, answers come out. */
export class ModuleChannel implements SourceChannel {
  readonly #object: object;
  readonly #lookup: MethodLookup;
  readonly #handlers: ChannelHandlers;
  readonly #complain: Complain;

  constructor(object: object, lookup: MethodLookup, handlers: ChannelHandlers, complain: Complain) {
    this.#object = object;
    this.#lookup = lookup;
    this.#handlers = handlers;
    this.#complain = complain;
  }

  send(bytes: Uint8Array): void {
    this.#call(bytes).then(
      (hresult) => this.#handlers.answered(utf8.encode(JSON.stringify({ hresult }))),
      (reason: unknown) => this.#handlers.refused(SpoolError.from(reason, 'E_UNEXPECTED')),
    );
  }

  close(): void {
    const release = memberOf(this.#object, 'release');
    if (release) void this.#guarded('release', async () => release());
  }

  /** The HRESULT of the method: what it returns or throws, as at a class server. Rejects for what is no call. */
  async #call(bytes: Uint8Array): Promise<number> {
    const { method: name, arguments: given } = decodeCall(bytes, this.#lookup);
    const method = memberOf(this.#object, name);
    if (!method) return hresultOf('E_NOTIMPL');
    return this.#guarded(name, async () => method(given));
  }

  async #guarded(what: string, action: () => Promise<unknown>): Promise<number> {
    try {
      return hresultReturned(await action());
    } catch (reason) {
      this.#complain(what, reason);
      return SpoolError.from(reason, 'EVENT_E_USER_EXCEPTION').hresult;
    }
  }
}
