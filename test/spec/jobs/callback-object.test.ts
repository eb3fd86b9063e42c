import { describe, expect, test } from 'vitest';
import type { Guid } from '../../../shared/index.ts';
import { JOB_CALLBACK } from '../../../shared/jobs/job-callback.ts';
import { NOTIFY } from '../../../shared/jobs/vocabulary.ts';
import { ALL_FLAGS, FAILED, id, type JobClient, JobStage, type JobStageOptions, S_FALSE } from './job-stage.ts';

const ENDS = NOTIFY.JOB_TRANSFERRED | NOTIFY.JOB_ERROR;

interface Scene extends AsyncDisposable {
  readonly stage: JobStage;
  readonly ann: JobClient;
  readonly job: Guid;
}

interface SceneOptions {
  /** Of the documents of the job, in bytes. */
  readonly sizes?: readonly number[];
  readonly printer?: Parameters<JobStage['printer']>[0];
  readonly options?: JobStageOptions;
}

/** A printer, and a job of Ann's, suspended. */
async function scene({ sizes = [10], printer = {}, options = {} }: SceneOptions = {}): Promise<Scene> {
  const stage = await JobStage.start(options);
  await stage.printer(printer);
  const ann = await stage.client();
  const job = await ann.create(sizes);
  return { stage, ann, job, [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() };
}

async function flags(client: JobClient, job: string, wanted: number): Promise<void> {
  await client.call('setNotifyFlags', { job, flags: wanted });
}

describe('setNotifyFlags', () => {
  test('JOB-40, JOB-41, JOB-42, JOB-43, JOB-44, JOB-45: has six flags with the values of the documents', () => {
    expect(NOTIFY).toEqual({
      JOB_TRANSFERRED: 0x01,
      JOB_ERROR: 0x02,
      DISABLE: 0x04,
      JOB_MODIFICATION: 0x08,
      FILE_TRANSFERRED: 0x10,
      FILE_RANGES_TRANSFERRED: 0x20,
    });
  });

  test.each([0x40, -1, 2 ** 32 + 1])('JOB-47: refuses %d, which is none, with E_NOTIMPL', async (wrong) => {
    await using here = await scene();
    const { ann, job } = here;
    await expect(flags(ann, job, wrong)).rejects.toMatchObject({ code: 'E_NOTIMPL' });
    expect(await ann.job('job', { job })).toMatchObject({ notifyFlags: ENDS });
  });

  test('JOB-47, JOB-92: nothing can be set on a job that is over', async () => {
    await using here = await scene();
    const { ann, job } = here;
    await ann.call('cancel', { job });
    await expect(flags(ann, job, 1)).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
    await expect(ann.watch(job)).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
    const clearing = ann.call('setNotifyInterface', { job, object: null });
    await expect(clearing).rejects.toMatchObject({ code: 'BG_E_INVALID_STATE' });
    await expect(ann.call('setProperty', { job, property: 'NotificationClsid', value: id(1) })).rejects.toMatchObject({
      code: 'BG_E_INVALID_STATE',
    });
  });

  test('JOB-OPEN-1, decided: a new job tells how it ended', async () => {
    await using here = await scene();
    const { ann, job } = here;
    expect(await ann.job('job', { job })).toMatchObject({ notifyFlags: ENDS });
  });

  test('JOB-42: the disabling flag silences the others', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await flags(ann, job, ALL_FLAGS | NOTIFY.DISABLE);
    await ann.watch(job);
    await ann.call('resume', { job });
    await stage.advance(60_000);
    expect(ann.got).toEqual([]);
    // JOB-110: it is not lost.
    await flags(ann, job, NOTIFY.JOB_TRANSFERRED);
    await stage.settle();
    expect(ann.got).toEqual(['jobTransferred']);
  });
});

