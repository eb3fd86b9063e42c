/** The life of a registration, live or persistent: which state follows which, and when it leaves its listener's list. */

import { success } from '../shared/errors.ts';
import { type Outcome, SpoolError } from '../shared/index.ts';
import type { Listener } from './notification-listener.ts';

/** `away`: it was made, the spooler is lost, the listener will make it again. */
export type RegistrationState = 'object' | 'registering' | 'registered' | 'away' | 'unregistering' | 'unregistered';

export class RegistrationLife {
  readonly #listener: Listener;
  readonly #number: number;
  #state: RegistrationState = 'object';

  /** `number`: what it is listed under. */
  constructor(listener: Listener, number: number) {
    this.#listener = listener;
    this.#number = number;
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** Whether there is something to unregister. */
  get isInForce(): boolean {
    return this.#state === 'registered' || this.#state === 'away';
  }

  /**
   * Begins it, also again after it has ended (PAN-95). Rejects with `ALREADY_REGISTERED` (PAN-79), and as `make` does; then
   * it is what it was before, and not on the list.
   */
  async begin(make: () => Promise<Outcome>): Promise<Outcome> {
    if (this.#state !== 'object' && this.#state !== 'unregistered') throw new SpoolError('ALREADY_REGISTERED');
    const before = this.#state;
    this.#state = 'registering';
    try {
      return await make();
    } catch (reason) {
      this.#listener.delist(this.#number);
      this.#state = before;
      throw reason;
    }
  }

  /** The spooler has it, the first time or again. */
  registered(): void {
    this.#state = 'registered';
  }

  /** The spooler is lost. Whether it had it. */
  lost(): boolean {
    if (this.#state !== 'registered') return false;
    this.#state = 'away';
    return true;
  }

  /**
   * Undefined where it is in force. Where it never was registered, the answer to whoever would unregister it, a success
   * (PAN-89). Throws `ALREADY_UNREGISTERED` (PAN-88).
   */
  notRegistered(): Outcome | undefined {
    if (this.#state === 'object' || this.#state === 'registering')
      return { code: 'NOT_REGISTERED', hresult: success('NOT_REGISTERED') };
    if (!this.isInForce) throw new SpoolError('ALREADY_UNREGISTERED');
    return undefined;
  }

  ending(): void {
    this.#state = 'unregistering';
  }

  ended(): void {
    this.#listener.delist(this.#number);
    this.#state = 'unregistered';
  }
}
