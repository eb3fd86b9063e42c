/** How the command ends, and what it says then: each code of docs/cli.md is met here. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listening, run, type Served, serveOnFreePort, start } from './command.ts';

const TYPE = ['--type', 'SAMPLE_NOTIFICATION_UI'];
/** Nothing listens there: connecting to the discard port of loopback is refused at once. */
const NOWHERE = ['--url', 'ws://127.0.0.1:9'];

let spooler: Served;
let guarded: Served;
let folder: string;
let to: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoolpipe-exit-'));
  const tokens = join(folder, 'tokens.json');
  const entry = { token: 'ann-0123456789abcdef', user: 'ann', rights: ['listen', 'send'] };
  await writeFile(tokens, JSON.stringify({ tokens: [entry] }));
  [spooler, guarded] = await Promise.all([serveOnFreePort(), serveOnFreePort(['--token-file', tokens])]);
  to = ['--url', spooler.url];
});

afterAll(async () => {
  await Promise.all([spooler[Symbol.asyncDispose](), guarded[Symbol.asyncDispose]()]);
  await rm(folder, { recursive: true, force: true });
});

describe('1: refused, and the message names the code', () => {
  const ANN = { SPOOLPIPE_TOKEN: 'ann-0123456789abcdef' };

  test('a malformed printer name (PAN-85)', async () => {
    const { code, stderr, lines } = await run(['listen', ...TYPE, ...to, '--printer', 'a,b', '--json']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^spoolpipe: \[ERROR_INVALID_NAME\] .*\n$/);
    expect(lines).toEqual([
      { event: 'error', code: 'ERROR_INVALID_NAME', hresult: 0x8007007b, message: expect.any(String) },
    ]);
  });

  test('a right that the token does not give (PAN-74, PAN-76)', async () => {
    const words = [...TYPE, '--url', guarded.url, '--all-users'];
    const [listener, sender] = await Promise.all([
      run(['listen', ...words], { env: ANN }),
      run(['send', ...words, '--text', 'x'], { env: ANN }),
    ]);
    for (const { code, stderr } of [listener, sender]) {
      expect(code).toBe(1);
      expect(stderr).toMatch(/^spoolpipe: \[E_ACCESSDENIED\] .*\n$/);
    }
  });
});

describe('2: the command line cannot be used', () => {
  const LISTEN = ['listen', ...TYPE, ...NOWHERE];
  const SEND = ['send', ...TYPE, ...NOWHERE];
  const cases: readonly (readonly [words: string[], message: RegExp])[] = [
    [[], /^Usage: spoolpipe/],
    [['lisen'], /unknown command 'lisen'/],
    [['registrations', 'delete', 'desk'], /no command "delete": they are list and remove/],
    [['listen', '--type', 'nonsense'], /neither a GUID nor a well-known name/],
    [['listen', '--type', 'NOTIFICATION_RELEASE'], /nobody sends it or listens for it/],
    [[...LISTEN, '--name', 'label desk'], /1 to 64 letters/],
    [[...LISTEN, '--as', ''], /must be the name of a user/],
    [[...SEND, '--text', 'x', '--user', ''], /must be the name of a user/],
    [['status', '--url', 'localhost:6310'], /must be such as ws:/],
    [['status', '--url', 'ws://no port:x'], /must be such as ws:/],
    [[...LISTEN, '--reply', 'x'], /add --style bi/],
    [[...LISTEN, '--style', 'bi', '--reply', 'x', '--close-reply', 'y'], /cannot be used with/],
    [[...SEND, 'paper jam'], /text is sent with --text/],
    [[...SEND, '--text', 'x', '--null'], /one payload/],
    [[...SEND, '--style', 'bi', '--text', 'x', '--repeat', '2'], /--repeat takes --expect-reply/],
    [[...SEND, '--text', 'x', '--ca', '/no/such/file'], /file cannot be read: ENOENT/],
    [['explain', ...TYPE, ...NOWHERE, '--side', 'registration', '--user', 'ann'], /--user is for a channel/],
    [['serve', '--host', '0.0.0.0', '--port', '0'], /\[NOT_ALLOWED_UNPROTECTED\]/],
    [['serve', '--port', '0', '--token-file', '/dev/null'], /\[TOKEN_FILE_INVALID\]/],
    [['serve', '--port', '0', '--classes', '/dev/null'], /\[CLASS_FILE_INVALID\]/],
    [['serve', '--port', '0', '--events', '/dev/null'], /\[EVENTS_FILE_INVALID\]/],
    [['serve', '--port', '0', '--tls-cert', 'x'], /go together/],
    [['serve', '--port', '0', '--origin', 'https://print.example/'], /without a path/],
    [['serve', '--port', '0', '--origin', 'print.example'], /without a path/],
    [['serve', '--port', '0', '--server', 'a b'], /name or the address of a computer/],
    [['serve', '--port', '0', '--tls-cert', '/dev/null', '--tls-key', '/dev/null'], /it is no PEM file/],
    [['store', 'check', '/no/such/folder'], /there is no store in \/no\/such\/folder/],
    [['job', 'no-guid'], /number of a job, or its ID/],
  ];

  test.each(cases)('%j', async (words, message) => {
    const { code, stderr, text } = await run(words);
    expect(stderr).toMatch(message);
    expect({ code, text }).toEqual({ code: 2, text: '' });
  });
});

