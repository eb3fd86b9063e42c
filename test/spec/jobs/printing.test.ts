import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JOB_STATUS } from '../../../shared/jobs/vocabulary.ts';
import { JobStage } from './job-stage.ts';

test('JOB-10, JOB-11, JOB-12, JOB-13, JOB-14, JOB-16, JOB-21, JOB-37: a job is made, spooled, printed page by page, and completed', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([]);
  expect(await ann.job('job', { job })).toMatchObject({
    state: 'SUSPENDED',
    stateNumber: 3,
    status: JOB_STATUS.PAUSED,
  });
  await expect(ann.call('resume', { job })).rejects.toMatchObject({ code: 'BG_E_EMPTY' });
  await ann.document(job, 25);
  await ann.document(job, 10);
  expect(await readFile(join(stage.folder, job, '0'), 'utf8')).toBe('A'.repeat(25));
  expect(await ann.job('resume', { job })).toMatchObject({ state: 'QUEUED' });
  await stage.settle();
  expect(await ann.job('job', { job })).toMatchObject({ state: 'TRANSFERRING', status: JOB_STATUS.PRINTING });
  await stage.advance(1_000);
  expect(await ann.job('job', { job })).toMatchObject({
    bytesTotal: 35,
    bytesTransferred: 10,
    totalPages: 4,
    pagesPrinted: 1,
    filesTransferred: 0,
  });
  await stage.advance(1_500);
  expect(await ann.job('job', { job })).toMatchObject({
    bytesTransferred: 25,
    filesTransferred: 1,
    files: [
      { bytesTotal: 25, bytesTransferred: 25, completed: true },
      { bytesTransferred: 0, completed: false },
    ],
  });
  await stage.advance(1_000);
  const printed = JOB_STATUS.PRINTED | JOB_STATUS.COMPLETE | JOB_STATUS.RETAINED;
  expect(await ann.job('job', { job })).toMatchObject({ state: 'TRANSFERRED', status: printed, pagesPrinted: 4 });
  expect(await ann.job('complete', { job })).toMatchObject({
    state: 'ACKNOWLEDGED',
    status: JOB_STATUS.DELETING | JOB_STATUS.DELETED,
  });
  expect(await ann.call('jobs', {})).toEqual({ jobs: [] });
});

test('JOB-17, JOB-18, JOB-29, JOB-176: without paper a job waits, and goes on once there is some', async () => {
  await using stage = await JobStage.start();
  await stage.printer({ failures: [{ reason: 'paperOut', afterBytes: 10 }] });
  const ann = await stage.client();
  const job = await ann.create([30]);
  await ann.call('resume', { job });
  await stage.advance(2_000);
  expect(await ann.job('job', { job })).toMatchObject({
    state: 'TRANSIENT_ERROR',
    status: JOB_STATUS.PAPEROUT,
    bytesTransferred: 10,
    error: { code: 'PRINTER_STOPPED', reason: 'paperOut' },
  });
  expect(await ann.call('printers', {})).toMatchObject({
    printers: [{ name: 'Lab', state: 'stopped', reasons: ['paperOut'] }],
  });
  await ann.call('setPrinter', { printer: 'Lab', reasons: [] });
  await stage.advance(2_000);
  expect(await ann.state(job)).toBe('TRANSFERRED');
});

test('JOB-18, JOB-33: what mends by itself is found out when the retry delay is over, five seconds at least', async () => {
  await using stage = await JobStage.start();
  await stage.printer({ reasons: ['jam'] });
  const ann = await stage.client();
  const job = await ann.create([10]);
  expect(await ann.job('setMinimumRetryDelay', { job, seconds: 1 })).toMatchObject({ minimumRetryDelay: 5 });
  await ann.call('resume', { job });
  await stage.settle();
  expect(await ann.job('job', { job })).toMatchObject({
    state: 'TRANSIENT_ERROR',
    status: JOB_STATUS.USER_INTERVENTION,
  });
  // Behind the back of the jobs, as a printer that nobody watches.
  stage.system().printers.changeInMemory('Lab', { reasons: [] });
  await stage.advance(4_999);
  expect(await ann.state(job)).toBe('TRANSIENT_ERROR');
  await stage.advance(1_002);
  expect(await ann.state(job)).toBe('TRANSFERRED');
});

