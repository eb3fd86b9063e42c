/**
 * The print jobs of one spooler: printers that print them, clients that are told of them, and a store that has them when
 * the spooler is back. Who may ask for what, and in which words, is in jobs-service.ts.
 */

import { type Cancel, type Guid, nameKey, SpoolError } from '../../shared/index.ts';
import type { Activator } from '../activation/activator.ts';
import type { Caller, ServiceHost } from '../core/service.ts';
import { decodeNumber, encodeNumber } from '../events/queued-message.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { CallbackObjects } from './callback-objects.ts';
import { CommandLines } from './command-line.ts';
import { Documents } from './documents.ts';
import { type CommandLine, errorOfFailure, INACTIVITY_TIME, type Job, shownJob } from './job.ts';
import { JobHistory } from './job-history.ts';
import { isFinal } from './job-machine.ts';
import { JobNotifier } from './job-notifier.ts';
import { decodeJob, JOB_PREFIX, type JobRecord, LAST_JOB_NUMBER } from './job-record.ts';
import { JobWaits } from './job-waits.ts';
import { PrintJob } from './print-job.ts';
import { obstacle, type Printer, type ScriptedFailure } from './printer.ts';
import { Printers } from './printers.ts';
import { Printing } from './printing.ts';
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

/** One job with what is done for it. */
export interface JobEntry {
  readonly print: PrintJob;
  readonly notifier: JobNotifier;
  readonly waits: JobWaits;
  /** When somebody or something changed it last, on the monotonic clock. */
  touchedAt: number;
}

const CALL_TIME = 30_000;
const MOST_JOBS = 10_000;
/** Milliseconds between two looks for jobs that nobody has touched for long (JOB-30). */
const SWEEP_TIME = 3_600_000;

export class JobSystem {
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
  readonly #jobs = new Map<Guid, JobEntry>();
  readonly #over: JobHistory<JobEntry>;
  readonly #printing = new Map<string, Printing>();
  #lastNumber = 0;
  #isClosed = false;
  #hasBegun = false;
  #cancelSweep: Cancel | undefined;
  /** Printers that will mend by themselves. */
  readonly #mending = new Set<Cancel>();
  readonly #opening: Promise<void>;