test('2: standard input that has no end is not read for ever', async () => {
  const sender = start(['send', ...TYPE, ...NOWHERE, '-'], { input: Buffer.alloc(64 * 1024 * 1024 + 1) });
  expect(await sender.ended).toMatchObject({ code: 2, stderr: expect.stringContaining('67,108,864 bytes') });
});

describe('3: no spooler was reached, or it wants another token', () => {
  test.each(['listen', 'status'])('%s where nothing listens says one line', async (subcommand) => {
    const type = subcommand === 'status' ? [] : TYPE;
    const { code, stderr, text } = await run([subcommand, ...type], {
      env: { SPOOLPIPE_URL: 'ws://127.0.0.1:9' },
    });
    expect(stderr).toMatch(/^spoolpipe: \[CONNECTION_FAILED\] .*ws:\/\/127\.0\.0\.1:9: connect ECONNREFUSED.*\n$/);
    expect({ code, text }).toEqual({ code: 3, text: '' });
  });

  test('no token, or an unknown one', async () => {
    const words = ['status', '--url', guarded.url];
    const [none, unknown] = await Promise.all([run(words), run([...words, '--token', 'not-in-the-token-file'])]);
    for (const { code, stderr } of [none, unknown]) {
      expect(code).toBe(3);
      expect(stderr).toMatch(/^spoolpipe: \[UNAUTHORIZED\] .*\n$/);
    }
  });

  test('serve where the port is taken', async () => {
    const { code, stderr } = await run(['serve', '--port', String(spooler.port)]);
    expect(stderr).toMatch(/^spoolpipe: cannot serve: .*EADDRINUSE.*\n$/);
    expect(code).toBe(3);
  });
});

test('4: the other end was gone before it answered', async () => {
  const bi = [...TYPE, '--style', 'bi', '--printer', 'Gone'];
  await using listener = await listening(spooler.url, [...bi, '--count', '1', '--reply', 'one and only']);
  const { code, text, stderr } = await run(['send', ...bi, ...to, '--text', 'x', '--expect-reply', '--repeat', '2']);
  expect(text).toBe('one and only');
  expect(stderr).toMatch(/spoolpipe: closed without an answer: \(null, 0, NOTIFICATION_RELEASE\), cause left\n$/);
  expect(code).toBe(4);
  expect((await listener.ended).code).toBe(0);
});

test('4: a listener that closes before the last question', async () => {
  const bi = [...TYPE, '--style', 'bi', '--printer', 'Short'];
  await using listener = await listening(spooler.url, [...bi, '--close-reply', 'enough']);
  const { code, text, stderr } = await run(['send', ...bi, ...to, '--text', 'x', '--expect-reply', '--repeat', '2']);
  expect(text).toBe('enough');
  expect(stderr).toMatch(/the listener closed the channel after 1 of 2\n$/);
  expect(code).toBe(4);
  await listener.event('answered');
});

test('5: no answer in time', async () => {
  const words = [...TYPE, '--style', 'bi', '--printer', 'Mute', '--text', 'x', '--expect-reply', '--timeout', '0.3'];
  const { code, stderr } = await run(['send', ...words, ...to]);
  expect(stderr).toMatch(/spoolpipe: \[TIMED_OUT\] .*\(0\.3 s\).*\n$/);
  expect(code).toBe(5);
});

test('130, 143: stopped before the work was done; the listener is told, and ends in good order itself: 0', async () => {
  const bi = [...TYPE, '--style', 'bi', '--printer', 'Stopped'];
  await using listener = await listening(spooler.url, bi);
  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    await using sender = start(['send', ...bi, ...to, '--text', 'x', '--expect-reply']);
    await listener.event('notification');
    sender.kill(signal);
    expect(await sender.ended).toMatchObject({ code: expected, signal: null });
    expect(await listener.event('closed')).toMatchObject({ cause: 'left', size: 0, data: null });
  }
  listener.kill('SIGINT');
  expect(await listener.ended).toMatchObject({ code: 0, signal: null });
});

test('3: where the other end speaks no TLS it is said in one line', async () => {
  const { code, stderr } = await run(['status', '--url', spooler.url.replace('ws:', 'wss:')]);
  expect(stderr).toMatch(/^spoolpipe: \[CONNECTION_FAILED\] .*wrong version number.* Check that it runs.*\n$/);
  expect(code).toBe(3);
});

test('a help that nobody reads is no fault', async () => {
  await using help = start(['--help']);
  help.breakPipe();
  expect(await help.ended).toMatchObject({ code: 0, stderr: '' });
});

test.skipIf(process.platform !== 'linux')('results that cannot be written are told: 1', async () => {
  const { code, stderr } = await run(['status', ...to], { output: '/dev/full' });
  expect(stderr).toMatch(/^spoolpipe: standard output: .*ENOSPC.*\n$/);
  expect(code).toBe(1);
});

test('a reader that goes away ends a listener in good order: 0', async () => {
  await using listener = await listening(spooler.url, [...TYPE, '--printer', 'Pipe']);
  listener.breakPipe();
  await run(['send', ...TYPE, ...to, '--printer', 'Pipe', '--text', 'x']);
  expect(await listener.ended).toMatchObject({ code: 0, signal: null });
});
