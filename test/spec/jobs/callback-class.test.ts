import { describe, expect, test } from 'vitest';
import type { Guid } from '../../../shared/index.ts';
import { GUID_NULL, NOTIFY } from '../../../shared/jobs/vocabulary.ts';
import { CLASS, FAILED, type JobClient, JobStage, type JobStageOptions, OTHER_CLASS, PROGRAM } from './job-stage.ts';

interface Scene extends AsyncDisposable {
  readonly stage: JobStage;
  readonly ann: JobClient;
  readonly job: Guid;
}

async function scene(options: JobStageOptions = {}, size = 10): Promise<Scene> {
  const stage = await JobStage.start(options);
  await stage.printer();
  const ann = await stage.client();
  const job = await ann.create([size]);
  return { stage, ann, job, [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() };
}

const setClass = (client: JobClient, job: string, value: string): Promise<unknown> =>
  client.call('setProperty', { job, property: 'NotificationClsid', value });

const setCommandLine = (client: JobClient, job: string, ...parameters: string[]): Promise<unknown> =>
  client.call('setNotifyCmdLine', { job, program: PROGRAM, parameters: [PROGRAM, ...parameters] });

async function print({ stage, ann, job }: Scene): Promise<void> {
  await ann.call('resume', { job });
  await stage.advance(1_000);
}

describe('setProperty(NotificationClsid)', () => {
  test('JOB-90, JOB-101, JOB-119: with nobody there an object of the class is made and called', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await setClass(ann, job, CLASS);
    expect(await ann.job('job', { job })).toMatchObject({ notifyClsid: CLASS });
    await print(here);
    expect(stage.classes.got).toEqual(['class jobTransferred']);
    expect(stage.classes.users).toEqual(['ann']);
  });

  test('JOB-91, JOB-OPEN-2, decided: a class that nobody serves is refused', async () => {
    await using here = await scene();
    here.stage.classes.unknown.add(OTHER_CLASS);
    await expect(setClass(here.ann, here.job, OTHER_CLASS)).rejects.toMatchObject({ code: 'REGDB_E_CLASSNOTREG' });
    expect(await here.ann.job('job', { job: here.job })).toMatchObject({ notifyClsid: null });
  });

  test('JOB-93: the last class that was set is the one', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    stage.classes.callbacks.set(OTHER_CLASS, () => 0);
    await setClass(ann, job, CLASS);
    await setClass(ann, job, OTHER_CLASS);
    await print(here);
    expect(stage.classes.got).toEqual(['other jobTransferred']);
  });

  test('JOB-94, JOB-100: an object has precedence, also one of another program', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    const other = await stage.client();
    await setClass(ann, job, CLASS);
    await other.watch(job);
    await print(here);
    expect(other.got).toEqual(['jobTransferred']);
    expect(stage.classes.users).toEqual([]);
  });

  test('JOB-94, JOB-101: once the object is gone, the class is used', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    const other = await stage.client();
    await setClass(ann, job, CLASS);
    await other.watch(job);
    stage.rig.cut(other.listener);
    await stage.settle();
    await print(here);
    expect(stage.classes.got).toEqual(['class jobTransferred']);
  });

  test('JOB-101: an object that proves to be gone when it is called is replaced for that very call', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    const other = await stage.client();
    await setClass(ann, job, CLASS);
    await other.watch(job, () => {
      stage.rig.cut(other.listener);
      return undefined;
    });
    await print(here);
    expect(stage.classes.got).toEqual(['class jobTransferred']);
  });

  test('JOB-95, JOB-OPEN-6, decided: once the object is cleared, the class is used', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await setClass(ann, job, CLASS);
    await ann.watch(job);
    await ann.call('setNotifyInterface', { job, object: null });
    await print(here);
    expect(stage.classes.got).toEqual(['class jobTransferred']);
  });

  test('JOB-95, JOB-OPEN-6, decided: clearing lets the object of the class go, and the next is a new one', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await ann.call('setNotifyFlags', { job, flags: NOTIFY.JOB_TRANSFERRED | NOTIFY.FILE_TRANSFERRED });
    await setClass(ann, job, CLASS);
    await stage.settle();
    await ann.call('setNotifyInterface', { job, object: null });
    await print(here);
    expect(stage.classes.objects.map(({ isReleased }) => isReleased)).toEqual([true, false]);
    expect(stage.classes.got).toEqual(['class fileTransferred 0', 'class jobTransferred']);
  });

  test('JOB-94: an object that is set while one of the class is made is told at once', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    let made: () => void = () => {};
    stage.classes.gate = new Promise((resolve) => {
      made = resolve;
    });
    await setClass(ann, job, CLASS);
    await print(here);
    expect(stage.classes.users).toEqual(['ann']);
    await ann.watch(job);
    made();
    await stage.settle();
    expect(ann.got).toEqual(['jobTransferred']);
    expect(stage.classes.got).toEqual([]);
    expect(stage.classes.objects.map(({ isReleased }) => isReleased)).toEqual([true]);
  });

  test('JOB-93: a class that is set while one cannot be created is tried at once', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    stage.classes.callbacks.delete(CLASS);
    stage.classes.callbacks.set(OTHER_CLASS, () => 0);
    await setClass(ann, job, CLASS);
    await print(here);
    await setClass(ann, job, OTHER_CLASS);
    await stage.settle();
    expect(stage.classes.got).toEqual(['other jobTransferred']);
  });

  test('JOB-OPEN-5, decided: one that is made while another class is set tells no more than that once', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    stage.classes.callbacks.set(OTHER_CLASS, () => 0);
    let made: () => void = () => {};
    stage.classes.gate = new Promise((resolve) => {
      made = resolve;
    });
    await ann.call('setNotifyFlags', { job, flags: NOTIFY.JOB_TRANSFERRED | NOTIFY.FILE_TRANSFERRED });
    await setClass(ann, job, CLASS);
    await stage.settle();
    await setClass(ann, job, OTHER_CLASS);
    made();
    await print(here);
    expect(stage.classes.got).toEqual(['class fileTransferred 0', 'other jobTransferred']);
    expect(stage.classes.objects.map(({ isReleased }) => isReleased)).toEqual([true, false]);
  });

  test('JOB-95: GUID_NULL clears the class', async () => {
    await using here = await scene();
    await setClass(here.ann, here.job, CLASS);
    await setClass(here.ann, here.job, GUID_NULL);
    await print(here);
    expect(here.stage.classes.users).toEqual([]);
    expect(await here.ann.job('job', { job: here.job })).toMatchObject({ notifyClsid: null });
  });

  test('JOB-102: the object that was made stays the callback object', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await ann.call('setNotifyFlags', { job, flags: NOTIFY.JOB_TRANSFERRED | NOTIFY.FILE_TRANSFERRED });
    await setClass(ann, job, CLASS);
    await print(here);
    expect(stage.classes.got).toEqual(['class fileTransferred 0', 'class jobTransferred']);
    expect(stage.classes.objects.map(({ isReleased }) => isReleased)).toEqual([false]);
  });

  test('JOB-102: until it disconnects: then another is made', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await ann.call('setNotifyFlags', { job, flags: NOTIFY.JOB_TRANSFERRED | NOTIFY.FILE_TRANSFERRED });
    await setClass(ann, job, CLASS);
    await stage.settle();
    for (const object of stage.classes.objects) object.isDead = true;
    await print(here);
    expect(stage.classes.objects).toHaveLength(2);
    expect(stage.classes.got).toEqual(['class fileTransferred 0', 'class jobTransferred']);
  });

  test('JOB-102: or until an object is set', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await ann.call('setNotifyFlags', { job, flags: NOTIFY.JOB_TRANSFERRED | NOTIFY.FILE_TRANSFERRED });
    await setClass(ann, job, CLASS);
    await stage.settle();
    await ann.watch(job);
    expect(stage.classes.objects.map(({ isReleased }) => isReleased)).toEqual([true]);
    await print(here);
    expect(ann.got).toEqual(['fileTransferred 0', 'jobTransferred']);
  });

  test.each([OTHER_CLASS, GUID_NULL])(
    'JOB-OPEN-5, decided: setting %s lets the object of the class before go, and no other',
    async (value) => {
      await using here = await scene();
      const { stage, ann, job } = here;
      await ann.call('setNotifyFlags', { job, flags: NOTIFY.FILE_TRANSFERRED });
      await setClass(ann, job, CLASS);
      await stage.settle();
      await setClass(ann, job, value);
      expect(stage.classes.objects.map(({ isReleased }) => isReleased)).toEqual([true]);
      await ann.watch(job);
      await setClass(ann, job, CLASS);
      expect(ann.released).toBe(0);
    },
  );

  test('JOB-OPEN-4, decided: a class that cannot be created is tried again after the retry delay', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    stage.classes.callbacks.delete(CLASS);
    await setClass(ann, job, CLASS);
    await print(here);
    expect(stage.classes.users).toHaveLength(1);
    await stage.advance(599_000);
    expect(stage.classes.users).toHaveLength(1);
    stage.classes.callbacks.set(CLASS, () => 0);
    await stage.advance(1_000);
    expect(stage.classes.got).toEqual(['class jobTransferred']);
  });

  test('JOB-OPEN-4, decided: or as soon as somebody serves it', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    stage.classes.callbacks.delete(CLASS);
    await setClass(ann, job, CLASS);
    await print(here);
    stage.classes.callbacks.set(CLASS, () => 0);
    stage.system().classServed(OTHER_CLASS);
    await stage.settle();
    expect(stage.classes.got).toEqual([]);
    stage.system().classServed(CLASS);
    await stage.settle();
    expect(stage.classes.got).toEqual(['class jobTransferred']);
  });

  test('JOB-116, JOB-118, JOB-OPEN-7, decided: class and flags survive a restart, the object does not', async () => {
    await using here = await scene({}, 20);
    const { stage, ann, job } = here;
    await ann.call('setNotifyFlags', { job, flags: NOTIFY.JOB_TRANSFERRED | NOTIFY.FILE_TRANSFERRED });
    await ann.watch(job);
    await setClass(ann, job, CLASS);
    await print(here);
    expect(ann.got).toEqual(['fileTransferred 0']);
    await stage.restart();
    await stage.advance(2_000);
    expect(stage.classes.got).toEqual(['class jobTransferred']);
    const again = await stage.client();
    expect(await again.job('job', { job })).toMatchObject({ notifyClsid: CLASS, notifyFlags: 0x11 });
  });

  test('JOB-112, JOB-145: after another has taken the job, callbacks are those of who registered; a command line is gone', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await setClass(ann, job, CLASS);
    await setCommandLine(ann, job);
    const boss = await stage.client('boss');
    expect(await boss.job('takeOwnership', { job })).toMatchObject({ owner: 'boss', notifyCmdLine: null });
    await print(here);
    expect(stage.classes.users).toEqual(['ann']);
    expect(stage.ran).toEqual([]);
  });

  test('JOB-MAP-7, decided: a job that is released when printed is there until its class was told', async () => {
    await using stage = await JobStage.start();
    await stage.printer();
    const ann = await stage.client();
    const job = await ann.create([10], { releaseWhenPrinted: true });
    stage.classes.callbacks.delete(CLASS);
    await setClass(ann, job, CLASS);
    await ann.call('resume', { job });
    await stage.advance(10_000);
    expect(await ann.state(job)).toBe('TRANSFERRED');
    stage.classes.callbacks.set(CLASS, () => 0);
    await stage.advance(600_000);
    expect(stage.classes.got).toEqual(['class jobTransferred']);
    expect(await ann.state(job)).toBe('ACKNOWLEDGED');
  });
});

