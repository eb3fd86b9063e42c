/** What clients ask of jobs, and do to them (docs/jobs.md). */

import { randomUUID } from 'node:crypto';
import { parse } from '../../shared/events/schema.ts';
import { type Guid, guid, SpoolError } from '../../shared/index.ts';
import { NOTIFY } from '../../shared/jobs/vocabulary.ts';
import type { Answer, Caller } from '../core/service.ts';
import { denied, type Handlers, ok } from './handler.ts';
import {
  DEFAULT_MINIMUM_INTERVAL,
  DEFAULT_NO_PROGRESS_TIMEOUT,
  DEFAULT_RETRY_DELAY,
  hasBegun,
  type Job,
  MIN_RETRY_DELAY,
  type NotificationSettings,
  nextFile,
  shownError,
} from './job.ts';
import type { JobAccess } from './job-access.ts';
import { FIRST_STATE, isFinal } from './job-machine.ts';
import type { JobSystem } from './job-system.ts';
import type { JobEntry } from './job-table.ts';
import { checkLives, commanded } from './print-job.ts';
import * as requests from './requests.ts';

const NEW_SETTINGS: NotificationSettings = {
  // JOB-OPEN-1.
  flags: NOTIFY.JOB_TRANSFERRED | NOTIFY.JOB_ERROR,
  clsid: undefined,
  clsidUser: '',
  commandLine: undefined,
  minimumInterval: DEFAULT_MINIMUM_INTERVAL,
  told: false,
};

export class JobCalls {
  readonly handlers: Handlers = [
    ['createJob', (caller, json) => this.#create(caller, json)],
    ['jobs', (caller, json) => this.#list(caller, json)],
    ['job', (caller, json) => this.#one(caller, json)],
    ['getError', (caller, json) => this.#getError(caller, json)],
    ['refresh', (caller, json) => this.#refresh(caller, json)],
    ['resume', (caller, json) => this.#resume(caller, json)],
    ['suspend', (caller, json) => this.#command(caller, json, (now) => commanded(now, 'suspend'))],
    ['cancel', (caller, json) => this.#command(caller, json, (now) => commanded(now, 'cancel'))],
    ['complete', (caller, json) => this.#command(caller, json, (now) => commanded(now, 'complete'))],
    ['restart', (caller, json) => this.#restart(caller, json)],
    ['setPriority', (caller, json) => this.#setPriority(caller, json)],
    ['setMinimumRetryDelay', (caller, json) => this.#setMinimumRetryDelay(caller, json)],
    ['setNoProgressTimeout', (caller, json) => this.#setNoProgressTimeout(caller, json)],
    ['takeOwnership', (caller, json) => this.#takeOwnership(caller, json)],
  ];
  readonly #system: JobSystem;
  readonly #access: JobAccess;

  constructor(system: JobSystem, access: JobAccess) {
    this.#system = system;
    this.#access = access;
  }

  async #create(caller: Caller, json: unknown): Promise<Answer> {
    const { printer: wanted, ...given } = parse(requests.newJob, json);
    if (!caller.identity.rights.send) throw denied('createJob');
    const found = this.#system.printers.present(wanted);
    const entry = await this.#system.create((number, now) => ({
      id: guid(randomUUID()),
      number,
      printer: found.name,
      owner: caller.user,
      ...given,
      state: FIRST_STATE,
      restarted: false,
      minimumRetryDelay: DEFAULT_RETRY_DELAY,
      noProgressTimeout: DEFAULT_NO_PROGRESS_TIMEOUT,
      createdAt: now,
      changedAt: now,
      error: undefined,
      files: [],
      notification: NEW_SETTINGS,
    }));
    return this.#shown(entry);
  }

  /** In the order of their numbers, so many at a time. */
  async #list(caller: Caller, json: unknown): Promise<Answer> {
    const { printer: wanted, after, most } = parse(requests.listing, json);
    const printer = wanted === undefined ? undefined : this.#system.printers.present(wanted).name;
    const found = this.#system.jobs
      .list(printer)
      .filter(({ print }) => print.job.number > after && this.#access.owns(caller, print.job));
    const jobs = found.slice(0, most).map((entry) => this.#system.shown(entry));
    return ok({ jobs, ...(found.length > most && { more: true }) });
  }

  async #one(caller: Caller, json: unknown): Promise<Answer> {
    return this.#shown(this.#asked(caller, json));
  }

  async #getError(caller: Caller, json: unknown): Promise<Answer> {
    const { error } = this.#asked(caller, json).print.job;
    if (!error) throw new SpoolError('BG_E_ERROR_INFORMATION_UNAVAILABLE');
    return ok({ error: shownError(error) });
  }

  async #refresh(caller: Caller, json: unknown): Promise<Answer> {
    const entry = this.#asked(caller, json);
    entry.notifier.refresh();
    return this.#shown(entry);
  }

  // ------------------------------------------------------------------------------------------ commands

  async #resume(caller: Caller, json: unknown): Promise<Answer> {
    return this.#command(caller, json, (now, { print, waits }) => {
      if (now.files.length === 0 && !isFinal(now.state)) throw new SpoolError('BG_E_EMPTY', { input: now.name });
      if (now.state === 'TRANSFERRED' && nextFile(now, print.printed) === undefined)
        throw new SpoolError('BG_E_INVALID_STATE', { input: 'resume: everything is printed' });
      waits.progressed();
      return commanded(now, 'resume');
    });
  }

  async #restart(caller: Caller, json: unknown): Promise<Answer> {
    return this.#command(caller, json, (now, { print, waits }) => {
      const after = commanded(now, 'restart');
      if (!hasBegun(now, print.printed))
        throw new SpoolError('BG_E_INVALID_STATE', { input: 'restart: nothing was printed' });
      print.printed.fill(0);
      waits.progressed();
      return after;
    });
  }

  async #setPriority(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, priority: wanted } = parse(requests.prioritising, json);
    return this.#set(caller, id, (now) => ({ ...now, priority: wanted }));
  }

  /** JOB-33: at least five seconds. */
  async #setMinimumRetryDelay(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, seconds: wanted } = parse(requests.timing, json);
    return this.#set(caller, id, (now) => ({ ...now, minimumRetryDelay: Math.max(wanted, MIN_RETRY_DELAY) }));
  }

