/** `spoolpipe events`, for people and with `--json`, against a spooler in a process of its own. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectPublisher } from '../../client/publisher.ts';
import { connectSubscriber } from '../../client/subscriber.ts';
import { PrinterEvents } from '../spec/events/printer-events.ts';
import { type Ended, type Running, run, type Served, serveOnFreePort, start } from './command.ts';

const CLSID = PrinterEvents.clsid;
const IID = '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d';
const LIBRARY = {
  library: 'Office',
  interfaces: [
    {
      name: 'IPrinterEvents',
      iid: IID,
      methods: [{ name: 'onPaperJam', parameters: [{ name: 'tray', type: 'u8' }] }, { name: 'onCleared' }],
    },
  ],
  eventClasses: [{ name: 'Office.Printer', clsid: CLSID, interfaces: ['IPrinterEvents'], publisherId: 'Office' }],
};

/** Starting processes is most of the time a test takes. */
const ENOUGH = { timeout: 30_000 };

let folder: string;
let library: string;
let spooler: Served;

const events = (...words: string[]): Promise<Ended> => run(['events', ...words, '--url', spooler.url, '--as', 'ann']);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoolpipe-events-'));
  library = join(folder, 'office.json');
  await writeFile(library, JSON.stringify(LIBRARY));
  spooler = await serveOnFreePort();
  await events('install', library);
}, 30_000);

