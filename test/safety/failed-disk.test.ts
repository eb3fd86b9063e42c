/** `spoolpipe serve --data` whose disk fails: it says so wherever somebody may look, and what needs no disk goes on. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectJobs } from '../../client/jobs.ts';
import { connectSender } from '../../client/sender.ts';
import { notificationType } from '../../shared/index.ts';
import { listening, run, serveOnFreePort } from '../cli/command.ts';
import { injects } from './disks.ts';
import { untilRefused } from './until-refused.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
/** Writes and syncs of a thread that succeed before the first that does not. */
const GOOD = 20;

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'spoolpipe-failed-'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

test.runIf(injects)(
  'own decision: after a sync that failed /readyz and status say so; what needs no store goes on, and /healthz is well',
  async () => {
    // -D: it is the spooler that was started, and strace looks on.
    const inject = ['-e', `inject=fdatasync,pwrite64:error=EIO:when=${GOOD + 1}+`];
    const through = ['strace', '-D', '-f', '-qq', '-o', '/dev/null', ...inject];
    await using spooler = await serveOnFreePort(['--data', join(root, 'data')], 0, { through });
    const ask = async (path: string): Promise<string> => {
      const answer = await fetch(`${spooler.url.replace('ws:', 'http:')}${path}`);
      return `${answer.status} ${await answer.text()}`;
    };
    expect(await ask('/readyz')).toBe('200 ok\n');
    const jobs = await connectJobs(spooler.url, { user: 'ann' });
    expect(await untilRefused((number) => jobs.printers.add(`Printer ${number}`))).toBe('STORE_FAILED');
    expect(await ask('/readyz')).toMatch(/^503 STORE_FAILED: The disk did not take .*\n$/);
    expect(await ask('/healthz')).toBe('200 ok\n');
    await jobs.close();

    await using listener = await listening(spooler.url, ['--type', type, '--printer', 'Lab', '--as', 'ann']);
    const sender = await connectSender(spooler.url, { user: 'ann' });
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('goes on');
    expect(await listener.event('notification')).toMatchObject({ data: 'goes on' });
    await sender.close();
    const status = await run(['status', '--url', spooler.url, '--as', 'ann']);
    expect(status.text).toMatch(/\ntrouble: STORE_FAILED: The disk did not take /);
  },
  30_000,
);

test.skipIf(injects)('what is skipped here: it takes strace', () => {
  expect(injects).toBe(false);
});
