/** What `serve` keeps, and `store check` and `store compact`, as an operator meets them. */

import { access, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectListener } from '../../client/listener.ts';
import { COPIER, IPRINTER, OFFICE, officeDocument } from '../spec/events/office.ts';
import { run, type Served, serveOnFreePort, start } from './command.ts';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'spoolpipe-kept-'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

const newFolder = async (): Promise<string> => join(await mkdtemp(join(root, 'data-')), 'made');

/** What a client asks of the spooler. */
async function ask({ url }: Served, method: string, json: object = {}): Promise<unknown> {
  const ann = await connectListener(url, { user: 'ann' });
  try {
    return (await ann.connection.call('events', method, json)).json;
  } finally {
    await ann.close();
  }
}

const jam = (tray: number): object => ({
  eventClass: OFFICE,
  interface: IPRINTER,
  method: 'onPaperJam',
  arguments: { tray },
});

test('EVC-129: classes, subscriptions and what is queued, in order, are there after kill -9', async () => {
  const data = await newFolder();
  const id = 'd1d1d1d1-0000-4000-8000-000000000001';
  {
    await using spooler = await serveOnFreePort(['--data', data]);
    expect((await stat(data)).mode & 0o077).toBe(0);
    await ask(spooler, 'install', { library: officeDocument() });
    const subscription = { id, name: 'kept', eventClass: OFFICE, subscriberClsid: COPIER, queued: true };
    await ask(spooler, 'subscribe', { subscription });
    await ask(spooler, 'commit', { calls: [jam(1), jam(2)] });
    spooler.process.kill('SIGKILL');
    await spooler.process.ended;
  }
  expect(await run(['store', 'check', data, '--json'])).toMatchObject({
    code: 0,
    lines: [{ folder: data, damaged: [] }],
  });
  const subscriber = 'export const createObject = () => ({ onPaperJam: ({ tray }) => console.error(`in ${tray}`) });';
  await writeFile(join(root, 'subscriber.mjs'), subscriber);
  const classes = join(root, 'classes.json');
  await writeFile(classes, JSON.stringify({ classes: { [COPIER]: { module: './subscriber.mjs' } } }));
  await using again = await serveOnFreePort(['--data', data, '--classes', classes]);
  await again.process.says(/in 1\n[^]*in 2\n/);
  expect(await ask(again, 'classes', { criteria: `EventClassID = {${OFFICE}}` })).toMatchObject({
    classes: [{ clsid: OFFICE, owner: 'ann', configured: false }],
  });
  expect(await ask(again, 'subscriptions')).toMatchObject({ subscriptions: [{ id, name: 'kept', owner: 'ann' }] });
  again.process.kill('SIGTERM');
  expect(await again.process.ended).toMatchObject({ code: 0 });
});

test('--ephemeral keeps nothing, and does not go with --data', async () => {
  await using spooler = start(['serve', '--port', '0', '--json', '--ephemeral']);
  expect(await spooler.event('ready')).toMatchObject({ data: null });
  await spooler.says(/nothing is kept/);
  const both = await run(['serve', '--port', '0', '--ephemeral', '--data', root]);
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be used with') });
});

test('by default it is the data folder of the user', async () => {
  const home = await mkdtemp(join(root, 'home-'));
  const env = { HOME: home, XDG_DATA_HOME: join(home, 'data'), LOCALAPPDATA: join(home, 'data') };
  const words = ['serve', '--port', '0', '--json'];
  await using spooler = start(words, { env, keeps: true });
  const { data } = await spooler.event('ready');
  expect(String(data).startsWith(home)).toBe(true);
  await access(join(String(data), 'store.mdb'));
});

test('a folder that another spooler has is refused with exit 2, by every command', async () => {
  const data = await newFolder();
  await using spooler = await serveOnFreePort(['--data', data]);
  expect(spooler.port).toBeGreaterThan(0);
  for (const words of [
    ['serve', '--port', '0', '--data', data],
    ['store', 'check', data],
    ['store', 'compact', data],
  ]) {
    const refused = await run(words);
    expect(refused).toMatchObject({ code: 2, text: '', stderr: expect.stringContaining('[STORE_IN_USE]') });
    expect(refused.stderr).toContain(`process ${spooler.process.pid}`);
  }
});

test('a damaged store is said with exit 2, and is no bus error', async () => {
  const data = await newFolder();
  {
    await using spooler = await serveOnFreePort(['--data', data]);
    await ask(spooler, 'install', { library: officeDocument() });
  }
  await truncate(join(data, 'store.mdb'), 9_000);
  for (const words of [
    ['serve', '--port', '0', '--data', data],
    ['store', 'check', data],
    ['store', 'compact', data],
  ]) {
    expect(await run(words)).toMatchObject({ code: 2, stderr: expect.stringContaining('[STORE_CORRUPT]') });
  }
});

test('check and compact say how much there is', async () => {
  const data = await newFolder();
  {
    await using spooler = await serveOnFreePort(['--data', data]);
    await ask(spooler, 'install', { library: officeDocument() });
    spooler.process.kill('SIGTERM');
    await spooler.process.ended;
  }
  const checked = await run(['store', 'check', data]);
  expect(checked).toMatchObject({ code: 0, text: expect.stringMatching(/: \d+ entries, \d+ bytes: whole\n$/) });
  const compacted = await run(['store', 'compact', data, '--json']);
  expect(compacted).toMatchObject({ code: 0, lines: [{ folder: data, before: expect.any(Number) }] });
  expect(await run(['store', 'check', join(data, 'none')])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no store in'),
  });
});

test('without lmdb: who named a folder is refused, who did not has a spooler that says that nothing is kept', async () => {
  const hook =
    "export const resolve = (name, context, next) => { if (name === 'lmdb') throw Error('none'); return next(name, context); }";
  const path = join(root, 'without-lmdb.mjs');
  const url = JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`);
  await writeFile(path, `import { register } from 'node:module';\nregister(${url});\n`);
  const home = await mkdtemp(join(root, 'home-'));
  const env = {
    NODE_OPTIONS: `--import=${pathToFileURL(path).href}`,
    HOME: home,
    XDG_DATA_HOME: home,
    LOCALAPPDATA: home,
  };
  expect(await run(['serve', '--port', '0', '--data', join(root, 'unused')], { env })).toMatchObject({
    code: 2,
    text: '',
    stderr: expect.stringContaining('[STORE_UNAVAILABLE]'),
  });
  await using spooler = start(['serve', '--port', '0', '--json'], { env, keeps: true });
  expect(await spooler.event('ready')).toMatchObject({ data: null });
  await spooler.says(/\[STORE_UNAVAILABLE\].*\n.*nothing is kept/);
});
