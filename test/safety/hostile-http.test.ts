/** What comes before a WebSocket, right and wrong (T7): each case gets an HTTP status, and a canary notices none of them. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Rig, startRig } from '../harness/index.ts';
import { Canary } from './canary.ts';
import { frame, OPCODES, RawSocket, upgradeRequest } from './raw-socket.ts';

let rig: Rig;
let port: number;
let canary: Canary;

beforeAll(async () => {
  rig = await startRig({ transport: 'websocket' });
  port = Number(new URL(rig.url).port);
  canary = await Canary.start(rig);
});

afterAll(async () => {
  await canary.stop();
  await rig.close();
});

/** Lines of one HTTP request. */
function request(...lines: string[]): string {
  return [...lines, '', ''].join('\r\n');
}

const HOST = 'Host: 127.0.0.1';
const manyHeaders = Array.from({ length: 2_500 }, (_, index) => `X-${index}: y`);

const CASES: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ['no HTTP at all', request('hello spooler'), 400],
  ['bytes of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
  [
    'a length and chunks at once',
    request('POST / HTTP/1.1', HOST, 'Content-Length: 4', 'Transfer-Encoding: chunked'),
    400,
  ],
  ['a line break in a header', request('GET / HTTP/1.1', HOST, 'X: a\rb'), 400],
  ['a page', request('GET / HTTP/1.1', HOST), 404],
  ['a path out of the root', request('GET /../../etc/passwd HTTP/1.1', HOST), 404],
  ['a path out of the root, encoded', request('GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1', HOST), 404],
  ['a way round to a known path', request('GET /x/../healthz HTTP/1.1', HOST), 404],
  ['a body that never comes', request('GET /healthz HTTP/1.1', HOST, 'Content-Length: 1000000000000'), 200],
  ['a method that is not GET', request('DELETE /healthz HTTP/1.1', HOST), 405],
  ['2,500 headers', request('GET / HTTP/1.1', HOST, ...manyHeaders), 431],
  ['an upgrade to something else', upgradeRequest({ Upgrade: 'h2c' }), 400],
  ['an upgrade elsewhere', upgradeRequest({}, '/spool'), 404],
  ['an upgrade out of the root', upgradeRequest({}, '/../'), 404],
  ['an upgrade out of the root, encoded', upgradeRequest({}, '/%2e%2e/'), 404],
  ['WebSocket version 99', upgradeRequest({ 'Sec-WebSocket-Version': '99' }), 400],
  ['no key', upgradeRequest({ 'Sec-WebSocket-Key': undefined }), 400],
  ['a key that is none', upgradeRequest({ 'Sec-WebSocket-Key': 'x' }), 400],
  ['a list of protocols that is none', upgradeRequest({ 'Sec-WebSocket-Protocol': 'a,,b' }), 400],
  ['a foreign Origin', upgradeRequest({ Origin: 'https://evil.example' }), 403],
  ['an Origin that starts like ours', upgradeRequest({ Origin: 'http://localhost.evil.example' }), 403],
  ['the Origin of a file or a sandbox', upgradeRequest({ Origin: 'null' }), 403],
  ['our Origin and a foreign one', upgradeRequest({ Origin: 'http://localhost, https://evil.example' }), 403],
];

describe('each gets its status (T7)', () => {
  test.each(CASES)('%s', async (_, bytes, status) => {
    using raw = await RawSocket.connect(port);
    raw.write(bytes);
    const answer = await raw.until(({ status, ended }) => status !== undefined || ended);
    expect(answer.status).toBe(status);
    await raw.until(({ ended }) => ended);
    await canary.sings();
  });

  test('a header of 1 MB', async () => {
    using raw = await RawSocket.connect(port);
    raw.write(`GET / HTTP/1.1\r\n${HOST}\r\nX: `);
    await raw.pour(Array.from({ length: 64 }, () => 'x'.repeat(16 * 1024)));
    expect((await raw.until(({ ended }) => ended)).status).toBe(431);
    await canary.sings();
  });

  test('compression is offered and not taken; a compressed frame is refused', async () => {
    using raw = await RawSocket.connect(port);
    raw.write(upgradeRequest({ 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }));
    const { head } = await raw.until(({ status }) => status === 101);
    expect(head.toLowerCase()).not.toContain('sec-websocket-extensions');
    raw.write(frame({ opcode: OPCODES.binary, reserved: 0b100, payload: 'bomb' }));
    expect((await raw.until(({ ended }) => ended)).closeCode).toBe(1002);
  });

  test('a protocol other than ours is accepted and closed with 4406', async () => {
    using raw = await RawSocket.connect(port);
    raw.write(upgradeRequest({ 'Sec-WebSocket-Protocol': 'spoolpipe.v2, chat' }));
    const answer = await raw.until(({ closeCode }) => closeCode !== undefined);
    expect(answer).toMatchObject({ status: 101, closeCode: 4406, closeReason: 'offer the subprotocol spoolpipe.v1' });
    expect(answer.head.toLowerCase()).not.toContain('sec-websocket-protocol');
  });

  // These wait in real time, since the timers are Node's and ws's: five seconds, looked at every second, and two.
  test.concurrent.each([
    ['a request at a byte in a while', 'GET / HTTP/1.1\r\nHost: 127'],
    ['a socket that says nothing', ''],
  ])('%s is answered 408 and ended', async (_, bytes) => {
    using raw = await RawSocket.connect(port);
    if (bytes !== '') raw.write(bytes);
    expect((await raw.until(({ ended }) => ended)).status).toBe(408);
  });

  test.concurrent('a goodbye that is not answered holds nothing for long', async () => {
    using raw = await RawSocket.upgraded(port);
    raw.write(frame({ opcode: OPCODES.text, payload: 'hello' }));
    expect((await raw.until(({ ended }) => ended)).closeCode).toBe(1003);
    await raw.forgotten();
  });
});

test('whoever was refused and keeps his half open holds nothing of the spooler (T20)', async () => {
  using raw = await RawSocket.connect(port);
  raw.write(upgradeRequest({ Origin: 'https://evil.example' }));
  expect((await raw.until(({ ended }) => ended)).status).toBe(403);
  await raw.forgotten();
});

test('the canary was answered every time and in order, and nothing is left of the strangers (T7)', async () => {
  expect(await canary.stop()).toEqual([]);
  expect(rig.spooler.stats()).toMatchObject({ sessions: 2, channels: 1, registrations: 1 });
});