test('JOB-28, JOB-29, JOB-156, JOB-175: a printer that goes offline takes all of its jobs along, and back', async () => {
  await using stage = await JobStage.start();
  await stage.printer({ bytesPerSecond: 1 });
  const ann = await stage.client();
  const jobs = [await ann.create([10]), await ann.create([10])];
  for (const job of jobs) await ann.call('resume', { job });
  await stage.advance(100);
  await ann.call('setPrinter', { printer: 'Lab', reasons: ['offline'] });
  await stage.settle();
  for (const job of jobs)
    expect(await ann.job('job', { job })).toMatchObject({
      state: 'TRANSIENT_ERROR',
      status: JOB_STATUS.OFFLINE,
      error: { code: 'BG_E_NETWORK_DISCONNECTED' },
    });
  await ann.call('setPrinter', { printer: 'Lab', reasons: [] });
  await stage.advance(20_000);
  for (const job of jobs) expect(await ann.state(job)).toBe('TRANSFERRED');
});

test('JOB-19, JOB-34, JOB-35, JOB-MAP-6: nothing printed for the no-progress timeout is an error, whatever the machine calls the time', async () => {
  await using stage = await JobStage.start();
  await stage.printer({ reasons: ['tonerOut'] });
  const ann = await stage.client();
  const job = await ann.create([10]);
  await ann.call('setMinimumRetryDelay', { job, seconds: 10 });
  await ann.call('setNoProgressTimeout', { job, seconds: 25 });
  await ann.call('resume', { job });
  await stage.advance(24_999);
  expect(await ann.state(job)).toBe('TRANSIENT_ERROR');
  stage.wall.ahead = 1_000_000_000;
  await stage.settle();
  expect(await ann.state(job)).toBe('TRANSIENT_ERROR');
  await stage.advance(1);
  expect(await ann.job('job', { job })).toMatchObject({
    state: 'ERROR',
    status: JOB_STATUS.ERROR | JOB_STATUS.USER_INTERVENTION,
    error: { code: 'PRINTER_STOPPED', reason: 'tonerOut' },
  });
});

test('JOB-34: progress begins the timeout anew', async () => {
  await using stage = await JobStage.start();
  await stage.printer({
    failures: [
      { reason: 'jam', afterBytes: 10, lasts: 20_000 },
      { reason: 'jam', afterBytes: 10, lasts: 20_000 },
    ],
  });
  const ann = await stage.client();
  const job = await ann.create([30]);
  await ann.call('setNoProgressTimeout', { job, seconds: 30 });
  await ann.call('setMinimumRetryDelay', { job, seconds: 5 });
  await ann.call('resume', { job });
  await stage.advance(60_000);
  expect(await ann.state(job)).toBe('TRANSFERRED');
});

test.each([
  ['JOB-34: a timeout of 0', { timeout: 0, delay: 5 }],
  ['JOB-33: a delay longer than the timeout', { timeout: 10, delay: 11 }],
])('%s makes every error final', async (_, { timeout, delay }) => {
  await using stage = await JobStage.start();
  await stage.printer({ reasons: ['jam'] });
  const ann = await stage.client();
  const job = await ann.create([10]);
  await ann.call('setMinimumRetryDelay', { job, seconds: delay });
  await ann.call('setNoProgressTimeout', { job, seconds: timeout });
  await ann.call('resume', { job });
  await stage.settle();
  expect(await ann.state(job)).toBe('ERROR');
});

test('JOB-5, JOB-20, JOB-179: what the printer cannot print at all is an error until somebody resumes', async () => {
  await using stage = await JobStage.start();
  await stage.printer({ failures: [{ reason: 'blocked', afterBytes: 0 }] });
  const ann = await stage.client();
  const job = await ann.create([20]);
  await ann.call('resume', { job });
  await stage.advance(1_000_000);
  expect(await ann.job('job', { job })).toMatchObject({
    state: 'ERROR',
    status: JOB_STATUS.ERROR | JOB_STATUS.BLOCKED_DEVQ,
    error: { code: 'DOCUMENT_BLOCKED' },
  });
  await ann.call('resume', { job });
  await stage.advance(1_000);
  expect(await ann.state(job)).toBe('TRANSFERRED');
});

test('JOB-24: a job that is suspended in a page prints that page again', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([20]);
  await ann.call('resume', { job });
  await stage.advance(1_500);
  expect(await ann.job('suspend', { job })).toMatchObject({ state: 'SUSPENDED', bytesTransferred: 10 });
  expect(await ann.job('suspend', { job })).toMatchObject({ state: 'SUSPENDED' });
  await stage.advance(60_000);
  expect(await ann.job('resume', { job })).toMatchObject({ bytesTransferred: 10 });
  await stage.advance(1_000);
  expect(await ann.state(job)).toBe('TRANSFERRED');
});

test('JOB-22: a printed job takes another file, and prints that alone', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([20]);
  await ann.call('resume', { job });
  await stage.advance(2_000);
  await expect(ann.call('resume', { job })).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
  await ann.document(job, 10);
  await ann.call('resume', { job });
  await stage.advance(1_000);
  expect(await ann.job('job', { job })).toMatchObject({ state: 'TRANSFERRED', bytesTransferred: 30 });
});

