/**
 * `spoolpipe print` of 5 MiB from the package as built, with a process that watches by a callback object and is killed: the
 * callback class finishes the watch; and with a spooler that is killed in the middle. docs/jobs.md, "When a watcher dies".
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectPublisher } from '../../client/publisher.ts';
import { connectSubscriber } from '../../client/subscriber.ts';
import { defineEventClass } from '../../shared/index.ts';
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

const PrinterEvents = defineEventClass({
  name: 'Office.Printer',
  clsid: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11',
  interfaces: {
    IPrinterEvents: { iid: '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d', methods: { onPaperJam: { tray: 'u8' } } },
  },
});
const SUBSCRIBER = '5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c01';
const LABEL_DESK = ['listen', '--type', 'SAMPLE_NOTIFICATION_UI', '--printer', 'Lab', '--name', 'label-desk', '--json'];

/** A queued subscription whose subscriber is away, and two events for it. */
async function fired(url: string): Promise<void> {
  const subscriber = await connectSubscriber(url, { user: 'ann' });
  await subscriber.catalogue.install(PrinterEvents);
  const queued = { eventClass: PrinterEvents, name: 'Facilities', subscriberClsid: SUBSCRIBER, queued: true };
  await subscriber.subscribeClass(queued);
  const publisher = await connectPublisher(url, { user: 'ann' });
  for (const tray of [1, 2])
    expect(await publisher.events(PrinterEvents).onPaperJam({ tray })).toMatchObject({ code: 'S_OK' });
  await Promise.all([subscriber.close(), publisher.close()]);
}

/** A persistent registration whose listener is away, and two notifications for it. */
async function notified(url: string): Promise<void> {
  await using listening = start([...LABEL_DESK, '--url', url, '--as', 'ann']);
  await listening.event('ready');
  listening.kill('SIGTERM');
  await listening.ended;
  for (const text of ['label 1', 'label 2']) {
    const words = ['send', '--type', 'SAMPLE_NOTIFICATION_UI', '--printer', 'Lab', '--text', text, '--json'];
    expect((await spoolpipe(url, ...words)).lines).toMatchObject([{ event: 'sent', code: 'S_OK' }]);
  }
}

test(
  'JOB-115 to JOB-118, EVC-86, EVC-121, T10: killed in the middle of printing: job, subscriptions and undelivered notifications are all there',
  ENOUGH,
  async () => {
    await using first = await serving();
    const { id, watching } = await watched(first.url);
    await using killed = watching;
    await Promise.all([fired(first.url), notified(first.url)]);
    // Faster than a test is patient, slower than a process dies.
    await spoolpipe(first.url, 'printer', 'add', 'Slow', '--bytes-per-second', '1000000');
    const words = ['print', file, '--printer', 'Slow', '--retain', '--notify-class', CLSID, '--watch', '--json'];
    await using printing = start([...words, '--url', first.url, '--as', 'ann']);
    const { id: slow } = await printing.event('ready');
    while (Number((await printing.event('jobModification'))['pagesPrinted']) === 0);
    for (const one of [killed, printing]) {
      one.kill('SIGKILL');
      await one.ended;
    }
    first.process.kill('SIGKILL');
    await first.process.ended;

    await using second = await serving();
    const { url } = second;
    const [waits, prints] = await Promise.all([id, String(slow)].map((job) => spoolpipe(url, 'job', job, '--json')));
    expect(waits?.lines).toMatchObject([{ state: 'QUEUED', notifyClsid: CLSID, bytesTotal: SIZE }]);
    expect(prints?.lines).toMatchObject([{ notifyClsid: CLSID, bytesTotal: SIZE }]);
    expect((await spoolpipe(url, 'events', 'subscriptions', '--json')).lines).toMatchObject([
      { name: 'Facilities', queued: true, subscriberClsid: SUBSCRIBER },
    ]);
    const jams: number[] = [];
    const subscriber = await connectSubscriber(url, { user: 'ann' });
    await new Promise<void>((resolve) => {
      const onPaperJam = ({ tray }: { readonly tray: number }): void => {
        jams.push(tray);
        if (jams.length === 2) resolve();
      };
      void subscriber.registerClass({ clsid: SUBSCRIBER, eventClass: PrinterEvents }, () => ({ onPaperJam }));
    });
    expect(jams).toEqual([1, 2]);
    await subscriber.close();
    const { lines } = await spoolpipe(url, ...LABEL_DESK, '--count', '2');
    expect(lines).toMatchObject([
      { event: 'ready' },
      { event: 'recovered', recovered: true, pending: 2, lost: 0 },
      { event: 'notification', kept: { number: 1, redelivered: false }, data: 'label 1' },
      { event: 'notification', kept: { number: 2, redelivered: false }, data: 'label 2' },
    ]);
    await spoolpipe(url, 'printer', 'set-state', 'Lab', 'ready');
    await second.process.says(new RegExp(`finished ${PAGES}[^]*finished ${PAGES}`));
    for (const job of [id, String(slow)])
      expect((await spoolpipe(url, 'job', job, '--json')).lines).toMatchObject([{ state: 'ACKNOWLEDGED' }]);
  },
);
