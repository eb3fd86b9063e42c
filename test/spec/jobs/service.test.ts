import { describe, expect, test } from 'vitest';
import { guid } from '../../../shared/index.ts';
import { JOB_CALLBACK } from '../../../shared/jobs/job-callback.ts';
import { createEventSystem, createJobSystem, TokenTable } from '../../../spooler/index.ts';
import { startRig } from '../../harness/index.ts';
import { eventually } from '../../safety/eventually.ts';
import { CLASS, id, JobClient, JobStage } from './job-stage.ts';

describe('the service refuses', () => {
  test.each([
    ['E_NOTIMPL', 'shout', {}],
    ['E_NOTIMPL', 'toString', {}],
    ['E_INVALIDARG', 'addPrinter', {}],
    ['E_INVALIDARG', 'addPrinter', { printer: 'a\\b' }],
    ['E_INVALIDARG', 'addPrinter', { printer: 'a,b' }],
    ['E_INVALIDARG', 'addPrinter', { printer: 'x', bytesPerSecond: 0 }],
    ['E_INVALIDARG', 'addPrinter', { printer: 'x', reasons: ['tired'] }],
    ['E_INVALIDARG', 'addPrinter', { printer: 'x', failures: [{ reason: 'jam' }] }],
    ['ERROR_PRINTER_ALREADY_EXISTS', 'addPrinter', { printer: 'LAB' }],
    ['ERROR_INVALID_PRINTER_NAME', 'setPrinter', { printer: 'Attic', reasons: [] }],
    ['ERROR_INVALID_PRINTER_NAME', 'removePrinter', { printer: 'Attic' }],
    ['ERROR_INVALID_PRINTER_NAME', 'createJob', { printer: 'Attic', name: 'x' }],
    ['ERROR_INVALID_PRINTER_NAME', 'jobs', { printer: 'Attic' }],
    ['E_INVALIDARG', 'createJob', { printer: 'Lab', name: '' }],
    ['E_INVALIDARG', 'createJob', { printer: 'Lab', name: 'x', priority: 0 }],
    ['E_INVALIDARG', 'createJob', { printer: 'Lab', name: 'x', colour: 'red' }],
    ['BG_E_NOT_FOUND', 'job', { job: id(1) }],
    ['BG_E_NOT_FOUND', 'job', { job: 77 }],
    ['E_INVALIDARG', 'job', { job: 'mine' }],
    ['E_INVALIDARG', 'job', []],
    ['E_INVALIDARG', 'setNotifyInterface', { job: 1 }],
    ['E_INVALIDARG', 'setProperty', { job: 1, property: 'Colour', value: 1 }],
    ['E_INVALIDARG', 'setProperty', { job: 1, property: 'NotificationClsid', value: 1 }],
    ['E_INVALIDARG', 'setNotifyCmdLine', { job: 1, program: 'a', parameters: ['a\0'] }],
    ['E_INVALIDARG', 'read', { job: 1, file: 0, length: 0 }],
    ['E_INVALIDARG', 'read', { job: 1, file: 5 }],
    ['E_INVALIDARG', 'received', { job: 1, file: 5 }],
    ['E_INVALIDARG', 'addFile', { job: 1, name: 'x', from: { job: 1, file: 7 } }],
    ['E_INVALIDARG', 'write', { job: 1, file: 9, offset: 0 }],
  ])('JOB-152, decided: with %s: %s %j', async (code, method, json) => {
    await using stage = await JobStage.start();
    await stage.printer();
    const ann = await stage.client();
    await ann.create([1]);
    await expect(ann.call(method, json)).rejects.toMatchObject({ code });
    expect(await ann.call('jobs')).toMatchObject({ jobs: [{ number: 1, state: 'SUSPENDED' }] });
    expect(stage.rig.events.filter(({ kind }) => kind === 'fault')).toEqual([]);
  });

  test('bytes that do not begin with a line of JSON', async () => {
    await using stage = await JobStage.start();
    const ann = await stage.client();
    await expect(ann.call('write', new Uint8Array([0xff, 0x0a, 1]))).rejects.toMatchObject({ code: 'E_INVALIDARG' });
  });

  test('more of a document, and more jobs, than are allowed', async () => {
    await using stage = await JobStage.start({ documentSize: 20, jobs: 1 });
    await stage.printer();
    const ann = await stage.client();
    const job = await ann.create([20]);
    await expect(ann.document(job, 21)).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    await expect(ann.create()).rejects.toMatchObject({ code: 'E_OUTOFMEMORY' });
  });
});

