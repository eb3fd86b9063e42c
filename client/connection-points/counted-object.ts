/** An object whose references are counted. */

import type { Guid } from '../../shared/guid.ts';
import { ConnectionPointError } from './codes.ts';
import { type InterfaceId, IUnknown } from './interfaces.ts';

/** Born with one reference, its maker's. Whatever is asked of it after the last was released throws `E_UNEXPECTED`. */
export class CountedObject implements IUnknown {
  readonly #interfaces = new Map<Guid, unknown>([[IUnknown.iid, this]]);
  #references = 1;

  /** How many hold it now. */
  get references(): number {
    return this.#references;
  }

  queryInterface<Methods>(wanted: InterfaceId<Methods>): Methods {
    this.mustLive();
    if (!this.#interfaces.has(wanted.iid)) throw new ConnectionPointError('E_NOINTERFACE', { input: wanted.name });
    this.#references++;
    return this.#interfaces.get(wanted.iid) as Methods;
  }

  addRef(): number {
    this.mustLive();
    return ++this.#references;
  }

  release(): number {
    this.mustLive();
    this.#references--;
    if (this.#references === 0) this.died();
    return this.#references;
  }

  /** For constructors: what `queryInterface` finds. The methods are called on the object given, often `this`. */
  protected implement<Methods>(offered: InterfaceId<Methods>, methods: NoInfer<Methods>): void {
    this.#interfaces.set(offered.iid, methods);
  }

  /** The last reference is gone: called once. Whoever holds others releases them here. */
  protected died(): void {}

  protected mustLive(): void {
    if (this.#references === 0) throw new ConnectionPointError('E_UNEXPECTED');
  }
}