afterAll(async () => {
  await spooler[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function subscribed(...words: string[]): Promise<Running> {
  const running = start(['events', 'subscribe', ...words, '--url', spooler.url, '--as', 'ann', '--json']);
  await running.event('ready');
  return running;
}

test('EVC-45: install says what it installed; list shows classes and methods', ENOUGH, async () => {
  const [people, programs, list, json] = await Promise.all([
    events('install', library),
    events('install', library, '--json'),
    events('list', '--criteria', "EventClassName = 'Office.Printer'"),
    events('list', '--criteria', `EventClassID = {${CLSID}}`, '--json'),
  ]);
  expect(people).toMatchObject({ code: 0, stderr: '', text: expect.stringContaining(CLSID) });
  expect(programs.lines).toEqual([{ event: 'installed', clsid: CLSID, name: 'Office.Printer' }]);
  expect(list.text).toMatch(/^event classes: 1\n/);
  expect(list.text).toContain('onPaperJam(tray: u8)');
  expect(json.lines).toMatchObject([{ event: 'eventClass', clsid: CLSID, owner: 'ann', typelib: 'Office' }]);
});

test('EVC-36: a library that is none is a file that cannot be used, and names the place', ENOUGH, async () => {
  const wrong = join(folder, 'wrong.json');
  await writeFile(wrong, JSON.stringify({ ...LIBRARY, eventClasses: [{ name: 'x', interfaces: ['INone'] }] }));
  expect(await events('install', wrong)).toMatchObject({
    code: 2,
    text: '',
    stderr: expect.stringMatching(/wrong\.json: \[E_INVALIDARG\].*eventClasses\.0\.interfaces\.0/),
  });
  await writeFile(wrong, 'no');
  expect(await events('install', wrong)).toMatchObject({ code: 2, stderr: expect.stringContaining('not JSON') });
});

test('EVC-5, EVC-68: what is fired is shown; nobody to tell is a success', ENOUGH, async () => {
  expect(await events('fire', 'office.printer', 'onCleared')).toMatchObject({
    code: 0,
    text: 'EVENT_S_NOSUBSCRIBERS\n',
  });
  await using subscriber = await subscribed('Office.Printer', '--count', '2');
  const fired = await events('fire', `{${CLSID}}`, 'onPaperJam', '{"tray": 2}', '--json');
  expect(fired.lines).toEqual([{ event: 'fired', code: 'S_OK', hresult: 0 }]);
  expect((await events('fire', 'Office.Printer', 'onCleared')).text).toBe('S_OK\n');
  expect((await subscriber.ended).lines.slice(1)).toEqual([
    { event: 'event', number: 1, interface: IID, method: 'onPaperJam', arguments: { tray: 2 } },
    { event: 'event', number: 2, interface: IID, method: 'onCleared', arguments: {} },
  ]);
  expect(await subscriber.ended).toMatchObject({ code: 0 });
});

test('people read events, too', ENOUGH, async () => {
  await using subscriber = start(['events', 'subscribe', CLSID, '--url', spooler.url, '--count', '1']);
  await subscriber.says(/subscribed to Office\.Printer/);
  await events('fire', CLSID, 'onPaperJam', '{"tray": 3}');
  expect(await subscriber.ended).toMatchObject({ code: 0, text: 'event 1: onPaperJam {"tray":3}\n' });
});

test('EVC-95, EVC-97, EVC-165: a method, a filter, a publisher ID', ENOUGH, async () => {
  const [one, two, three] = await Promise.all([
    subscribed('Office.Printer', '--method', 'onPaperJam', '--filter', 'tray = (2 OR 3)'),
    subscribed('Office.Printer', '--interface', 'IPrinterEvents', '--filter', 'tray > 2', '--extended'),
    subscribed('Office.Printer', '--publisher-id', 'Lab'),
  ]);
  await using filtered = one;
  await using extended = two;
  await using published = three;
  await using publisher = await connectPublisher(spooler.url, { user: 'ann' });
  for (const tray of [1, 2, 3]) await publisher.events(PrinterEvents).onPaperJam({ tray });
  await events('fire', 'Office.Printer', 'onPaperJam', '{"tray": 9}', '--publisher-id', 'Lab');
  expect((await filtered.event('event'))['arguments']).toEqual({ tray: 2 });
  expect((await filtered.event('event'))['arguments']).toEqual({ tray: 3 });
  expect((await extended.event('event'))['arguments']).toEqual({ tray: 3 });
  expect((await published.event('event'))['arguments']).toEqual({ tray: 9 });
});

test.each([
  ['fire', ['No.Such', 'onCleared'], 1, /REGDB_E_CLASSNOTREG.*No\.Such/],
  ['fire', ['Office.Printer', 'onFire'], 1, /E_INVALIDARG.*onFire/],
  ['fire', ['Office.Printer', 'onPaperJam', '{"tray": 256}'], 1, /E_INVALIDARG.*tray/],
  ['fire', ['Office.Printer', 'onPaperJam', '{tray}'], 2, /JSON object/],
  ['subscribe', ['Office.Printer', '--filter', 'tray >'], 1, /^tray >\n {5}\^\nspoolpipe: \[EVENT_E_QUERYSYNTAX\]/],
  ['subscribe', ['Office.Printer', '--method', 'onFire'], 1, /E_INVALIDARG/],
  ['subscribe', ['Office.Printer', '--queued'], 2, /add --subscriber/],
  ['subscribe', ['Office.Printer', '--subscriber', 'mine'], 2, /must be a GUID/],
  ['remove', ['no-guid'], 2, /must be a GUID/],
  ['remove', ['00000000-0000-4000-8000-000000000009'], 1, /E_INVALIDARG/],
  ['subscribe', ['Office.Printer', '--filter', 'colour = 1'], 1, /^colour = 1\n\^\nspoolpipe: \[EVENT_E_QUERYFIELD\]/],
  ['list', ['--criteria', 'x ='], 1, /^x =\n {3}\^\nspoolpipe: \[EVENT_E_QUERYSYNTAX\]/],
  ['subscriptions', ['--criteria', 'Colour = 1'], 1, /^Colour = 1\n\^\nspoolpipe: \[EVENT_E_QUERYFIELD\]/],
  ['dead-letters', ['one'], 2, /whole number/],
  ['dead-letters', ['--replay', '--purge'], 2, /cannot be used with/],
])('what cannot be done has a reason: %s %j', ENOUGH, async (name, words, code, reason) => {
  expect(await events(name, ...words)).toMatchObject({ code, text: '', stderr: expect.stringMatching(reason) });
});

test('EVC-67: an event that everybody failed is an error', ENOUGH, async () => {
  await using subscriber = await connectSubscriber(spooler.url, { user: 'ann', onProblem: () => {} });
  const failing = {
    onCleared: () => {
      throw new Error('no');
    },
  };
  await subscriber.subscribe({ eventClass: PrinterEvents, method: 'onCleared' }, failing);
  const { code, lines } = await events('fire', 'Office.Printer', 'onCleared', '--json');
  expect(code).toBe(1);
  expect(lines).toMatchObject([{ event: 'error', code: 'EVENT_E_ALL_SUBSCRIBERS_FAILED', hresult: 0x80040201 }]);
});

test('EVC-86, EVC-103: subscriptions are shown, and removed by their IDs', ENOUGH, async () => {
  const ann = await connectSubscriber(spooler.url, { user: 'ann' });
  const id = await ann.subscribeClass({
    eventClass: PrinterEvents,
    name: 'Accounting',
    method: 'onPaperJam',
    filterCriteria: 'tray = 9',
    subscriberClsid: '5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c01',
    queued: true,
  });
  await ann.close();
  const [people, programs] = await Promise.all([events('subscriptions'), events('subscriptions', '--json')]);
  expect(people.text).toMatch(/Accounting.*ann.*onPaperJam.*tray = 9.*queued/);
  expect(programs.lines).toMatchObject([{ event: 'subscription', id, name: 'Accounting', transient: false }]);
  expect((await events('remove', id)).text).toBe(`removed the subscription ${id}\n`);
  expect((await events('subscriptions', '--criteria', 'ALL')).text).toBe('subscriptions: 0\n');
});

test('EVC-86: a persistent subscription is made, and lasts', ENOUGH, async () => {
  const subscriberClsid = '5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c01';
  const scope = ['--interface', 'IPrinterEvents', '--method', 'onPaperJam', '--filter', 'tray = 9'];
  const words = ['Office.Printer', '--subscriber', subscriberClsid, '--queued', '--name', 'Accounting', ...scope];
  const made = await events('subscribe', ...words, '--json');
  const [{ id } = { id: undefined }] = made.lines;
  const subscribed = { event: 'subscribed', id, eventClass: CLSID, subscriberClsid, queued: true, user: 'ann' };
  expect(made).toMatchObject({ code: 0, lines: [subscribed] });
  const wanted = { id, name: 'Accounting', method: 'onPaperJam', filterCriteria: 'tray = 9', subscriberClsid };
  expect((await events('subscriptions', '--json')).lines).toMatchObject([
    { ...wanted, queued: true, transient: false },
  ]);
  await events('remove', String(id));
  const people = await events('subscribe', 'Office.Printer', '--subscriber', subscriberClsid);
  expect(people.text).toMatch(/^subscription ([\da-f-]{36}): 5d3a.* gets the events of Office\.Printer, for ann\n$/);
  await events('remove', people.text.slice('subscription '.length, 'subscription '.length + 36));
});

test('EVC-127: dead letters are counted, replayed and purged', ENOUGH, async () => {
  expect((await events('dead-letters')).text).toBe('dead letters: 0\n');
  expect((await events('dead-letters', '--replay', '--json')).lines).toEqual([{ event: 'replayed', count: 0 }]);
  expect((await events('dead-letters', '--purge', '7')).text).toBe('purged: 0\n');
});

test('a subscriber says when the spooler is lost, and when it has subscribed again', ENOUGH, async () => {
  await using first = await serveOnFreePort();
  const words = ['--url', first.url, '--as', 'ann'];
  await run(['events', 'install', library, ...words]);
  await using subscriber = start(['events', 'subscribe', 'Office.Printer', ...words, '--json']);
  await subscriber.event('ready');
  first.process.kill('SIGKILL');
  expect(await subscriber.event('lost')).toMatchObject({ code: 1006, cause: 'lost' });
  await first.process.ended;
  const events = join(folder, 'serve-events.json');
  await writeFile(events, JSON.stringify(LIBRARY));
  await using second = await serveOnFreePort(['--events', events], first.port);
  expect(await subscriber.event('gap')).toMatchObject({ cause: 'lost' });
  await run(['events', 'fire', 'Office.Printer', 'onPaperJam', '{"tray": 4}', '--url', second.url]);
  expect(await subscriber.event('event')).toMatchObject({ method: 'onPaperJam', arguments: { tray: 4 } });
  subscriber.kill('SIGTERM');
  expect(await subscriber.ended).toMatchObject({ code: 0 });
});