describe('printers', () => {
  test('JOB-MAP-18: are listed with state and reasons, and changed by either form of their name', async () => {
    await using stage = await JobStage.start();
    await stage.printer({ printer: 'Büro 1' });
    const ann = await stage.client();
    await ann.call('setPrinter', { printer: '\\\\localhost\\BÜRO 1', reasons: ['jam', 'jam'] });
    expect(await ann.call('printers')).toMatchObject({
      printers: [{ name: 'Büro 1', fullName: '\\\\localhost\\Büro 1', state: 'stopped', reasons: ['jam'], jobs: 0 }],
    });
  });

  test('that have jobs stay, others go', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const ann = await stage.client();
    const job = await ann.create();
    await expect(ann.call('removePrinter', { printer: 'Lab' })).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
    await ann.call('cancel', { job });
    await ann.call('removePrinter', { printer: 'Lab' });
    expect(await ann.call('printers')).toEqual({ printers: [] });
    expect(await stage.store.keys()).toEqual([`job/${job}`, 'number/job']);
  });

  test('JOB-117: are there after a restart, with what has stopped them', async () => {
    await using stage = await JobStage.start();
    await stage.printer({ reasons: ['jam'], failures: [{ reason: 'paperOut', afterBytes: 7 }] });
    await stage.restart();
    expect(await (await stage.client()).call('printers')).toMatchObject({
      printers: [
        { name: 'Lab', reasons: ['jam'], failures: [{ reason: 'paperOut', afterBytes: 7 }], bytesPerPage: 10 },
      ],
    });
  });
});

describe('who may', () => {
  const TOKENS = TokenTable.parse(
    JSON.stringify({
      tokens: [
        { token: 'a'.repeat(32), user: 'ann', rights: ['listen', 'send'] },
        { token: 'b'.repeat(32), user: 'bob', rights: ['listen', 'send'] },
        { token: 'c'.repeat(32), user: 'deaf', rights: ['send'] },
        { token: 'o'.repeat(32), user: 'operator', rights: ['listen', 'send', 'administer'] },
      ],
    }),
  );

  test("decided: each sees and commands his own jobs, an administrator everybody's", async () => {
    await using stage = await JobStage.start({ tokens: TOKENS });
    const operator = await stage.client('operator', 'o'.repeat(32));
    await operator.call('addPrinter', { printer: 'Lab' });
    const ann = await stage.client('ann', 'a'.repeat(32));
    const bob = await stage.client('bob', 'b'.repeat(32));
    const job = await ann.create();
    expect(await bob.call('jobs')).toEqual({ jobs: [] });
    for (const method of ['job', 'cancel', 'resume', 'refresh', 'getError', 'takeOwnership'])
      await expect(bob.call(method, { job })).rejects.toMatchObject({ code: 'E_ACCESSDENIED' });
    await expect(bob.watch(job)).rejects.toMatchObject({ code: 'E_ACCESSDENIED' });
    await expect(ann.call('takeOwnership', { job })).rejects.toMatchObject({ code: 'E_ACCESSDENIED' });
    for (const method of ['addPrinter', 'setPrinter', 'removePrinter'])
      await expect(ann.call(method, { printer: 'Lab' })).rejects.toMatchObject({ code: 'E_ACCESSDENIED' });
    expect(await operator.call('jobs')).toMatchObject({ jobs: [{ id: job }] });
    expect(await operator.job('takeOwnership', { job })).toMatchObject({ owner: 'operator' });
    await expect(ann.call('job', { job })).rejects.toMatchObject({ code: 'E_ACCESSDENIED' });
    await operator.call('cancel', { job });
  });

  test('decided: to be told takes the right to listen', async () => {
    await using stage = await JobStage.start({ tokens: TOKENS });
    await (await stage.client('operator', 'o'.repeat(32))).call('addPrinter', { printer: 'Lab' });
    const deaf = new JobClient(stage.rig, await stage.rig.listener({ token: 'c'.repeat(32) }));
    const job = await deaf.create();
    const refusal = { code: 'E_ACCESSDENIED' };
    await expect(deaf.call('setNotifyInterface', { job, object: id(9) })).rejects.toMatchObject(refusal);
    await expect(deaf.call('setProperty', { job, property: 'NotificationClsid', value: CLASS })).rejects.toMatchObject(
      refusal,
    );
  });
});

test('JOB-91, JOB-101, JOB-102: in an embedded spooler the callback class is one that a client serves', async () => {
  const events = createEventSystem();
  const jobs = createJobSystem({ events });
  await using rig = await startRig({ services: [...events.services, ...jobs.services] });
  await jobs.ready();
  const ann = new JobClient(rig, await rig.listener({ user: 'ann' }));
  await ann.call('addPrinter', { printer: 'Lab', connectTime: 0 });
  const job = await ann.create([10]);
  const clsid = guid('7f9a1f6e-13f2-4b8e-9d0e-3c6f1d2b4a55');
  const wanted = { job, property: 'NotificationClsid', value: clsid };
  await expect(ann.call('setProperty', wanted)).rejects.toMatchObject({ code: 'REGDB_E_CLASSNOTREG' });

  const server = await rig.listener({ user: 'ann' });
  const seen = rig.recorder((event) =>
    event.kind === 'notification' ? event.channel?.sendNotification('{"hresult":0}') : undefined,
  );
  await server.registerForNotifications({ name: clsid, type: clsid, style: 'kBiDirectional' }, seen);
  await server.connection.call('classes', 'register', { clsid });
  await ann.call('setProperty', wanted);
  await ann.call('resume', { job });
  await eventually(async () => (await ann.state(job)) === 'TRANSFERRING');
  await rig.advance(1_000);
  const call = JSON.parse((await seen.nextNotification()).text) as unknown;
  expect(call).toMatchObject({ eventClass: JOB_CALLBACK, method: 'jobTransferred', arguments: { job: { id: job } } });
  expect(await ann.job('complete', { job })).toMatchObject({ state: 'ACKNOWLEDGED' });
});
