/** A Link over `ws`: against a socket that only remembers. What real sockets do with it is for the end-to-end tests. */

import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { REFERENCE_FROM } from '../join.ts';
import { WebSocketLink, type WsSocket } from './websocket-link.ts';

const OPEN = 1;
const CLOSING = 2;

class Socket extends EventEmitter implements WsSocket {
  bufferedAmount = 0;
  binaryType = '';
  readyState = OPEN;
  readonly calls: unknown[][] = [];

  send(data: Uint8Array, options: { readonly binary: true; readonly fin: boolean }): void {
    this.calls.push(['send', data, options]);
  }
  ping(): void {
    this.calls.push(['ping']);
  }
  pause(): void {
    this.calls.push(['pause']);
  }
  resume(): void {
    this.calls.push(['resume']);
  }
  close(code: number, reason: string): void {
    this.calls.push(['close', code, reason]);
  }
  terminate(): void {
    this.calls.push(['terminate']);
  }
}

function attached(): {
  readonly socket: Socket;
  readonly stream: EventEmitter;
  readonly link: WebSocketLink;
  readonly heard: unknown[][];
} {
  const socket = new Socket();
  const stream = new EventEmitter();
  const link = new WebSocketLink(socket, stream);
  const heard: unknown[][] = [];
  link.attach({
    onMessage: (message) => heard.push(['message', message]),
    onAlive: () => heard.push(['alive']),
    onDrain: () => heard.push(['drain']),
    onClose: (code, reason) => heard.push(['close', code, reason]),
  });
  return { socket, stream, link, heard };
}

describe('sending', () => {
  test('one message in as many frames as it has large parts, each part as it is', () => {
    const { socket, link } = attached();
    const parts = [1, 2, 3].map((value) => new Uint8Array(REFERENCE_FROM).fill(value));
    link.send(parts);
    expect(socket.calls).toEqual([
      ['send', parts[0], { binary: true, fin: false }],
      ['send', parts[1], { binary: true, fin: false }],
      ['send', parts[2], { binary: true, fin: true }],
    ]);
    for (const [index, call] of socket.calls.entries()) expect(call[1]).toBe(parts[index]);
  });

  test('small parts beside each other in one frame', () => {
    const { socket, link } = attached();
    link.send([new Uint8Array([1]), new Uint8Array([2, 3])]);
    expect(socket.calls).toEqual([['send', new Uint8Array([1, 2, 3]), { binary: true, fin: true }]]);
  });

  test('does nothing once the socket is closing, instead of throwing', () => {
    const { socket, link } = attached();
    socket.readyState = CLOSING;
    link.send([new Uint8Array([1])]);
    link.ping();
    expect(socket.calls).toEqual([]);
  });

  test('tells what has not left the process', () => {
    const { socket, link } = attached();
    socket.bufferedAmount = 42;
    expect(link.buffered).toBe(42);
  });
});

describe('receiving', () => {
  test('binary messages are passed on as they came', () => {
    const { socket, heard } = attached();
    const message = Buffer.from([1, 2]);
    socket.emit('message', message, true);
    expect(heard).toEqual([['message', message]]);
    expect(heard[0]?.[1]).toBe(message);
    expect(socket.binaryType).toBe('nodebuffer');
  });

  test('a text message is not passed on: it ends the session with 1003, and nothing after it is read', () => {
    const { socket, heard } = attached();
    socket.emit('message', Buffer.from('{}'), false);
    expect(socket.calls).toEqual([['close', 1003, 'only binary messages']]);
    socket.emit('message', Buffer.from([1]), true);
    socket.emit('close', 1003, Buffer.alloc(0));
    expect(heard).toEqual([['close', 1003, 'only binary messages']]);
  });

  test('any byte of the stream is a sign of life, whether or not it completes anything', () => {
    const { stream, heard } = attached();
    stream.emit('data');
    expect(heard).toEqual([['alive']]);
  });

  test('the stream says when it has drained', () => {
    const { stream, heard } = attached();
    stream.emit('drain');
    expect(heard).toEqual([['drain']]);
  });
});

describe('the end', () => {
  test('is passed on with its code and its reason as text', () => {
    const { socket, heard } = attached();
    socket.emit('close', 4400, Buffer.from('not a record'));
    expect(heard).toEqual([['close', 4400, 'not a record']]);
  });

  test("an error of the stream ends nobody's process; its close follows", () => {
    const { socket, heard } = attached();
    expect(() => socket.emit('error', Object.assign(new Error('reset'), { code: 'ECONNRESET' }))).not.toThrow();
    expect(heard).toEqual([]);
    socket.emit('close', 1006, Buffer.alloc(0));
    expect(heard).toEqual([['close', 1006, '']]);
  });

  test('broken framing is the end at once: whoever breaks it need not answer the goodbye', () => {
    const { socket, heard } = attached();
    socket.emit('error', Object.assign(new Error('RSV1 must be clear'), { code: 'WS_ERR_UNEXPECTED_RSV_1' }));
    socket.emit('message', Buffer.from([1]), true);
    socket.emit('close', 1006, Buffer.alloc(0));
    expect(heard).toEqual([['close', 1002, '']]);
  });

  test('that came before anybody was attached is told to whoever attaches, and not before that returns', async () => {
    const socket = new Socket();
    const link = new WebSocketLink(socket, new EventEmitter());
    expect(() => socket.emit('error', new Error('reset'))).not.toThrow();
    socket.emit('close', 1006, Buffer.alloc(0));
    const codes: number[] = [];
    link.attach({
      onMessage: () => {},
      onAlive: () => {},
      onDrain: () => {},
      onClose: (code) => codes.push(code),
    });
    expect(codes).toEqual([]);
    await Promise.resolve();
    expect(codes).toEqual([1006]);
  });

  test("closing, dropping, pausing and resuming are the socket's own", () => {
    const { socket, link } = attached();
    link.ping();
    link.pause();
    link.resume();
    link.close(1000, 'done');
    link.terminate();
    expect(socket.calls).toEqual([['ping'], ['pause'], ['resume'], ['close', 1000, 'done'], ['terminate']]);
  });
});
