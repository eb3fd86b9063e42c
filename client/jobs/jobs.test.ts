/** The library of print jobs, in a rig: printers, documents in pieces, callback objects and classes, coming back. */

import { describe, expect, test } from 'vitest';
import { GUID_NULL, type JobCallback, NOTIFY, type PrintJob, SpoolError } from '../../client/jobs.ts';
import { createEventSystem, createJobSystem } from '../../spooler/index.ts';
import { startRig } from '../../test/harness/index.ts';
import { eventually } from '../../test/safety/eventually.ts';
import { ALL_FLAGS, CLASS, JobStage, OTHER_CLASS } from '../../test/spec/jobs/job-stage.ts';

/** Says what it is told, in words. */
function recording(more: Partial<JobCallback> = {}) {
  const got: string[] = [];
  const callback: JobCallback = {
    jobTransferred: ({ description }) => void got.push(`transferred ${description.pagesPrinted}`),
    jobError: (_job, { code }) => void got.push(`error ${code}`),
    jobModification: ({ description }) => void got.push(`modified ${description.state}`),
    fileTransferred: (_job, file) => void got.push(`file ${file}`),
    fileRangesTransferred: (_job, file, ranges) => void got.push(`ranges ${file} ${JSON.stringify(ranges)}`),
    release: () => void got.push('released'),
    ...more,
  };
  return { got, callback };
}

const bytes = (size: number): Uint8Array => new Uint8Array(size).map((_, at) => at % 251);

async function newJob(stage: JobStage, sizes: readonly number[] = [30]): Promise<PrintJob> {
  const jobs = await stage.rig.jobs();
  const job = await jobs.createJob({ printer: 'Lab', name: 'report' });
  for (const size of sizes) await job.addFile(`${size} bytes`, bytes(size));
  return job;
}

describe('printers', () => {
  test('JOB-36, JOB-MAP-5: are added, changed, listed and removed', async () => {
    await using stage = await JobStage.start();
    const { printers } = await stage.rig.jobs();
    expect(await printers.add('Lab', { bytesPerSecond: 10 })).toMatchObject({ name: 'Lab', state: 'idle', jobs: 0 });
    expect(await printers.setState('Lab', ['paperOut'])).toMatchObject({ state: 'stopped', reasons: ['paperOut'] });
    expect(await printers.set('Lab', { timeSlice: 5 })).toMatchObject({ bytesPerSecond: 10, reasons: ['paperOut'] });
    expect(await printers.list()).toMatchObject([{ fullName: '\\\\localhost\\Lab', timeSlice: 5 }]);
    await expect(printers.add('lab')).rejects.toMatchObject({ code: 'ERROR_PRINTER_ALREADY_EXISTS' });
    await printers.remove('Lab');
    await expect(printers.remove('Lab')).rejects.toMatchObject({ code: 'ERROR_INVALID_PRINTER_NAME' });
  });
});

describe('documents', () => {
  test('JOB-37: are sent in pieces that fit a payload, from bytes and from a stream, and arrive whole', async () => {
    await using stage = await JobStage.start({ limits: { payload: 2_048 } });
    await stage.printer();
    const job = await newJob(stage, []);
    const document = bytes(10_000);
    async function* stream(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < document.length; at += 3_333) yield document.subarray(at, at + 3_333);
    }
    expect(await job.addFile('bytes', document)).toBe(0);
    expect(await job.addFile('stream', stream())).toBe(1);
    expect(await job.addFile('empty', new Uint8Array(0))).toBe(2);
    for (const [file, size] of [10_000, 10_000, 0].entries()) {
      expect(await job.received(file)).toBe(size);
      const end = { offset: Math.max(0, size - 1_000), length: 1_000, temporary: true };
      expect(await job.readFile(file, end)).toEqual(document.subarray(end.offset, size));
    }
    expect(await job.readFile(0, { temporary: true })).toEqual(document);
    expect(await job.readFile(1, { offset: 10, length: 5_000, temporary: true })).toEqual(document.subarray(10, 5_010));
    await expect(job.readFile(0, { length: -1, temporary: true })).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    expect((await job.getProgress()).bytesTotal).toBe(20_000);
  });

  test('one whose reader throws stays unspooled, and is written again from where the spooler has got', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const job = await newJob(stage, []);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes(7);
      throw new Error('the disk is gone');
    }
    await expect(job.addFile('broken', broken())).rejects.toThrow('the disk is gone');
    await job.refresh();
    expect(job.description.files[0]).not.toHaveProperty('bytesTotal');
    const at = await job.received(0);
    expect(at).toBe(7);
    await job.writeFile(0, bytes(20).subarray(at), at);
    expect(await job.readFile(0, { temporary: true })).toEqual(bytes(20));
    await expect(job.writeFile(0, bytes(1))).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
  });

  test('JOB-70, JOB-71, JOB-73, JOB-79: are withheld until they are valid; a copy is another job’s', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const job = await newJob(stage, [30]);
    const other = await newJob(stage, []);
    await expect(job.readFile(0)).rejects.toMatchObject({ code: 'E_PENDING' });
    await job.setValidationState(0, true);
    expect(await job.readFile(0, { offset: 10, length: 5 })).toEqual(bytes(15).subarray(10));
    expect(await other.addFileFrom('copy', { job: job.id, file: 0 })).toBe(0);
    await job.setValidationState(0, false);
    expect(await job.getError()).toMatchObject({ code: 'BG_E_VALIDATION_FAILED', reason: 'file', file: 0 });
    await job.writeFile(0, bytes(30));
    await job.resume();
    await stage.advance(10_000);
    expect(await job.getState()).toBe('TRANSFERRED');
  });
});

