/**
 * The print jobs of one spooler: printers that print them, clients that are told of them, and a store that has them when
 * the spooler is back. Who may ask for what, and in which words, is in jobs-service.ts and what it is made of.
 */

import { type Guid, SpoolError } from '../../shared/index.ts';
import type { Activator } from '../activation/activator.ts';
import type { Caller, ServiceHost } from '../core/service.ts';
import { encodeNumber } from '../events/queued-message.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { CallbackObjects } from './callback-objects.ts';
import { CommandLines } from './command-line.ts';
import { Documents } from './documents.ts';
import { Inactivity } from './inactivity.ts';
import { type CommandLine, isModified, type Job, shownJob } from './job.ts';
import { JobHistory } from './job-history.ts';
import { isFinal } from './job-machine.ts';
import { JobNotifier } from './job-notifier.ts';
import { type JobRecord, LAST_JOB_NUMBER, lastJobNumber, storedJobs } from './job-record.ts';
import { type JobEntry, JobTable } from './job-table.ts';
import { JobWaits } from './job-waits.ts';
import { PrintJob } from './print-job.ts';
import { Printers } from './printers.ts';
import { PrintingTable } from './printing-table.ts';
import { SpoolFolder } from './spool-folder.ts';
import { UserTurns } from './user-turns.ts';

/** Where objects of callback classes come from. */
export interface JobClasses extends Activator {
  /** Whether somebody serves the class for the user, or would be started for it (JOB-91). */
  isKnown(clsid: Guid, user: string): boolean;
}

export interface JobSystemOptions {
  /** Where what must last is kept: the caller's, who closes it after the spooler. Default: in memory, gone with it. */
  readonly store?: Store;
  /** The folder of the documents, which belongs to the jobs of that store. Default: a temporary one, gone with the spooler. */
  readonly folder?: string;
  /** Programs that clients may have run, with their whole paths (docs/security.md). Default: none. */
  readonly programs?: readonly string[];
  /** Milliseconds a callback object has for one call; default 30,000. */
  readonly callTime?: number;
  /** Bytes of one document; default 1 GiB. */
  readonly documentSize?: number;
  /** Bytes of all documents; default 10 GiB, ten of the largest. */
  readonly spoolSize?: number;
  /** Jobs at once; default 10,000. */
  readonly jobs?: number;
  /** Told what command lines print and how they fail, and what in the store cannot be read. Default: nobody is. */
  readonly onLine?: (line: string) => void;
  /** Runs a command line, and says whether it succeeded. Default: as a program. */
  readonly run?: (commandLine: CommandLine) => Promise<boolean>;
}

const CALL_TIME = 30_000;
const MOST_JOBS = 10_000;

export class JobSystem {
  readonly jobs: JobTable;
  readonly printers: Printers;
  readonly documents: Documents;
  readonly objects: CallbackObjects;
  readonly classes: JobClasses;
  readonly programs: ReadonlySet<string>;
  readonly #host: ServiceHost;
  readonly #store: Store;
  readonly #options: JobSystemOptions;
  readonly #turns = new UserTurns();
  readonly #commandLines: CommandLines;
  readonly #printing: PrintingTable;
  readonly #inactivity: Inactivity;
  #lastNumber = 0;
  #isClosed = false;
  readonly #opening: Promise<void>;

