/** The examples of docs/jobs.md: the two registrations of a callback, as they stand there. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { connectJobs } from '../../client/jobs.ts';
import { serve } from '../../spooler/index.ts';
import { Child } from '../safety/child.ts';
import { compileExamples } from './example-project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

test('JOB-90: a callback object, and a callback class, registered as the documents show it', async () => {
  const text = await readFile(join(root, 'docs', 'jobs.md'), 'utf8');
  const [object = '', server = '', printing = ''] = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(
    ([, body = '']) => body,
  );
  // Inside the project, so that `spoolpipe/…` is this package.
  const folder = await mkdtemp(join(root, 'dist', 'jobs-'));
  const spooler = await serve({ port: 0 });
  const operator = await connectJobs(spooler.url);
  try {
    for (const [name, body] of Object.entries({ object, server, printing }))
      await writeFile(join(folder, `${name}.ts`), `${body}\nexport {};\n`);
    await compileExamples(folder);
    await writeFile(join(folder, 'report.pdf'), 'a page');
    await operator.printers.add('Lab', { bytesPerSecond: 1_000_000, connectTime: 0 });

    const env = { ...process.env, SPOOLPIPE_URL: spooler.url };
    const node = (name: string): Promise<{ stdout: string }> => run('node', [`${name}.js`], { cwd: folder, env });
    expect((await node('object')).stdout).toBe('report: 1 pages\n');

    await writeFile(
      join(folder, 'serving.mjs'),
      `process.env.SPOOLPIPE_URL = '${spooler.url}'; await import('./server.js');`,
    );
    await using serving = Child.start(new URL(`file://${join(folder, 'serving.mjs')}`), []);
    expect(await serving.line()).toBe('served');
    const id = (await node('printing')).stdout.trim();
    const job = await operator.getJob(id);
    while ((await job.getState()) !== 'ACKNOWLEDGED') await new Promise((resolve) => setImmediate(resolve));
    expect(job.description).toMatchObject({ name: 'report', pagesPrinted: 1 });
  } finally {
    await operator.close();
    await spooler.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