test('JOB-46, JOB-50, JOB-51, JOB-52, JOB-53, JOB-54, JOB-55, JOB-59, JOB-MAP-12, JOB-MAP-13: files in order, then the job', async () => {
  await using here = await scene({ sizes: [] });
  const { stage, ann, job } = here;
  await flags(ann, job, ENDS | NOTIFY.FILE_TRANSFERRED);
  await ann.watch(job);
  await ann.document(job, 10);
  await stage.settle();
  expect(ann.got).toEqual(['fileTransferred 0']);
  await ann.document(job, 10);
  await ann.call('resume', { job });
  await stage.advance(2_000);
  expect(ann.got).toEqual(['fileTransferred 0', 'fileTransferred 1', 'jobTransferred']);
  expect(ann.heard.at(-1)?.arguments.job).toMatchObject({ id: job, state: 'TRANSFERRED', bytesTransferred: 20 });
});

test('JOB-56, JOB-MAP-14: an error is told when it is final, with what it is', async () => {
  await using here = await scene({ printer: { reasons: ['jam'] } });
  const { stage, ann, job } = here;
  await ann.call('setNoProgressTimeout', { job, seconds: 30 });
  await ann.call('setMinimumRetryDelay', { job, seconds: 10 });
  await ann.watch(job);
  await ann.call('resume', { job });
  await stage.advance(29_000);
  expect(ann.got).toEqual([]);
  await stage.advance(1_000);
  expect(ann.got).toEqual(['jobError PRINTER_STOPPED']);
});

describe('jobModification', () => {
  test('JOB-57, JOB-MAP-15: tells bytes, files, properties and states, but not how the job ends', async () => {
    await using here = await scene({ printer: { connectTime: 1_000 } });
    const { stage, ann, job } = here;
    await ann.call('setProperty', { job, property: 'MinimumNotificationInterval', value: 0 });
    await flags(ann, job, NOTIFY.JOB_MODIFICATION);
    await ann.watch(job);
    await stage.settle();
    ann.got.length = 0;
    await ann.call('setPriority', { job, priority: 7 });
    await stage.settle();
    await ann.document(job, 10);
    await stage.settle();
    await ann.call('resume', { job });
    await stage.advance(3_000);
    expect(await ann.state(job)).toBe('TRANSFERRED');
    const states = ann.got.map((text) => text.split(' ')[1]);
    expect(states).toContain('SUSPENDED');
    expect(states).toContain('CONNECTING');
    expect(states).not.toContain('TRANSFERRED');
    expect(ann.got).toContain('jobModification TRANSFERRING 10');
    const told = ann.got.length;
    await stage.advance(60_000);
    expect(ann.got).toHaveLength(told);
  });

  test('JOB-57: that something was told is no change', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await ann.call('setProperty', { job, property: 'MinimumNotificationInterval', value: 0 });
    await flags(ann, job, ENDS | NOTIFY.FILE_TRANSFERRED | NOTIFY.JOB_MODIFICATION);
    await ann.watch(job);
    await stage.settle();
    expect(ann.got).toEqual(['fileTransferred 0', 'jobModification SUSPENDED 0']);
    await ann.call('resume', { job });
    await stage.advance(60_000);
    expect(ann.got.at(-1)).toBe('jobTransferred');
  });

  test('JOB-58, JOB-192: comes at most twice a second by default, with the latest of everything', async () => {
    await using here = await scene({ sizes: [200], printer: { bytesPerSecond: 100 } });
    const { stage, ann, job } = here;
    await flags(ann, job, NOTIFY.JOB_MODIFICATION);
    await ann.watch(job);
    await ann.call('resume', { job });
    await stage.advance(1_000);
    // 10 bytes in 100 ms: what comes is the first change, and then one every 500 ms.
    expect(ann.heard.length).toBeLessThanOrEqual(3);
    expect(ann.heard.at(-1)?.arguments.job.bytesTransferred).toBeGreaterThanOrEqual(90);
  });

  test('JOB-132: is not repeated when it fails; JOB-MAP-16, JOB-193: the next says that one was lost, and then refresh', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await flags(ann, job, NOTIFY.JOB_MODIFICATION);
    let answer = 0;
    await ann.watch(job, () => answer);
    await stage.settle();
    ann.got.length = 0;
    answer = FAILED;
    const change = async (priority: number): Promise<void> => {
      await ann.call('setPriority', { job, priority });
      await stage.advance(10_000);
    };
    await change(2);
    expect(ann.got.splice(0)).toEqual(['jobModification SUSPENDED 0']);
    answer = 0;
    await change(3);
    expect(ann.got.splice(0)).toEqual(['jobModification SUSPENDED 0 discarded']);
    await change(4);
    expect(ann.got).toEqual([]);
    expect(await ann.job('refresh', { job })).toMatchObject({ priority: 4 });
    await change(5);
    expect(ann.got).toEqual(['jobModification SUSPENDED 0']);
  });

  test('JOB-57: the last one tells that the job is gone', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await flags(ann, job, NOTIFY.JOB_MODIFICATION);
    await ann.watch(job);
    await ann.call('cancel', { job });
    await stage.settle();
    expect(ann.got.at(-1)).toBe('jobModification CANCELLED 0');
    expect(ann.released).toBe(1);
    expect(stage.rig.spooler.stats().channels).toBe(0);
  });
});

