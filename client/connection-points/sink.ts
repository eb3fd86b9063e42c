/** The sink that a client makes of an object with methods (CP-1). */

import { CountedObject } from './counted-object.ts';
import type { InterfaceId } from './interfaces.ts';

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
