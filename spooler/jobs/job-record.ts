/** How jobs are kept in the store: each as JSON, with what was printed of it, and the last number that was given. */

import * as v from 'valibot';
import { guidText } from '../../shared/events/schema.ts';
import { FAILURES, JOB_STATES, type JobState } from '../../shared/jobs/vocabulary.ts';
import { decodeNumber } from '../events/queued-message.ts';
import type { Store } from '../store/store.ts';
import type { Job, Printed } from './job.ts';

export const JOB_PREFIX = 'job/';

/** Where the store has the last number that was given: none is given again, though what had it is forgotten. */
export const LAST_JOB_NUMBER = 'number/job';

const number = v.pipe(v.number(), v.finite());
const states = Object.keys(JOB_STATES) as JobState[];

const file = v.strictObject({
  name: v.string(),
  size: v.optional(number),
  valid: v.boolean(),
  told: v.boolean(),
  fromPeer: v.boolean(),
});

const commandLine = v.strictObject({ program: v.string(), parameters: v.array(v.string()), user: v.string() });

const notification = v.strictObject({
  flags: number,
  clsid: v.optional(guidText),
  clsidUser: v.string(),
  commandLine: v.optional(commandLine),
  minimumInterval: number,
  told: v.boolean(),
});

const error = v.strictObject({
  hresult: number,
  reason: v.picklist([...FAILURES, 'file']),
  file: v.exactOptional(number),
});

const record = v.strictObject({
  id: guidText,
  number,
  printer: v.string(),
  name: v.string(),
  owner: v.string(),
  priority: number,
  state: v.picklist(states),
  releaseWhenPrinted: v.boolean(),
  restarted: v.boolean(),
  minimumRetryDelay: number,
  noProgressTimeout: number,
  createdAt: number,
  changedAt: number,
  error: v.optional(error),
  files: v.array(file),
  notification,
  printed: v.array(number),
});

export interface JobRecord {
  readonly job: Job;
  readonly printed: Printed;
}

export function encodeJob({ job, printed }: JobRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ ...job, printed }));
}

/** Throws whatever it likes for bytes that are none. */
export function decodeJob(bytes: Uint8Array): JobRecord {
  const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  const { printed, files, error: problem, notification: told, ...rest } = v.parse(record, json);
  const job: Job = {
    ...rest,
    error: problem,
    files: files.map((one) => ({ ...one, size: one.size })),
    notification: { ...told, clsid: told.clsid, commandLine: told.commandLine },
  };
  return { job, printed };
}

/** The jobs of the store; `corrupt` hears of the keys of what is none. Throws as the store does. */
export async function* storedJobs(store: Store, corrupt: (key: string) => void): AsyncGenerator<JobRecord, void> {
  for await (const [key, bytes] of store.entries(JOB_PREFIX)) {
    const record = recordIn(key, bytes);
    if (record) yield record;
    else corrupt(key);
  }
}

function recordIn(key: string, bytes: Uint8Array): JobRecord | undefined {
  try {
    const record = decodeJob(bytes);
    return JOB_PREFIX + record.job.id === key ? record : undefined;
  } catch {
    return undefined;
  }
}

/** 0 where none was given. Rejects as the store does. */
export async function lastJobNumber(store: Store): Promise<number> {
  for await (const [key, bytes] of store.entries(LAST_JOB_NUMBER))
    if (key === LAST_JOB_NUMBER) return decodeNumber(bytes);
  return 0;
}