test('JOB-45, JOB-63, decided: ranges are those of documents that are being spooled, merged', async () => {
  await using here = await scene({ sizes: [] });
  const { stage, ann, job } = here;
  await ann.call('addFile', { job, name: 'slow' });
  await flags(ann, job, NOTIFY.FILE_RANGES_TRANSFERRED);
  await ann.watch(job);
  await ann.write(job, 0, 0, new Uint8Array(4), false);
  await stage.settle();
  await ann.write(job, 0, 4, new Uint8Array(4), false);
  await ann.write(job, 0, 8, new Uint8Array(2), true);
  await stage.advance(500);
  expect(ann.got).toEqual([
    'fileRangesTransferred 0 [{"offset":0,"length":4}]',
    'fileRangesTransferred 0 [{"offset":4,"length":6}]',
  ]);
});

describe('at least once', () => {
  test('JOB-110: who registers late is told what was missed', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await flags(ann, job, ENDS | NOTIFY.FILE_TRANSFERRED);
    await ann.call('resume', { job });
    await stage.advance(10_000);
    await ann.watch(job);
    await stage.settle();
    expect(ann.got).toEqual(['fileTransferred 0', 'jobTransferred']);
  });

  test('JOB-111: a new object is told again what the old one had heard', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    const again = await stage.client();
    await ann.watch(job);
    await ann.call('resume', { job });
    await stage.advance(1_000);
    expect(ann.got).toEqual(['jobTransferred']);
    await again.watch(job);
    await stage.settle();
    expect(again.got).toEqual(['jobTransferred']);
    expect(ann.got).toHaveLength(1);
  });

  test('JOB-93, JOB-95: the last object that was set is told, the one before is let go', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    const other = await stage.client();
    await ann.watch(job);
    await other.watch(job);
    await stage.settle();
    expect(ann.released).toBe(1);
    await ann.call('resume', { job });
    await stage.advance(1_000);
    expect([ann.got, other.got]).toEqual([[], ['jobTransferred']]);
    await ann.call('setNotifyInterface', { job, object: null });
    await stage.settle();
    expect(other.released).toBe(1);
    expect(stage.rig.spooler.stats().channels).toBe(0);
  });
});

