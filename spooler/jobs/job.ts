/** A print job as data, and what follows from it. Pure; records never change, another takes their place. */

import { type Guid, hresultOf, outcomeOf } from '../../shared/index.ts';
import { type Failure, JOB_STATES, JOB_STATUS, type JobState } from '../../shared/jobs/vocabulary.ts';
import { isFinal } from './job-machine.ts';

/** A document of a job (JOB-37, JOB-MAP-11). Its number is its place, from 0. */
export interface JobFile {
  readonly name: string;
  /** Bytes; undefined until it is wholly spooled. */
  readonly size: number | undefined;
  /** Whether somebody has found it valid (JOB-71, JOB-76). */
  readonly valid: boolean;
  /** Whether `fileTransferred` was told of it, as it is now (JOB-59). */
  readonly told: boolean;
  /** Whether it came from another job, not from its client (JOB-74). */
  readonly fromPeer: boolean;
}

export interface CommandLine {
  readonly program: string;
  /** The first is the program again (JOB-141). */
  readonly parameters: readonly string[];
  /** Who set it. */
  readonly user: string;
}

/** What of a job's notifications must last (JOB-115, JOB-116, JOB-OPEN-7). */
export interface NotificationSettings {
  readonly flags: number;
  readonly clsid: Guid | undefined;
  /** Who has set the class. */
  readonly clsidUser: string;
  readonly commandLine: CommandLine | undefined;
  /** Milliseconds between two notifications that may be lost (JOB-58). */
  readonly minimumInterval: number;
  /** Whether `jobTransferred` or `jobError` was told since the job has come to this state (JOB-110). */
  readonly told: boolean;
}

export interface JobError {
  readonly hresult: number;
  readonly reason: Failure | 'file';
  /** Whose fault it is, where it is a file's. */
  readonly file?: number;
}

export interface Job {
  readonly id: Guid;
  /** For people: 1, 2, 3 … in this spooler. */
  readonly number: number;
  /** The printer's own part of its name, as it was added. */
  readonly printer: string;
  readonly name: string;
  readonly owner: string;
  readonly priority: number;
  readonly state: JobState;
  /** Whether the spooler completes it by itself once it is printed and whoever wants to know was told. */
  readonly releaseWhenPrinted: boolean;
  /** Whether it was restarted and has not been printed since (JOB-181). */
  readonly restarted: boolean;
  /** Seconds (JOB-33, JOB-34). */
  readonly minimumRetryDelay: number;
  readonly noProgressTimeout: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly changedAt: number;
  readonly error: JobError | undefined;
  readonly files: readonly JobFile[];
  readonly notification: NotificationSettings;
}

/** Bytes of each file that were printed. Changes too often to be part of the job. */
export type Printed = number[];

/** Seconds. */
export const MIN_RETRY_DELAY = 5;
export const DEFAULT_RETRY_DELAY = 600;
export const DEFAULT_NO_PROGRESS_TIMEOUT = 1_209_600;
/** Milliseconds. */
export const DEFAULT_MINIMUM_INTERVAL = 500;
export const INACTIVITY_TIME = 90 * 24 * 3_600_000;

/** Whether every file is wholly spooled: only then does the job get a turn. */
export function isSpooled({ files }: Job): boolean {
  return files.length > 0 && files.every(({ size }) => size !== undefined);
}

/** The first file of which something is to be printed; undefined where there is none. */
export function nextFile({ files }: Job, printed: Printed): number | undefined {
  const index = files.findIndex(({ size }, at) => size === undefined || (printed[at] ?? -1) < size);
  return index < 0 ? undefined : index;
}

/** Whether anything of it was printed since it began anew. */
export function hasBegun({ state }: Job, printed: Printed): boolean {
  return printed.some((bytes) => bytes > 0) || state === 'TRANSFERRED' || state === 'TRANSFERRING';
}

/** The job with one of its files changed. */
export function withFile(job: Job, file: number, change: Partial<JobFile>): Job {
  return { ...job, files: job.files.map((one, at) => (at === file ? { ...one, ...change } : one)) };
}

export function pagesOf(bytes: number, bytesPerPage: number): number {
  return Math.ceil(bytes / bytesPerPage);
}

