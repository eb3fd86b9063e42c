/** The examples of docs/filters.md, run as they stand there. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { compileExamples } from './example-project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const page = await readFile(join(root, 'docs', 'filters.md'), 'utf8');

function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, body = '']) => body);
}

const outputs = blocks('text');
test.each(blocks('sh').map((command, index) => [command.trim(), outputs[index]]))('%s', async (command, output) => {
  const said = await run('sh', ['-c', command], { cwd: root }).catch(
    (failed: { readonly stdout: string; readonly stderr: string }) => failed,
  );
  expect(said.stdout + said.stderr).toBe(output);
});

test('the program compiles, and prints what its comments say', async () => {
  const [program = ''] = blocks('ts');
  const expected = [...program.matchAll(/^.*console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment);
  // Inside the project, so that `spoolpipe/…` is this package.
  const folder = await mkdtemp(join(root, 'dist', 'filters-'));
  try {
    await writeFile(join(folder, 'program.ts'), program);
    await compileExamples(folder);
    const { stdout } = await run('node', [join(folder, 'program.js')]);
    expect(stdout.trimEnd().split('\n')).toEqual(expected);
    expect(expected).toHaveLength(3);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
