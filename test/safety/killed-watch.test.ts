/**
 * `spoolpipe print` of 5 MiB from the package as built, with a process that watches by a callback object and is killed: the
 * callback class finishes the watch; and with a spooler that is killed in the middle. docs/jobs.md, "When a watcher dies".
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ended, run, type Served, serveOnFreePort, start } from '../cli/command.ts';

const CLSID = '5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c03';
const SIZE = 5 * 1024 * 1024;
/** Of 50,000 bytes. */
const PAGES = Math.ceil(SIZE / 50_000);
/** Starting processes is most of the time a test takes. */
const ENOUGH = { timeout: 60_000 };

let folder: string;
let file: string;
let table: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoolpipe-watch-'));
  file = join(folder, 'report.txt');
  table = join(folder, 'classes.json');
  await writeFile(file, 'a line of text\n'.repeat(SIZE / 15 + 1).slice(0, SIZE));
  const script = fileURLToPath(new URL('job-class.mjs', import.meta.url));
  const command = [process.execPath, script, CLSID];
  await writeFile(table, JSON.stringify({ classes: { [CLSID]: { command } } }));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const serving = (port = 0): Promise<Served> =>
  serveOnFreePort(['--data', join(folder, 'data'), '--classes', table], port);

const spoolpipe = (url: string, ...words: string[]): Promise<Ended> => run([...words, '--url', url, '--as', 'ann']);

/** A job that waits for its printer, and somebody who watches it. */
async function watched(url: string) {
  await spoolpipe(url, 'printer', 'add', 'Lab', '--bytes-per-second', '100000000');
  await spoolpipe(url, 'printer', 'set-state', 'Lab', 'paused');
  const words = ['print', file, '--printer', 'Lab', '--retain', '--notify-class', CLSID, '--json'];
  const [spooled] = (await spoolpipe(url, ...words)).lines;
  expect(spooled).toMatchObject({ state: 'QUEUED', bytesTotal: SIZE, totalPages: PAGES });
  const id = String(spooled?.['id']);
  const watching = start(['job', id, '--watch', '--json', '--url', url, '--as', 'ann']);
  await watching.event('ready');
  return { id, watching };
}

test(
  'JOB-94, JOB-101, JOB-MAP-17: the watcher is told; it is killed, and the class is started and finishes',
  ENOUGH,
  async () => {
    await using spooler = await serving();
    const { id, watching } = await watched(spooler.url);
    await using killed = watching;
    killed.kill('SIGKILL');
    await killed.ended;
    await spoolpipe(spooler.url, 'printer', 'set-state', 'Lab', 'ready');
    await spooler.process.says(new RegExp(`finished ${PAGES}`));
    expect((await spoolpipe(spooler.url, 'job', id, '--json')).lines).toMatchObject([
      { state: 'ACKNOWLEDGED', pagesPrinted: PAGES },
    ]);
  },
);

test(
  'JOB-115 to JOB-118: the spooler is killed too: job and class are there again, and the class finishes',
  ENOUGH,
  async () => {
    await using first = await serving();
    const { id, watching } = await watched(first.url);
    await using killed = watching;
    killed.kill('SIGKILL');
    await killed.ended;
    first.process.kill('SIGKILL');
    await first.process.ended;
    await using second = await serving();
    expect((await spoolpipe(second.url, 'job', id, '--json')).lines).toMatchObject([
      { state: 'QUEUED', notifyClsid: CLSID, bytesTotal: SIZE },
    ]);
    await spoolpipe(second.url, 'printer', 'set-state', 'Lab', 'ready');
    await second.process.says(new RegExp(`finished ${PAGES}`));
    expect((await spoolpipe(second.url, 'job', id, '--json')).lines).toMatchObject([{ state: 'ACKNOWLEDGED' }]);
  },
);

test('JOB-120: a watcher that lives watches again when the spooler is back', ENOUGH, async () => {
  await using first = await serving();
  const { id, watching } = await watched(first.url);
  await using living = watching;
  first.process.kill('SIGKILL');
  await living.event('lost');
  await first.process.ended;
  await using second = await serving(first.port);
  await living.event('gap');
  await spoolpipe(second.url, 'printer', 'set-state', 'Lab', 'ready');
  expect(await living.event('jobTransferred')).toMatchObject({ id, pagesPrinted: PAGES });
  expect((await living.ended).code).toBe(0);
});
