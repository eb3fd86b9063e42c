/** What the spooler tells of a print job and of a printer (docs/jobs.md): plain copies, which nobody changes. */

import type { Code, Guid } from '../../shared/index.ts';
import type { Failure, JobState, PrinterReason } from '../../shared/jobs/vocabulary.ts';

/** A document of a job (JOB-37). Its number is its place in the job, from 0. */
export interface FileDescription {
  readonly name: string;
  /** Bytes; missing until it is wholly spooled. */
  readonly bytesTotal?: number;
  /** Bytes that were printed. */
  readonly bytesTransferred: number;
  readonly completed: boolean;
  /** False says nothing: it may be invalid, or nobody has looked (JOB-77). */
  readonly valid: boolean;
  /** Whether it came from another job (JOB-74). */
  readonly fromPeer: boolean;
}

/** Why a job is in its error (JOB-122). */
export interface JobError {
  readonly hresult: number;
  readonly code: Code;
  /** `file`: one of its files; else what the printer does. */
  readonly reason: Failure | 'file';
  readonly file?: number;
}

/** JOB-121: what one polls. */
export interface JobProgress {
  /** Of what is spooled. */
  readonly bytesTotal: number;
  readonly bytesTransferred: number;
  readonly filesTotal: number;
  readonly filesTransferred: number;
  readonly totalPages: number;
  readonly pagesPrinted: number;
}

export interface JobDescription extends Omit<JobProgress, 'filesTotal'> {
  readonly id: Guid;
  /** For people: 1, 2, 3 … in this spooler. */
  readonly number: number;
  readonly printer: string;
  readonly name: string;
  readonly owner: string;
  /** 1 to 99; the highest is printed first (JOB-188). */
  readonly priority: number;
  readonly state: JobState;
  /** As `BG_JOB_STATE` has it (JOB-1 to JOB-9). */
  readonly stateNumber: number;
  /** As a print system says it: a sum of `JOB_STATUS` (JOB-170 to JOB-184). */
  readonly status: number;
  readonly releaseWhenPrinted: boolean;
  readonly restarted: boolean;
  /** Seconds (JOB-33, JOB-34). */
  readonly minimumRetryDelay: number;
  readonly noProgressTimeout: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly changedAt: number;
  /** Only in an error. */
  readonly error?: JobError;
  readonly files: readonly FileDescription[];
  /** A sum of `NOTIFY` (JOB-40 to JOB-45). */
  readonly notifyFlags: number;
  readonly notifyClsid: Guid | null;
  readonly notifyCmdLine: { readonly program: string; readonly parameters: readonly string[] } | null;
  /** Milliseconds between two notifications that may be lost (JOB-58). */
  readonly minimumNotificationInterval: number;
}

/** Bytes of a file that were spooled (JOB-45, JOB-63). */
export interface FileRange {
  readonly offset: number;
  readonly length: number;
}

/** Once so many bytes more were printed, this happens to the printer. */
export interface ScriptedFailure {
  /** `blocked`: the printer goes on, the job never can. */
  readonly reason: Failure;
  readonly afterBytes: number;
  /** Milliseconds until it mends by itself. Without, somebody has to. */
  readonly lasts?: number;
}

/** What can be said of a printer when it is added, and changed later. */
export interface PrinterSettings {
  /** Why it does not print; none: it does. Default none. */
  readonly reasons?: readonly PrinterReason[];
  /** What will happen to it, the next first. Default nothing. */
  readonly failures?: readonly ScriptedFailure[];
  /** Default 100,000. */
  readonly bytesPerSecond?: number;
  /** Default 50,000. */
  readonly bytesPerPage?: number;
  /** Milliseconds to reach it before each turn of a job; default 100. */
  readonly connectTime?: number;
  /** Milliseconds of a turn where other jobs wait (JOB-15, JOB-36); default 10,000. */
  readonly timeSlice?: number;
}

export interface PrinterDescription extends Required<PrinterSettings> {
  readonly name: string;
  /** `\\server\printer`. */
  readonly fullName: string;
  readonly state: 'idle' | 'printing' | 'stopped';
  /** How many it has. */
  readonly jobs: number;
}
