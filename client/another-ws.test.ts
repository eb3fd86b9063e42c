/** Another version of `ws` may set its sockets by itself, without asking: then it goes on serving them on both sides. */

import { expect, test, vi } from 'vitest';
import { CLOSES, DEFAULT_LIMITS } from '../shared/index.ts';
import { WebSocketLink } from '../shared/websocket/websocket-link.ts';
import { serve } from '../spooler/index.ts';
import { frame, OPCODES, RawSocket } from '../test/safety/raw-socket.ts';
import { dial } from './dial.ts';

vi.mock('ws', async (original) => {
  const ws = await original<typeof import('ws')>();
  class WebSocket extends ws.WebSocket {
    // Its own, which no subclass replaces.
    readonly setSocket = Reflect.get(ws.WebSocket.prototype, 'setSocket') as unknown;
  }
  return { ...ws, WebSocket };
});

test('a client is served, and told goodbye', async () => {
  await using server = await serve({ port: 0 });
  const link = await dial(server.url);
  expect(link).toBeInstanceOf(WebSocketLink);
  const ended = new Promise<number>((resolve) => {
    link.attach({ onMessage: () => {}, onAlive: () => {}, onDrain: () => {}, onClose: resolve });
  });
  expect(server.spooler.stats().sessions).toBe(1);
  link.send([Uint8Array.of(1)]);
  expect(await ended).toBe(CLOSES.MALFORMED.code);
  await expect.poll(() => server.spooler.stats().sessions).toBe(0);
});

test('half a message is not waited for forever', async () => {
  await using server = await serve({ port: 0, limits: { messageTime: 50, helloTime: 60_000 } });
  using raw = await RawSocket.upgraded(server.port);
  raw.write(frame({ opcode: OPCODES.binary, payload: 'x', length: BigInt(DEFAULT_LIMITS.message) }));
  const { closeCode } = await raw.until((answer) => answer.closeCode !== undefined);
  expect(closeCode).toBe(CLOSES.INCOMPLETE.code);
});
