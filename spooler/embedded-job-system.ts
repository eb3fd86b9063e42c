/** The print jobs as an embedding program sees them. What clients ask of them goes through their service. */

import { SpoolError } from '../shared/index.ts';
import type { ServiceFactory } from './core/service.ts';
import type { EmbeddedEventSystem } from './embedded-event-system.ts';
import { type JobClasses, JobSystem, type JobSystemOptions } from './jobs/job-system.ts';
import { JobsService } from './jobs/jobs-service.ts';

export interface EmbeddedJobSystemOptions extends JobSystemOptions {
  /** Whose classes are the callback classes: of the same spooler, its services before these. */
  readonly events: Pick<EmbeddedEventSystem, 'classes' | 'onClassServed'>;
}

/** For one spooler. */
export interface EmbeddedJobSystem {
  /** `jobs`, for the spooler's option `services`. */
  readonly services: readonly ServiceFactory[];
  /**
   * Resolves when everything was read from the store. Rejects as that does, and then nothing works; with `E_UNEXPECTED`
   * until a spooler was made. What the store had is printed and told once the spooler takes clients: a program that is
   * started for a callback class wants to connect.
   */
  ready(): Promise<void>;
}

/**
 * ```ts
 * const events = createEventSystem({ store });
 * const jobs = createJobSystem({ store, events, folder: 'spool' });
 * const server = await serve({ services: [...events.services, ...jobs.services] });
 * await jobs.ready();
 * ```
 */
export function createJobSystem({ events, ...options }: EmbeddedJobSystemOptions): EmbeddedJobSystem {
  let running: JobSystem | undefined;
  const classes: JobClasses = {
    activate: (...wanted) => events.classes().activate(...wanted),
    isKnown: (...wanted) => events.classes().isKnown(...wanted),
  };
  return {
    services: [
      (host) => {
        if (running) throw new SpoolError('E_UNEXPECTED', { input: 'the jobs have a spooler already' });
        const system = new JobSystem(host, classes, options);
        running = system;
        events.onClassServed((clsid) => system.classServed(clsid));
        return new JobsService(system, host);
      },
    ],
    ready: async () => {
      if (!running) throw new SpoolError('E_UNEXPECTED', { input: 'the jobs have no spooler yet' });
      await running.ready();
    },
  };
}
