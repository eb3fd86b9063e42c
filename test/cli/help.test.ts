/** What the command says of itself, and that the documentation says the same. */

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { VERSION } from '../../shared/index.ts';
import { run } from './command.ts';

const SUBCOMMANDS = [
  ...['serve', 'listen', 'send', 'status', 'explain', 'filter', 'filter check', 'events'],
  ...['install', 'list', 'remove', 'fire', 'subscribe', 'subscriptions', 'dead-letters'].map(
    (name) => `events ${name}`,
  ),
  ...['print', 'jobs', 'job', 'pause', 'resume', 'restart', 'complete', 'cancel', 'printer'],
  ...['add', 'remove', 'set-state', 'list'].map((name) => `printer ${name}`),
  ...['registrations', 'registrations list', 'registrations remove'],
  ...['store', 'store check', 'store compact'],
];

test.each(['spoolpipe', ...SUBCOMMANDS])('the help of %s', async (name) => {
  const { code, stdout, stderr } = await run(name === 'spoolpipe' ? ['--help'] : [...name.split(' '), '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const help = stdout.toString('utf8');
  await expect(help).toMatchFileSnapshot(`help/${name.replace(' ', '-')}.txt`);

  const document = await readFile(
    new URL(`../../docs/${name === 'serve' ? 'serve' : 'cli'}.md`, import.meta.url),
    'utf8',
  );
  const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option);
  const known = new Set(['--help', '--version']);
  expect(options.filter((option = '') => !known.has(option) && !document.includes(`\`${option}`))).toEqual([]);
});

test('--version is the package’s', async () => {
  expect(await run(['--version'])).toMatchObject({ code: 0, text: `${VERSION}\n`, stderr: '' });
});
