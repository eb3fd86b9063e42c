/** Objects whose references are counted, and the sinks that clients make of them. */

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

class Sink<Methods> extends CountedObject {
  readonly #onDeath: (() => void) | undefined;

  constructor(incoming: InterfaceId<Methods>, methods: Methods, onDeath?: () => void) {
    super();
    this.implement(incoming, methods);
    this.#onDeath = onDeath;
  }

  protected override died(): void {
    this.#onDeath?.();
  }
}

/**
 * A sink for one interface (CP-1): the methods are called on the object given. `onDeath` is called once, when the last
 * reference is released. A sink for several interfaces is a class that extends `CountedObject`.
 */
export function createSink<Methods>(
  incoming: InterfaceId<Methods>,
  methods: NoInfer<Methods>,
  onDeath?: () => void,
): CountedObject {
  return new Sink(incoming, methods, onDeath);
}
