/** `serve --job-program`: what clients may have run for their jobs, as an operator and a client meet it. */

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectJobs, type PrintJob } from '../../client/jobs.ts';
import { eventually } from '../safety/eventually.ts';
import { run, serveOnFreePort } from './command.ts';

const ENOUGH = { timeout: 30_000 };

let folder: string;
let program: string;
let told: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoolpipe-programs-'));
  program = join(folder, 'tell');
  told = join(folder, 'told');
  await writeFile(program, `#!/bin/sh\necho "$1" >> '${told}'\n`);
  await chmod(program, 0o700);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const toldLines = (): Promise<string> => readFile(told, 'utf8').catch(() => '');

/** A job that has its document and runs a command line when it is printed. */
async function job(url: string, word: string): Promise<PrintJob> {
  const jobs = await connectJobs(url, { user: 'ann' });
  const made = await jobs.createJob({ printer: 'Lab', name: word });
  await made.addFile('a page', Buffer.from('a page'));
  await made.setNotifyCmdLine(program, [program, word]);
  await made.resume();
  await jobs.close();
  return made;
}

test.skipIf(process.platform === 'win32')(
  'JOB-103, JOB-140, own decision: a program that is listed is run; one that is not listed any more is not, also for a job that had it',
  ENOUGH,
  async () => {
    const data = ['--data', join(folder, 'data')];
    {
      await using spooler = await serveOnFreePort([...data, '--job-program', program]);
      const jobs = await connectJobs(spooler.url, { user: 'ann' });
      await jobs.printers.add('Lab', { bytesPerSecond: 1_000_000_000, connectTime: 0 });
      await job(spooler.url, 'printed');
      await eventually(async () => (await toldLines()) === 'printed\n');
      await jobs.printers.setState('Lab', ['paused']);
      const other = await jobs.createJob({ printer: 'Lab', name: 'other' });
      await expect(other.setNotifyCmdLine('/bin/sh', ['/bin/sh', '-c', 'true'])).rejects.toMatchObject({
        code: 'E_ACCESSDENIED',
      });
      await other.cancel();
      await jobs.close();
      await job(spooler.url, 'later');
      spooler.process.kill('SIGKILL');
      await spooler.process.ended;
    }
    await using spooler = await serveOnFreePort(data);
    const jobs = await connectJobs(spooler.url, { user: 'ann' });
    await jobs.printers.setState('Lab', []);
    await spooler.process.says(/tell: is not listed any more, and is not run/);
    await jobs.close();
    expect(await toldLines()).toBe('printed\n');
  },
);

test.each([
  ['tell', /--job-program tell: not a whole path/],
  ['/no/such/program', /--job-program \/no\/such\/program: cannot be run: ENOENT/],
])('own decision: a program that cannot be run is a mistake of the operator: %s', ENOUGH, async (path, reason) => {
  expect(await run(['serve', '--port', '0', '--job-program', path])).toMatchObject({
    code: 2,
    text: '',
    stderr: expect.stringMatching(reason),
  });
});
