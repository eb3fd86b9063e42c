/** What clients ask about who is told of a job, and of what (docs/jobs.md). */

import { parse } from '../../shared/events/schema.ts';
import { SpoolError } from '../../shared/index.ts';
import { GUID_NULL, NOTIFY } from '../../shared/jobs/vocabulary.ts';
import type { Answer, Caller } from '../core/service.ts';
import { checkCommandLine } from './command-line.ts';
import { denied, type Handlers, ok } from './handler.ts';
import type { NotificationSettings } from './job.ts';
import type { JobAccess } from './job-access.ts';
import type { JobSystem } from './job-system.ts';
import type { JobEntry } from './job-table.ts';
import { checkLives } from './print-job.ts';
import * as requests from './requests.ts';

const ALL_FLAGS = Object.values(NOTIFY).reduce((sum, flag) => sum | flag, 0);

export class NotificationCalls {
  readonly handlers: Handlers = [
    ['setNotifyFlags', (caller, json) => this.#setFlags(caller, json)],
    ['setNotifyInterface', (caller, json) => this.#setInterface(caller, json)],
    ['setProperty', (caller, json) => this.#setProperty(caller, json)],
    ['setNotifyCmdLine', (caller, json) => this.#setCmdLine(caller, json)],
  ];
  readonly #system: JobSystem;
  readonly #access: JobAccess;

  constructor(system: JobSystem, access: JobAccess) {
    this.#system = system;
    this.#access = access;
  }

  async #setFlags(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, flags } = parse(requests.flagging, json);
    const entry = this.#access.ownJob(caller, id);
    // JOB-47.
    if (flags < 0 || (flags & ~ALL_FLAGS) !== 0 || flags > ALL_FLAGS)
      throw new SpoolError('E_NOTIMPL', { input: `flags: ${flags}` });
    return set(entry, { flags });
  }

  /** Whoever sets an object is told what was told before, too (JOB-110, JOB-111). */
  async #setInterface(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, object } = parse(requests.attaching, json);
    const entry = this.#access.ownJob(caller, id);
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
    const entry = this.#access.ownJob(caller, wanted.job);
    if (wanted.property === 'MinimumNotificationInterval') return set(entry, { minimumInterval: wanted.value });
    if (!caller.identity.rights.listen) throw denied('setProperty');
    const clsid = wanted.value === GUID_NULL ? undefined : wanted.value;
    // JOB-OPEN-2.
    if (clsid !== undefined && !this.#system.classes.isKnown(clsid, caller.user))
      throw new SpoolError('REGDB_E_CLASSNOTREG', { input: clsid });
    const answer = await set(entry, { clsid, clsidUser: clsid === undefined ? '' : caller.user });
    entry.notifier.detachOfOther(clsid);
    return answer;
  }

  async #setCmdLine(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, program, parameters } = parse(requests.commanding, json);
    const entry = this.#access.ownJob(caller, id);
    if (program === null) {
      if (parameters.length > 0) throw new SpoolError('E_INVALIDARG', { input: 'parameters without a program' });
      return set(entry, { commandLine: undefined });
    }
    checkCommandLine(program, parameters);
    if (!this.#system.programs.has(program)) throw denied(program);
    return set(entry, { commandLine: { program, parameters, user: caller.user } });
  }
}

async function set(entry: JobEntry, settings: Partial<NotificationSettings>): Promise<Answer> {
  await entry.print.change((now) => {
    checkLives(now);
    return { ...now, notification: { ...now.notification, ...settings } };
  });
  entry.notifier.wake();
  return ok();
}
