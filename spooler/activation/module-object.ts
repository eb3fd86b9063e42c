/** Objects of classes that are loaded into the spooler's own process. */

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

  /** The HRESULT of the method: the number it returns, else S_OK. Rejects for what is no call. */
  async #call(bytes: Uint8Array): Promise<number> {
    const { method: name, arguments: given } = decodeCall(bytes, this.#lookup);
    const method = memberOf(this.#object, name);
    if (!method) return hresultOf('E_NOTIMPL');
    return this.#guarded(name, async () => {
      const result: unknown = await method(given);
      return typeof result === 'number' ? result >>> 0 : hresultOf('S_OK');
    });
  }

  async #guarded(what: string, action: () => Promise<unknown>): Promise<number> {
    try {
      const result = await action();
      return typeof result === 'number' ? result : hresultOf('S_OK');
    } catch (reason) {
      this.#complain(what, reason);
      return hresultOf('EVENT_E_USER_EXCEPTION');
    }
  }
}

/** A function of somebody's object, bound to it; none that every object has. */
function memberOf(owner: unknown, name: string): ((...given: unknown[]) => unknown) | undefined {
  if (typeof owner !== 'object' || owner === null || name in Object.prototype) return undefined;
  const member: unknown = Reflect.get(owner, name);
  return typeof member === 'function' ? (...given) => Reflect.apply(member, owner, given) as unknown : undefined;
}
