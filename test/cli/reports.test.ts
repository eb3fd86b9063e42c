/** What `status`, `explain` and an unheard `send` say. */

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { notificationType, type StatusReport } from '../../shared/index.ts';
import { listening, type Running, run, type Served, serveOnFreePort, start } from './command.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const TYPE = ['--type', type];

let spooler: Served;
let listener: Running | undefined;
let to: string[];

beforeAll(async () => {
  spooler = await serveOnFreePort();
  listener = await listening(spooler.url, [...TYPE, '--printer', 'Lab', '--as', 'ann']);
  to = ['--url', spooler.url];
});

afterAll(async () => {
  await listener?.[Symbol.asyncDispose]();
  await spooler[Symbol.asyncDispose]();
});

test('listen --json says first that it is ready, and for what', async () => {
  await using other = start(['listen', ...TYPE, ...to, '--style', 'bi', '--as', 'bob', '--json']);
  expect(JSON.parse(await other.line())).toEqual({
    event: 'ready',
    name: null,
    type,
    filter: 'kPerUser',
    style: 'kBiDirectional',
    user: 'bob',
    url: spooler.url,
  });
  await other.says(/listening for SAMPLE_NOTIFICATION_UI on the server and all its printers/);
});

test('a notification that nobody hears is a success with a hint at who came nearest (PAN-114, OBS-1, OBS-4)', async () => {
  const words = ['--as', 'ann', '--text', 'x'];
  const near = { name: '\\\\localhost\\Lab', type, filter: 'kPerUser', style: 'kUniDirectional', user: 'ann' };
  const elsewhere = await run(['send', ...TYPE, ...to, ...words, '--printer', 'Other', '--json']);
  expect(elsewhere.code).toBe(0);
  expect(elsewhere.lines).toEqual([
    { event: 'sent', code: 'NO_LISTENERS', hresult: 0x00040007, count: 1, size: 1 },
    { event: 'unheard', matches: 0, nearest: [{ ...near, differs: ['name'] }] },
  ]);
  expect(elsewhere.stderr).toMatch(/sent 1 byte: NO_LISTENERS\nnobody is registered for this\. The nearest:\n/);
  expect(elsewhere.stderr).toMatch(/\\\\localhost\\Lab +SAMPLE_NOTIFICATION_UI +.*ann +differs in name\n/);
  const bothWays = await run(['send', ...TYPE, ...to, ...words, '--printer', 'Lab', '--style', 'bi', '--json']);
  expect(bothWays.lines.at(-1)).toEqual({ event: 'unheard', matches: 0, nearest: [{ ...near, differs: ['style'] }] });
});

test('explain says in which fields the nearest differ, for a channel and for a registration', async () => {
  const asUnknown = await run(['explain', '--type', 'MS_ASYNCNOTIFY_UI', ...to, '--printer', 'lab', '--as', 'eve']);
  expect(asUnknown.code).toBe(0);
  expect(asUnknown.text).toMatch(/^No registration matches now\.\n.*\n.*differs in type, user\n$/);
  const asAnn = await run(['explain', ...TYPE, ...to, '--printer', 'lab', '--user', 'ann', '--json']);
  expect(asAnn.lines).toMatchObject([{ matches: 1, nearest: [{ user: 'ann', differs: [] }] }]);
  const bi = ['--style', 'bi', '--printer', 'Lab', '--text', 'x', '--expect-reply'];
  await using open = start(['send', ...TYPE, ...to, ...bi, '--as', 'ann']);
  await open.says(/it is held/);
  const side = await run(['explain', ...TYPE, ...to, '--as', 'ann', '--side', 'registration']);
  expect(side.text).toMatch(/^No channel matches now\.\n.*\n.*\\\\localhost\\Lab .* differs in style\n$/);
});

test('status counts sessions, registrations, channels, held objects and traffic', async () => {
  const before = await run(['status', ...to, '--json']);
  await run(['send', ...TYPE, ...to, '--printer', 'Lab', '--as', 'ann', '--text', '12345', '--repeat', '3']);
  const after = await run(['status', ...to, '--json']);
  const [first, second] = [before, after].map(({ lines }) => lines[0] as unknown as StatusReport);
  expect(second?.traffic).toEqual({
    received: (first?.traffic.received ?? 0) + 3,
    receivedBytes: (first?.traffic.receivedBytes ?? 0) + 15,
    delivered: (first?.traffic.delivered ?? 0) + 3,
    deliveredBytes: (first?.traffic.deliveredBytes ?? 0) + 15,
    lost: first?.traffic.lost,
  });
  expect(second?.registrations).toEqual([
    { name: '\\\\localhost\\Lab', type, filter: 'kPerUser', style: 'kUniDirectional', user: 'ann', queued: 0 },
  ]);
  expect(second?.totals).toMatchObject({ sessions: 2, registrations: 1, channels: 0, queued: 0 });
  // A listener may keep back for a moment what it is done with.
  await vi.waitFor(
    async () => {
      const { lines } = await run(['status', ...to, '--json']);
      expect((lines[0] as unknown as StatusReport).totals).toMatchObject({ heldObjects: 0, heldBytes: 0 });
    },
    { timeout: 10_000, interval: 100 },
  );
  const { text } = await run(['status', ...to]);
  expect(text).toMatch(/^spoolpipe .* on localhost, up \d+ s; you are .*\nsessions: 2\n/);
  expect(text).toMatch(
    /\nregistrations: 1\n.*\n.*\\\\localhost\\Lab +SAMPLE_NOTIFICATION_UI +kUniDirectional +kPerUser +ann +0\n/,
  );
  expect(text).toMatch(/\nchannels: 0\nheld: 0 objects, 0 bytes; queued: 0, 0 bytes; .*\ntraffic: received \d+, /);
});
