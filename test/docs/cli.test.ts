/** The commands of docs/cli.md, run in the order in which they stand there. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Running, run, type Served, serveOnFreePort, start } from '../cli/command.ts';

const page = new URL('../../docs/cli.md', import.meta.url);

/** What each of those that run until they are stopped says when it is ready. */
const LASTING: readonly (readonly [begins: string, ready: RegExp])[] = [
  ['listen ', /listening for/],
  ['events subscribe ', /subscribed to/],
];

const lasting: Running[] = [];
let folder: string;
let spooler: Served;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoolpipe-page-'));
  const methods = [{ name: 'onPaperJam', parameters: [{ name: 'tray', type: 'u8' }] }];
  const interfaces = [{ name: 'IPrinterEvents', iid: '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d', methods }];
  const eventClasses = [
    { name: 'Office.Printer', clsid: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11', interfaces: ['IPrinterEvents'] },
  ];
  await writeFile(join(folder, 'office.json'), JSON.stringify({ library: 'Office', interfaces, eventClasses }));
  await writeFile(join(folder, 'report.pdf'), 'a page');
  spooler = await serveOnFreePort(['--data', join(folder, 'data')]);
});

afterAll(async () => {
  for (const running of [...lasting, spooler]) await running[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** As a shell would read them; the files are those of the folder. */
function wordsOf(line: string): readonly string[] {
  const [command = ''] = line.split(' #');
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
  return words.map((word) => {
    if (word === '/var/lib/spoolpipe') return join(folder, 'data');
    return word === 'office.json' || word === 'report.pdf' ? join(folder, word) : word;
  });
}

test('each does what it says', { timeout: 60_000 }, async () => {
  const [, block = ''] = /^```sh\n(.*?)^```/ms.exec(await readFile(page, 'utf8')) ?? [];
  const [serving = [], ...commands] = block.trimEnd().split('\n').map(wordsOf);
  expect(serving).toEqual(['spoolpipe', 'serve']);
  const env = { SPOOLPIPE_URL: spooler.url };
  for (const [program, ...words] of commands) {
    expect(program).toBe('spoolpipe');
    const ready = LASTING.find(([begins]) => words.join(' ').startsWith(begins))?.[1];
    if (ready) {
      const running = start(words, { env });
      lasting.push(running);
      await running.says(ready);
      continue;
    }
    if (words[0] === 'store') {
      spooler.process.kill('SIGTERM');
      await spooler.process.ended;
    }
    const { code, stderr } = await run(words, { env });
    expect({ words, code, stderr: code === 0 ? '' : stderr }).toEqual({ words, code: 0, stderr: '' });
  }
  // The one that keeps says first that there was nothing before.
  const heard = await Promise.all(
    lasting.map(async (running, at) => (at === 1 && (await running.line()), running.line())),
  );
  expect(heard).toEqual([
    'notification 1, 9 bytes: paper jam',
    'notification 1 (kept 1), 9 bytes: paper jam',
    'event 1: onPaperJam {"tray":2}',
  ]);
});
