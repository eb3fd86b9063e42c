/**
 * A spooler with print jobs in a rig, over a store and a folder that outlive it, and clients that speak to it in the words
 * of docs/jobs.md: what every client library does, and nothing else.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Listener } from '../../../client/listener.ts';
import { type Guid, guid, hresultOf, SpoolError } from '../../../shared/index.ts';
import { JOB_CALLBACK } from '../../../shared/jobs/job-callback.ts';
import { NOTIFY } from '../../../shared/jobs/vocabulary.ts';
import type { CommandLine } from '../../../spooler/jobs/job.ts';
import { type JobClasses, JobSystem, type JobSystemOptions } from '../../../spooler/jobs/job-system.ts';
import { JobsService } from '../../../spooler/jobs/jobs-service.ts';
import type { CallableObject } from '../../../spooler/objects/callable-object.ts';
import { type Rig, type RigOptions, startRig } from '../../harness/index.ts';
import { TestStore } from '../events/event-store.ts';

export const id = (number: number): Guid => guid(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`);

export const CLASS = id(700);
export const OTHER_CLASS = id(701);
export const S_FALSE = 1;
export const FAILED = hresultOf('E_FAIL');
export const ALL_FLAGS = Object.values(NOTIFY).reduce((sum, flag) => sum + flag, 0) - NOTIFY.DISABLE;

/** A job as clients see it. */
export interface SeenJob {
  readonly id: Guid;
  readonly number: number;
  readonly state: string;
  readonly status: number;
  readonly owner: string;
  readonly bytesTotal: number;
  readonly bytesTransferred: number;
  readonly totalPages: number;
  readonly pagesPrinted: number;
  readonly error?: { readonly code: string; readonly reason: string; readonly file?: number };
  readonly files: readonly {
    readonly name: string;
    readonly completed: boolean;
    readonly valid: boolean;
    readonly bytesTransferred: number;
  }[];
  readonly [property: string]: unknown;
}

/** A call that a callback object got. */
export interface Heard {
  readonly method: string;
  readonly arguments: Readonly<Record<string, unknown>> & { readonly job: SeenJob };
}

/** What a callback object does with a call: the HRESULT it answers, or undefined for no answer at all. */
export type Callback = (call: Heard) => number | undefined;

/** Calls as text: `fileTransferred 0`, `jobError BG_E_…`, `jobModification QUEUED`. */
export function shown({ method, arguments: { job, file, error, discarded, ranges } }: Heard): string {
  switch (method) {
    case 'fileTransferred':
      return `${method} ${String(file)}`;
    case 'fileRangesTransferred':
      return `${method} ${String(file)} ${JSON.stringify(ranges)}`;
    case 'jobError':
      return `${method} ${(error as { code: string }).code}`;
    case 'jobModification':
      return `${method} ${job.state} ${job.bytesTransferred}${discarded === true ? ' discarded' : ''}`;
    default:
      return method;
  }
}

/** Objects of classes, made in the test itself. */
export class TestClasses implements JobClasses {
  /** What the objects of a class do; a class that is not here cannot be created. */
  readonly callbacks = new Map<Guid, Callback>([[CLASS, () => 0]]);
  readonly unknown = new Set<Guid>();
  /** What making an object waits for. */
  gate: Promise<void> | undefined;
  readonly got: string[] = [];
  readonly objects: TestObject[] = [];
  /** For whom objects were made. */
  readonly users: string[] = [];

  isKnown(clsid: Guid): boolean {
    return !this.unknown.has(clsid);
  }

  async activate(clsid: Guid, user: string): Promise<CallableObject> {
    this.users.push(user);
    await this.gate;
    const callback = this.callbacks.get(clsid);
    if (!callback) throw new SpoolError('CO_E_SERVER_EXEC_FAILURE', { input: clsid });
    const object = new TestObject((call) => {
      this.got.push(`${clsid === CLASS ? 'class' : 'other'} ${shown(call)}`);
      return callback(call) ?? 0;
    });
    this.objects.push(object);
    return object;
  }
}

export class TestObject implements CallableObject {
  isReleased = false;
  isDead = false;
  readonly gone: Promise<'closed'> = new Promise(() => {});
  readonly #callback: (call: Heard) => number;

  constructor(callback: (call: Heard) => number) {
    this.#callback = callback;
  }

  async call(bytes: Uint8Array): Promise<number> {
    if (this.isDead) throw new SpoolError('CONNECTION_LOST', { input: 'died' });
    return this.#callback(JSON.parse(new TextDecoder().decode(bytes)) as Heard);
  }

  release(): void {
    this.isReleased = true;
  }
}

export interface JobStageOptions extends JobSystemOptions, Pick<RigOptions, 'tokens' | 'transport' | 'limits'> {
  /** Whether a command line succeeds. */
  readonly succeeds?: (commandLine: CommandLine) => boolean;
}

export const PROGRAM = '/bin/tell';

export class JobStage implements AsyncDisposable {
  readonly rig: Rig;
  readonly store: TestStore;
  readonly folder: string;
  readonly classes: TestClasses;
  /** Command lines that were run. */
  readonly ran: string[];
  readonly lines: string[];
  /** What the wall clock is ahead of the rig's by. */
  readonly wall: { ahead: number };
  readonly system: () => JobSystem;

