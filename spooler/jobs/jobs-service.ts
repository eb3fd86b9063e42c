/**
 * The service `jobs` (docs/jobs.md): who may ask for what of printers and jobs, and in which words. Everything from a
 * client is checked here.
 */

import { randomUUID } from 'node:crypto';
import { toBase64 } from '../../shared/events/base64.ts';
import { parse } from '../../shared/events/schema.ts';
import { completeName, type Guid, guid, hresultOf, SpoolError } from '../../shared/index.ts';
import { GUID_NULL, NOTIFY } from '../../shared/jobs/vocabulary.ts';
import { mayAdminister } from '../core/identity.ts';
import type { Answer, Caller, Service, ServiceHost } from '../core/service.ts';
import { checkCommandLine } from './command-line.ts';
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
import { FIRST_STATE, isFinal } from './job-machine.ts';
import type { JobEntry, JobSystem } from './job-system.ts';
import { splitPayload } from './payload.ts';
import { checkLives, commanded } from './print-job.ts';
import { bareName, type Printer } from './printer.ts';
import * as requests from './requests.ts';

type Handler = (caller: Caller, json: unknown, bytes: Uint8Array) => Promise<Answer>;

const S_OK = hresultOf('S_OK');
const ALL_FLAGS = Object.values(NOTIFY).reduce((sum, flag) => sum | flag, 0);
const NEW_SETTINGS: NotificationSettings = {
  // JOB-OPEN-1.
  flags: NOTIFY.JOB_TRANSFERRED | NOTIFY.JOB_ERROR,
  clsid: undefined,
  clsidUser: '',
  commandLine: undefined,
  minimumInterval: DEFAULT_MINIMUM_INTERVAL,
  told: false,
};

export class JobsService implements Service {
  readonly name = 'jobs';
  readonly #system: JobSystem;
  readonly #server: string;
  readonly #handlers: ReadonlyMap<string, Handler>;