test('JOB-10, JOB-12, JOB-20 to JOB-27: the commands have the names of the documents', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const job = await newJob(stage, []);
  expect(job.description.state).toBe('SUSPENDED');
  await expect(job.resume()).rejects.toMatchObject({ code: 'BG_E_EMPTY' });
  await expect(job.getError()).rejects.toMatchObject({ code: 'BG_E_ERROR_INFORMATION_UNAVAILABLE' });
  await job.addFile('a', bytes(30));
  await job.setPriority(9);
  await job.setMinimumRetryDelay(1);
  await job.setNoProgressTimeout(60);
  expect(job.description).toMatchObject({ priority: 9, minimumRetryDelay: 5, noProgressTimeout: 60 });
  await job.resume();
  await stage.advance(1_500);
  await job.suspend();
  expect(await job.getProgress()).toEqual({
    bytesTotal: 30,
    bytesTransferred: 10,
    filesTotal: 1,
    filesTransferred: 0,
    totalPages: 3,
    pagesPrinted: 1,
  });
  await job.restart();
  await stage.advance(10_000);
  expect(await job.getState()).toBe('TRANSFERRED');
  await job.takeOwnership();
  await job.complete();
  expect(job.description.state).toBe('ACKNOWLEDGED');
  await expect(job.cancel()).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
  const another = await newJob(stage);
  await another.cancel();
  expect(another.description.state).toBe('CANCELLED');
});

test('jobs are found by ID and number, one’s own are listed', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  await stage.printer({ printer: 'Hall' });
  const job = await newJob(stage);
  const jobs = await stage.rig.jobs();
  expect((await jobs.getJob(job.id)).description.name).toBe('report');
  expect((await jobs.getJob(job.description.number)).id).toBe(job.id);
  expect((await jobs.enumJobs()).map(({ id }) => id)).toEqual([job.id]);
  expect(await jobs.enumJobs('Hall')).toEqual([]);
  await expect(jobs.getJob(99)).rejects.toMatchObject({ code: 'BG_E_NOT_FOUND' });
  await expect(jobs.createJob({ printer: 'None', name: 'x' })).rejects.toMatchObject({
    code: 'ERROR_INVALID_PRINTER_NAME',
  });
});

test('however many they are, all are listed, in the order of their numbers', async () => {
  await using stage = await JobStage.start({ limits: { payload: 4_096 } });
  await stage.printer();
  await stage.printer({ printer: 'Hall' });
  const jobs = await stage.rig.jobs();
  for (let number = 1; number <= 20; number++)
    await jobs.createJob({ printer: number % 2 === 0 ? 'Hall' : 'Lab', name: 'x'.repeat(255) });
  expect((await jobs.enumJobs()).map(({ description }) => description.number)).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
  expect((await jobs.enumJobs('Hall')).map(({ description }) => description.number)).toEqual(
    Array.from({ length: 10 }, (_, index) => 2 * index + 2),
  );
});