  private constructor(
    parts: Omit<JobStage, 'client' | 'printer' | 'settle' | 'advance' | 'restart' | typeof Symbol.asyncDispose>,
  ) {
    this.rig = parts.rig;
    this.store = parts.store;
    this.folder = parts.folder;
    this.classes = parts.classes;
    this.ran = parts.ran;
    this.lines = parts.lines;
    this.wall = parts.wall;
    this.system = parts.system;
  }

  static async start({
    tokens,
    transport,
    limits,
    succeeds = () => true,
    ...options
  }: JobStageOptions = {}): Promise<JobStage> {
    const folder = await mkdtemp(join(tmpdir(), 'spoolpipe-test-'));
    const store = new TestStore();
    const classes = new TestClasses();
    const ran: string[] = [];
    const lines: string[] = [];
    const wall = { ahead: 0 };
    let system: JobSystem | undefined;
    const run = async (commandLine: CommandLine): Promise<boolean> => {
      ran.push(commandLine.parameters.join(' '));
      return succeeds(commandLine);
    };
    const rig: Rig = await startRig({
      ...(tokens && { tokens }),
      ...(transport && { transport }),
      ...(limits && { limits }),
      wallClock: () => rig.clock.now() + wall.ahead,
      services: [
        (host) => {
          const onLine = (line: string): unknown => lines.push(line);
          system = new JobSystem(host, classes, { store, folder, onLine, programs: [PROGRAM], run, ...options });
          return new JobsService(system, host);
        },
      ],
    });
    const running = (): JobSystem => {
      if (!system) throw new Error('the rig has no jobs');
      return system;
    };
    await running().ready();
    return new JobStage({ rig, store, folder, classes, ran, lines, wall, system: running });
  }

  /** A client of its own session. */
  async client(user = 'ann', token?: string): Promise<JobClient> {
    return new JobClient(this.rig, await this.rig.listener(token === undefined ? { user } : { token }));
  }

  /** A printer that prints a page of 10 bytes in a second, at once. */
  async printer(settings: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const { printer = 'Lab', ...rest } = settings;
    const client = await this.client('operator');
    await client.call('addPrinter', { printer, bytesPerSecond: 10, bytesPerPage: 10, connectTime: 0, ...rest });
    await client.listener.close();
  }

  /** Lets everything happen that needs no time. Files take turns of their own. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await this.system().documents.folder.idle();
      await new Promise((resolve) => setImmediate(resolve));
      await this.rig.settle();
    }
  }

  /** As `Rig.advance`, patient with files. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.rig.clock.now() + milliseconds;
    await this.settle();
    while (this.rig.clock.step(until)) await this.settle();
    await this.settle();
  }

  /** The spooler dies, and another one takes over its store and folder. */
  async restart(): Promise<void> {
    await this.rig.killSpooler();
    await this.rig.startSpooler();
    await this.system().ready();
    await this.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

let lastObject = 0;

export class JobClient {
  readonly listener: Listener;
  /** What its callback objects were called with, in order. */
  readonly got: string[] = [];
  readonly heard: Heard[] = [];
  /** Its objects that were let go. */
  released = 0;
  readonly #rig: Rig;

  constructor(rig: Rig, listener: Listener) {
    this.#rig = rig;
    this.listener = listener;
  }

  /** Rejects with the `SpoolError` of a refusal. */
  async call(method: string, json?: unknown): Promise<Record<string, unknown>> {
    return ((await this.listener.connection.call('jobs', method, json)).json ?? {}) as Record<string, unknown>;
  }

  /** A call that answers with the job. */
  async job(method: string, json: unknown): Promise<SeenJob> {
    return (await this.call(method, json))['job'] as SeenJob;
  }

  async state(job: Guid): Promise<string> {
    return (await this.job('job', { job })).state;
  }

  /** A job with documents of so many bytes each, suspended. */
  async create(sizes: readonly number[] = [30], more: object = {}): Promise<Guid> {
    const { id: job } = await this.job('createJob', { printer: 'Lab', name: 'report', ...more });
    for (const size of sizes) await this.document(job, size);
    return job;
  }

  /** A document of so many bytes; gives its number. */
  async document(job: Guid, size: number): Promise<number> {
    const { file } = await this.call('addFile', { job, name: `${size} bytes` });
    await this.write(job, file as number, 0, new Uint8Array(size).fill(65), true);
    return file as number;
  }

  async write(job: Guid, file: number, offset: number, bytes: Uint8Array, last: boolean): Promise<unknown> {
    const head = new TextEncoder().encode(`${JSON.stringify({ job, file, offset, last })}\n`);
    return this.call('write', new Uint8Array([...head, ...bytes]));
  }

  /** Registers a callback object and sets it. */
  async watch(job: Guid, callback: Callback = () => 0): Promise<Guid> {
    const object = id(++lastObject);
    await this.register(object, callback);
    await this.call('setNotifyInterface', { job, object });
    return object;
  }

  async register(object: Guid, callback: Callback = () => 0): Promise<void> {
    const seen = this.#rig.recorder((event) => {
      if (event.kind === 'closed') this.released++;
      if (event.kind !== 'notification') return;
      const call = JSON.parse(event.text) as Heard;
      this.heard.push(call);
      this.got.push(shown(call));
      const hresult = callback(call);
      if (hresult !== undefined) void event.channel?.sendNotification(JSON.stringify({ hresult })).catch(() => {});
    });
    await this.listener.registerForNotifications({ name: object, type: JOB_CALLBACK, style: 'kBiDirectional' }, seen);
  }
}
