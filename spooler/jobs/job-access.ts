/** Who may do what to which job and printer (docs/security.md). */

import { completeName, type Guid } from '../../shared/index.ts';
import { mayAdminister } from '../core/identity.ts';
import type { Caller } from '../core/service.ts';
import { denied } from './handler.ts';
import type { Job } from './job.ts';
import type { JobEntry, JobTable } from './job-table.ts';

export class JobAccess {
  readonly #jobs: JobTable;
  readonly #server: string;

  /** `server`: the server part of the printers' names. */
  constructor(jobs: JobTable, server: string) {
    this.#jobs = jobs;
    this.#server = server;
  }

  /** Throws `BG_E_NOT_FOUND`, and `E_ACCESSDENIED` for another's, except for who administers its printer. */
  ownJob(caller: Caller, id: Guid | number): JobEntry {
    const entry = this.#jobs.present(id);
    if (!this.owns(caller, entry.print.job)) throw denied(String(id));
    return entry;
  }

  owns(caller: Caller, { owner, printer }: Job): boolean {
    return owner === caller.user || this.#administers(caller, printer);
  }

  /** Throws `E_ACCESSDENIED`. */
  checkAdministers(caller: Caller, printer: string): void {
    if (!this.#administers(caller, printer)) throw denied(`${printer}: this takes the right to administer it`);
  }

  #administers({ identity }: Caller, printer: string): boolean {
    return mayAdminister(identity, completeName(printer, this.#server));
  }
}
