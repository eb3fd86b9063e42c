/** Every command and snippet of the README, run as a newcomer would run it. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** The fenced blocks of one language, in order. */
async function blocks(language: string): Promise<string[]> {
  const text = await readFile(join(root, 'README.md'), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, body = '']) => body.trim());
}

/** A child in a process group of its own, with what it has said so far. */
class Running {
  said = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  constructor(command: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn('sh', ['-c', command], { cwd: root, env, detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (bytes: Buffer) => {
        this.said += bytes.toString();
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', () => resolve());
    });
  }

  async hears(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.said);
      if (match) return match;
      if (this.#child.exitCode !== null) throw new Error(`it ended without saying ${pattern}; it said: ${this.said}`);
      await new Promise<void>((resolve) => {
        this.#child.stdout?.once('data', () => resolve());
        this.#child.stderr?.once('data', () => resolve());
        this.#child.once('close', () => resolve());
      });
    }
  }

  /** What was started through npm or npx has children: the whole group goes. */
  async stop(): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null) {
      try {
        process.kill(-this.#child.pid, 'SIGTERM');
      } catch {
        // It has just ended by itself.
      }
    }
    await this.#ended;
  }
}

let folder: string;
let spooler: Running;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  // Inside the project, so that the snippets' `spoolpipe/…` is this package.
  folder = await mkdtemp(join(root, 'dist', 'readme-'));
  // `npm ci` has been run, or this test would not be; any free port, so that nothing else is in the way, and not
  // the data folder of whoever runs the tests.
  spooler = new Running(`npm start -- --port 0 --data '${join(folder, 'data')}'`, process.env);
  const [, url] = await spooler.hears(/(ws:\/\/127\.0\.0\.1:\d+)/);
  env = { ...process.env, SPOOLPIPE_URL: url };
}, 60_000);

afterAll(async () => {
  await spooler.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the two commands are the ones that run here and in CI', async () => {
  const [start, command] = await blocks('sh');
  expect(start).toBe('npm ci && npm start');
  expect(command).toBe('npm ci && npm test');
  const ci = await readFile(join(root, '.ci', 'run'), 'utf8');
  expect(ci).toMatch(/npm ci/);
  expect(ci).toMatch(/npm test/);
});

test('listen and send, from two more terminals', async () => {
  const [, , listen = '', send = ''] = await blocks('sh');
  const listening = new Running(listen, env);
  try {
    await listening.hears(/listening/i);
    await run('sh', ['-c', send], { cwd: root, env });
    expect(await listening.hears(/paper jam/)).toBeTruthy();
  } finally {
    await listening.stop();
  }
}, 60_000);

test('explain says which field differs', async () => {
  const [, , listen = '', , explain = ''] = await blocks('sh');
  const listening = new Running(listen, env);
  try {
    await listening.hears(/listening/i);
    const { stdout } = await run('sh', ['-c', explain], { cwd: root, env });
    expect(stdout).toMatch(/style/);
  } finally {
    await listening.stop();
  }
}, 60_000);

test('the snippets compile and do what they say', async () => {
  const [listen = '', persistent = '', send = '', events = '', subscribe = '', publish = '', embed = '', fixture = ''] =
    await blocks('ts');
  const tsconfig = {
    extends: '../../tsconfig.base.json',
    compilerOptions: {
      composite: false,
      rootDir: '.',
      outDir: '.',
      types: ['node'],
      declaration: false,
      declarationMap: false,
      noUnusedParameters: false,
    },
    include: ['*.ts'],
    exclude: [],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  const programs = {
    listen,
    persistent,
    send,
    'printer-events': events,
    subscribe,
    publish,
    embed,
    'fixture.test': fixture,
  };
  for (const [name, body] of Object.entries(programs)) {
    await writeFile(join(folder, `${name}.ts`), `${body}\nexport {};\n`);
  }
  await run('node', [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { cwd: root });

  const node = (name: string): string => `node '${join(folder, name)}.js'`;
  const listener = new Running(node('listen'), env);
  try {
    // The listener says nothing when it is ready; the sender prints an explanation as long as nobody is told.
    for (let said = 'nothing yet'; said !== ''; )
      said = (await run('sh', ['-c', node('send')], { cwd: root, env })).stdout;
    await listener.hears(/9 bytes of f6853f92-eb31-4e23-b6e7-fd69056153f0/);
  } finally {
    await listener.stop();
  }
  const first = new Running(node('persistent'), env);
  await first.hears(/new here/);
  await first.stop();
  await run('sh', ['-c', node('send')], { cwd: root, env });
  const back = new Running(node('persistent'), env);
  try {
    await back.hears(/1 waiting, 0 lost\nnumber 1(, again)?: 9 bytes/);
  } finally {
    await back.stop();
  }
  const subscriber = new Running(node('subscribe'), env);
  try {
    // It installs the class, too: until then a publisher is refused.
    for (let said = ''; said !== 'S_OK\n'; )
      said = await run('sh', ['-c', node('publish')], { cwd: root, env }).then(
        ({ stdout }) => stdout,
        () => '',
      );
    await subscriber.hears(/paper jam in tray 2/);
  } finally {
    await subscriber.stop();
  }
  const { stdout } = await run('sh', ['-c', node('embed')], { cwd: root, env });
  expect(stdout).toMatch(/^ws:\/\/127\.0\.0\.1:\d+ \{/);

  await rm(join(folder, 'fixture.test.js'));
  await writeFile(join(folder, 'vitest.config.mjs'), 'export default {};\n');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const result = await run('node', [vitest, 'run', '--root', folder, '--no-color'], {
    cwd: root,
    env,
  });
  expect(result.stdout).toMatch(/1 passed/);
}, 90_000);