  constructor(host: ServiceHost, classes: JobClasses, options: JobSystemOptions = {}) {
    const { store = new MemoryStore(), callTime = CALL_TIME, onLine = () => {} } = options;
    this.#host = host;
    this.#store = store;
    this.#options = options;
    this.classes = classes;
    this.programs = new Set(options.programs);
    this.#commandLines = new CommandLines(host.clock, onLine);
    this.objects = new CallbackObjects(host, callTime);
    const folder = new SpoolFolder(options.folder);
    this.#over = new JobHistory({ store, folder, fault: (reason) => this.#fault(reason) });
    const { documentSize, spoolSize } = options;
    this.documents = new Documents({ folder, documentSize, spoolSize, giveWay: () => this.#over.giveWay() });
    this.printers = new Printers(store, (after, before) => this.#printerChanged(after, before));
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
    this.#hasBegun = true;
    for (const printing of this.#printing.values()) printing.wake();
    for (const { notifier } of this.#jobs.values()) notifier.wake();
  }

  async #open(): Promise<void> {
    const onLine = this.#options.onLine ?? (() => {});
    let isWhole = true;
    const corrupt = (key: string): void => {
      isWhole = false;
      onLine(`${key}: cannot be read, and is not used`);
    };
    await this.printers.load(corrupt);
    for await (const [key, bytes] of this.#store.entries(JOB_PREFIX)) {
      const record = recordIn(key, bytes);
      if (record) this.#add(record);
      else corrupt(key);
    }
    for await (const [key, bytes] of this.#store.entries(LAST_JOB_NUMBER))
      if (key === LAST_JOB_NUMBER) this.#lastNumber = Math.max(this.#lastNumber, decodeNumber(bytes));
    const ended = this.list().filter(({ print }) => isFinal(print.job.state));
    for (const entry of ended.sort((one, other) => one.print.job.changedAt - other.print.job.changedAt))
      this.#end(entry);
    for (const { print, waits } of this.#jobs.values()) {
      await print.trigger('spoolerStarted');
      waits.changed();
    }
    const isSpooled = (id: string, file: number): boolean => {
      const entry = this.#jobs.get(id as Guid) ?? this.#over.get(id as Guid);
      return entry?.print.job.files[file]?.size !== undefined;
    };
    await this.documents.folder.idle();
    // What cannot be read may have documents.
    await this.documents.folder.open((id, file) => !isWhole || isSpooled(id, file));
  }

  // ------------------------------------------------------------------------------------------ jobs

  /** Those that are not over, the oldest first; perhaps of one printer only. */
  list(printer?: string): readonly JobEntry[] {
    const all = printer === undefined ? this.#jobs.values() : this.jobsOf(printer);
    return [...all].sort((one, other) => one.print.job.number - other.print.job.number);
  }

  /** The job, also one that is over and remembered. Throws `BG_E_NOT_FOUND`. */
  present(id: Guid | number): JobEntry {
    const found = typeof id === 'number' ? this.#numbered(id) : (this.#jobs.get(id) ?? this.#over.get(id));
    if (!found) throw new SpoolError('BG_E_NOT_FOUND', { input: String(id) });
    return found;
  }

  #numbered(number: number): JobEntry | undefined {
    for (const jobs of [this.#jobs, this.#over])
      for (const entry of jobs.values()) if (entry.print.job.number === number) return entry;
    return undefined;
  }

  /** Makes a job of what `make` says. Rejects with `E_OUTOFMEMORY`, or as the store does. */
  async create(make: (number: number, now: number) => Job): Promise<JobEntry> {
    const most = this.#options.jobs ?? MOST_JOBS;
    if (this.#jobs.size >= most) throw new SpoolError('E_OUTOFMEMORY', { input: `${most} jobs` });
    const entry = this.#add({ job: make(this.#lastNumber + 1, this.#host.wallClock()), printed: [] });
    try {
      await entry.print.save({ put: [LAST_JOB_NUMBER, encodeNumber(entry.print.job.number)] });
    } catch (reason) {
      this.#jobs.delete(entry.print.job.id);
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
    this.#jobs.set(record.job.id, entry);
    this.#lastNumber = Math.max(this.#lastNumber, record.job.number);
    this.#sweepLater();
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
    // JOB-57; what only notes that something was told is no change.
    const isEnd = hasMoved && (job.state === 'ERROR' || job.state === 'TRANSFERRED');
    entry.notifier.changed(!isEnd && (hasMoved || isModified(before, job)));
    if (isFinal(job.state)) this.#end(entry);
    if (this.#hasBegun) this.#printing.get(nameKey(job.printer))?.wake();
  }

  #end(entry: JobEntry): void {
    entry.waits.close();
    this.#jobs.delete(entry.print.job.id);
    this.#over.add(entry);
  }

  #satisfied({ print }: JobEntry): void {
    if (print.job.state !== 'TRANSFERRED' || !print.job.releaseWhenPrinted || !this.#hasBegun) return;
    print.trigger('complete').catch((reason: unknown) => this.#fault(reason));
  }

  /** JOB-30. The machine's clock counts only while there is no spooler: it may be set. */
  #sweepLater(): void {
    this.#cancelSweep ??= this.#host.clock.after(SWEEP_TIME, () => {
      this.#cancelSweep = undefined;
      const until = this.#host.clock.now() - INACTIVITY_TIME;
      for (const { print, touchedAt } of this.#jobs.values())
        if (touchedAt < until) print.trigger('inactive').catch((reason: unknown) => this.#fault(reason));
      if (this.#jobs.size > 0) this.#sweepLater();
    });
  }

  // ------------------------------------------------------------------------------------------ printers

  /** Its jobs. */
  *jobsOf(printer: string): Generator<JobEntry, void> {
    const key = nameKey(printer);
    for (const entry of this.#jobs.values()) if (nameKey(entry.print.job.printer) === key) yield entry;
  }

  #printerChanged(after: Printer | undefined, before: Printer | undefined): void {
    const name = (after ?? before)?.name ?? '';
    const key = nameKey(name);
    if (!after) {
      this.#printing.get(key)?.close();
      this.#printing.delete(key);
      return;
    }
    if (!this.#printing.has(key)) this.#printing.set(key, this.#newPrinting(name));
    if (!before) return;
    const wasOffline = before.reasons.includes('offline');
    if (after.reasons.includes('offline') && !wasOffline) this.#triggerAll(name, 'printerLost');
    if (obstacle(after) === undefined && obstacle(before) !== undefined) this.#triggerAll(name, 'printerBack');
    if (this.#hasBegun) this.#printing.get(key)?.wake();
  }

  #triggerAll(printer: string, trigger: 'printerLost' | 'printerBack'): void {
    const error = trigger === 'printerLost' ? errorOfFailure('offline') : undefined;
    for (const { print } of this.jobsOf(printer))
      print.trigger(trigger, error).catch((reason: unknown) => this.#fault(reason));
  }

  #newPrinting(name: string): Printing {
    const jobs = (): Iterable<PrintJob> => [...this.jobsOf(name)].map(({ print }) => print);
    return new Printing({
      clock: this.#host.clock,
      printer: () => this.printers.present(name),
      jobs,
      isThere: (print, file) => this.documents.isWhole(print.job, file),
      progressed: ({ job }) => {
        const entry = this.#jobs.get(job.id);
        entry?.waits.progressed();
        entry?.notifier.changed(true);
      },
      counted: (failures) => this.printers.changeInMemory(name, { failures: [...failures] }),
      happened: (failures, now) => this.#happened(name, failures, now),
      fault: (reason) => this.#fault(reason),
    });
  }

  async #happened(
    name: string,
    failures: readonly ScriptedFailure[],
    { reason, lasts }: ScriptedFailure,
  ): Promise<void> {
    await this.printers.change(name, ({ reasons }) => ({
      failures: [...failures],
      ...(reason !== 'blocked' && { reasons: [...reasons, reason] }),
    }));
    if (reason === 'blocked' || lasts === undefined) return;
    const mend = this.#host.clock.after(lasts, () => {
      this.#mending.delete(mend);
      const mended = this.printers.change(name, ({ reasons }) => ({
        reasons: reasons.filter((one) => one !== reason),
      }));
      mended.catch((problem: unknown) => this.#fault(problem));
    });
    this.#mending.add(mend);
  }

  // ------------------------------------------------------------------------------------------ the rest

  left(caller: Caller): void {
    this.objects.left(caller);
  }

  /** Somebody serves the class from now on: who waits for it waits no longer. */
  classServed(clsid: Guid): void {
    for (const { print, notifier } of this.#jobs.values()) if (print.job.notification.clsid === clsid) notifier.wake();
  }

  #fault(reason: unknown): void {
    if (!this.#isClosed) this.#host.observe({ kind: 'fault', user: 'jobs', reason });
  }

  /** What waits stays in the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opening.catch(() => {});
    this.#cancelSweep?.();
    for (const cancel of this.#mending) cancel();
    for (const printing of this.#printing.values()) printing.close();
    for (const { notifier, waits } of [...this.#jobs.values(), ...this.#over.values()]) {
      notifier.close();
      waits.close();
    }
    await this.#commandLines.close();
    await this.documents.folder.close();
    if (this.#options.store === undefined) await this.#store.close();
  }
}

function isModified(before: Job, after: Job): boolean {
  const told = ({ files, notification, changedAt: _, ...rest }: Job): string =>
    JSON.stringify([rest, files.map((file) => ({ ...file, told: false })), { ...notification, told: false }]);
  return told(before) !== told(after);
}

function recordIn(key: string, bytes: Uint8Array): JobRecord | undefined {
  try {
    const record = decodeJob(bytes);
    return JOB_PREFIX + record.job.id === key ? record : undefined;
  } catch {
    return undefined;
  }
}
