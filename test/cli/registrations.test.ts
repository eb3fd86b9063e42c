/** `spoolpipe listen --name` and `spoolpipe registrations`, for people and with `--json`. Decision 33. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { notificationType } from '../../shared/index.ts';
import { type Ended, listening, run, type Served, serveOnFreePort } from './command.ts';

const TYPE = ['--type', 'SAMPLE_NOTIFICATION_UI'];
const type = notificationType('SAMPLE_NOTIFICATION_UI');
const LAB = '\\\\localhost\\Lab';
/** Starting processes is most of the time a test takes. */
const ENOUGH = { timeout: 30_000 };

let spooler: Served;

beforeAll(async () => {
  spooler = await serveOnFreePort();
});

afterAll(() => spooler[Symbol.asyncDispose]());

const spoolpipe = (...words: string[]): Promise<Ended> => run([...words, '--url', spooler.url, '--as', 'ann']);
const listen = (...words: string[]) => listening(spooler.url, [...TYPE, '--printer', 'Lab', '--as', 'ann', ...words]);

async function send(...texts: string[]): Promise<void> {
  for (const text of texts) await spoolpipe('send', ...TYPE, '--printer', 'Lab', '--text', text);
}

test(
  'what came while nobody listened is shown first; more than --count comes again; then it is removed',
  ENOUGH,
  async () => {
    await using first = await listen('--name', 'desk', '--keep', '50', '--when-full', 'refuse');
    expect(await first.event('recovered')).toEqual({ event: 'recovered', recovered: false, pending: 0, lost: 0 });
    first.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
    await send('one', 'two', 'three');

    const [registration] = (await spoolpipe('registrations', '--json')).lines;
    expect(registration).toEqual({
      event: 'registration',
      id: 'desk',
      name: LAB,
      type,
      filter: 'kPerUser',
      retention: { notifications: 50, bytes: 268_435_456, overflow: 'refuse' },
      pending: 3,
      bytes: 11,
      lost: 0,
      attached: false,
    });
    expect((await spoolpipe('registrations')).text).toMatch(
      /^registrations: 1\n.*desk +\\\\localhost\\Lab +SAMPLE_NOTIFICATION_UI +kPerUser +3 +11 +0 +no\n$/s,
    );

    const again = ['listen', ...TYPE, '--printer', 'Lab', '--name', 'desk', '--count', '2', '--json'];
    expect((await spoolpipe(...again)).lines).toMatchObject([
      { event: 'ready', id: 'desk' },
      { event: 'recovered', recovered: true, pending: 3, lost: 0 },
      {
        event: 'notification',
        number: 1,
        channel: null,
        kept: { number: 1, redelivered: false, name: LAB },
        data: 'one',
      },
      { event: 'notification', number: 2, kept: { number: 2, redelivered: false }, data: 'two' },
    ]);
    const forPeople = await spoolpipe('listen', ...TYPE, '--printer', 'Lab', '--name', 'desk', '--count', '1');
    expect(forPeople.text).toBe('recovered: 1 waiting, 0 lost\nnotification 1 (kept 3, redelivered), 5 bytes: three\n');
    expect(forPeople.stderr).toMatch(/, registered as desk\n$/);

    expect(await spoolpipe('registrations', 'remove', 'desk')).toMatchObject({
      code: 0,
      text: 'removed the registration desk\n',
    });
    expect(await spoolpipe('registrations', 'remove', 'desk')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^spoolpipe: \[NOT_REGISTERED\]/) as string,
    });
    expect((await spoolpipe('registrations', 'list')).text).toBe('registrations: 0\n');
  },
);

test('each file is written before its notification is acknowledged', ENOUGH, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spoolpipe-registrations-'));
  try {
    await using listener = await listen('--name', 'archive', '--out', folder);
    await send('one');
    const { file } = await listener.event('notification');
    expect(await readFile(String(file), 'utf8')).toBe('one');
    listener.kill('SIGTERM');
    await listener.ended;
    expect((await spoolpipe('registrations', '--json')).lines).toMatchObject([{ id: 'archive', pending: 0 }]);
    await spoolpipe('registrations', 'remove', 'archive');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('who is replaced ends with 4 and says why; who is removed, too', ENOUGH, async () => {
  await using first = await listen('--name', 'window');
  await using second = await listen('--name', 'window');
  expect(await first.ended).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('the registration is over: somebody else listens under this name now') as string,
  });
  await spoolpipe('registrations', 'remove', 'window');
  const { code, stderr, lines } = await second.ended;
  expect([code, stderr]).toMatchObject([4, expect.stringContaining('it was removed')]);
  expect(lines.at(-2)).toMatchObject({ event: 'closed', channel: null, cause: 'closed', size: 0, data: null });
});

test.each([
  [['--name', 'a b'], 2, '1 to 64 letters'],
  [['--name', 'desk', '--style', 'bi'], 2, 'unidirectional'],
  [['--keep', '5'], 2, 'add --name'],
  [['--name', 'desk', '--keep', '0'], 2, 'whole number'],
  [['--name', 'desk', '--when-full', 'wait'], 2, 'Allowed choices'],
])('%j is refused with %i', ENOUGH, async (words, code, message) => {
  expect(await spoolpipe('listen', ...TYPE, ...words)).toMatchObject({
    code,
    stderr: expect.stringContaining(message) as string,
  });
});
