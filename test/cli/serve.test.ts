/** `serve` as an operator meets it: health, tokens, TLS, origins, limits, and how it ends. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { SUBPROTOCOL } from '../../shared/index.ts';
import { listening, run, serveOnFreePort, start } from './command.ts';

const TYPE = ['--type', 'SAMPLE_NOTIFICATION_UI'];
const certificate = (name: string): string => fileURLToPath(new URL(`../safety/certificate/${name}`, import.meta.url));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoolpipe-serve-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

test('the address is the first line, and SIGINT ends it with 0 where nobody is there', async () => {
  await using spooler = start(['serve', '--port', '0', '--server', 'printhost']);
  const url = await spooler.line();
  expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
  const port = Number(new URL(url).port);
  expect(await statusOf(port, '/healthz')).toBe(200);
  expect(await statusOf(port, '/readyz')).toBe(200);
  const { lines } = await run(['status', '--url', url, '--json']);
  expect(lines).toMatchObject([
    { server: 'printhost', sessions: [{ agent: expect.stringMatching(/^spoolpipe .* status$/) }] },
  ]);
  spooler.kill('SIGINT');
  expect(await spooler.ended).toMatchObject({ code: 0, signal: null, text: `${url}\n` });
});

test('SIGTERM under load: everything answered was delivered, everybody is told, exit 0 (PAN-172, PAN-373)', async () => {
  await using spooler = await serveOnFreePort();
  await using listener = await listening(spooler.url, [...TYPE, '--printer', 'Busy']);
  // As fast as the listener takes it, or it is lost, which ends the sending.
  const forEver = ['--overflow', 'wait', '--repeat', String(Number.MAX_SAFE_INTEGER), '--text', 'x', '--json'];
  await using sender = start(['send', ...TYPE, '--url', spooler.url, '--printer', 'Busy', ...forEver]);
  for (let seen = 0; seen < 500; seen++) await listener.event('notification');
  spooler.process.kill('SIGTERM');
  expect(await spooler.process.ended).toMatchObject({ code: 0, signal: null });

  const sent = await sender.ended;
  expect(sent.code).toBe(4);
  const answered = sent.lines.find(({ event, code }) => event === 'sent' && code === 'S_OK');
  const lost = await listener.event('lost');
  expect(lost).toMatchObject({ code: 1001, cause: 'shutdown' });
  listener.kill('SIGTERM');
  const { code, lines } = await listener.ended;
  expect(code).toBe(0);
  expect(lines.filter(({ event }) => event === 'notification')).toHaveLength(Number(answered?.['count']));
  expect(lines.filter(({ event }) => event === 'closed')).toMatchObject([
    { channel: null, cause: 'shutdown', size: 0 },
  ]);
});

test('a second signal ends it at once', async () => {
  await using spooler = await serveOnFreePort();
  // Somebody who does not read the goodbye keeps it waiting.
  await using listener = await listening(spooler.url, TYPE);
  listener.kill('SIGSTOP');
  spooler.process.kill('SIGTERM');
  await spooler.process.says(/draining/);
  spooler.process.kill('SIGTERM');
  expect(await spooler.process.ended).toMatchObject({ code: 143, signal: null });
});

test('with tokens everybody is who the token file says, with those rights; --verbose tells who came', async () => {
  const path = join(folder, 'tokens.json');
  const tokens = [
    { token: 'driver-0123456789', user: 'driver', rights: ['send', 'administer'], printers: ['\\\\localhost\\Lab'] },
    { token: 'ann-0123456789abc', user: 'ann', rights: ['listen'] },
  ];
  await writeFile(path, JSON.stringify({ tokens }));
  await using spooler = await serveOnFreePort(['--token-file', path, '--verbose']);
  await using ann = await listening(spooler.url, [...TYPE, '--printer', 'Lab', '--token', 'ann-0123456789abc']);
  expect(await spooler.process.event('sessionOpened')).toMatchObject({ user: 'ann' });
  const send = (...words: string[]): ReturnType<typeof run> =>
    run(['send', ...TYPE, '--url', spooler.url, ...words], { env: { SPOOLPIPE_TOKEN: 'driver-0123456789' } });
  const [allowed, refused] = await Promise.all([
    send('--printer', 'Lab', '--user', 'ann', '--text', 'for ann'),
    send('--printer', 'Other', '--user', 'ann', '--text', 'not here'),
  ]);
  expect(allowed.code).toBe(0);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('[E_ACCESSDENIED]') });
  expect(await ann.event('notification')).toMatchObject({ data: 'for ann' });
  ann.kill('SIGTERM');
  await ann.ended;
  await spooler.process.says(/ended: ann \(spoolpipe .* listen\): left/);
});

test('with a certificate of its own it is wss:, and --ca makes a client trust it', async () => {
  const tls = ['--tls-cert', certificate('localhost.crt'), '--tls-key', certificate('localhost.key')];
  await using spooler = await serveOnFreePort(tls);
  expect(spooler.url).toMatch(/^wss:/);
  const words = ['status', '--url', spooler.url, '--json'];
  const [trusting, strange] = await Promise.all([run([...words, '--ca', certificate('localhost.crt')]), run(words)]);
  expect(trusting).toMatchObject({ code: 0, lines: [{ server: 'localhost' }] });
  expect(strange).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/\[CONNECTION_FAILED\].*self-signed certificate/),
  });
});

test('pages of the origins that are named may connect, others not', async () => {
  await using spooler = await serveOnFreePort(['--origin', 'https://print.example', '--origin', 'https://two.example']);
  const connect = (origin: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(spooler.url, SUBPROTOCOL, { origin });
      socket.on('open', () => resolve('open')).on('error', ({ message }) => resolve(message));
      socket.on('open', () => socket.terminate());
    });
  const origins = ['https://print.example', 'https://two.example', 'https://evil.example', 'http://localhost:8080'];
  expect(await Promise.all(origins.map(connect))).toEqual([
    'open',
    'open',
    'Unexpected server response: 403',
    'Unexpected server response: 403',
  ]);
});

test('limits: payload, channels, registrations (PAN-80, PAN-118, PAN-248)', async () => {
  const limits = ['--max-payload', '4', '--max-channels', '1', '--max-registrations', '1'];
  await using spooler = await serveOnFreePort(limits);
  const to = [...TYPE, '--url', spooler.url];
  expect((await run(['send', ...to, '--text', '12345'])).stderr).toContain('[MAX_NOTIFICATION_SIZE_EXCEEDED]');
  await using listener = await listening(spooler.url, [...TYPE, '--style', 'bi']);
  await using sender = start(['send', ...to, '--style', 'bi', '--text', '1234', '--expect-reply']);
  await listener.event('notification');
  const [channel, registration] = await Promise.all([run(['send', ...to, '--text', '1']), run(['listen', ...to])]);
  expect(channel).toMatchObject({ code: 1, stderr: expect.stringContaining('[MAX_CHANNEL_COUNT_EXCEEDED]') });
  expect(registration).toMatchObject({ code: 1, stderr: expect.stringContaining('[MAX_REGISTRATION_COUNT_EXCEEDED]') });
  sender.kill('SIGTERM');
  expect((await sender.ended).code).toBe(143);
});

test('limits: what all persistent registrations keep (PAN-116)', async () => {
  await using spooler = await serveOnFreePort(['--max-kept', '1']);
  const to = [...TYPE, '--printer', 'Lab', '--url', spooler.url];
  await using listener = await listening(spooler.url, [...TYPE, '--printer', 'Lab', '--name', 'desk']);
  listener.kill('SIGTERM');
  await listener.ended;
  expect(await run(['send', ...to, '--text', 'one'])).toMatchObject({ code: 0 });
  const refused = { code: 1, stderr: expect.stringContaining('[ASYNC_NOTIFICATION_FAILURE]') };
  expect(await run(['send', ...to, '--text', 'two'])).toMatchObject(refused);
});

test('a spooler that is full is healthy but not ready', async () => {
  await using spooler = await serveOnFreePort(['--max-sessions', '1']);
  await using listener = await listening(spooler.url, TYPE);
  expect(await statusOf(spooler.port, '/readyz')).toBe(503);
  expect(await statusOf(spooler.port, '/healthz')).toBe(200);
  expect(await run(['status', '--url', spooler.url])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('HTTP 503'),
  });
  listener.kill('SIGTERM');
  expect((await listener.ended).code).toBe(0);
});
