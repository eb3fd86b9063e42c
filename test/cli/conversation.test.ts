/** Whole conversations between two processes, and what each is told when the other dies. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NOTIFICATION_RELEASE, notificationType } from '../../shared/index.ts';
import { listening, run, type Served, serveOnFreePort, start } from './command.ts';

const SAMPLE = ['--type', 'SAMPLE_NOTIFICATION_UI', '--style', 'bi'];
const ASYNC_UI = ['--type', 'MS_ASYNCNOTIFY_UI', '--style', 'bi'];
/** (null, 0, NOTIFICATION_RELEASE), as `--json` shows it. */
const TRIPLE = { type: NOTIFICATION_RELEASE, size: 0, encoding: null, data: null };

let spooler: Served;
let folder: string;
let to: string[];

beforeAll(async () => {
  spooler = await serveOnFreePort();
  folder = await mkdtemp(join(tmpdir(), 'spoolpipe-conversation-'));
  to = ['--url', spooler.url];
});

afterAll(async () => {
  await spooler[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A file of these bytes. */
async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe('the dialogue of the WDK sample (PAN-374)', () => {
  const STARTED = Buffer.of(1, 0, 0, 0);
  const ENDED = Buffer.of(3, 0, 0, 0);
  const ACKNOWLEDGED = Buffer.of(0x0f, 0, 0, 0);

  test('the listener acknowledges by closing the channel', async () => {
    const acknowledgement = await file('acknowledged', ACKNOWLEDGED);
    const out = join(folder, 'started');
    const listen = ['--printer', 'One', '--count', '1', '--close-reply-file', acknowledgement, '--out', out];
    await using listener = await listening(spooler.url, [...SAMPLE, ...listen]);
    const send = ['--printer', 'One', '--file', await file('started-1', STARTED), '--expect-reply'];
    const source = await run(['send', ...SAMPLE, ...to, ...send]);
    expect(source.code).toBe(0);
    expect(source.stdout).toEqual(ACKNOWLEDGED);
    const { code, lines } = await listener.ended;
    expect(code).toBe(0);
    expect(await readFile(join(out, '000001.bin'))).toEqual(STARTED);
    expect(lines.at(-1)).toEqual({ event: 'answered', channel: 1, code: 'S_OK', hresult: 0 });
  });

  test('the listener answers, and the source ends the dialogue', async () => {
    const acknowledgement = await file('acknowledged-2', ACKNOWLEDGED);
    const listen = ['--printer', 'Two', '--reply-file', acknowledgement];
    await using listener = await listening(spooler.url, [...SAMPLE, ...listen]);
    const ended = await file('ended', ENDED);
    const send = [
      '--printer',
      'Two',
      '--file',
      await file('started-2', STARTED),
      '--expect-reply',
      '--close-file',
      ended,
    ];
    const source = await run(['send', ...SAMPLE, ...to, ...send]);
    expect(source.code).toBe(0);
    expect(source.stdout).toEqual(ACKNOWLEDGED);
    expect(await listener.event('closed')).toEqual({
      event: 'closed',
      channel: 1,
      cause: 'closed',
      type: notificationType('SAMPLE_NOTIFICATION_UI'),
      size: 4,
      encoding: 'utf8',
      data: ENDED.toString('utf8'),
    });
  });
});

test('an AsyncUI message box is asked and its second button pressed (PAN-266, PAN-267, PAN-272, PAN-364)', async () => {
  const box = Buffer.from(
    '<?xml version="1.0"?><asyncPrintUIRequest xmlns="http://schemas.microsoft.com/2003/print/asyncui/v1/request">' +
      '<v1><requestOpen><messageBoxUI><title stringID="100" resourceDll="IHV.dll"/>' +
      '<body stringID="101" resourceDll="IHV.dll"/><buttons>' +
      '<button stringID="102" resourceDll="IHV.dll" buttonID="3"/>' +
      '<button stringID="103" resourceDll="IHV.dll" buttonID="4"/>' +
      '</buttons></messageBoxUI></requestOpen></v1></asyncPrintUIRequest>',
    'utf16le',
  );
  const reply = Buffer.from(
    '<?xml version="1.0"?><asyncPrintUIResponse xmlns="http://schemas.microsoft.com/2003/print/asyncui/v1/response">' +
      '<v1><requestClose><messageBoxUI><buttonID>4</buttonID></messageBoxUI></requestClose></v1></asyncPrintUIResponse>',
    'utf16le',
  );
  const replyFile = await file('reply.xml', reply);
  const listen = ['--printer', 'Box', '--count', '1', '--close-reply-file', replyFile];
  await using listener = await listening(spooler.url, [...ASYNC_UI, ...listen]);
  const send = ['--printer', 'Box', '--file', await file('box.xml', box), '--expect-reply'];
  const source = await run(['send', ...ASYNC_UI, ...to, ...send]);
  expect(source.code).toBe(0);
  expect(source.stdout).toEqual(reply);
  const { data, encoding } = await listener.event('notification');
  expect(encoding).toBe('utf16le');
  expect(Buffer.from(String(data), 'utf16le')).toEqual(box);
});

test('two listeners are asked, one acquires, the other is told (PAN-17, PAN-153)', async () => {
  const words = [...SAMPLE, '--printer', 'Race', '--reply', 'mine'];
  await using first = await listening(spooler.url, words);
  await using second = await listening(spooler.url, words);
  const source = await run(['send', ...SAMPLE, ...to, '--printer', 'Race', '--text', 'whose?', '--expect-reply']);
  expect(source).toMatchObject({ code: 0, text: 'mine' });
  const told = await Promise.all([first, second].map((listener) => listener.event('closed')));
  expect(told).toEqual([
    { event: 'closed', channel: 1, cause: expect.any(String), ...TRIPLE },
    { event: 'closed', channel: 1, cause: expect.any(String), ...TRIPLE },
  ]);
  expect(new Set(told.map(({ cause }) => cause))).toEqual(new Set(['acquired', 'closed']));
});

test('a question asked before anybody listens is held until somebody does (PAN-142, PAN-252, PAN-370)', async () => {
  await using source = start([
    ...['send', ...SAMPLE, ...to],
    '--printer',
    'Late',
    '--text',
    'anybody?',
    '--expect-reply',
  ]);
  await source.says(/nobody is registered for this.*; it is held for whoever comes/);
  const listener = await run(['listen', ...SAMPLE, ...to, '--printer', 'Late', '--count', '1', '--reply', 'yes']);
  expect(listener.code).toBe(0);
  expect(await source.ended).toMatchObject({ code: 0, text: 'yes' });
});

describe('the death of one end is told to the other with the rundown triple (PAN-47)', () => {
  test('the owner of a channel is killed (PAN-170, PAN-372)', async () => {
    await using listener = await listening(spooler.url, [...SAMPLE, '--printer', 'Owner', '--reply', 'go on']);
    const send = ['--printer', 'Owner', '--text', 'more?', '--expect-reply', '--repeat', '1000000', '--json'];
    await using source = start(['send', ...SAMPLE, ...to, ...send]);
    await source.event('reply');
    listener.kill('SIGKILL');
    const { code, lines, stderr } = await source.ended;
    expect(code).toBe(4);
    expect(lines.filter(({ event }) => event === 'closed')).toEqual([{ event: 'closed', cause: 'died', ...TRIPLE }]);
    expect(stderr).toContain('(null, 0, NOTIFICATION_RELEASE), cause died');
  });

  test('the source is killed while a listener considers its question (PAN-172)', async () => {
    await using listener = await listening(spooler.url, [...SAMPLE, '--printer', 'Source']);
    await using source = start(['send', ...SAMPLE, ...to, '--printer', 'Source', '--text', 'well?', '--expect-reply']);
    await listener.event('notification');
    source.kill('SIGKILL');
    expect(await listener.event('closed')).toEqual({ event: 'closed', channel: 1, cause: 'died', ...TRIPLE });
  });

  test('the spooler is killed under both; the listener comes back and says what gap there was (PAN-172)', async () => {
    await using doomed = await serveOnFreePort();
    const uni = ['--type', 'SAMPLE_NOTIFICATION_UI'];
    await using listener = await listening(doomed.url, uni);
    const asking = ['--printer', 'Lab', '--text', 'well?', '--expect-reply', '--json'];
    await using source = start(['send', ...SAMPLE, '--url', doomed.url, ...asking]);
    await source.event('unheard');
    doomed.process.kill('SIGKILL');
    const { code, lines } = await source.ended;
    expect(code).toBe(4);
    expect(lines).toContainEqual({ event: 'closed', cause: 'lost', ...TRIPLE });
    await doomed.process.ended;
    await using again = await serveOnFreePort([], doomed.port);
    expect(await listener.event('gap')).toMatchObject({ code: 1006, cause: 'lost', missed: null });
    await run(['send', ...uni, '--url', again.url, '--text', 'back']);
    expect(await listener.event('notification')).toMatchObject({ number: 1, data: 'back' });
    listener.kill('SIGTERM');
    const heard = await listener.ended;
    expect(heard.code).toBe(0);
    expect(heard.lines).toContainEqual({ event: 'closed', channel: null, cause: 'lost', ...TRIPLE });
    expect(heard.lines).toContainEqual({ event: 'lost', code: 1006, reason: '', cause: 'lost' });
  });
});