describe('a callback that fails', () => {
  test('JOB-130, JOB-131: jobTransferred is repeated until S_OK; S_FALSE will not do', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await ann.call('setMinimumRetryDelay', { job, seconds: 60 });
    const answers = [FAILED, S_FALSE, 0];
    await ann.watch(job, () => answers.shift());
    await ann.call('resume', { job });
    await stage.advance(1_000);
    expect(ann.got).toHaveLength(1);
    await stage.advance(60_000);
    expect(ann.got).toHaveLength(2);
    await stage.advance(60_000);
    expect(ann.got).toHaveLength(3);
    await stage.advance(600_000);
    expect(ann.got).toHaveLength(3);
  });

  test('JOB-131, JOB-134: a file is repeated for failures only, and holds back what comes after it', async () => {
    await using here = await scene({ sizes: [10, 10] });
    const { stage, ann, job } = here;
    await flags(ann, job, ENDS | NOTIFY.FILE_TRANSFERRED);
    await ann.call('setMinimumRetryDelay', { job, seconds: 60 });
    const answers = [FAILED, S_FALSE, 0, 0];
    await ann.watch(job, () => answers.shift());
    await ann.call('resume', { job });
    await stage.advance(59_000);
    expect(await ann.state(job)).toBe('TRANSFERRED');
    expect(ann.got).toEqual(['fileTransferred 0']);
    await stage.advance(1_000);
    expect(ann.got).toEqual(['fileTransferred 0', 'fileTransferred 0', 'fileTransferred 1', 'jobTransferred']);
  });

  test('JOB-130, decided: what has failed waits; what is told instead of it does not', async () => {
    await using here = await scene({ sizes: [20], printer: { failures: [{ reason: 'blocked', afterBytes: 0 }] } });
    const { stage, ann, job } = here;
    await ann.watch(job, ({ method }) => (method === 'jobError' ? FAILED : 0));
    await ann.call('resume', { job });
    await stage.advance(2_000);
    expect(ann.got).toEqual(['jobError DOCUMENT_BLOCKED']);
    await ann.call('resume', { job });
    await stage.advance(2_000);
    expect(ann.got).toEqual(['jobError DOCUMENT_BLOCKED', 'jobTransferred']);
  });

  test('JOB-131, decided: nor does the file that was written in the place of one that failed', async () => {
    await using here = await scene({ sizes: [20] });
    const { stage, ann, job } = here;
    await flags(ann, job, NOTIFY.FILE_TRANSFERRED);
    const answers = [FAILED, 0];
    await ann.watch(job, () => answers.shift());
    await stage.settle();
    await ann.call('setValidationState', { job, file: 0, valid: false });
    await ann.write(job, 0, 0, new Uint8Array(20), true);
    await stage.settle();
    expect(ann.got).toEqual(['fileTransferred 0', 'fileTransferred 0']);
  });

  test('JOB-59, JOB-73: a file that is found invalid and written again while it is told is told again', async () => {
    await using here = await scene({ sizes: [20] });
    const { stage, ann, job } = here;
    await flags(ann, job, NOTIFY.FILE_TRANSFERRED);
    const object = id(60_000);
    const answers: (() => Promise<unknown>)[] = [];
    let told = 0;
    const seen = stage.rig.recorder((event) => {
      if (event.kind !== 'notification') return;
      told++;
      answers.push(async () => event.channel?.sendNotification('{"hresult":0}'));
    });
    await ann.listener.registerForNotifications({ name: object, type: JOB_CALLBACK, style: 'kBiDirectional' }, seen);
    await ann.call('setNotifyInterface', { job, object });
    await stage.settle();
    await ann.call('setValidationState', { job, file: 0, valid: false });
    await ann.write(job, 0, 0, new Uint8Array(20), true);
    for (let times = 1; times <= 2; times++) {
      await answers.shift()?.();
      await stage.settle();
      expect(told).toBe(2);
    }
    await ann.call('cancel', { job });
  });

  test('JOB-130: one that does not answer in time has failed, and hinders nobody else', async () => {
    await using here = await scene({ options: { callTime: 5_000 } });
    const { stage, ann, job } = here;
    const other = await ann.create([10]);
    await ann.watch(job, () => undefined);
    await ann.watch(other);
    for (const one of [job, other]) await ann.call('resume', { job: one });
    await stage.advance(2_000);
    expect(ann.heard.map((call) => call.arguments.job.id)).toEqual([job, other]);
    await stage.advance(10_000);
    expect(ann.heard).toHaveLength(2);
    await ann.call('cancel', { job });
  });
});