describe('setNotifyCmdLine', () => {
  test('JOB-103, JOB-140: runs where nobody else is, also for what was before', async () => {
    await using here = await scene();
    await print(here);
    await setCommandLine(here.ann, here.job, 'printed');
    await here.stage.settle();
    expect(here.stage.ran).toEqual([`${PROGRAM} printed`]);
  });

  test('JOB-103: does not run where the object answers S_OK', async () => {
    await using here = await scene();
    await setCommandLine(here.ann, here.job);
    await here.ann.watch(here.job);
    await print(here);
    expect(here.ann.got).toEqual(['jobTransferred']);
    expect(here.stage.ran).toEqual([]);
  });

  test('JOB-103, JOB-133: runs where the object fails, which is not called again', async () => {
    await using here = await scene();
    await setCommandLine(here.ann, here.job);
    await here.ann.watch(here.job, () => FAILED);
    await print(here);
    expect(here.stage.ran).toHaveLength(1);
    await here.stage.advance(6_000_000);
    expect(here.stage.ran).toHaveLength(1);
    expect(here.ann.got).toHaveLength(1);
  });

  test('JOB-104, JOB-143, JOB-OPEN-8, decided: where both fail, the program alone is repeated', async () => {
    let tries = 0;
    await using here = await scene({ succeeds: () => ++tries === 3 });
    await setCommandLine(here.ann, here.job);
    await here.ann.watch(here.job, () => FAILED);
    await print(here);
    await here.stage.advance(600_000);
    expect(here.stage.ran).toHaveLength(2);
    await here.stage.advance(6_000_000);
    expect(here.stage.ran).toHaveLength(3);
    expect(here.ann.got).toHaveLength(1);
  });

  test('JOB-133, decided: what the job tells next begins with the method again', async () => {
    await using here = await scene();
    const { stage, ann, job } = here;
    await setCommandLine(ann, job);
    await ann.watch(job, ({ method }) => (method === 'jobError' ? FAILED : 0));
    await ann.call('setValidationState', { job, file: 0, valid: false });
    await stage.settle();
    expect(stage.ran).toHaveLength(1);
    await ann.write(job, 0, 0, new Uint8Array(10), true);
    await print(here);
    expect(ann.got).toEqual(['jobError BG_E_VALIDATION_FAILED', 'jobTransferred']);
    expect(stage.ran).toHaveLength(1);
  });

  test('JOB-143: a program that has failed is not repeated for a job that is over', async () => {
    await using here = await scene({ succeeds: () => false });
    await setCommandLine(here.ann, here.job);
    await print(here);
    await here.ann.call('complete', { job: here.job });
    await here.stage.advance(6_000_000);
    expect(here.stage.ran).toHaveLength(1);
  });

  test('JOB-OPEN-3, decided: the class comes before the command line', async () => {
    await using here = await scene();
    await setCommandLine(here.ann, here.job);
    await setClass(here.ann, here.job, CLASS);
    await print(here);
    expect(here.stage.classes.got).toEqual(['class jobTransferred']);
    expect(here.stage.ran).toEqual([]);
  });

  test('JOB-OPEN-3, decided: and a class that cannot be created leaves it to the command line', async () => {
    await using here = await scene();
    here.stage.classes.callbacks.delete(CLASS);
    await setCommandLine(here.ann, here.job);
    await setClass(here.ann, here.job, CLASS);
    await print(here);
    expect(here.stage.ran).toHaveLength(1);
  });

  test('JOB-48: changes and files are not for it', async () => {
    await using here = await scene();
    await here.ann.call('setNotifyFlags', { job: here.job, flags: 0x38 });
    await setCommandLine(here.ann, here.job);
    await print(here);
    await here.stage.advance(60_000);
    expect(here.stage.ran).toEqual([]);
    // Nor do they keep it from what is for it.
    await here.ann.call('setNotifyFlags', { job: here.job, flags: 0x3b });
    await here.stage.settle();
    expect(here.stage.ran).toHaveLength(1);
  });

  test.each([
    ['BG_E_STRING_TOO_LONG', { program: `/${'x'.repeat(260)}` }],
    ['BG_E_STRING_TOO_LONG', { program: PROGRAM, parameters: [PROGRAM, 'x'.repeat(4_000)] }],
    ['E_INVALIDARG', { program: PROGRAM, parameters: ['other'] }],
    ['E_INVALIDARG', { program: null, parameters: [PROGRAM] }],
    ['E_ACCESSDENIED', { program: '/bin/rm', parameters: ['/bin/rm'] }],
  ])('JOB-141, JOB-142, JOB-158: is refused with %s', async (code, commandLine) => {
    await using here = await scene();
    await expect(here.ann.call('setNotifyCmdLine', { job: here.job, ...commandLine })).rejects.toMatchObject({ code });
    expect(await here.ann.job('job', { job: here.job })).toMatchObject({ notifyCmdLine: null });
  });

  test('JOB-142: null removes it', async () => {
    await using here = await scene();
    await setCommandLine(here.ann, here.job);
    await here.ann.call('setNotifyCmdLine', { job: here.job, program: null });
    await print(here);
    expect(here.stage.ran).toEqual([]);
  });
});
