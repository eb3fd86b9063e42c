/**
 * The print jobs of a spooler, for whoever prints, watches or administers: printers, jobs, the objects that are told, and
 * the callback classes that this process serves. Comes back after the spooler was lost. No transport is named here.
 */

import { type Guid, guid, SpoolError } from '../../shared/index.ts';
import type { ConnectionStats } from '../connection.ts';
import { ClassRegistration } from '../events/class-registration.ts';
import type { Dial, ListenerOptions } from '../listener-options.ts';
import type { Listener } from '../notification-listener.ts';
import { isThenable } from '../problem.ts';
import { Renewals } from '../renewals.ts';
import { JOB_CALLBACK_CLASS, type JobCallback, sinkOf } from './job-callback.ts';
import type { JobDescription } from './job-description.ts';
import type { JobHost } from './job-host.ts';
import { PrintJob } from './print-job.ts';
import { Printers } from './printers.ts';

/** Joins the spooler that `dial` reaches. Rejects with `CONNECTION_FAILED`, `UNAUTHORIZED`, `TIMED_OUT`. */
export async function createJobs(dial: Dial, options: ListenerOptions = {}): Promise<Jobs> {
  const jobs = new Jobs(dial, options);
  await jobs.connect();
  return jobs;
}

/** A job as one asks for it. */
export interface JobSpecification {
  /** By its own part of the name, or `\\server\printer`. */
  readonly printer: string;
  /** For people: 1 to 255 characters. */
  readonly name: string;
  /** 1 to 99; default 1 (JOB-188). */
  readonly priority?: number;
  /**
   * Whether the spooler completes it by itself, once it is printed and whoever wants to know was told. Default false: it
   * stays until somebody completes it (JOB-MAP-8).
   */
  readonly releaseWhenPrinted?: boolean;
}

/** Jobs that are asked for in one go; fewer where their descriptions are beyond the spooler's limit of a payload. */
const PAGE = 1_000;

interface JobPage {
  readonly jobs: readonly JobDescription[];
  readonly more?: boolean;
}

function isTooLarge(reason: unknown): boolean {
  return reason instanceof SpoolError && reason.code === 'MAX_NOTIFICATION_SIZE_EXCEEDED';
}

export class Jobs {
  readonly printers: Printers;
  readonly #renewals: Renewals;
  readonly #host: JobHost;

  /** For `createJobs`. */
  constructor(dial: Dial, options: ListenerOptions) {
    const renewals = new Renewals(dial, options);
    this.#renewals = renewals;
    const ask = async <Answer>(method: string, request: object): Promise<Answer> =>
      (await renewals.listener.connection.call('jobs', method, request)).json as Answer;
    this.#host = { renewals, ask, objects: new Map() };
    this.printers = new Printers(ask);
  }

  /** For `createJobs`. */
  async connect(): Promise<void> {
    await this.#renewals.listener.connect();
  }

  /** `away`: the spooler is lost, this client is coming back. */
  get state(): Listener['state'] {
    return this.#renewals.listener.state;
  }

  get user(): string {
    return this.#renewals.listener.user;
  }

  /**
   * Makes a job, which is suspended (JOB-10): add documents, then resume it. Rejects with `ERROR_INVALID_PRINTER_NAME`,
   * `E_INVALIDARG`, `E_ACCESSDENIED`, `E_OUTOFMEMORY`, `CONNECTION_LOST`.
   */
  async createJob(specification: JobSpecification): Promise<PrintJob> {
    const { job } = await this.#host.ask<{ job: JobDescription }>('createJob', specification);
    return new PrintJob(this.#host, job);
  }

  /**
   * A job by its ID or its number, also one that was over not long ago. Rejects with `BG_E_NOT_FOUND`, `E_ACCESSDENIED` for
   * another's without the right to administer its printer, `CONNECTION_LOST`.
   */
  async getJob(job: string | number): Promise<PrintJob> {
    const found = await this.#host.ask<{ job: JobDescription }>('job', { job });
    return new PrintJob(this.#host, found.job);
  }

  /** One's own jobs, with the right to administer a printer all of it; perhaps of one printer only. */
  async enumJobs(printer?: string): Promise<readonly PrintJob[]> {
    const found: PrintJob[] = [];
    let most = PAGE;
    for (let page: JobPage = { jobs: [], more: true }; page.more; ) {
      const after = found.at(-1)?.description.number ?? 0;
      try {
        page = await this.#host.ask<JobPage>('jobs', { printer, after, most });
        found.push(...page.jobs.map((job) => new PrintJob(this.#host, job)));
      } catch (reason) {
        if (most === 1 || !isTooLarge(reason)) throw reason;
        most = Math.ceil(most / 2);
      }
    }
    return found;
  }

  /**
   * Serves a callback class (JOB-90): where a job that has it as its `NotificationClsid` has nobody to tell, `createObject`
   * makes an object, which then is the job's callback object (JOB-102). When the spooler was lost the class is registered
   * again. Rejects with `ALREADY_REGISTERED` where somebody serves it for this user, `E_ACCESSDENIED` where the operator's
   * table has it for another, `CONNECTION_LOST`.
   */
  async registerClass(
    clsid: string,
    createObject: (clsid: Guid) => JobCallback | PromiseLike<JobCallback>,
  ): Promise<ClassRegistration> {
    const jobOf = (description: JobDescription): PrintJob => new PrintJob(this.#host, description);
    return this.#renewals.make(
      new ClassRegistration(this.#renewals, guid(clsid), JOB_CALLBACK_CLASS, (wanted) => {
        const made = createObject(wanted);
        return isThenable(made) ? made.then((callback) => sinkOf(callback, jobOf)) : sinkOf(made, jobOf);
      }),
    );
  }

  stats(): ConnectionStats & { readonly registrations: number } {
    return this.#renewals.listener.stats();
  }

  /** Leaves for good. Its callback objects are let go; jobs go on. */
  close(): Promise<void> {
    return this.#renewals.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