  constructor(system: JobSystem, { server }: Pick<ServiceHost, 'server'>) {
    this.#system = system;
    this.#server = server;
    this.#handlers = new Map<string, Handler>([
      ['addPrinter', (caller, json) => this.#addPrinter(caller, json)],
      ['setPrinter', (caller, json) => this.#setPrinter(caller, json)],
      ['removePrinter', (caller, json) => this.#removePrinter(caller, json)],
      ['printers', (caller, json) => this.#printers(caller, json)],
      ['createJob', (caller, json) => this.#createJob(caller, json)],
      ['addFile', (caller, json) => this.#addFile(caller, json)],
      ['write', (caller, json, bytes) => this.#write(caller, json, bytes)],
      ['received', (caller, json) => this.#received(caller, json)],
      ['read', (caller, json) => this.#read(caller, json)],
      ['jobs', (caller, json) => this.#jobs(caller, json)],
      ['job', (caller, json) => this.#job(caller, json)],
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
      ['setNotifyFlags', (caller, json) => this.#setNotifyFlags(caller, json)],
      ['setNotifyInterface', (caller, json) => this.#setNotifyInterface(caller, json)],
      ['setProperty', (caller, json) => this.#setProperty(caller, json)],
      ['setNotifyCmdLine', (caller, json) => this.#setNotifyCmdLine(caller, json)],
      ['setValidationState', (caller, json) => this.#setValidationState(caller, json)],
      ['takeOwnership', (caller, json) => this.#takeOwnership(caller, json)],
    ]);
  }

  async call(caller: Caller, method: string, payload: Uint8Array): Promise<Answer> {
    const handler = this.#handlers.get(method);
    if (!handler) throw new SpoolError('E_NOTIMPL', { input: method });
    const { json, bytes } = splitPayload(payload, method === 'write');
    await this.#system.ready();
    return handler(caller, json, bytes);
  }

  begin(): void {
    this.#system.begin();
  }

  left(caller: Caller): void {
    this.#system.left(caller);
  }

  close(): Promise<void> {
    return this.#system.close();
  }

  // ------------------------------------------------------------------------------------------ printers

  async #addPrinter(caller: Caller, json: unknown): Promise<Answer> {
    const { printer: wanted, ...settings } = parse(requests.printerSettings, json);
    this.#checkAdministers(caller, bareName(wanted));
    return ok({ printer: this.#shownPrinter(await this.#system.printers.add(wanted, settings)) });
  }

  async #setPrinter(caller: Caller, json: unknown): Promise<Answer> {
    const { printer: wanted, ...settings } = parse(requests.printerSettings, json);
    this.#checkAdministers(caller, bareName(wanted));
    return ok({ printer: this.#shownPrinter(await this.#system.printers.change(wanted, () => settings)) });
  }

  /** JOB-27: jobs end only as jobs do; a printer that has some stays. */
  async #removePrinter(caller: Caller, json: unknown): Promise<Answer> {
    const { printer: wanted } = parse(requests.onePrinter, json);
    this.#checkAdministers(caller, bareName(wanted));
    await this.#system.printers.remove(wanted, (found) => {
      const jobs = [...this.#system.jobsOf(found.name)].length;
      if (jobs > 0) throw new SpoolError('BG_E_INVALID_STATE', { input: `the printer has jobs: ${jobs}` });
    });
    return ok();
  }

  async #printers(_caller: Caller, json: unknown): Promise<Answer> {
    parse(requests.nothing, json);
    return ok({ printers: this.#system.printers.list().map((one) => this.#shownPrinter(one)) });
  }

  #shownPrinter(one: Printer): unknown {
    const jobs = [...this.#system.jobsOf(one.name)].map(({ print }) => print.job.state);
    const state = one.reasons.length > 0 ? 'stopped' : jobs.includes('TRANSFERRING') ? 'printing' : 'idle';
    return { ...one, fullName: completeName(one.name, this.#server), state, jobs: jobs.length };
  }

  // ------------------------------------------------------------------------------------------ jobs and documents

  async #createJob(caller: Caller, json: unknown): Promise<Answer> {
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

  async #addFile(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, name: title, from } = parse(requests.newFile, json);
    const { print } = this.#ownJob(caller, id);
    const peer = from && { print: this.#ownJob(caller, from.job).print, file: from.file };
    return ok({ file: await this.#system.documents.add(print, title, peer) });
  }

  async #write(caller: Caller, json: unknown, bytes: Uint8Array): Promise<Answer> {
    const { job: id, file: at, offset, last } = parse(requests.writing, json);
    const { print, notifier } = this.#ownJob(caller, id);
    const received = await this.#system.documents.write(print, at, offset, bytes, last);
    if (bytes.length > 0) notifier.spooled(at, { offset, length: bytes.length });
    return ok({ received });
  }

  async #received(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, file: at } = parse(requests.oneFile, json);
    return ok({ received: await this.#system.documents.received(this.#ownJob(caller, id).print.job, at) });
  }

  async #read(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, file: at, offset, length, temporary } = parse(requests.reading, json);
    const { print } = this.#ownJob(caller, id);
    const bytes = await this.#system.documents.read(print.job, at, offset, length, temporary);
    return ok({ bytes: toBase64(bytes) });
  }

  /** In the order of their numbers, so many at a time. */
  async #jobs(caller: Caller, json: unknown): Promise<Answer> {
    const { printer: wanted, after, most } = parse(requests.listing, json);
    const printer = wanted === undefined ? undefined : this.#system.printers.present(wanted).name;
    const found = this.#system
      .list(printer)
      .filter(({ print }) => print.job.number > after && this.#owns(caller, print.job));
    const jobs = found.slice(0, most).map((entry) => this.#system.shown(entry));
    return ok({ jobs, ...(found.length > most && { more: true }) });
  }

  async #job(caller: Caller, json: unknown): Promise<Answer> {
    return this.#shown(this.#ownJob(caller, parse(requests.oneJob, json).job));
  }

  async #getError(caller: Caller, json: unknown): Promise<Answer> {
    const { error } = this.#ownJob(caller, parse(requests.oneJob, json).job).print.job;
    if (!error) throw new SpoolError('BG_E_ERROR_INFORMATION_UNAVAILABLE');
    return ok({ error: shownError(error) });
  }

  async #refresh(caller: Caller, json: unknown): Promise<Answer> {
    const entry = this.#ownJob(caller, parse(requests.oneJob, json).job);
    entry.notifier.refresh();
    return this.#shown(entry);
  }

  // ------------------------------------------------------------------------------------------ commands

  async #resume(caller: Caller, json: unknown): Promise<Answer> {
    const answer = await this.#command(caller, json, (now, { print, waits }) => {
      if (now.files.length === 0 && !isFinal(now.state)) throw new SpoolError('BG_E_EMPTY', { input: now.name });
      if (now.state === 'TRANSFERRED' && nextFile(now, print.printed) === undefined)
        throw new SpoolError('BG_E_INVALID_STATE', { input: 'resume: everything is printed' });
      waits.progressed();
      return commanded(now, 'resume');
    });
    return answer;
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

  async #setValidationState(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, file: at, valid } = parse(requests.validating, json);
    await this.#system.documents.validate(this.#ownJob(caller, id).print, at, valid);
    return ok();
  }

  // ------------------------------------------------------------------------------------------ notifications

  async #setNotifyFlags(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, flags } = parse(requests.flagging, json);
    const entry = this.#ownJob(caller, id);
    // JOB-47.
    if (flags < 0 || (flags & ~ALL_FLAGS) !== 0 || flags > ALL_FLAGS)
      throw new SpoolError('E_NOTIMPL', { input: `flags: ${flags}` });
    await this.#setNotification(entry, () => ({ flags }));
    return ok();
  }

  /** Whoever sets an object is told what was told before, too (JOB-110, JOB-111). */
  async #setNotifyInterface(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, object } = parse(requests.attaching, json);
    const entry = this.#ownJob(caller, id);
    if (!caller.identity.rights.listen) throw denied('setNotifyInterface');
    checkLives(entry.print.job);
    if (object === null) {
      entry.notifier.detach();
      return ok();
    }
    entry.notifier.attach(await this.#system.objects.open(caller, object), caller.user);
    try {
      await entry.print.change((now) => {
        checkLives(now);
        const files = now.files.map((one) => ({ ...one, told: one.valid }));
        return { ...now, files, notification: { ...now.notification, told: false } };
      });
    } catch (reason) {
      entry.notifier.detach();
      throw reason;
    }
    entry.notifier.wake();
    return ok();
  }

  async #setProperty(caller: Caller, json: unknown): Promise<Answer> {
    const wanted = parse(requests.property, json);
    const entry = this.#ownJob(caller, wanted.job);
    if (wanted.property === 'MinimumNotificationInterval') {
      await this.#setNotification(entry, () => ({ minimumInterval: wanted.value }));
      return ok();
    }
    if (!caller.identity.rights.listen) throw denied('setProperty');
    const clsid = wanted.value === GUID_NULL ? undefined : wanted.value;
    // JOB-OPEN-2.
    if (clsid !== undefined && !this.#system.classes.isKnown(clsid, caller.user))
      throw new SpoolError('REGDB_E_CLASSNOTREG', { input: clsid });
    await this.#setNotification(entry, () => ({ clsid, clsidUser: clsid === undefined ? '' : caller.user }));
    entry.notifier.detachOfOther(clsid);
    return ok();
  }

  async #setNotifyCmdLine(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, program, parameters } = parse(requests.commanding, json);
    const entry = this.#ownJob(caller, id);
    if (program === null) {
      if (parameters.length > 0) throw new SpoolError('E_INVALIDARG', { input: 'parameters without a program' });
      await this.#setNotification(entry, () => ({ commandLine: undefined }));
      return ok();
    }
    checkCommandLine(program, parameters);
    if (!this.#system.programs.has(program)) throw denied(program);
    await this.#setNotification(entry, () => ({ commandLine: { program, parameters, user: caller.user } }));
    return ok();
  }

  async #setNotification(entry: JobEntry, change: () => Partial<NotificationSettings>): Promise<void> {
    await entry.print.change((now) => {
      checkLives(now);
      return { ...now, notification: { ...now.notification, ...change() } };
    });
    entry.notifier.wake();
  }

  /** JOB-112, JOB-145: callbacks stay those of who registered them, a command line does not stay. */
  async #takeOwnership(caller: Caller, json: unknown): Promise<Answer> {
    const entry = this.#ownJob(caller, parse(requests.oneJob, json).job);
    this.#checkAdministers(caller, entry.print.job.printer);
    return this.#command(caller, json, (now) => {
      checkLives(now);
      return { ...now, owner: caller.user, notification: { ...now.notification, commandLine: undefined } };
    });
  }

  // ------------------------------------------------------------------------------------------ who may

  async #command(caller: Caller, json: unknown, make: (now: Job, entry: JobEntry) => Job): Promise<Answer> {
    return this.#changed(this.#ownJob(caller, parse(requests.oneJob, json).job), make);
  }

  async #set(caller: Caller, id: Guid | number, make: (now: Job) => Job): Promise<Answer> {
    return this.#changed(this.#ownJob(caller, id), (now) => {
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

  /** Another's job is not there, except for who administers its printer. */
  #ownJob(caller: Caller, id: Guid | number): JobEntry {
    const entry = this.#system.present(id);
    if (!this.#owns(caller, entry.print.job)) throw denied(String(id));
    return entry;
  }

  #owns(caller: Caller, { owner, printer: of }: Job): boolean {
    return owner === caller.user || this.#administers(caller, of);
  }

  #administers({ identity }: Caller, of: string): boolean {
    return mayAdminister(identity, completeName(of, this.#server));
  }

  #checkAdministers(caller: Caller, of: string): void {
    if (!this.#administers(caller, of)) throw denied(`${of}: this takes the right to administer it`);
  }
}

function ok(json?: unknown): Answer {
  return { hresult: S_OK, json };
}

function denied(input: string): SpoolError {
  return new SpoolError('E_ACCESSDENIED', { input });
}
