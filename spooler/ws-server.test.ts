import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import { encodeRecord, notificationType, SpoolError } from '../shared/index.ts';
import { startRig } from '../test/harness/index.ts';
import { eventually } from '../test/safety/eventually.ts';
import { frame, OPCODES, RawSocket, upgradeRequest } from '../test/safety/raw-socket.ts';
import { Stranger } from '../test/safety/stranger.ts';
import type { ServiceFactory } from './core/service.ts';
import { createSpooler } from './embedded-spooler.ts';
import { type ServeOptions, serve } from './ws-server.ts';

const certificate = (name: string): string =>
  readFileSync(new URL(`../test/safety/certificate/${name}`, import.meta.url), 'utf8');
const tls = { cert: certificate('localhost.crt'), key: certificate('localhost.key') };
const type = notificationType('SAMPLE_NOTIFICATION_UI');
const hello = frame({ opcode: OPCODES.binary, payload: Buffer.concat(encodeRecord({ op: 'hello', user: 'ann' })) });

/** What one request is answered. */
function ask(url: string, method = 'GET'): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url.replace('ws', 'http'), { method }, (response) => {
      let body = '';
      response.on('data', (bytes: Buffer) => {
        body += bytes.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    request.on('error', reject);
    request.end();
  });
}

describe('where it listens', () => {
  test.each(['0.0.0.0', '::', '192.0.2.1', 'print.example', 'localhost.example', ''])(
    'without tokens not on %j (PROTOCOL.md 9)',
    async (host) => {
      await expect(serve({ port: 0, host })).rejects.toMatchObject({ code: 'NOT_ALLOWED_UNPROTECTED' });
    },
  );

  test.each(['127.0.0.1', '127.0.0.2', 'localhost'])('without tokens on %s', async (host) => {
    await using server = await serve({ port: 0, host });
    expect(await ask(`${server.url}/healthz`)).toEqual({ status: 200, body: 'ok\n' });
  });

  test('an address that is taken rejects with what the system says, and leaves nothing', async () => {
    await using server = await serve({ port: 0 });
    await expect(serve({ port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('when its services begin', () => {
  const service = (log: string[]): ServiceFactory => {
    return () => ({ name: 'log', call: () => ({ hresult: 0 }), begin: () => void log.push('begins') });
  };

  test('own decision: once it can be connected to, after whoever waits for it knows where', async () => {
    const log: string[] = [];
    await using server = await serve({ port: 0, services: [service(log)] });
    log.push(server.url);
    await eventually(() => log.length > 1);
    expect(log).toEqual([server.url, 'begins']);
  });

  test('own decision: never, where the address cannot be had', async () => {
    const log: string[] = [];
    await using server = await serve({ port: 0 });
    await expect(serve({ port: server.port, services: [service(log)] })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual([]);
  });

  test('own decision: at once, where links come from the program itself', () => {
    const log: string[] = [];
    createSpooler({ services: [service(log)] });
    expect(log).toEqual(['begins']);
  });
});

describe('what it answers to HTTP', () => {
  test('own decision: that something is in trouble, with the reason; sessions go on', async () => {
    let trouble: SpoolError | undefined;
    await using rig = await startRig({ transport: 'websocket', trouble: () => trouble });
    const sender = await rig.sender();
    expect((await sender.status()).trouble).toBeNull();
    trouble = new SpoolError('STORE_FAILED', { input: 'error 5' });
    const sentence = 'The disk did not take what was to be stored, and takes nothing more. (error 5)';
    expect(await ask(`${rig.url}/readyz`)).toEqual({ status: 503, body: `STORE_FAILED: ${sentence}\n` });
    expect(await ask(`${rig.url}/healthz`)).toEqual({ status: 200, body: 'ok\n' });
    expect((await sender.status()).trouble).toEqual({ code: 'STORE_FAILED', message: sentence });
    await rig.listener();
  });

  test('that it lives, and that it takes sessions, until it has as many as it may', async () => {
    await using rig = await startRig({ transport: 'websocket', limits: { sessions: 1 } });
    expect(await ask(`${rig.url}/healthz`)).toEqual({ status: 200, body: 'ok\n' });
    expect(await ask(`${rig.url}/readyz`)).toEqual({ status: 200, body: 'ok\n' });
    await rig.listener();
    expect(await ask(`${rig.url}/readyz`)).toEqual({ status: 503, body: 'Service Unavailable\n' });
    expect(await ask(`${rig.url}/healthz`)).toMatchObject({ status: 200 });
    await expect(rig.listener()).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('HTTP 503'),
    });
  });

  test('HEAD like GET without the body, other methods 405, other paths 404', async () => {
    await using server = await serve({ port: 0 });
    expect(await ask(`${server.url}/healthz`, 'HEAD')).toEqual({ status: 200, body: '' });
    expect(await ask(`${server.url}/healthz`, 'POST')).toMatchObject({ status: 405 });
    expect(await ask(`${server.url}/`)).toMatchObject({ status: 404 });
    expect(await ask(`${server.url}/healthz/`)).toMatchObject({ status: 404 });
    expect(await ask(`${server.url}/status`)).toMatchObject({ status: 404 });
  });
});

describe('an Origin', () => {
  const from = async (options: ServeOptions, origin: string | undefined): Promise<number | undefined> => {
    await using server = await serve({ port: 0, ...options });
    using raw = await RawSocket.connect(server.port);
    raw.write(upgradeRequest({ Origin: origin }));
    return (await raw.until(({ status }) => status !== undefined)).status;
  };

  test.each(['http://localhost', 'http://localhost:8080', 'https://127.0.0.1:9', 'http://[::1]:3000', undefined])(
    'of this machine, %s, may connect where nothing else is said',
    async (origin) => {
      expect(await from({}, origin)).toBe(101);
    },
  );

  test.each([
    'https://evil.example',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'null',
    'x',
    '',
  ])('of elsewhere, %j, may not (T12)', async (origin) => {
    expect(await from({}, origin)).toBe(403);
  });

  test('on the list may connect, exactly as listed, and then this machine is not special (T12)', async () => {
    const origins = ['https://Print.example'];
    expect(await from({ origins }, 'https://print.example')).toBe(101);
    expect(await from({ origins }, 'http://print.example')).toBe(403);
    expect(await from({ origins }, 'https://print.example:444')).toBe(403);
    expect(await from({ origins }, 'https://print.example.evil.example')).toBe(403);
    expect(await from({ origins }, 'http://localhost')).toBe(403);
    expect(await from({ origins }, undefined)).toBe(101);
  });
});

describe('time', () => {
  test('a peer that says no hello is closed with 1008 after five seconds (T7)', async () => {
    await using rig = await startRig({ transport: 'websocket' });
    await using stranger = await Stranger.connect(rig);
    expect(rig.spooler.stats().sessions).toBe(1);
    rig.clock.advance(4_999);
    expect(rig.spooler.stats().sessions).toBe(1);
    rig.clock.advance(1);
    expect(rig.spooler.stats().sessions).toBe(0);
    expect(await stranger.closed()).toBe(1008);
  });

  test.each([
    ['half a frame', hello.subarray(0, 9)],
    ['a fragment without end', frame({ opcode: OPCODES.binary, fin: false, payload: 'x' })],
  ])('%s, then silence, is closed with 4408 after ten seconds (T7)', async (_, half) => {
    await using rig = await startRig({ transport: 'websocket', limits: { heartbeatInterval: 60_000 } });
    using raw = await RawSocket.upgraded(Number(new URL(rig.url).port));
    raw.write(hello);
    await raw.until(({ frames }) => frames.length === 1);
    const before = rig.clock.pending;
    raw.write(half);
    await eventually(() => rig.clock.pending > before);
    rig.clock.advance(9_999);
    expect(rig.spooler.stats().sessions).toBe(1);
    rig.clock.advance(1);
    expect(rig.spooler.stats().sessions).toBe(0);
    expect((await raw.until(({ closeCode }) => closeCode !== undefined)).closeCode).toBe(4408);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'sessionEnded', cause: 'faulty' });
  });
});

test('connections beyond the sessions and some are closed at once, so that strangers hold no more (T20)', async () => {
  await using server = await serve({ port: 0, limits: { sessions: 2 } });
  const crowd = await Promise.all(Array.from({ length: 200 }, () => RawSocket.connect(server.port)));
  try {
    // 128 beside the sessions: those being upgraded, and who asks for its health.
    await eventually(() => crowd.filter(({ answer }) => answer.ended).length === 200 - 2 - 128);
    const [first] = crowd;
    first?.write(upgradeRequest());
    expect(await first?.until(({ status }) => status !== undefined)).toMatchObject({ status: 101 });
  } finally {
    for (const raw of crowd) raw[Symbol.dispose]();
  }
});

describe('the end', () => {
  test('is waited for by everybody who asks for it, and the port is free again', async () => {
    const server = await serve({ port: 0 });
    await Promise.all([server.close(), server.close(), server[Symbol.asyncDispose]()]);
    await expect(ask(`${server.url}/healthz`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await using again = await serve({ port: server.port });
    expect(again.port).toBe(server.port);
  });

  test('closes clients with 1001, and does not wait for peers that say nothing (T15)', async () => {
    const server = await serve({ port: 0 });
    using raw = await RawSocket.upgraded(server.port);
    using silent = await RawSocket.connect(server.port);
    using half = await RawSocket.connect(server.port);
    half.write('GET / HTTP/1.1\r\nHost: 1');
    raw.write(hello);
    await raw.until(({ frames }) => frames.length === 1);
    const closing = server.close();
    expect(await raw.until(({ closeCode }) => closeCode !== undefined)).toMatchObject({
      closeCode: 1001,
      closeReason: 'the spooler shuts down',
    });
    raw[Symbol.dispose]();
    await closing;
    await Promise.all([silent, half].map((one) => one.until(({ ended }) => ended)));
  });

  test('of one with TLS does not wait for a handshake that never comes (T15)', async () => {
    const server = await serve({ port: 0, tls });
    using silent = await RawSocket.connect(server.port);
    await server.close();
    expect(await silent.until(({ ended }) => ended)).toMatchObject({ ended: true });
  });
});

test('with TLS it is TLS only: what is not is ended, and others are served', async () => {
  await using rig = await startRig({ transport: 'websocket', tls });
  expect(rig.url).toMatch(/^wss:/);
  using raw = await RawSocket.connect(Number(new URL(rig.url).port));
  raw.write(upgradeRequest());
  const { status } = await raw.until(({ ended }) => ended);
  expect(status).not.toBe(101);
  const seen = rig.recorder();
  const listener = await rig.listener({ ca: tls.cert });
  await listener.registerForNotifications({ name: 'Lab', type }, seen);
  const channel = await (await rig.sender({ ca: tls.cert })).createNotificationChannel({ name: 'Lab', type });
  expect(await channel.sendNotification('paper jam')).toMatchObject({ code: 'S_OK' });
  expect((await seen.nextNotification()).text).toBe('paper jam');
});

test.each<[stayAwake: number, stays: boolean]>([
  [500, true],
  [0, false],
])('stayAwake %i: after quick messages it goes on looking for more: %s (decision 36)', async (stayAwake, stays) => {
  const soon = vi.spyOn(globalThis, 'setImmediate');
  try {
    await using server = await serve({ port: 0, stayAwake });
    using raw = await RawSocket.upgraded(server.port);
    raw.write(hello);
    await raw.until(({ frames }) => frames.length === 1);
    // Each is answered before the next is sent.
    for (let count = 2; count <= 4; count++) {
      raw.write(frame({ opcode: OPCODES.ping }));
      await raw.until(({ frames }) => frames.length === count);
    }
    // One look after the other, always the same one; whatever else waits for the end of a turn is asked for once.
    const looksAgain = (): boolean => soon.mock.calls.length - new Set(soon.mock.calls.map(([look]) => look)).size > 10;
    await vi.waitFor(() => expect(looksAgain()).toBe(stays));
  } finally {
    soon.mockRestore();
  }
});
