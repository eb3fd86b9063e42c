/** The examples of docs/persistent-registrations.md, run as they stand there. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { connectSender, notificationType } from '../../client/sender.ts';
import { serve } from '../../spooler/index.ts';
import { Child } from '../safety/child.ts';
import { eventually } from '../safety/eventually.ts';
import { compileExamples } from './example-project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

test('decision 33: a listener that names itself, away and back; and a spooler that keeps for it', async () => {
  const text = await readFile(join(root, 'docs', 'persistent-registrations.md'), 'utf8');
  const [listening = '', embedding = ''] = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, body = '']) => body);
  // Inside the project, so that `spoolpipe/…` is this package.
  const folder = await mkdtemp(join(root, 'dist', 'registrations-'));
  const spooler = await serve({ port: 0 });
  try {
    await writeFile(join(folder, 'listening.ts'), listening);
    const here = embedding.replace('/var/lib/office-printers', join(folder, 'data'));
    await writeFile(join(folder, 'embedding.ts'), here);
    await compileExamples(folder);
    await run('node', ['embedding.js'], { cwd: folder });

    const sender = await connectSender(spooler.url);
    const channel = await sender.createNotificationChannel({
      name: 'Lab',
      type: notificationType('SAMPLE_NOTIFICATION_UI'),
    });
    await writeFile(
      join(folder, 'desk.mjs'),
      `process.env.SPOOLPIPE_URL = '${spooler.url}'; await import('./listening.js');`,
    );
    const desk = (): Child => Child.start(new URL(`file://${join(folder, 'desk.mjs')}`), []);
    {
      await using first = desk();
      expect(await first.line()).toBe('{ recovered: false, pending: 0, lost: 0 }');
    }
    // What is given to one that is not known to be dead comes again, marked.
    await eventually(() => spooler.spooler.stats().registrations === 0);
    for (const words of ['roll is empty', 'still empty']) await channel.sendNotification(words);
    await using back = desk();
    expect(await back.line()).toBe('{ recovered: true, pending: 2, lost: 0 }');
    expect(await back.line()).toBe('1 false roll is empty');
    expect(await back.line()).toBe('2 false still empty');
    await sender.close();
  } finally {
    await spooler.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