test('JOB-181, JOB-187: a job is restarted from its first page, if it was printing', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([30]);
  await expect(ann.call('restart', { job })).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
  await ann.call('resume', { job });
  await stage.advance(2_000);
  const restarted = await ann.job('restart', { job });
  expect(restarted).toMatchObject({ bytesTransferred: 0 });
  expect(restarted.status & JOB_STATUS.RESTART).toBe(JOB_STATUS.RESTART);
  await stage.advance(2_999);
  expect(await ann.state(job)).toBe('TRANSFERRING');
  await stage.advance(1);
  const printed = await ann.job('job', { job });
  expect(printed.state).toBe('TRANSFERRED');
  expect(printed.status & JOB_STATUS.RESTART).toBe(0);
});

test('JOB-36: jobs of equal priority take turns of a time slice', async () => {
  await using stage = await JobStage.start();
  await stage.printer({ timeSlice: 2_000 });
  const ann = await stage.client();
  const [one, other] = [await ann.create([40]), await ann.create([40])];
  for (const job of [one, other]) await ann.call('resume', { job });
  const printed = async (): Promise<number[]> => [
    (await ann.job('job', { job: one })).bytesTransferred,
    (await ann.job('job', { job: other })).bytesTransferred,
  ];
  await stage.advance(2_000);
  expect(await printed()).toEqual([20, 0]);
  await stage.advance(2_000);
  expect(await printed()).toEqual([20, 20]);
  await stage.advance(4_000);
  expect(await printed()).toEqual([40, 40]);
});

test('JOB-36, JOB-188: a higher priority goes first, and a lower one gets no slice', async () => {
  await using stage = await JobStage.start();
  await stage.printer({ timeSlice: 1_000 });
  const ann = await stage.client();
  const low = await ann.create([40]);
  const high = await ann.create([20], { priority: 99 });
  await ann.call('resume', { job: low });
  await ann.call('resume', { job: high });
  await stage.advance(3_000);
  expect(await ann.state(high)).toBe('TRANSFERRED');
  expect(await ann.job('job', { job: low })).toMatchObject({ bytesTransferred: 10, priority: 1 });
  await expect(ann.call('setPriority', { job: low, priority: 100 })).rejects.toMatchObject({ code: 'E_INVALIDARG' });
});

test('JOB-36, JOB-188: a slice ends for a job of the same priority or a higher one, not for a lower one', async () => {
  await using stage = await JobStage.start();
  await stage.printer({ timeSlice: 1_000, connectTime: 1_000 });
  const ann = await stage.client();
  const low = await ann.create([10]);
  const high = await ann.create([30], { priority: 2 });
  for (const job of [high, low]) await ann.call('resume', { job });
  // One time to connect: each further turn would take a second more.
  await stage.advance(4_000);
  expect(await ann.state(high)).toBe('TRANSFERRED');
});

test('JOB-33, JOB-34: ten minutes between tries and fourteen days of patience, unless somebody says otherwise', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create();
  expect(await ann.job('job', { job })).toMatchObject({ minimumRetryDelay: 600, noProgressTimeout: 1_209_600 });
});

test('JOB-MAP-2, decided: a paused printer gives no turns, and its jobs are in no error', async () => {
  await using stage = await JobStage.start();
  await stage.printer({ reasons: ['paused'] });
  const ann = await stage.client();
  const job = await ann.create([30]);
  await ann.call('resume', { job });
  await stage.advance(60_000);
  expect(await ann.job('job', { job })).toMatchObject({ state: 'QUEUED', status: 0 });
  await ann.call('setPrinter', { printer: 'Lab', reasons: [] });
  await stage.advance(1_000);
  await ann.call('setPrinter', { printer: 'Lab', reasons: ['paused'] });
  await stage.advance(60_000);
  expect(await ann.job('job', { job })).toMatchObject({ state: 'QUEUED', bytesTransferred: 20 });
});

test('JOB-173, JOB-MAP-4, decided: a job gets its turn once every document is wholly spooled', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([]);
  const { file } = await ann.call('addFile', { job, name: 'slow' });
  await ann.write(job, 0, 0, new Uint8Array(5), false);
  expect(await ann.job('resume', { job })).toMatchObject({ state: 'QUEUED', status: JOB_STATUS.SPOOLING });
  await stage.advance(10_000);
  expect(await ann.state(job)).toBe('QUEUED');
  expect(await ann.call('received', { job, file })).toEqual({ received: 5 });
  await expect(ann.write(job, 0, 6, new Uint8Array(5), true)).rejects.toMatchObject({ code: 'E_INVALIDARG' });
  expect(await ann.write(job, 0, 5, new Uint8Array(5), true)).toEqual({ received: 10 });
  await stage.advance(1_000);
  expect(await ann.state(job)).toBe('TRANSFERRED');
  await expect(ann.write(job, 0, 0, new Uint8Array(5), true)).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
});

