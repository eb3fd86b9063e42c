/** The examples of docs/events.md, docs/classes.md and docs/serve.md about events, run as they stand there. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run as spoolpipe, start } from '../cli/command.ts';
import { compileExamples } from './example-project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

async function blocks(name: string, language: string): Promise<string[]> {
  const page = await readFile(join(root, 'docs', name), 'utf8');
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, body = '']) => body);
}

let folder: string;

beforeAll(async () => {
  // Inside the project, so that `spoolpipe/…` is this package.
  folder = await mkdtemp(join(root, 'dist', 'events-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What somebody does with the spooler and the filter of the page. */
const USE = `
import { defineEventClass } from 'spoolpipe/protocol';
import { connectPublisher } from 'spoolpipe/publisher';
import { connectSubscriber } from 'spoolpipe/subscriber';

const eventClass = defineEventClass({
  name: 'Office.Printer',
  clsid: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11',
  interfaces: { IPrinterEvents: { iid: '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d', methods: { onPaperJam: { tray: 'u8' } } } },
});
const subscriber = await connectSubscriber(server.url, { user: 'ann' });
await subscriber.catalogue.install(eventClass);
events.setMultiInterfacePublisherFilter(eventClass.clsid, new EverybodyInOrder());
for (const name of ['first', 'second'])
  await subscriber.subscribe({ eventClass, name }, { onPaperJam: ({ tray }) => console.log(name, tray) });
const publisher = await connectPublisher(server.url, { user: 'bob' });
console.log((await publisher.events(eventClass).onPaperJam({ tray: 2 })).code);
await Promise.all([publisher.close(), subscriber.close()]);
await server.close();
`;

test('EVC-140: the embedded event system, with the loop of the documents as its publisher filter', async () => {
  const [embed = '', filter = ''] = await blocks('events.md', 'ts');
  await writeFile(join(folder, 'program.ts'), `${embed}${filter}${USE}`);
  await compileExamples(folder);
  const { stdout } = await run('node', [join(folder, 'program.js')]);
  expect(stdout.trimEnd().split('\n')).toEqual(['first 2', 'second 2', 'S_OK']);
}, 60_000);

test('EVC-110: the events file, with a module of the class file as its subscriber', async () => {
  const [, , file = ''] = await blocks('serve.md', 'json');
  const [module = ''] = await blocks('classes.md', 'js');
  const [eventsFile, classFile] = [join(folder, 'events.json'), join(folder, 'classes.json')];
  const { subscriptions } = JSON.parse(file) as { subscriptions: { subscriberClsid: string }[] };
  const classes = { [subscriptions[0]?.subscriberClsid ?? '']: { module: './window.mjs' } };
  await writeFile(eventsFile, file);
  await writeFile(join(folder, 'window.mjs'), module);
  await writeFile(classFile, JSON.stringify({ classes }));
  await using spooler = start(['serve', '--port', '0', '--events', eventsFile, '--classes', classFile]);
  const url = await spooler.line();
  const fire = (tray: number) =>
    spoolpipe(['events', 'fire', 'Office.Printer', 'onPaperJam', `{"tray": ${tray}}`, '--url', url, '--as', 'bob']);
  expect([await fire(1), await fire(2)]).toMatchObject([
    { code: 0, text: 'EVENT_S_NOSUBSCRIBERS\n' },
    { code: 0, text: 'S_OK\n' },
  ]);
  await spooler.says(/^paper jam in tray 2$/m);
}, 60_000);
