/** A job in the words of people. */

import type { JobDescription, JobError, JobState } from '../../client/jobs.ts';
import { bytes, grouped } from '../display.ts';
import { table } from '../table.ts';

const WORDS: Readonly<Record<JobState, string>> = {
  QUEUED: 'waiting',
  CONNECTING: 'connecting',
  TRANSFERRING: 'printing',
  SUSPENDED: 'paused',
  ERROR: 'in error',
  TRANSIENT_ERROR: 'held up',
  TRANSFERRED: 'printed',
  ACKNOWLEDGED: 'printed and released',
  CANCELLED: 'cancelled',
};

/** The state, with the error where there is one. */
export function stateText({ state, error }: Pick<JobDescription, 'state' | 'error'>): string {
  return error ? `${WORDS[state]} (${errorText(error)})` : WORDS[state];
}

export function errorText({ reason, code, file }: JobError): string {
  return reason === 'file' ? `file ${file ?? '?'}, ${code}` : `${reason}, ${code}`;
}

/** One line. */
export function progressText(job: JobDescription): string {
  const { number, bytesTransferred, bytesTotal, pagesPrinted, totalPages } = job;
  const done = `${percent(job)} %, ${pagesPrinted} of ${totalPages} pages, ${grouped(bytesTransferred)} of ${bytes(bytesTotal)}`;
  return `job ${number}: ${stateText(job)}, ${done}`;
}

const WIDTH = 30;

/** One line for a terminal of so many columns. */
export function progressBar(job: JobDescription, columns: number): string {
  const full = Math.floor((percent(job) * WIDTH) / 100);
  const bar = `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}]`;
  const { number, pagesPrinted, totalPages } = job;
  const line = `job ${number} ${bar} ${percent(job)} %  ${pagesPrinted}/${totalPages} pages  ${stateText(job)}`;
  return line.slice(0, Math.max(0, columns - 1));
}

/** Whole percents; 100 only when everything is printed. */
function percent({ bytesTransferred, bytesTotal, state }: JobDescription): number {
  const isDone = state === 'TRANSFERRED' || state === 'ACKNOWLEDGED';
  return bytesTotal === 0 ? (isDone ? 100 : 0) : Math.floor((bytesTransferred * 100) / bytesTotal);
}

/** All that people want to know of one. */
export function jobText(job: JobDescription): string {
  const { id, printer, owner, name, priority, files, notifyClsid, notifyCmdLine, createdAt } = job;
  const rows = files.map((file, at) => [
    at,
    file.name,
    file.bytesTotal === undefined ? 'being spooled' : bytes(file.bytesTotal),
    file.completed ? 'printed' : bytes(file.bytesTransferred),
    file.valid ? 'valid' : '',
  ]);
  const told = [
    ...(notifyClsid === null ? [] : [`the class ${notifyClsid}`]),
    ...(notifyCmdLine === null ? [] : [notifyCmdLine.program]),
  ];
  return [
    progressText(job),
    `  ${id}, "${name}" of ${owner} on ${printer}, priority ${priority}, made ${new Date(createdAt).toISOString()}`,
    ...(told.length > 0 ? [`  tells ${told.join(', else ')}`] : []),
    ...(files.length > 0 ? [table(['file', 'name', 'size', 'printed', 'validated'], rows)] : ['  no files']),
  ].join('\n');
}