  constructor(host: ServiceHost, classes: JobClasses, options: JobSystemOptions = {}) {
    const { store = new MemoryStore(), callTime = CALL_TIME, onLine = () => {} } = options;
    const { clock } = host;
    this.#host = host;
    this.#store = store;
    this.#options = options;
    this.classes = classes;
    this.programs = new Set(options.programs);
    this.#commandLines = new CommandLines(clock, onLine);
    this.objects = new CallbackObjects(host, callTime);
    const fault = (reason: unknown): void => this.#fault(reason);
    const folder = new SpoolFolder(options.folder);
    const over = new JobHistory<JobEntry>({ store, folder, fault });
    this.jobs = new JobTable(over);
    const { documentSize, spoolSize } = options;
    this.documents = new Documents({ folder, documentSize, spoolSize, giveWay: () => over.giveWay() });
    this.printers = new Printers(store, (after, before) => this.#printing.changed(after, before));
    const { printers, jobs, documents } = this;
    this.#printing = new PrintingTable({ clock, printers, jobs, documents, fault });
    this.#inactivity = new Inactivity({ clock, jobs, fault });
    this.#opening = this.#open();
    // Whoever asks for something hears of it; nobody need ask.
    this.#opening.catch(() => {});
  }

  /** Resolves once everything was read from the store. Rejects as the store does. */
  ready(): Promise<void> {
    return this.#opening;
  }

  /** Printing and telling begin now, or once everything was read: who is started for it can connect. */
  begin(): void {
    void this.ready().then(
      () => this.#play(),
      () => {},
    );
  }

  #play(): void {
    if (this.#isClosed) return;
    this.#printing.begin();
    for (const { notifier } of this.jobs.values()) notifier.wake();
  }

  async #open(): Promise<void> {
    const onLine = this.#options.onLine ?? (() => {});
    let isWhole = true;
    const corrupt = (key: string): void => {
      isWhole = false;
      onLine(`${key}: cannot be read, and is not used`);
    };
    await this.printers.load(corrupt);
    for await (const record of storedJobs(this.#store, corrupt)) this.#add(record);
    this.#lastNumber = Math.max(this.#lastNumber, await lastJobNumber(this.#store));
    const ended = this.jobs.list().filter(({ print }) => isFinal(print.job.state));
    for (const entry of ended.sort((one, other) => one.print.job.changedAt - other.print.job.changedAt))
      this.#end(entry);
    for (const { print, waits } of this.jobs.values()) {
      await print.trigger('spoolerStarted');
      waits.changed();
    }
    const isSpooled = (id: string, file: number): boolean =>
      this.jobs.find(id as Guid)?.print.job.files[file]?.size !== undefined;
    await this.documents.folder.idle();
    // What cannot be read may have documents.
    await this.documents.folder.open((id, file) => !isWhole || isSpooled(id, file));
  }

  // ------------------------------------------------------------------------------------------ jobs

  /** Makes a job of what `make` says. Rejects with `E_OUTOFMEMORY`, or as the store does. */
  async create(make: (number: number, now: number) => Job): Promise<JobEntry> {
    const most = this.#options.jobs ?? MOST_JOBS;
    if (this.jobs.size >= most) throw new SpoolError('E_OUTOFMEMORY', { input: `${most} jobs` });
    const entry = this.#add({ job: make(this.#lastNumber + 1, this.#host.wallClock()), printed: [] });
    try {
      await entry.print.save({ put: [LAST_JOB_NUMBER, encodeNumber(entry.print.job.number)] });
    } catch (reason) {
      this.jobs.delete(entry.print.job.id);
      throw reason;
    }
    entry.notifier.wake();
    return entry;
  }

  #add(record: JobRecord): JobEntry {
    const fault = (reason: unknown): void => this.#fault(reason);
    const { clock, wallClock } = this.#host;
    const print = new PrintJob(
      { store: this.#store, wallClock, changed: (_, before) => this.#jobChanged(entry, before) },
      record,
    );
    const notifier = new JobNotifier(print, {
      clock,
      turns: this.#turns,
      activator: this.classes,
      run: (commandLine) => this.#run(commandLine),
      shown: () => this.shown(entry),
      satisfied: () => this.#satisfied(entry),
      fault,
    });
    const age = Math.max(0, wallClock() - record.job.changedAt);
    const waits = new JobWaits(print, { clock, fault });
    const entry: JobEntry = { print, notifier, waits, touchedAt: clock.now() - age };
    this.jobs.add(entry);
    this.#lastNumber = Math.max(this.#lastNumber, record.job.number);
    this.#inactivity.watch();
    return entry;
  }

  /** The operator may have taken a program off the list after somebody had named it. */
  async #run(commandLine: CommandLine): Promise<boolean> {
    const { run = (listed) => this.#commandLines.run(listed), onLine = () => {} } = this.#options;
    if (this.programs.has(commandLine.program)) return run(commandLine);
    onLine(`${commandLine.program}: is not listed any more, and is not run`);
    return false;
  }

  /** What a client sees of it. */
  shown({ print }: JobEntry) {
    const printer = this.printers.find(print.job.printer);
    return shownJob(print.job, print.printed, printer?.bytesPerPage ?? Number.MAX_SAFE_INTEGER);
  }

  #jobChanged(entry: JobEntry, before: Job): void {
    const { job } = entry.print;
    const hasMoved = job.state !== before.state;
    entry.touchedAt = this.#host.clock.now();
    entry.waits.changed();
    // JOB-57.
    const isEnd = hasMoved && (job.state === 'ERROR' || job.state === 'TRANSFERRED');
    entry.notifier.changed(!isEnd && (hasMoved || isModified(before, job)));
    if (isFinal(job.state)) this.#end(entry);
    this.#printing.wake(job.printer);
  }

  #end(entry: JobEntry): void {
    entry.waits.close();
    this.jobs.end(entry);
  }

  #satisfied({ print }: JobEntry): void {
    if (print.job.state !== 'TRANSFERRED' || !print.job.releaseWhenPrinted || !this.#printing.hasBegun) return;
    print.trigger('complete').catch((reason: unknown) => this.#fault(reason));
  }

  // ------------------------------------------------------------------------------------------ the rest

  left(caller: Caller): void {
    this.objects.left(caller);
  }

  /** Somebody serves the class from now on: who waits for it waits no longer. */
  classServed(clsid: Guid): void {
    for (const { print, notifier } of this.jobs.values()) if (print.job.notification.clsid === clsid) notifier.wake();
  }

  #fault(reason: unknown): void {
    if (!this.#isClosed) this.#host.observe({ kind: 'fault', user: 'jobs', reason });
  }

  /** What waits stays in the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opening.catch(() => {});
    this.#inactivity.close();
    this.#printing.close();
    for (const { notifier, waits } of this.jobs.all()) {
      notifier.close();
      waits.close();
    }
    await this.#commandLines.close();
    await this.documents.folder.close();
    if (this.#options.store === undefined) await this.#store.close();
  }
}
