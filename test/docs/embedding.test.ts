/** The examples of docs/store.md and docs/jobs.md of a program that embeds a spooler, run as they stand there. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { compileExamples } from './example-project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

async function lastExample(page: string): Promise<string> {
  const text = await readFile(join(root, 'docs', page), 'utf8');
  const [, body = ''] = [...text.matchAll(/^```ts\n(.*?)^```/gms)].at(-1) ?? [];
  return body;
}

test('a store that lasts, and print jobs', { timeout: 60_000 }, async () => {
  // Inside the project, so that `spoolpipe/…` is this package.
  const folder = await mkdtemp(join(root, 'dist', 'embedding-'));
  try {
    const data = join(folder, 'data');
    const store = (await lastExample('store.md')).replace('/var/lib/office-printers', data);
    const jobs = `${await lastExample('jobs.md')}console.log(server.url);\nawait server.close();\n`;
    await writeFile(join(folder, 'store.ts'), store);
    await writeFile(join(folder, 'jobs.ts'), jobs);
    await compileExamples(folder);
    await run('node', [join(folder, 'store.js')]);
    expect(existsSync(join(data, 'store.mdb'))).toBe(true);
    expect((await run('node', [join(folder, 'jobs.js')])).stdout).toMatch(/^ws:/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
