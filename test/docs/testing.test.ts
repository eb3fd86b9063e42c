/** The examples of docs/testing.md, run by the runners they are written for. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { compileExamples } from './example-project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

test('each example passes', async () => {
  const text = await readFile(join(root, 'docs', 'testing.md'), 'utf8');
  const [forNode = '', forVitest = ''] = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, body = '']) => body);
  // Inside the project, so that `spoolpipe/…` is this package.
  const folder = await mkdtemp(join(root, 'dist', 'testing-'));
  try {
    await writeFile(join(folder, 'node.ts'), forNode);
    await writeFile(join(folder, 'vitest.test.ts'), forVitest);
    await writeFile(join(folder, 'vitest.config.mjs'), 'export default {};\n');
    await compileExamples(folder);
    const node = await run('node', ['--test', join(folder, 'node.js')]);
    expect(node.stdout).toMatch(/^[#ℹ] pass 1$/m);
    await rm(join(folder, 'vitest.test.js'));
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    expect((await run('node', [vitest, 'run', '--root', folder, '--no-color'])).stdout).toMatch(/2 passed/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
