/** Removes registrations that nobody has attached to for long. */

import type { Cancel, Clock } from '../../shared/index.ts';
import type { PersistentRegistration } from './persistent-registration.ts';
import type { PersistentRegistrationTable } from './persistent-registration-table.ts';

export interface UnattendedParts {
  readonly clock: Clock;
  /** Milliseconds a registration may be unattended; default 30 days. */
  readonly time: number | undefined;
  readonly registrations: PersistentRegistrationTable;
  /** It is time to look for them; whoever does watches on. */
  readonly due: () => void;
}

const UNATTENDED_TIME = 30 * 24 * 3_600_000;
/** Milliseconds between two looks. */
const SWEEP_TIME = 3_600_000;

export class Unattended {
  readonly #parts: UnattendedParts;
  readonly #time: number;
  #cancel: Cancel | undefined;
  #isClosed = false;

  constructor(parts: UnattendedParts) {
    this.#parts = parts;
    this.#time = parts.time ?? UNATTENDED_TIME;
  }

  /** Nobody is attached to it, for so many milliseconds already. */
  since(registration: PersistentRegistration, age = 0): void {
    registration.expiresAt = this.#parts.clock.now() + Math.max(0, this.#time - age);
  }

  /** There is a registration: somebody has to look, until there is none. */
  watch(): void {
    const { clock, registrations, due } = this.#parts;
    if (registrations.size === 0 || this.#isClosed) return;
    this.#cancel ??= clock.after(Math.min(SWEEP_TIME, this.#time), () => {
      this.#cancel = undefined;
      due();
    });
  }

  /** Those that are to go now. */
  expired(): readonly PersistentRegistration[] {
    const now = this.#parts.clock.now();
    return [...this.#parts.registrations].filter(({ expiresAt }) => expiresAt <= now);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }
}
