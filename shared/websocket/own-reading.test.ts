/** Own reading with the sockets of this Node, and with what is no such socket. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { type ByteStream, listenForData, listenTo, type StreamListener } from './byte-stream.ts';
import { ownReading } from './own-reading.ts';

/** Notes what it is told, and has room where it says. */
class Listener implements StreamListener {
  readonly taken: string[] = [];
  readonly arrivals: number[] = [];
  readonly rooms: Uint8Array[] = [];
  ended = 0;
  gone = 0;
  /** What to do when something has arrived. */
  react: () => void = () => {};
  readonly #lengths: readonly number[];

  constructor(...lengths: readonly number[]) {
    this.#lengths = lengths;
  }

  room(): Uint8Array {
    const { length } = this.rooms;
    const room = new Uint8Array(this.#lengths[length % this.#lengths.length] ?? 1);
    this.rooms.push(room);
    return room;
  }
  arrived(length: number): void {
    this.arrivals.push(length);
    this.react();
  }
  take(chunk: Uint8Array): void {
    this.taken.push(Buffer.from(chunk).toString());
  }
  drained(): void {}
  peerEnded(): void {
    this.ended++;
  }
  closed(): void {
    this.gone++;
  }

  /** What has arrived, from its rooms. */
  get read(): string {
    return Buffer.concat(
      this.arrivals.map((length, index) => (this.rooms[index] as Uint8Array).subarray(0, length)),
    ).toString();
  }
}

const open: { destroy(): unknown }[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** Both ends of a connection. */
async function pair(): Promise<{ socket: Socket; peer: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [peer] = (await once(server, 'connection')) as [Socket];
  open.push(socket, peer);
  server.close();
  await once(socket, 'connect');
  return { socket, peer };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

function listen(stream: ByteStream, listener: Listener): void {
  listenTo(stream, listener);
  listenForData(stream, listener, ownReading(Socket));
}

describe('a socket', () => {
  test('is read into the rooms its listener names, one after the other, and nothing else', async () => {
    const { socket, peer } = await pair();
    const listener = new Listener(3, 5, 64);
    listen(socket, listener);
    peer.end('the quick brown fox jumps over the lazy dog');
    await until(() => listener.ended === 1);
    expect(listener.read).toBe('the quick brown fox jumps over the lazy dog');
    expect(listener.arrivals.slice(0, 2)).toEqual([3, 5]);
    expect(listener.taken).toEqual([]);
    await until(() => listener.gone === 1);
  });

  test('hands out first what had come before, and what was put back', async () => {
    const { socket, peer } = await pair();
    peer.write('before');
    socket.read(0);
    await until(() => socket.readableLength === 6);
    const listener = new Listener(64);
    listen(socket, listener);
    socket.unshift('back');
    peer.write('after');
    await until(() => listener.arrivals.length === 1);
    expect([listener.taken.join(' '), listener.read]).toEqual(['back before', 'after']);
  });

  test('is not read while it is paused', async () => {
    const { socket, peer } = await pair();
    const listener = new Listener(4);
    listener.react = () => socket.pause();
    listen(socket, listener);
    await new Promise<void>((resolve) => void peer.write('twelve bytes', () => resolve()));
    for (let count = 1; count <= 3; count++) {
      await until(() => listener.arrivals.length === count);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(listener.arrivals).toHaveLength(count);
      socket.resume();
    }
    expect(listener.read).toBe('twelve bytes');
  });

  test('is dropped where its listener throws, nothing more comes, and others go on', async () => {
    const one = await pair();
    const other = await pair();
    const listener = new Listener(4);
    const others = new Listener(64);
    const thrown: unknown[] = [];
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', (reason) => thrown.push(reason));
    try {
      listener.react = () => {
        throw new Error('not this one');
      };
      listen(one.socket, listener);
      listen(other.socket, others);
      one.peer.on('error', () => {}).write('twelve bytes');
      await until(() => listener.gone === 1);
      other.peer.write('here');
      await until(() => others.arrivals.length === 1);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const each of before) process.on('uncaughtException', each);
    }
    expect(thrown.map(String)).toEqual(['Error: not this one']);
    expect([listener.arrivals, others.read]).toEqual([[4], 'here']);
  });
});

describe('the ordinary way is left to', () => {
  test('what is no socket of this class, as TLS or a stream of somebody', () => {
    const reads = ownReading(Socket);
    class Other extends Socket {}
    expect(reads?.(new PassThrough(), new Uint8Array(1))).toBe(false);
    expect(reads?.(new Other(), new Uint8Array(1))).toBe(false);
  });

  test('a socket without anything under it, or with something that reads otherwise', async () => {
    const reads = ownReading(Socket);
    expect(reads?.(new Socket(), new Uint8Array(1))).toBe(false);
    const { socket } = await pair();
    const handle: unknown = Reflect.get(socket, '_handle');
    Reflect.set(socket, '_handle', {});
    expect(reads?.(socket, new Uint8Array(1))).toBe(false);
    Reflect.set(socket, '_handle', handle);
  });

  test.each<[what: string, keeps: (self: object, options: { buffer: unknown; callback: unknown }) => void]>([
    ['nothing', () => {}],
    ['it under names', (self, onread) => void Object.assign(self, onread)],
    ['the buffer only', (self, { buffer }) => void Reflect.set(self, Symbol('buffer'), buffer)],
    ['the callback only', (self, { callback }) => void Reflect.set(self, Symbol('callback'), callback)],
  ])('all sockets of a Node that keeps %s', (_, keeps) => {
    class Elsewhere {
      readonly readable = true;

      constructor({ onread }: { onread: { buffer: unknown; callback: unknown } }) {
        keeps(this, onread);
      }
    }
    expect(ownReading(Elsewhere)).toBeUndefined();
  });

  test('and there what comes is taken', async () => {
    const { socket, peer } = await pair();
    const listener = new Listener(64);
    listenTo(socket, listener);
    listenForData(socket, listener, () => false);
    peer.write('as ever');
    await until(() => listener.taken.length === 1);
    expect([listener.taken, listener.arrivals]).toEqual([['as ever'], []]);
  });
});