test('JOB-23, JOB-27: a cancelled job takes its documents along and obeys nobody', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([20]);
  await ann.call('resume', { job });
  await stage.advance(500);
  await ann.call('cancel', { job });
  await stage.advance(10_000);
  expect(await ann.call('jobs', {})).toEqual({ jobs: [] });
  await expect(readFile(join(stage.folder, job, '0'))).rejects.toMatchObject({ code: 'ENOENT' });
  const commands = ['resume', 'suspend', 'cancel', 'complete', 'restart', 'takeOwnership'];
  for (const method of commands)
    await expect(ann.call(method, { job })).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
  await expect(ann.call('setPriority', { job, priority: 2 })).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
  await expect(ann.call('addFile', { job, name: 'x' })).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
  expect(await stage.store.keys()).toEqual([`job/${job}`, 'number/job', 'printer/bGFi']);
});

test('JOB-26: only what was printed can be completed', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create();
  await expect(ann.call('complete', { job })).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
});

test('JOB-30: a job that nobody touches for 90 days is cancelled', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const before = await stage.client();
  const [old, young] = [await before.create(), await before.create()];
  stage.wall.ahead = 90 * 24 * 3_600_000 - 1_800_000;
  await stage.restart();
  const ann = await stage.client();
  await ann.call('setPriority', { job: young, priority: 2 });
  await stage.advance(1_799_000);
  expect(await ann.state(old)).toBe('SUSPENDED');
  await stage.advance(1_801_000);
  expect(await ann.state(old)).toBe('CANCELLED');
  expect(await ann.state(young)).toBe('SUSPENDED');
});

test('JOB-122, JOB-155: an error can be asked for while there is one, also a transient one', async () => {
  await using stage = await JobStage.start();
  await stage.printer({ reasons: ['jam'] });
  const ann = await stage.client();
  const job = await ann.create();
  await expect(ann.call('getError', { job })).rejects.toMatchObject({ code: 'BG_E_ERROR_INFORMATION_UNAVAILABLE' });
  await ann.call('resume', { job });
  await stage.settle();
  expect(await ann.call('getError', { job })).toMatchObject({ error: { code: 'PRINTER_STOPPED', reason: 'jam' } });
});

test('JOB-117, JOB-31: jobs and printers are there after a restart, and what was printing begins where it was', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([60]);
  await ann.call('resume', { job });
  await stage.advance(3_000);
  await stage.restart();
  const again = await stage.client();
  const seen = await again.job('job', { job });
  expect(seen.owner).toBe('ann');
  expect(seen.bytesTransferred).toBe(30);
  await stage.advance(3_000);
  expect(await again.state(job)).toBe('TRANSFERRED');
  expect((await again.job('createJob', { printer: '\\\\localhost\\lab', name: 'next' })).number).toBe(2);
});

test('JOB-159: a document that is gone is an error; it is written again', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([20]);
  await stage.system().documents.folder.remove(job);
  await ann.call('resume', { job });
  await stage.advance(1_000);
  expect(await ann.job('job', { job })).toMatchObject({
    state: 'ERROR',
    error: { code: 'BG_E_RECORD_DELETED', file: 0 },
  });
  await ann.write(job, 0, 0, new Uint8Array(20), true);
  await ann.call('resume', { job });
  await stage.advance(2_000);
  expect(await ann.state(job)).toBe('TRANSFERRED');
});

test('JOB-MAP-7, decided: a job that is released when printed completes itself', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([10], { releaseWhenPrinted: true });
  await ann.call('resume', { job });
  await stage.advance(1_000);
  expect(await ann.state(job)).toBe('ACKNOWLEDGED');
});

test('what the store refuses has not happened', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([10]);
  stage.store.refusal = new Error('full');
  await expect(ann.call('resume', { job })).rejects.toMatchObject({ code: 'E_UNEXPECTED' });
  await expect(ann.call('createJob', { printer: 'Lab', name: 'x' })).rejects.toMatchObject({ code: 'E_UNEXPECTED' });
  await expect(ann.call('addPrinter', { printer: 'Hall' })).rejects.toMatchObject({ code: 'E_UNEXPECTED' });
  stage.store.refusal = undefined;
  expect(await ann.state(job)).toBe('SUSPENDED');
  expect(await ann.call('jobs', {})).toMatchObject({ jobs: [{ id: job }] });
  expect(await ann.call('printers', {})).toMatchObject({ printers: [{ name: 'Lab' }] });
  expect(stage.rig.events.splice(0).filter(({ kind }) => kind === 'fault')).toHaveLength(3);
});
