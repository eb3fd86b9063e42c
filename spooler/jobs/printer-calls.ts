/** What clients ask of printers (docs/jobs.md). */

import { parse } from '../../shared/events/schema.ts';
import { completeName, SpoolError } from '../../shared/index.ts';
import type { Answer, Caller } from '../core/service.ts';
import { type Handlers, ok } from './handler.ts';
import type { JobAccess } from './job-access.ts';
import type { JobSystem } from './job-system.ts';
import { bareName, type Printer } from './printer.ts';
import * as requests from './requests.ts';

export class PrinterCalls {
  readonly handlers: Handlers = [
    ['addPrinter', (caller, json) => this.#add(caller, json)],
    ['setPrinter', (caller, json) => this.#set(caller, json)],
    ['removePrinter', (caller, json) => this.#remove(caller, json)],
    ['printers', (_, json) => this.#list(json)],
  ];
  readonly #system: JobSystem;
  readonly #access: JobAccess;
  readonly #server: string;

  constructor(system: JobSystem, access: JobAccess, server: string) {
    this.#system = system;
    this.#access = access;
    this.#server = server;
  }

  async #add(caller: Caller, json: unknown): Promise<Answer> {
    const { printer: wanted, ...settings } = parse(requests.printerSettings, json);
    this.#access.checkAdministers(caller, bareName(wanted));
    return ok({ printer: this.#shown(await this.#system.printers.add(wanted, settings)) });
  }

  async #set(caller: Caller, json: unknown): Promise<Answer> {
    const { printer: wanted, ...settings } = parse(requests.printerSettings, json);
    this.#access.checkAdministers(caller, bareName(wanted));
    return ok({ printer: this.#shown(await this.#system.printers.change(wanted, () => settings)) });
  }

  /** JOB-27: jobs end only as jobs do; a printer that has some stays. */
  async #remove(caller: Caller, json: unknown): Promise<Answer> {
    const { printer: wanted } = parse(requests.onePrinter, json);
    this.#access.checkAdministers(caller, bareName(wanted));
    await this.#system.printers.remove(wanted, (found) => {
      const jobs = [...this.#system.jobs.of(found.name)].length;
      if (jobs > 0) throw new SpoolError('BG_E_INVALID_STATE', { input: `the printer has jobs: ${jobs}` });
    });
    return ok();
  }

  async #list(json: unknown): Promise<Answer> {
    parse(requests.nothing, json);
    return ok({ printers: this.#system.printers.list().map((one) => this.#shown(one)) });
  }

  #shown(one: Printer): unknown {
    const jobs = [...this.#system.jobs.of(one.name)].map(({ print }) => print.job.state);
    const state = one.reasons.length > 0 ? 'stopped' : jobs.includes('TRANSFERRING') ? 'printing' : 'idle';
    return { ...one, fullName: completeName(one.name, this.#server), state, jobs: jobs.length };
  }
}
