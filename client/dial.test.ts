import { getEventListeners, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Link } from '../shared/index.ts';
import { serve, TokenTable } from '../spooler/index.ts';
import { dial } from './dial.ts';

const certificate = (name: string): string =>
  readFileSync(new URL(`../test/safety/certificate/${name}`, import.meta.url), 'utf8');
const tls = { cert: certificate('localhost.crt'), key: certificate('localhost.key') };

interface Peer extends AsyncDisposable {
  readonly url: string;
}

/** A server that answers every HTTP request with this status. */
async function answering(status: number, headers: Record<string, string> = {}): Promise<Peer> {
  const server = createServer((_, response) => response.writeHead(status, headers).end());
  server.on('upgrade', (_, socket) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n${lines.join('')}\r\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

/** A server that accepts connections and says nothing. */
async function silent(): Promise<Peer> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Resolves with how the link ended. */
function ended(link: Link): Promise<number> {
  return new Promise((resolve) => {
    link.attach({ onMessage: () => {}, onAlive: () => {}, onDrain: () => {}, onClose: resolve });
  });
}

describe('what fails says why', () => {
  test.each(['', 'spooler', 'http://', 'ftp://127.0.0.1', 'ws://127.0.0.1/#part', 'ws://127.0.0.1:99999'])(
    'an address that is none: %j',
    async (url) => {
      await expect(dial(url)).rejects.toMatchObject({ code: 'CONNECTION_FAILED', input: expect.stringContaining(url) });
    },
  );

  test('nobody there', async () => {
    const server = await serve({ port: 0 });
    await server.close();
    await expect(dial(server.url)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test.each([404, 403, 503, 500, 200])('an answer of HTTP %i', async (status) => {
    await using peer = await answering(status);
    await expect(dial(peer.url)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      input: `${peer.url}: HTTP ${status}`,
    });
  });

  test('a redirection is not followed: the token is for this spooler only', async () => {
    await using server = await serve({ port: 0 });
    await using peer = await answering(302, { Location: server.url.replace('ws', 'http') });
    await expect(dial(peer.url, { token: 'secret' })).rejects.toMatchObject({ input: `${peer.url}: HTTP 302` });
    expect(server.spooler.stats().sessions).toBe(0);
  });

  test('a spooler that wants another token: UNAUTHORIZED, and the token is not shown', async () => {
    await using server = await serve({ port: 0, tokens: TokenTable.parse('{"tokens": []}') });
    const refused = await dial(server.url, { token: 'a-wrong-token-of-mine' }).catch((reason: unknown) => reason);
    expect(refused).toMatchObject({ code: 'UNAUTHORIZED', input: server.url });
    expect(`${String(refused)}${JSON.stringify(refused)}`).not.toContain('a-wrong-token');
  });

  test('a server that does not answer in time', async () => {
    await using peer = await silent();
    await expect(dial(peer.url, { connectTime: 20 })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});

describe('giving up', () => {
  test('ends with CONNECTION_ENDED and the reason, before or while connecting', async () => {
    await using peer = await silent();
    const before = AbortSignal.abort(new Error('changed my mind'));
    await expect(dial(peer.url, { signal: before })).rejects.toMatchObject({
      code: 'CONNECTION_ENDED',
      cause: { message: 'changed my mind' },
    });
    const controller = new AbortController();
    const dialing = dial(peer.url, { signal: controller.signal });
    controller.abort(new Error('too late'));
    await expect(dialing).rejects.toMatchObject({ code: 'CONNECTION_ENDED', cause: { message: 'too late' } });
  });

  test('later has no effect, and nothing is left on the signal, whatever the attempt came to', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    await using server = await serve({ port: 0 });
    await using refusing = await answering(403);
    const link = await dial(server.url, { signal });
    await expect(dial(refusing.url, { signal })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    await expect(dial('ws://127.0.0.1:99999', { signal })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    controller.abort();
    const gone = ended(link);
    expect(server.spooler.stats().sessions).toBe(1);
    link.close(1000, 'done');
    expect(await gone).toBe(1000);
  });
});

describe('wss', () => {
  test('with the authority of its certificate: connected', async () => {
    await using server = await serve({ port: 0, tls });
    expect(server.url).toMatch(/^wss:/);
    const link = await dial(server.url, { ca: tls.cert });
    const gone = ended(link);
    link.close(1000, 'done');
    expect(await gone).toBe(1000);
  });

  test.each([
    ['an authority nobody knows', {}, 'self-signed'],
    ['another authority', { ca: 'none' }, ''],
  ])('with %s: refused', async (_, options, reason) => {
    await using server = await serve({ port: 0, tls });
    await expect(dial(server.url, options)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining(reason),
    });
    expect(server.spooler.stats().sessions).toBe(0);
  });

  test('at a spooler without TLS: refused, and the other way round', async () => {
    await using plain = await serve({ port: 0 });
    await expect(dial(plain.url.replace('ws:', 'wss:'))).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    await using secure = await serve({ port: 0, tls });
    await expect(dial(secure.url.replace('wss:', 'ws:'))).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});

describe('what a spooler may not send', () => {
  /** A server that sends this as soon as somebody is there, and how the client says goodbye to it. */
  async function afterwards(message: string | Buffer): Promise<number> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await once(server, 'listening');
    const closed = new Promise<number>((resolve) => {
      server.on('connection', (socket) => {
        socket.once('message', () => socket.send(message));
        socket.on('close', resolve);
      });
    });
    const link = await dial(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const gone = ended(link);
    link.send([Buffer.from('go')]);
    await gone;
    const code = await closed;
    server.close();
    await once(server, 'close');
    return code;
  }

  test('text', async () => {
    expect(await afterwards('hello')).toBe(1003);
  });

  test('a message above four times the largest by default: what a stranger can make us hold is bounded', async () => {
    expect(await afterwards(Buffer.alloc(4 * (10 * 1024 * 1024 + 64 * 1024) + 1))).toBe(1009);
  });
});
