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

const EVENTS = `
import { connectPublisher, defineEventClass } from 'spoolpipe/publisher';
import { serve } from 'spoolpipe/spooler';
import { connectSubscriber } from 'spoolpipe/subscriber';

const PrinterEvents = defineEventClass({
  name: 'Office.Printer',
  clsid: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11',
  interfaces: {
    IPrinterEvents: { iid: '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d', methods: { onPaperJam: { tray: 'u8' } } },
  },
});
const server = await serve({ port: 0 });
const subscriber = await connectSubscriber(server.url);
await subscriber.catalogue.install(PrinterEvents);
let seen = 0;
await subscriber.subscribe({ eventClass: PrinterEvents }, { onPaperJam: ({ tray }) => void (seen = tray) });
const publisher = await connectPublisher(server.url);
const { code } = await publisher.events(PrinterEvents).onPaperJam({ tray: 2 });
// @ts-expect-error -- a tray is a number
await publisher.events(PrinterEvents).onPaperJam({ tray: '2' }).catch(() => {});
console.log(\`paper jam in tray \${seen}, \${code}\`);
await Promise.all([publisher.close(), subscriber.close()]);
await server.close();
`;

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
  const browser = ['./protocol', './listener', './publisher', './subscriber', './jobs', './connection-points'];
  compile('browser', opening(browser), {
    module: 'esnext',
    moduleResolution: 'bundler',
    customConditions: ['browser'],
    lib: ['es2023', 'dom'],
    types: [],
  });

  // A program that uses what it got: what is wrong in it must not compile.
  compile('events', EVENTS, { types: ['node'], typeRoots });
  writeFileSync(join(folder, 'events.js'), EVENTS);
  const told = run(process.execPath, ['events.js']).trim();
  if (told !== 'paper jam in tray 2, S_OK') throw new Error(`the events program printed ${told}`);

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
