#!/usr/bin/env node
// What a user gets: packs the tarball, installs it in an empty folder, compiles a program that opens every door, runs
// it, and asks the installed command for its version. `node test/consumer/run.mjs`; needs npm to fetch the dependencies.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'spoolpipe-consumer-'));

/** Runs a command; what it printed is shown only if it fails. */
function run(command, args, cwd = folder) {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe', shell: process.platform === 'win32' });
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')}\n${error.stdout}${error.stderr}`, { cause: error });
  }
}

function compile(name, source, compilerOptions) {
  writeFileSync(join(folder, `${name}.ts`), source);
  const common = { strict: true, skipLibCheck: false, module: 'nodenext', target: 'es2023', noEmit: true };
  const config = { compilerOptions: { ...common, ...compilerOptions }, files: [`${name}.ts`] };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(config));
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', `${name}.json`]);
}

try {
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--silent', '--json', '--pack-destination', folder], root));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', join(folder, filename)]);

  const installed = join(folder, 'node_modules/spoolpipe');
  const { version, exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  const doors = Object.keys(exports).filter((door) => exports[door].default);
  const missing = doors.filter((door) => !existsSync(join(installed, exports[door].default)));
  if (missing.length > 0) throw new Error(`the package lacks what is behind ${missing.join(', ')}`);

  const opening = (names) =>
    names
      .map((door, i) => `import * as door${i} from 'spoolpipe${door.slice(1)}';\nconsole.log(Object.keys(door${i}));\n`)
      .join('');

  // A program on Node, which has Node's types anyway.
  const typeRoots = [join(root, 'node_modules/@types')];
  compile('node', opening(doors), { types: ['node'], typeRoots });
  // One in a browser, which has not.
  const browser = ['./protocol', './listener', './publisher', './subscriber', './connection-points'];
  compile('browser', opening(browser), {
    module: 'esnext',
    moduleResolution: 'bundler',
    customConditions: ['browser'],
    lib: ['es2023', 'dom'],
    types: [],
  });

  writeFileSync(join(folder, 'node.js'), opening(doors));
  run(process.execPath, ['node.js']);
  const printed = run('npx', ['--no-install', 'spoolpipe', '--version']).trim();
  if (printed !== version) throw new Error(`spoolpipe --version printed ${printed}, the package says ${version}`);
  console.log(`spoolpipe ${version}: ${doors.length} doors open, the command runs`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