test('JOB-61: at most four notifications of one user at a time; the fifth waits, others do not', async () => {
  await using stage = await JobStage.start({ callTime: 600_000 });
  await stage.printer();
  const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
  const jobs = [];
  for (let number = 0; number < 6; number++) {
    const job = await ann.create([10]);
    await ann.watch(job, () => undefined);
    await ann.call('resume', { job });
    jobs.push(job);
  }
  await stage.advance(10_000);
  expect(ann.got).toHaveLength(4);
  const bobs = await bob.create([10]);
  await bob.watch(bobs);
  await bob.call('resume', { job: bobs });
  await stage.advance(1_000);
  expect(bob.got).toEqual(['jobTransferred']);
  // One that is free lets the fifth in.
  await ann.call('setNotifyInterface', { job: jobs[0], object: null });
  await stage.settle();
  expect(ann.got).toHaveLength(5);
  for (const job of jobs) await ann.call('cancel', { job });
});

test('JOB-58: a modification for which no turn is free is lost', async () => {
  await using stage = await JobStage.start({ callTime: 600_000 });
  await stage.printer();
  const ann = await stage.client();
  const busy = [];
  for (let number = 0; number < 4; number++) {
    const job = await ann.create([10]);
    await ann.watch(job, () => undefined);
    await ann.call('resume', { job });
    busy.push(job);
  }
  await stage.advance(10_000);
  const job = await ann.create([10]);
  await flags(ann, job, NOTIFY.JOB_MODIFICATION);
  await ann.watch(job);
  ann.got.length = 0;
  await ann.call('setPriority', { job, priority: 2 });
  await stage.advance(10_000);
  expect(ann.got).toEqual([]);
  for (const other of busy) await ann.call('cancel', { job: other });
  await ann.call('setPriority', { job, priority: 3 });
  await stage.advance(10_000);
  expect(ann.got).toEqual(['jobModification SUSPENDED 0 discarded']);
});

describe('rundown', () => {
  test('JOB-MAP-17, JOB-115, JOB-118, JOB-120, JOB-121: an object that dies is gone; whoever comes back polls, and is told', async () => {
    await using here = await scene({ sizes: [20] });
    const { stage, ann, job } = here;
    await ann.watch(job);
    await ann.call('resume', { job });
    await stage.advance(1_000);
    stage.rig.cut(ann.listener);
    await stage.settle();
    expect(stage.rig.spooler.stats().channels).toBe(0);
    await stage.advance(60_000);
    const again = await stage.client();
    expect(await again.job('job', { job })).toMatchObject({ state: 'TRANSFERRED', bytesTransferred: 20 });
    await again.watch(job);
    await stage.settle();
    expect(again.got).toEqual(['jobTransferred']);
  });

  test('JOB-115, JOB-118: after a restart of the spooler the job is mute until somebody registers', async () => {
    await using here = await scene({ sizes: [20] });
    const { stage, ann, job } = here;
    await ann.watch(job);
    await ann.call('resume', { job });
    await stage.advance(1_000);
    await stage.restart();
    await stage.advance(60_000);
    const again = await stage.client();
    await again.watch(job);
    await stage.settle();
    expect(again.got).toEqual(['jobTransferred']);
  });

  test('JOB-MAP-17: a session that ends while its object is being set leaves nothing', async () => {
    await using here = await scene({ sizes: [20] });
    const { stage, ann, job } = here;
    await ann.register(id(50_000));
    const setting = ann.call('setNotifyInterface', { job, object: id(50_000) }).catch(() => {});
    stage.rig.cut(ann.listener);
    await setting;
    await stage.settle();
    expect(stage.rig.spooler.stats()).toMatchObject({ sessions: 0, channels: 0 });
  });
});
