/** A folder for the examples of a page: inside the project, so that `spoolpipe/…` is this package. */

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

const TSCONFIG = {
  extends: '../../tsconfig.base.json',
  compilerOptions: {
    composite: false,
    rootDir: '.',
    outDir: '.',
    declaration: false,
    declarationMap: false,
    types: ['node'],
  },
  include: ['*.ts'],
  exclude: [],
};

/** Compiles the sources of the folder, which is in `dist/`, as strictly as ours. Rejects where that is refused. */
export async function compileExamples(folder: string): Promise<void> {
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  await run('node', [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
}
