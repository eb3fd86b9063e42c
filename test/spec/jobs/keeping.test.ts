/** What is kept of jobs and documents: over a restart, for how long, and how much of it (decisions 31 and 34). */

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { id, type JobClient, JobStage } from './job-stage.ts';

async function printed(stage: JobStage, client: JobClient, size = 10): Promise<string> {
  const job = await client.create([size]);
  await client.call('resume', { job });
  await stage.advance(size * 100);
  await client.call('complete', { job });
  return job;
}

describe('jobs that are over', () => {
  test('JOB-27, decided: can be asked for after a restart, and the documents of those that were completed are there', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const ann = await stage.client();
    const job = await printed(stage, ann);
    const cancelled = await ann.create([10]);
    await ann.call('cancel', { job: cancelled });
    await stage.restart();
    const again = await stage.client();
    expect(await again.call('jobs')).toEqual({ jobs: [] });
    await expect(again.state(id(0))).rejects.toMatchObject({ code: 'BG_E_NOT_FOUND' });
    expect(await again.job('job', { job: 1 })).toMatchObject({ id: job, state: 'ACKNOWLEDGED', bytesTransferred: 10 });
    expect(await again.job('job', { job: 2 })).toMatchObject({ id: cancelled, state: 'CANCELLED' });
    expect(await again.call('read', { job, file: 0 })).toEqual({ bytes: btoa('A'.repeat(10)) });
    await expect(again.call('resume', { job })).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
    expect(await readdir(stage.folder)).toEqual([job]);
  });

  test('decided: the last hundred; what is forgotten is gone from store and folder, and its number is never given again', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const ann = await stage.client();
    const first = await printed(stage, ann);
    for (let more = 0; more < 100; more++) await ann.call('cancel', { job: await ann.create([]) });
    await stage.settle();
    await expect(ann.call('job', { job: first })).rejects.toMatchObject({ code: 'BG_E_NOT_FOUND' });
    expect((await stage.store.keys()).filter((key) => key.startsWith('job/'))).toHaveLength(100);
    expect(await readdir(stage.folder)).toEqual([]);
    await stage.restart();
    const again = await stage.client();
    await expect(again.call('job', { job: 1 })).rejects.toMatchObject({ code: 'BG_E_NOT_FOUND' });
    expect(await again.job('job', { job: 2 })).toMatchObject({ state: 'CANCELLED' });
    expect(await again.job('job', { job: await again.create() })).toMatchObject({ number: 102 });
  });

  test('decided: a number is not given again where nothing is left of its job', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const ann = await stage.client();
    const job = await ann.create();
    await stage.rig.killSpooler();
    await stage.store.write([{ remove: `job/${job}` }]);
    await stage.rig.startSpooler();
    const again = await stage.client();
    expect(await again.job('job', { job: await again.create() })).toMatchObject({ number: 2 });
  });
});

test('JOB-117: jobs are listed as they were made, after a restart, too', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  for (let job = 0; job < 10; job++) await ann.create();
  await stage.restart();
  const { jobs } = (await (await stage.client()).call('jobs')) as { jobs: readonly { number: number }[] };
  expect(jobs.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('decided: at start what is of no job, or not wholly spooled, is removed, and nothing else', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([20]);
  const { file } = await ann.call('addFile', { job, name: 'slow' });
  await ann.write(job, 1, 0, new Uint8Array(5), false);
  // A copy whose job was not written down, a document of nobody, and what is not the spooler's.
  await writeFile(join(stage.folder, job, '7'), 'copy');
  await mkdir(join(stage.folder, id(9)));
  await writeFile(join(stage.folder, id(9), '0'), 'orphan');
  await writeFile(join(stage.folder, 'notes.txt'), 'mine');
  await stage.restart();
  expect((await readdir(stage.folder)).sort()).toEqual([job, 'notes.txt'].sort());
  expect(await readdir(join(stage.folder, job))).toEqual(['0']);
  expect(await readFile(join(stage.folder, job, '0'), 'utf8')).toBe('A'.repeat(20));
  const again = await stage.client();
  expect(await again.call('received', { job, file })).toEqual({ received: 0 });
  expect(stage.system().documents.folder.taken).toBe(20);
});

test('decided: where a record cannot be read, its documents stay', async () => {
  await using stage = await JobStage.start();
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([20]);
  await stage.rig.killSpooler();
  await stage.store.write([{ put: [`job/${job}`, new Uint8Array([1])] }]);
  await stage.rig.startSpooler();
  await stage.system().ready();
  expect(await readdir(join(stage.folder, job))).toEqual(['0']);
  expect(stage.lines).toEqual([`job/${job}: cannot be read, and is not used`]);
});

describe('room for documents', () => {
  test('decided: more than is allowed for all of them is refused with ERROR_DISK_FULL, and nothing is lost', async () => {
    await using stage = await JobStage.start({ spoolSize: 50 });
    await stage.printer();
    const ann = await stage.client();
    const job = await ann.create([20, 20]);
    await expect(ann.document(job, 11)).rejects.toMatchObject({ code: 'ERROR_DISK_FULL' });
    await ann.call('setValidationState', { job, file: 0, valid: true });
    const copying = ann.call('addFile', { job, name: 'copy', from: { job, file: 0 } });
    await expect(copying).rejects.toMatchObject({ code: 'ERROR_DISK_FULL' });
    await ann.write(job, 2, 0, new Uint8Array(10), true);
    expect(await ann.job('job', { job })).toMatchObject({ bytesTotal: 50 });
    // Room is given back by what is removed, and by what is written anew.
    await ann.call('setValidationState', { job, file: 0, valid: false });
    await ann.write(job, 0, 0, new Uint8Array(15), false);
    await ann.write(job, 0, 0, new Uint8Array(20), true);
    await expect(ann.create([1])).rejects.toMatchObject({ code: 'ERROR_DISK_FULL' });
    await ann.call('cancel', { job });
    await stage.settle();
    await ann.create([50]);
  });

  test('decided: it counts what was there before a restart', async () => {
    await using stage = await JobStage.start({ spoolSize: 50 });
    await stage.printer();
    await (await stage.client()).create([40]);
    await stage.restart();
    await expect((await stage.client()).create([11])).rejects.toMatchObject({ code: 'ERROR_DISK_FULL' });
  });

  test('decided: documents of jobs that were completed give way, the oldest first', async () => {
    await using stage = await JobStage.start({ spoolSize: 50 });
    await stage.printer();
    const ann = await stage.client();
    const [first, second] = [await printed(stage, ann, 20), await printed(stage, ann, 20)];
    await ann.create([30]);
    await expect(ann.call('read', { job: first, file: 0 })).rejects.toMatchObject({ code: 'BG_E_RECORD_DELETED' });
    const copying = ann.call('addFile', { job: await ann.create([]), name: 'copy', from: { job: first, file: 0 } });
    await expect(copying).rejects.toMatchObject({ code: 'BG_E_RECORD_DELETED' });
    expect(await ann.call('read', { job: second, file: 0, length: 1 })).toEqual({ bytes: btoa('A') });
    expect(await ann.job('job', { job: first })).toMatchObject({ state: 'ACKNOWLEDGED' });
  });
});