describe('a callback object', () => {
  test('JOB-50 to JOB-57: is told with a job that it can command, and let go when that is over', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const job = await newJob(stage);
    const { got, callback } = recording({
      jobTransferred: async (printed) => {
        got.push(`transferred ${printed.description.pagesPrinted}`);
        await printed.complete();
      },
    });
    await job.setNotifyFlags(NOTIFY.JOB_TRANSFERRED | NOTIFY.FILE_TRANSFERRED);
    await job.setNotifyInterface(callback);
    await job.resume();
    await stage.advance(10_000);
    expect(got).toEqual(['file 0', 'transferred 3', 'released']);
    expect(await job.getState()).toBe('ACKNOWLEDGED');
    await expect(job.setNotifyInterface(callback)).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
  });

  test('JOB-53: that wants little succeeds with the rest', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const job = await newJob(stage);
    let ends = 0;
    await job.setNotifyFlags(ALL_FLAGS);
    await job.setNotifyInterface({ jobTransferred: () => void ends++ });
    await job.resume();
    await stage.advance(700_000);
    expect(ends).toBe(1);
  });

  test('JOB-130: that throws is reported, and called again after the retry delay', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const job = await newJob(stage);
    let calls = 0;
    await job.setMinimumRetryDelay(60);
    await job.setNotifyInterface({
      jobTransferred: () => {
        if (++calls === 1) throw new SpoolError('E_FAIL');
      },
    });
    await job.resume();
    await stage.advance(30_000);
    expect(calls).toBe(1);
    expect(stage.rig.problems.splice(0)).toMatchObject([{ kind: 'callbackThrew' }]);
    await stage.advance(60_000);
    expect(calls).toBe(2);
  });

  test('JOB-93, JOB-95: gives way to the next one, and to none', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const job = await newJob(stage);
    const [first, second] = [recording(), recording()];
    await job.setNotifyInterface(first.callback);
    await job.setNotifyInterface(second.callback);
    await stage.settle();
    expect([first.got, second.got]).toEqual([['released'], []]);
    await job.setNotifyInterface(null);
    await stage.settle();
    await job.resume();
    await stage.advance(10_000);
    expect(second.got).toEqual(['released']);
  });

  test('JOB-93: of another client takes its place, and it is let go', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const job = await newJob(stage);
    const [first, second] = [recording(), recording()];
    await job.setNotifyInterface(first.callback);
    const other = await (await stage.rig.jobs()).getJob(job.id);
    await other.setNotifyInterface(second.callback);
    await other.resume();
    await stage.advance(10_000);
    expect([first.got, second.got]).toEqual([['released'], ['transferred 3']]);
  });

  test('JOB-110, JOB-120: is set again when the spooler is back, and told what it missed', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    let gaps = 0;
    const jobs = await stage.rig.jobs({ reconnect: true, onGap: () => void gaps++ });
    const job = await jobs.createJob({ printer: 'Lab', name: 'report' });
    await job.addFile('a', bytes(30));
    const { got, callback } = recording();
    await job.setNotifyInterface(callback);
    await job.resume();
    await stage.restart();
    await expect(job.getState()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await stage.advance(60_000);
    expect([gaps, got]).toEqual([1, ['transferred 3']]);
    await jobs.close();
    expect(got.at(-1)).toBe('released');
  });

  test('JOB-92, JOB-121: whose job is over when the spooler is back is let go, and that is reported', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const jobs = await stage.rig.jobs({ reconnect: true });
    const job = await jobs.createJob({ printer: 'Lab', name: 'report' });
    const { got, callback } = recording();
    await job.setNotifyInterface(callback);
    await stage.restart();
    await (await (await stage.rig.jobs()).getJob(job.id)).cancel();
    await stage.advance(60_000);
    expect(got).toEqual(['released']);
    expect(stage.rig.problems.splice(0)).toMatchObject([
      { kind: 'registrationLost', reason: { code: 'BG_E_INVALID_STATE' } },
    ]);
  });
});

describe('a callback class', () => {
  test('JOB-90, JOB-91, JOB-95: is a property of the job, all zeros for none', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const job = await newJob(stage);
    stage.classes.unknown.add(OTHER_CLASS);
    await job.setProperty('NotificationClsid', CLASS);
    await job.setProperty('MinimumNotificationInterval', 250);
    expect(await job.refresh()).toMatchObject({ notifyClsid: CLASS, minimumNotificationInterval: 250 });
    await expect(job.setProperty('NotificationClsid', OTHER_CLASS)).rejects.toMatchObject({
      code: 'REGDB_E_CLASSNOTREG',
    });
    await job.setProperty('NotificationClsid', GUID_NULL);
    expect((await job.refresh()).notifyClsid).toBeNull();
    await expect(job.setNotifyFlags(64)).rejects.toMatchObject({ code: 'E_NOTIMPL' });
    await job.setNotifyCmdLine('/bin/tell', ['/bin/tell', 'ann']);
    expect((await job.refresh()).notifyCmdLine).toEqual({ program: '/bin/tell', parameters: ['/bin/tell', 'ann'] });
  });

  test('JOB-101, JOB-102: that a client serves is told where the object is gone, with one object of its own', async () => {
    const events = createEventSystem();
    const { services } = createJobSystem({ events });
    await using rig = await startRig({ services: [...events.services, ...services], transport: 'websocket' });
    const [printing, serving, watching] = [await rig.jobs(), await rig.jobs(), await rig.jobs()];
    await printing.printers.add('Lab', { bytesPerSecond: 1_000_000_000, connectTime: 0 });
    const { got, callback } = recording();
    let made = 0;
    let completed = 0;
    await serving.registerClass(CLASS, async () => {
      made++;
      return { ...callback, jobTransferred: (job: PrintJob) => job.complete().then(() => void completed++) };
    });
    const job = await printing.createJob({ printer: 'Lab', name: 'report' });
    await job.addFile('a', bytes(30));
    await job.setProperty('NotificationClsid', CLASS);
    const dying = recording();
    await (await watching.getJob(job.id)).setNotifyInterface(dying.callback);
    rig.cut(watching);
    await rig.settle();
    await job.setNotifyFlags(ALL_FLAGS);
    await job.resume();
    // Files are written in real time.
    await eventually(() => {
      rig.clock.advance(100);
      return completed > 0;
    });
    await rig.settle();
    expect([made, await job.getState(), dying.got]).toEqual([1, 'ACKNOWLEDGED', ['released']]);
    expect(got).toContain('file 0');
  });
});