/** What the flags of a print system say of it (JOB-170 to JOB-184; JOB-MAP-1 to JOB-MAP-9). */
export function statusOf(job: Job): number {
  const spooling = job.files.some(({ size }) => size === undefined) && !isFinal(job.state) ? JOB_STATUS.SPOOLING : 0;
  const restarted = job.restarted ? JOB_STATUS.RESTART : 0;
  return ofState(job) | spooling | restarted;
}

function ofState({ state, error, releaseWhenPrinted }: Job): number {
  switch (state) {
    case 'QUEUED':
    case 'CONNECTING':
      return 0;
    case 'TRANSFERRING':
      return JOB_STATUS.PRINTING;
    case 'SUSPENDED':
      return JOB_STATUS.PAUSED;
    case 'TRANSIENT_ERROR':
      return ofReason(error?.reason);
    case 'ERROR':
      return JOB_STATUS.ERROR | ofReason(error?.reason);
    case 'TRANSFERRED':
      return JOB_STATUS.PRINTED | JOB_STATUS.COMPLETE | (releaseWhenPrinted ? 0 : JOB_STATUS.RETAINED);
    case 'ACKNOWLEDGED':
    case 'CANCELLED':
      return JOB_STATUS.DELETING | JOB_STATUS.DELETED;
  }
}

function ofReason(reason: JobError['reason'] | undefined): number {
  switch (reason) {
    case 'offline':
      return JOB_STATUS.OFFLINE;
    case 'paperOut':
      return JOB_STATUS.PAPEROUT;
    case 'jam':
    case 'tonerOut':
    case 'paused':
      return JOB_STATUS.USER_INTERVENTION;
    case 'blocked':
      return JOB_STATUS.BLOCKED_DEVQ;
    case 'file':
    case undefined:
      return 0;
  }
}

/** The error of a job whose printer does this. */
export function errorOfFailure(reason: Failure): JobError {
  if (reason === 'offline') return { hresult: hresultOf('BG_E_NETWORK_DISCONNECTED'), reason };
  return { hresult: hresultOf(reason === 'blocked' ? 'DOCUMENT_BLOCKED' : 'PRINTER_STOPPED'), reason };
}

/** What a client sees (docs/jobs.md); JSON. `bytesPerPage` is the printer's. */
export function shownJob(job: Job, printed: Printed, bytesPerPage: number) {
  const { notification, files, error, ...rest } = job;
  const { flags, clsid, commandLine, minimumInterval } = notification;
  const shownFiles = files.map(({ name, size, valid, fromPeer }, at) => {
    const bytes = printed[at] ?? 0;
    const total = size === undefined ? {} : { bytesTotal: size };
    return { name, ...total, bytesTransferred: bytes, completed: bytes === size, valid, fromPeer };
  });
  const total = files.reduce((sum, { size = 0 }) => sum + size, 0);
  const done = files.reduce((sum, _, at) => sum + (printed[at] ?? 0), 0);
  const pages = (bytes: (file: JobFile, at: number) => number): number =>
    files.reduce((sum, file, at) => sum + pagesOf(bytes(file, at), bytesPerPage), 0);
  return {
    ...rest,
    stateNumber: JOB_STATES[job.state],
    status: statusOf(job),
    ...(error && { error: shownError(error) }),
    files: shownFiles,
    bytesTotal: total,
    bytesTransferred: done,
    filesTransferred: shownFiles.filter(({ completed }) => completed).length,
    totalPages: pages(({ size = 0 }) => size),
    pagesPrinted: pages((_, at) => printed[at] ?? 0),
    notifyFlags: flags,
    notifyClsid: clsid ?? null,
    notifyCmdLine: commandLine ? { program: commandLine.program, parameters: [...commandLine.parameters] } : null,
    minimumNotificationInterval: minimumInterval,
  };
}

export function shownError(error: JobError) {
  return { ...error, code: outcomeOf(error.hresult).code };
}

/** Whether a client sees a difference: what only notes that something was told is none (JOB-57). */
export function isModified(before: Job, after: Job): boolean {
  const told = ({ files, notification, changedAt: _, ...rest }: Job): string =>
    JSON.stringify([rest, files.map((file) => ({ ...file, told: false })), { ...notification, told: false }]);
  return told(before) !== told(after);
}
