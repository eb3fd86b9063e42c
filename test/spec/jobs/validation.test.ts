import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NOTIFY } from '../../../shared/jobs/vocabulary.ts';
import { type JobClient, JobStage } from './job-stage.ts';

const FILES = NOTIFY.JOB_TRANSFERRED | NOTIFY.JOB_ERROR | NOTIFY.FILE_TRANSFERRED;

const validate = (client: JobClient, job: string, valid: boolean): Promise<unknown> =>
  client.call('setValidationState', { job, file: 0, valid });

test('JOB-70, JOB-71, JOB-79, JOB-MAP-12: a document is withheld from others until it was found valid', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([30]);
  const other = await ann.create([]);
  await expect(ann.call('read', { job, file: 0 })).rejects.toMatchObject({ code: 'E_PENDING' });
  await expect(ann.call('addFile', { job: other, name: 'x', from: { job, file: 0 } })).rejects.toMatchObject({
    code: 'E_PENDING',
  });
  // JOB-71: whoever validates it may look.
  expect(await ann.call('read', { job, file: 0, temporary: true, length: 3 })).toEqual({ bytes: btoa('AAA') });
  await validate(ann, job, true);
  expect(await ann.call('read', { job, file: 0, offset: 28 })).toEqual({ bytes: btoa('AA') });
  expect(await ann.call('addFile', { job: other, name: 'x', from: { job, file: 0 } })).toEqual({ file: 0 });
  await ann.call('resume', { job: other });
  await stage.advance(3_000);
  expect(await ann.job('job', { job: other })).toMatchObject({ state: 'TRANSFERRED', bytesTransferred: 30 });
});

test('JOB-76: completing the job validates its documents', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([10]);
  await ann.call('resume', { job });
  await stage.advance(1_000);
  await expect(ann.call('read', { job, file: 0 })).rejects.toMatchObject({ code: 'E_PENDING' });
  await ann.call('complete', { job });
  expect(await ann.call('read', { job, file: 0 })).toEqual({ bytes: btoa('A'.repeat(10)) });
});

test('JOB-72: before a document has arrived it cannot be validated', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([]);
  await expect(validate(ann, job, true)).rejects.toMatchObject({ code: 'E_INVALIDARG' });
  await ann.call('addFile', { job, name: 'slow' });
  await ann.write(job, 0, 0, new Uint8Array(5), false);
  await expect(validate(ann, job, true)).rejects.toMatchObject({ code: 'E_PENDING' });
});

test('JOB-72, JOB-159: nor when it is gone', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([10]);
  await stage.system().documents.folder.remove(job);
  await expect(validate(ann, job, true)).rejects.toMatchObject({ code: 'BG_E_RECORD_DELETED' });
});

test('JOB-38, JOB-73, JOB-161: an invalid document is an error of the job, and is written and told again', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([20]);
  await ann.call('setNotifyFlags', { job, flags: FILES });
  await ann.watch(job);
  await ann.call('resume', { job });
  await stage.advance(1_000);
  await validate(ann, job, false);
  await stage.settle();
  expect(await ann.job('job', { job })).toMatchObject({
    state: 'ERROR',
    error: { code: 'BG_E_VALIDATION_FAILED', file: 0 },
    files: [{ bytesTransferred: 0, completed: false, valid: false }],
  });
  expect(ann.got).toEqual(['fileTransferred 0', 'jobError BG_E_VALIDATION_FAILED']);
  await expect(readFile(join(stage.folder, job, '0'))).rejects.toMatchObject({ code: 'ENOENT' });
  await ann.call('resume', { job });
  await stage.advance(60_000);
  expect(await ann.state(job)).toBe('QUEUED');
  await ann.write(job, 0, 0, new Uint8Array(10), true);
  await stage.advance(1_000);
  expect(ann.got.slice(2)).toEqual(['fileTransferred 0', 'jobTransferred']);
  expect(await ann.job('job', { job })).toMatchObject({ state: 'TRANSFERRED', bytesTotal: 10 });
});

test('JOB-74: an invalid document of a peer is no error; it is told again once it came from its origin', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const peer = await ann.create([20]);
  await validate(ann, peer, true);
  const job = await ann.create([]);
  await ann.call('setNotifyFlags', { job, flags: FILES });
  await ann.watch(job);
  await ann.call('addFile', { job, name: 'copy', from: { job: peer, file: 0 } });
  await ann.call('resume', { job });
  await stage.advance(2_000);
  expect(ann.got).toEqual(['fileTransferred 0', 'jobTransferred']);
  await validate(ann, job, false);
  await stage.advance(10_000);
  expect(await ann.job('job', { job })).toMatchObject({
    state: 'QUEUED',
    files: [{ bytesTransferred: 0, fromPeer: false }],
  });
  await ann.write(job, 0, 0, new Uint8Array(20), true);
  await stage.advance(2_000);
  expect(ann.got.slice(2)).toEqual(['fileTransferred 0', 'jobTransferred']);
  // The peer's own is as it was.
  expect(await ann.call('read', { job: peer, file: 0, length: 1 })).toEqual({ bytes: btoa('A') });
});

test('JOB-77: what was never validated looks like what is invalid', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([20]);
  expect(await ann.job('job', { job })).toMatchObject({ files: [{ valid: false }] });
  await validate(ann, job, true);
  expect(await ann.job('job', { job })).toMatchObject({ files: [{ valid: true }] });
});

test('JOB-73: a document that is found invalid while it is printed is printed no further', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([50]);
  await ann.call('resume', { job });
  await stage.advance(1_500);
  await validate(ann, job, false);
  await stage.advance(10_000);
  expect(await ann.job('job', { job })).toMatchObject({ state: 'ERROR', bytesTransferred: 0 });
});
