/** What is sent with `send` arrives at `listen`, whatever it is. */

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Line, listening, type Running, run, type Served, serveOnFreePort } from './command.ts';

const MiB = 1024 * 1024;
const TYPE = ['--type', 'SAMPLE_NOTIFICATION_UI'];

let spooler: Served;
let folder: string;

beforeAll(async () => {
  spooler = await serveOnFreePort();
  folder = await mkdtemp(join(tmpdir(), 'spoolpipe-payload-'));
});

afterAll(async () => {
  await spooler[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('a file of 10 MiB and an empty one reach three listeners as they are (PAN-51, PAN-52, PAN-115)', async () => {
  const payloads = [randomBytes(10 * MiB), Buffer.alloc(0)];
  const paths = payloads.map((_, index) => join(folder, `payload-${index}`));
  await Promise.all(paths.map((path, index) => writeFile(path, payloads[index] ?? '')));
  const outs = ['a', 'b', 'c'].map((name) => join(folder, name));
  const listeners = await Promise.all(
    outs.map((out) => listening(spooler.url, [...TYPE, '--printer', 'Big', '--count', '2', '--out', out])),
  );
  for (const path of paths) {
    const sent = await run(['send', ...TYPE, '--printer', 'Big', '--url', spooler.url, '--json', '--file', path]);
    expect(sent).toMatchObject({ code: 0, lines: [{ event: 'sent', code: 'S_OK', hresult: 0, count: 1 }] });
  }
  for (const [index, listener] of listeners.entries()) {
    const { code, lines } = await listener.ended;
    expect(code).toBe(0);
    const notifications = lines.filter(({ event }) => event === 'notification');
    expect(notifications.map(({ size }) => size)).toEqual([10 * MiB, 0]);
    expect(await readdir(outs[index] ?? '')).toEqual(['000001.bin', '000002.bin']);
    const written = await Promise.all(notifications.map(({ file }) => readFile(String(file))));
    expect(written.map(sha256)).toEqual(payloads.map(sha256));
  }
});

test('a payload above the limit is refused with its code and reaches nobody (PAN-118)', async () => {
  const path = join(folder, 'too-big');
  await writeFile(path, Buffer.alloc(10 * MiB + 1));
  await using listener = await listening(spooler.url, [...TYPE, '--printer', 'Big', '--count', '1']);
  const words = ['send', ...TYPE, '--printer', 'Big', '--url', spooler.url];
  const refused = await run([...words, '--file', path]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('[MAX_NOTIFICATION_SIZE_EXCEEDED]');
  await run([...words, '--text', 'next']);
  expect(await listener.event('notification')).toMatchObject({ number: 1, data: 'next' });
});

describe('in JSON a payload is text where it is text', () => {
  const xml = Buffer.from('<a>ä</a>\0', 'utf16le');
  const cases: readonly (readonly [
    what: string,
    words: string[],
    input: Uint8Array | undefined,
    seen: Partial<Line>,
  ])[] = [
    ['text', ['--text', 'Grüße\n'], undefined, { size: 8, encoding: 'utf8', data: 'Grüße\n' }],
    ['text of no characters', ['--text', ''], undefined, { size: 0, encoding: 'utf8', data: '' }],
    ['a NULL pointer, which is not that', ['--null'], undefined, { size: 0, encoding: null, data: null }],
    [
      'standard input to its end',
      ['-'],
      Buffer.from('from a pipe'),
      { size: 11, encoding: 'utf8', data: 'from a pipe' },
    ],
    ['standard input named as a file', ['--file', '-'], Buffer.from('x'), { size: 1, encoding: 'utf8', data: 'x' }],
    ['bytes', ['-'], Buffer.of(0xff, 0x00, 0x80), { size: 3, encoding: 'base64', data: '/wCA' }],
    ['UTF-16LE XML (PAN-272)', ['-'], xml, { size: xml.length, encoding: 'utf16le', data: '<a>ä</a>\0' }],
  ];

  let listener: Running | undefined;

  beforeAll(async () => {
    listener = await listening(spooler.url, [...TYPE, '--printer', 'Words']);
  });

  afterAll(() => listener?.[Symbol.asyncDispose]());

  test.each(cases)('%s', async (_, words, input, seen) => {
    const to = ['--printer', 'Words', '--url', spooler.url];
    const sent = await run(['send', ...TYPE, ...to, ...words], input ? { input } : {});
    expect(sent).toMatchObject({ code: 0, text: '' });
    const line = await listener?.event('notification');
    const type = '0b20806a-328a-4e1c-931c-0250308574c7';
    expect(line).toEqual({ event: 'notification', number: expect.any(Number), channel: null, type, ...seen });
  });
});

test('--count is exact, also where more comes; --out leaves what is there alone', async () => {
  const out = join(folder, 'kept');
  await mkdir(out);
  await writeFile(join(out, '000001.bin'), 'of an earlier run');
  const many = [...TYPE, '--printer', 'Many'];
  await using listener = await listening(spooler.url, [...many, '--count', '3', '--out', out]);
  const sent = await run(['send', ...many, '--url', spooler.url, '--text', 'x', '--repeat', '50']);
  expect(sent.code).toBe(0);
  const { code, lines } = await listener.ended;
  expect(code).toBe(0);
  expect(lines.filter(({ event }) => event === 'notification').map(({ number }) => number)).toEqual([1, 2, 3]);
  const files = ['000001.bin', '000002.bin', '000003.bin', '000004.bin'];
  expect(await readdir(out)).toEqual(files);
  const contents = await Promise.all(files.map((name) => readFile(join(out, name), 'utf8')));
  expect(contents).toEqual(['of an earlier run', 'x', 'x', 'x']);
});

test('a listener whose output nobody reads costs its own newest, and the sender is told (PAN-117)', async () => {
  const path = join(folder, 'chunk');
  await writeFile(path, Buffer.alloc(64 * 1024, 'x'));
  await using listener = await listening(spooler.url, [...TYPE, '--printer', 'Slow']);
  listener.stopReading();
  const words = ['--printer', 'Slow', '--url', spooler.url, '--file', path, '--repeat', '2000', '--json'];
  const { code, lines } = await run(['send', ...TYPE, ...words]);
  expect(code).toBe(1);
  expect(lines).toContainEqual(expect.objectContaining({ event: 'sent', code: 'ASYNC_NOTIFICATION_FAILURE' }));
  expect(lines.at(-1)).toMatchObject({ event: 'error', code: 'ASYNC_NOTIFICATION_FAILURE', hresult: 0x80040006 });
  const status = await run(['status', '--url', spooler.url, '--json']);
  expect(status.lines).toMatchObject([{ traffic: { lost: expect.not.closeTo(0) } }]);
});

test('a user hears what is for that user, and who asks for all hears everything (PAN-65 to PAN-69)', async () => {
  const printer = ['--printer', 'Users'];
  await using ann = await listening(spooler.url, [...TYPE, ...printer, '--as', 'ann']);
  await using bob = await listening(spooler.url, [...TYPE, ...printer, '--as', 'bob']);
  await using all = await listening(spooler.url, [...TYPE, ...printer, '--as', 'eve', '--all-users']);
  const words = ['send', ...TYPE, ...printer, '--url', spooler.url, '--as', 'driver'];
  await run([...words, '--text', 'for ann', '--user', 'ann']);
  await run([...words, '--text', 'for everybody', '--all-users']);
  const seen = (listener: typeof ann): Promise<unknown> => listener.event('notification').then(({ data }) => data);
  expect([await seen(ann), await seen(ann)]).toEqual(['for ann', 'for everybody']);
  expect(await seen(bob)).toBe('for everybody');
  expect([await seen(all), await seen(all)]).toEqual(['for ann', 'for everybody']);
});
