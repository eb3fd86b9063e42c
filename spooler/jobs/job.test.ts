import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guid, hresultOf } from '../../shared/index.ts';
import { JOB_STATES, JOB_STATUS, type JobState } from '../../shared/jobs/vocabulary.ts';
import { errorOfFailure, type Job, type JobFile, nextFile, shownJob, statusOf } from './job.ts';
import { decodeJob, encodeJob } from './job-record.ts';
import { triggered } from './print-job.ts';

const FILE: JobFile = { name: 'a', size: 10, valid: false, told: false, fromPeer: false };

const JOB: Job = {
  id: guid('00000000-0000-4000-8000-000000000001'),
  number: 1,
  printer: 'Lab',
  name: 'report',
  owner: 'ann',
  priority: 1,
  state: 'QUEUED',
  releaseWhenPrinted: false,
  restarted: false,
  minimumRetryDelay: 600,
  noProgressTimeout: 1_209_600,
  createdAt: 0,
  changedAt: 0,
  error: undefined,
  files: [FILE],
  notification: {
    flags: 3,
    clsid: undefined,
    clsidUser: '',
    commandLine: undefined,
    minimumInterval: 500,
    told: false,
  },
};

describe('the status of a job', () => {
  test.each<[string, number, string, Partial<Job>]>([
    ['JOB-MAP-2', 0, 'waiting', { state: 'QUEUED' }],
    ['JOB-MAP-3', 0, 'connecting', { state: 'CONNECTING' }],
    ['JOB-170, JOB-MAP-1', 0x0001, 'paused', { state: 'SUSPENDED' }],
    ['JOB-171, JOB-MAP-6', 0x0002, 'in error', { state: 'ERROR' }],
    ['JOB-172, JOB-178, JOB-MAP-8', 0x0104, 'completed', { state: 'ACKNOWLEDGED' }],
    ['JOB-172, JOB-178, JOB-MAP-9', 0x0104, 'cancelled', { state: 'CANCELLED' }],
    ['JOB-173', 0x0009, 'being spooled', { state: 'SUSPENDED', files: [{ ...FILE, size: undefined }] }],
    ['JOB-174, JOB-MAP-4', 0x0010, 'being printed', { state: 'TRANSFERRING' }],
    ['JOB-175, JOB-MAP-5', 0x0020, 'offline', { state: 'TRANSIENT_ERROR', error: errorOfFailure('offline') }],
    ['JOB-176', 0x0040, 'without paper', { state: 'TRANSIENT_ERROR', error: errorOfFailure('paperOut') }],
    ['JOB-177, JOB-182, JOB-MAP-7', 0x1080, 'printed', { state: 'TRANSFERRED', releaseWhenPrinted: true }],
    ['JOB-183', 0x3080, 'printed and kept', { state: 'TRANSFERRED' }],
    ['JOB-179', 0x0202, 'that cannot be printed', { state: 'ERROR', error: errorOfFailure('blocked') }],
    ['JOB-180', 0x0400, 'jammed', { state: 'TRANSIENT_ERROR', error: errorOfFailure('jam') }],
    ['JOB-180', 0x0402, 'jammed for too long', { state: 'ERROR', error: errorOfFailure('jam') }],
    ['JOB-181', 0x0810, 'restarted', { state: 'TRANSFERRING', restarted: true }],
  ])('%s: %d for one that is %s', (_, status, __, more) => {
    expect(statusOf({ ...JOB, ...more })).toBe(status);
  });

  test('JOB-186, decided: PRINTED is when the last page was simulated, never before', () => {
    const states = Object.keys(JOB_STATES) as JobState[];
    const printed = states.filter((state) => (statusOf({ ...JOB, state }) & JOB_STATUS.PRINTED) !== 0);
    expect(printed).toEqual(['TRANSFERRED']);
  });
});

test('JOB-17, JOB-20: an error stays as long as its state, and no longer', () => {
  const failed = triggered({ ...JOB, state: 'TRANSFERRING' }, 'fatalError', errorOfFailure('blocked'));
  expect(failed).toMatchObject({ state: 'ERROR', error: { hresult: hresultOf('DOCUMENT_BLOCKED') } });
  expect(failed && triggered(failed, 'resume')).toMatchObject({ state: 'QUEUED', error: undefined });
});

test('JOB-19: what has waited too long has the error that it waited with', () => {
  const waiting: Job = { ...JOB, state: 'TRANSIENT_ERROR', error: errorOfFailure('paperOut') };
  expect(triggered(waiting, 'noProgress')).toMatchObject({ state: 'ERROR', error: { reason: 'paperOut' } });
});

test('JOB-16, JOB-37: what is printed is never more than there is, and the rest comes next', () => {
  const sizes = fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 30 }), (given, bytesPerPage) => {
      const files = given.map(([size]) => ({ ...FILE, size }));
      const printed = given.map(([size, done]) => Math.min(size, done));
      const job = { ...JOB, files };
      const shown = shownJob(job, printed, bytesPerPage);
      expect(shown.bytesTransferred).toBeLessThanOrEqual(shown.bytesTotal);
      expect(shown.pagesPrinted).toBeLessThanOrEqual(shown.totalPages);
      const isDone = given.every(([size, done]) => done >= size);
      expect(nextFile(job, printed) === undefined).toBe(isDone);
      expect(shown.filesTransferred === files.length).toBe(isDone);
    }),
  );
});

test('JOB-116, JOB-117: a job comes back from the store as it was', () => {
  const full: Job = {
    ...JOB,
    error: { hresult: 1, reason: 'file', file: 0 },
    notification: {
      ...JOB.notification,
      clsid: JOB.id,
      commandLine: { program: '/bin/x', parameters: ['/bin/x'], user: 'ann' },
    },
    files: [FILE, { ...FILE, size: undefined }],
  };
  for (const job of [JOB, full]) expect(decodeJob(encodeJob({ job, printed: [3] }))).toEqual({ job, printed: [3] });
});

test.each(['', '{}', 'null', '{"id":1}'])('JOB-117: bytes that are no job are refused: %s', (text) => {
  expect(() => decodeJob(new TextEncoder().encode(text))).toThrow(/JSON|Invalid/);
});
