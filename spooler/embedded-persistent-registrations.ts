/** The persistent registrations as an embedding program sees them. What clients ask of them goes through their service. */

import { SpoolError } from '../shared/index.ts';
import type { ServiceFactory } from './core/service.ts';
import {
  PersistentRegistrations,
  type PersistentRegistrationsOptions,
} from './persistence/persistent-registrations.ts';
import { RegistrationsService } from './persistence/registrations-service.ts';

/** For one spooler. */
export interface EmbeddedPersistentRegistrations {
  /** `registrations`, for the spooler's option `services`. */
  readonly services: readonly ServiceFactory[];
  /**
   * Resolves when everything was read from the store: from then on nothing is missed. `serve` waits for it before it lets
   * anybody in. Rejects as the store does, and then nothing works; with `E_UNEXPECTED` until a spooler was made.
   */
  ready(): Promise<void>;
}

/**
 * ```ts
 * const registrations = createPersistentRegistrations({ store });
 * const server = await serve({ services: registrations.services });
 * ```
 */
export function createPersistentRegistrations(
  options: PersistentRegistrationsOptions = {},
): EmbeddedPersistentRegistrations {
  let running: PersistentRegistrations | undefined;
  return {
    services: [
      (host) => {
        if (running) throw new SpoolError('E_UNEXPECTED', { input: 'the registrations have a spooler already' });
        running = new PersistentRegistrations(host, options);
        return new RegistrationsService(running, host);
      },
    ],
    ready: async () => {
      if (!running) throw new SpoolError('E_UNEXPECTED', { input: 'the registrations have no spooler yet' });
      await running.ready();
    },
  };
}
