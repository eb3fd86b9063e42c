/** `serve --events` as an operator meets it. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectListener } from '../../client/listener.ts';
import { COPIER, IPRINTER, OFFICE, officeDocument } from '../spec/events/office.ts';
import { run, start } from './command.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoolpipe-events-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('EVC-110, EVC-111: the example of docs/serve.md is in force, and a failure is said with its number (EVC-71)', async () => {
  const document = await readFile(new URL('../../docs/serve.md', import.meta.url), 'utf8');
  const [, example = ''] = /```json\n(\{\n {2}"library".*?)```/s.exec(document) ?? [];
  const path = join(folder, 'events.json');
  await writeFile(path, example);
  await using spooler = start(['serve', '--port', '0', '--events', path]);
  const ann = await connectListener(await spooler.line(), { user: 'ann' });
  const { connection } = ann;
  expect((await connection.call('events', 'subscriptions')).json).toMatchObject({
    subscriptions: [{ name: 'Jams in tray 2', owner: 'ann', configured: true }],
  });
  const [eventClass, iid] = ['5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11', '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d'];
  const event = (tray: number): object => ({ eventClass, interface: iid, method: 'onPaperJam', arguments: { tray } });
  expect((await connection.call('events', 'fire', event(1))).outcome.code).toBe('EVENT_S_NOSUBSCRIBERS');
  const failed = { code: 'EVENT_E_ALL_SUBSCRIBERS_FAILED' };
  await expect(connection.call('events', 'fire', event(2))).rejects.toMatchObject(failed);
  await ann.close();
  spooler.kill('SIGTERM');
  const { code, stderr } = await spooler.ended;
  expect(code).toBe(0);
  expect(stderr).toContain(
    'events 4356: 5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c01 of "Jams in tray 2" could not be created for onPaperJam: [REGDB_E_CLASSNOTREG]',
  );
});

test('EVC-110: a mistake in the file is named by its place, with exit code 2, before anybody is told that it is ready', async () => {
  const path = join(folder, 'mistaken.json');
  await writeFile(path, '{"library": "Office", "roles": {"drivers": "ann"}}');
  const mistaken = await run(['serve', '--port', '0', '--events', path]);
  expect(mistaken).toMatchObject({ code: 2, text: '', stderr: expect.stringMatching(/EVENTS_FILE_INVALID.*roles/) });
  const subscription = {
    id: 'd1d1d1d1-0000-4000-8000-000000000001',
    name: 'x',
    eventClass: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11',
  };
  const subscriptions = [{ ...subscription, subscriberClsid: subscription.id }];
  await writeFile(path, JSON.stringify({ library: 'Office', subscriptions }));
  const missing = await run(['serve', '--port', '0', '--events', path]);
  expect(missing).toMatchObject({ code: 2, text: '', stderr: expect.stringContaining('EVENT_E_MISSING_EVENTCLASS') });
});

test('EVC-107: a per-user subscription is for one of the users that the token file knows', async () => {
  const tokens = join(folder, 'tokens.json');
  await writeFile(
    tokens,
    JSON.stringify({ tokens: [{ token: 'ann-0123456789abc', user: 'ann', rights: ['listen'] }] }),
  );
  const path = join(folder, 'per-user.json');
  const subscription = { id: OFFICE, name: 'x', eventClass: OFFICE, subscriberClsid: OFFICE, perUser: true };
  const served = async (user: string): ReturnType<typeof run> => {
    await writeFile(path, JSON.stringify({ ...officeDocument(), subscriptions: [{ ...subscription, user }] }));
    return run(['serve', '--port', '0', '--events', path, '--token-file', tokens]);
  };
  expect(await served('bob')).toMatchObject({
    code: 2,
    text: '',
    stderr: expect.stringMatching(/EVENT_E_INVALID_PER_USER_SID.*subscriptions\.0: bob/),
  });
});

test('EVC-81, EVC-194: a module gets the events of its subscription, which no client can change', async () => {
  const subscriber = 'export const createObject = () => ({ onPaperJam: ({ tray }) => console.error(`in ${tray}`) });';
  await writeFile(join(folder, 'subscriber.mjs'), subscriber);
  const classes = join(folder, 'classes.json');
  await writeFile(classes, JSON.stringify({ classes: { [COPIER]: { module: './subscriber.mjs' } } }));
  const path = join(folder, 'module.json');
  const subscription = {
    id: OFFICE,
    name: 'x',
    eventClass: OFFICE,
    subscriberClsid: COPIER,
    filterCriteria: 'tray = 2',
  };
  const subscriptions = [{ ...subscription, method: 'onPaperJam' }];
  await writeFile(path, JSON.stringify({ ...officeDocument(), subscriptions }));
  await using spooler = start(['serve', '--port', '0', '--classes', classes, '--events', path]);
  const ann = await connectListener(await spooler.line(), { user: 'ann' });
  const jam = { eventClass: OFFICE, interface: IPRINTER, method: 'onPaperJam', arguments: { tray: 2 } };
  expect((await ann.connection.call('events', 'fire', jam)).outcome.code).toBe('S_OK');
  await spooler.says(/in 2/);
  const change = { id: OFFICE, changes: { enabled: false } };
  await expect(ann.connection.call('events', 'modify', change)).rejects.toMatchObject({
    code: 'EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT',
  });
  await ann.close();
});

test('what a module prints leaves standard output to the spooler', async () => {
  const subscriber = `import { Console } from 'node:console';
    export const createObject = () => ({
      onPaperJam: () => {
        console.log('by the console');
        new Console(process.stdout).log('by another');
        process.stdout.write('by the stream\\n');
      },
    });`;
  await writeFile(join(folder, 'chatty.mjs'), subscriber);
  const classes = join(folder, 'chatty.json');
  await writeFile(classes, JSON.stringify({ classes: { [COPIER]: { module: './chatty.mjs' } } }));
  const path = join(folder, 'chatty-events.json');
  const subscriptions = [{ id: OFFICE, name: 'x', eventClass: OFFICE, subscriberClsid: COPIER, method: 'onPaperJam' }];
  await writeFile(path, JSON.stringify({ ...officeDocument(), subscriptions }));
  await using spooler = start(['serve', '--port', '0', '--classes', classes, '--events', path, '--json']);
  const { url } = await spooler.event('ready');
  const ann = await connectListener(String(url), { user: 'ann' });
  const jam = { eventClass: OFFICE, interface: IPRINTER, method: 'onPaperJam', arguments: { tray: 2 } };
  await ann.connection.call('events', 'fire', jam);
  await spooler.says(/by the console\nby another\nby the stream\n/);
  await ann.close();
  spooler.kill('SIGTERM');
  const { code, lines } = await spooler.ended;
  expect(code).toBe(0);
  expect(lines).toMatchObject([{ event: 'ready', url }]);
});
