/** Print jobs on the command line, for people and with `--json`, against a spooler in a process of its own. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { progressBar } from '../../bin/jobs/job-text.ts';
import type { JobDescription } from '../../client/jobs.ts';
import { type Ended, run, type Served, serveOnFreePort, start } from './command.ts';

/** Starting processes is most of the time a test takes. */
const ENOUGH = { timeout: 30_000 };

let folder: string;
let file: string;
let spooler: Served;

const words = (...given: string[]): string[] => [...given, '--url', spooler.url, '--as', 'ann'];
const spoolpipe = (...given: string[]): Promise<Ended> => run(words(...given));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoolpipe-jobs-'));
  file = join(folder, 'report.txt');
  await writeFile(file, 'a page\n'.repeat(100));
  spooler = await serveOnFreePort();
  await spoolpipe('printer', 'add', 'Lab', '--bytes-per-second', '1000000000');
  await spoolpipe('printer', 'add', 'Stopped');
  await spoolpipe('printer', 'set-state', 'Stopped', 'paused');
}, 30_000);

afterAll(async () => {
  await spooler[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('JOB-MAP-5: printers are added, stopped, listed and removed', ENOUGH, async () => {
  expect((await spoolpipe('printer', 'add', 'Hall', '--bytes-per-page', '7', '--json')).lines).toMatchObject([
    { event: 'printer', name: 'Hall', state: 'idle', bytesPerPage: 7 },
  ]);
  expect((await spoolpipe('printer', 'set-state', 'Hall', 'paperOut', 'jam')).text).toMatch(/stopped: paperOut, jam/);
  expect((await spoolpipe('printer', 'list')).text).toMatch(/^printers: 3\n.*localhost\\Hall +stopped/s);
  expect((await spoolpipe('printer', 'set-state', 'Hall', 'ready', '--json')).lines).toMatchObject([{ reasons: [] }]);
  expect((await spoolpipe('printer', 'remove', 'Hall')).text).toBe('removed the printer Hall\n');
});

test('JOB-10 to JOB-27: a job is printed, shown, paused, resumed and cancelled', ENOUGH, async () => {
  const [spooled] = (await spoolpipe('print', file, '--printer', 'Stopped', '--priority', '9', '--json')).lines;
  expect(spooled).toMatchObject({
    event: 'spooled',
    state: 'QUEUED',
    name: 'report.txt',
    priority: 9,
    bytesTotal: 700,
  });
  const number = String(spooled?.['number']);
  expect((await spoolpipe('jobs', '--printer', 'Stopped')).text).toMatch(
    /^jobs: 1\n.*report\.txt +waiting +9 +0\/1 +700/s,
  );
  expect((await spoolpipe('pause', number)).text).toMatch(/: paused, 0 %/);
  expect((await spoolpipe('job', String(spooled?.['id']))).text).toMatch(/paused[^]*report\.txt +700 bytes/);
  expect((await spoolpipe('resume', number, '--json')).lines).toMatchObject([{ event: 'job', state: 'QUEUED' }]);
  expect(await spoolpipe('restart', number)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/nothing was printed/),
  });
  expect((await spoolpipe('cancel', number)).text).toMatch(/: cancelled/);
  expect((await spoolpipe('jobs', '--json')).lines).toEqual([]);
});

test('JOB-55: print --watch ends when it is printed, with a line for each change', ENOUGH, async () => {
  const { code, lines } = await spoolpipe('print', file, '--printer', 'Lab', '--watch', '--json');
  expect({ code, first: lines[0]?.event }).toEqual({ code: 0, first: 'ready' });
  expect(lines.at(-1)).toMatchObject({ event: 'jobTransferred', bytesTransferred: 700 });
  const piped = await run(words('print', '-', '--printer', 'Lab', '--name', 'piped', '--watch'), { input: 'page' });
  expect(piped).toMatchObject({ code: 0, stderr: '' });
  expect(piped.text).toMatch(/job \d+: printed.*100 %, 1 of 1 pages, 4 of 4 bytes\n$/);
});

test('JOB-MAP-7, JOB-MAP-8, JOB-187: a job that is retained is printed again, and completed', ENOUGH, async () => {
  const words = ['print', file, '--printer', 'Lab', '--retain', '--watch', '--json'];
  const printed = (await spoolpipe(...words)).lines.at(-1);
  expect(printed).toMatchObject({ event: 'jobTransferred', state: 'TRANSFERRED' });
  const number = String(printed?.['number']);
  expect((await spoolpipe('restart', number, '--json')).lines).toMatchObject([
    { state: 'QUEUED', bytesTransferred: 0 },
  ]);
  expect((await spoolpipe('job', number, '--watch', '--json')).lines.at(-1)).toMatchObject({ state: 'TRANSFERRED' });
  expect((await spoolpipe('complete', number)).text).toMatch(/printed and released, 100 %/);
});

test('JOB-23: job --watch of one that is cancelled ends with 1', ENOUGH, async () => {
  const [spooled] = (await spoolpipe('print', file, '--printer', 'Stopped', '--hold', '--json')).lines;
  const id = String(spooled?.['id']);
  await using watching = start(words('job', id, '--watch', '--json'));
  await watching.event('ready');
  await spoolpipe('cancel', id);
  expect(await watching.ended).toMatchObject({ code: 1 });
  expect((await watching.ended).lines.at(-1)).toMatchObject({ event: 'jobEnded', state: 'CANCELLED' });
  expect(await spoolpipe('job', id, '--watch')).toMatchObject({ code: 1, stderr: '' });
});

test('JOB-93: a watcher whose place somebody else takes says so: 4', ENOUGH, async () => {
  const [spooled] = (await spoolpipe('print', file, '--printer', 'Stopped', '--json')).lines;
  const id = String(spooled?.['id']);
  await using first = start(words('job', id, '--watch', '--json'));
  await first.event('ready');
  await using second = start(words('job', id, '--watch', '--json'));
  await second.event('ready');
  expect(await first.ended).toMatchObject({ code: 4, stderr: expect.stringContaining('somebody else') });
  second.kill('SIGINT');
  expect((await second.ended).code).toBe(130);
  await spoolpipe('cancel', id);
});

test.each([
  [['print', '/no/such/file', '--printer', 'Lab'], 2, /cannot be read: ENOENT/],
  [['print', tmpdir(), '--printer', 'Lab'], 2, /is a folder/],
  [['print', import.meta.filename, '--printer', 'Lab', '--notify-class', 'mine'], 2, /must be a GUID/],
  [['print', 'x'], 2, /--printer/],
  [['printer', 'set-state', 'Lab', 'on-fire'], 2, /Allowed choices/],
  [['printer', 'set-state', 'Lab', 'ready', 'jam'], 2, /no reason not to print/],
  [['printer', 'add', 'lab'], 1, /ERROR_PRINTER_ALREADY_EXISTS/],
  [['printer', 'remove', 'None'], 1, /ERROR_INVALID_PRINTER_NAME/],
  [['job', '9999'], 1, /BG_E_NOT_FOUND/],
  [['cancel', 'no-guid'], 2, /number of a job, or its ID/],
])('what cannot be done has a reason: %j', ENOUGH, async (given, code, reason) => {
  expect(await spoolpipe(...given)).toMatchObject({ code, text: '', stderr: expect.stringMatching(reason) });
});

test('the bar of a terminal fits into a line', () => {
  const job = { number: 3, bytesTransferred: 50, bytesTotal: 100, pagesPrinted: 1, totalPages: 2 };
  const printing = { ...job, state: 'TRANSFERRING' } as JobDescription;
  expect(progressBar(printing, 100)).toBe(`job 3 [${'#'.repeat(15)}${'-'.repeat(15)}] 50 %  1/2 pages  printing`);
  expect(progressBar(printing, 20)).toHaveLength(19);
});