  async #setNoProgressTimeout(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, seconds: wanted } = parse(requests.timing, json);
    return this.#set(caller, id, (now) => ({ ...now, noProgressTimeout: wanted }));
  }

  /** JOB-112, JOB-145: callbacks stay those of who registered them, a command line does not stay. */
  async #takeOwnership(caller: Caller, json: unknown): Promise<Answer> {
    const entry = this.#asked(caller, json);
    this.#access.checkAdministers(caller, entry.print.job.printer);
    return this.#changed(entry, (now) => {
      checkLives(now);
      return { ...now, owner: caller.user, notification: { ...now.notification, commandLine: undefined } };
    });
  }

  // ------------------------------------------------------------------------------------------ all alike

  #asked(caller: Caller, json: unknown): JobEntry {
    return this.#access.ownJob(caller, parse(requests.oneJob, json).job);
  }

  async #command(caller: Caller, json: unknown, make: (now: Job, entry: JobEntry) => Job): Promise<Answer> {
    return this.#changed(this.#asked(caller, json), make);
  }

  async #set(caller: Caller, id: Guid | number, make: (now: Job) => Job): Promise<Answer> {
    return this.#changed(this.#access.ownJob(caller, id), (now) => {
      checkLives(now);
      return make(now);
    });
  }

  async #changed(entry: JobEntry, make: (now: Job, entry: JobEntry) => Job): Promise<Answer> {
    await entry.print.change((now) => make(now, entry));
    return this.#shown(entry);
  }

  #shown(entry: JobEntry): Answer {
    return ok({ job: this.#system.shown(entry) });
  }
}
