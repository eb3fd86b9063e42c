import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { ManualClock } from '../test/harness/index.ts';
import { frame, OPCODES, RawSocket } from '../test/safety/raw-socket.ts';
import { isMidMessage, MessageDeadline } from './message-deadline.ts';

const TIME = 10_000;

function started(): { clock: ManualClock; deadline: MessageDeadline; missed: () => number } {
  const clock = new ManualClock();
  let missed = 0;
  return { clock, deadline: new MessageDeadline(clock, TIME, () => missed++), missed: () => missed };
}

describe('a message', () => {
  test('that becomes whole in time is no concern', () => {
    const { clock, deadline, missed } = started();
    deadline.looked(true);
    clock.advance(TIME - 1);
    deadline.whole();
    deadline.looked(false);
    expect(clock.pending).toBe(0);
    clock.advance(TIME);
    expect(missed()).toBe(0);
  });

  test('that is not whole in time is missed, once', () => {
    const { clock, deadline, missed } = started();
    deadline.looked(true);
    clock.advance(TIME);
    expect(missed()).toBe(1);
    clock.advance(10 * TIME);
    expect(missed()).toBe(1);
  });

  test('that trickles gets no more time for each drop', () => {
    const { clock, deadline, missed } = started();
    for (let seconds = 0; seconds < TIME / 1_000; seconds++) {
      deadline.looked(true);
      expect(missed()).toBe(0);
      clock.advance(1_000);
    }
    expect(missed()).toBe(1);
  });

  test('after another has time of its own, also where both were never apart', () => {
    const { clock, deadline, missed } = started();
    deadline.looked(true);
    for (let round = 0; round < 5; round++) {
      clock.advance(TIME - 1);
      // The end of one and the beginning of the next in one piece.
      deadline.whole();
      deadline.looked(true);
    }
    expect(missed()).toBe(0);
    clock.advance(TIME);
    expect(missed()).toBe(1);
  });

  test('of a connection that is gone leaves no timer', () => {
    const { clock, deadline } = started();
    deadline.looked(true);
    deadline.stop();
    expect(clock.pending).toBe(0);
  });
});

describe('what ws has of a message, by its own fields', () => {
  const whole = frame({ opcode: OPCODES.binary, payload: Buffer.alloc(70_000) });
  const first = frame({ opcode: OPCODES.binary, fin: false, payload: 'x' });
  const last = frame({ opcode: OPCODES.continuation, payload: 'y' });

  test.each<[what: string, bytes: Uint8Array, mid: boolean]>([
    ['a whole message', whole, false],
    ['the first byte', whole.subarray(0, 1), true],
    ['half a length', whole.subarray(0, 5), true],
    ['half a mask', whole.subarray(0, 12), true],
    ['a head and no payload', whole.subarray(0, 14), true],
    ['half a payload', whole.subarray(0, 30_000), true],
    ['all but the last byte', whole.subarray(0, -1), true],
    ['a fragment', first, true],
    ['a fragment and a ping', Buffer.concat([first, frame({ opcode: OPCODES.ping })]), true],
    ['all fragments', Buffer.concat([first, last]), false],
    ['a ping', frame({ opcode: OPCODES.ping }), false],
    ['half a ping', frame({ opcode: OPCODES.ping, payload: 'x' }).subarray(0, 3), true],
    ['two messages and a byte', Buffer.concat([whole, whole, whole.subarray(0, 1)]), true],
  ])('%s', async (_, bytes, mid) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await once(server, 'listening');
    const connected = once(server, 'connection');
    using raw = await RawSocket.upgraded((server.address() as AddressInfo).port);
    const [socket, { socket: stream }] = (await connected) as [WebSocket, IncomingMessage];
    expect(isMidMessage(socket)).toBe(false);
    const before = stream.bytesRead;
    raw.write(bytes);
    while (stream.bytesRead < before + bytes.length) await once(stream, 'data');
    expect(isMidMessage(socket)).toBe(mid);
    socket.terminate();
    server.close();
    await once(server, 'close');
  });
});
