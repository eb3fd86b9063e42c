/**
 * The baseline of what is durable: a minimal relay on `ws` that appends what it gets to a file. What comes while the disk
 * is busy is one write and one sync, then each message is acknowledged. It never removes anything, has one listener,
 * and knows nothing of it but the file.
 */

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Peer } from '../peer.ts';
import { packageVersion } from '../peers/package-version.ts';
import { closed, dial } from '../peers/ws-relay.ts';

/** Bytes before each message in the file: its length. */
const HEAD = 4;
const ACKNOWLEDGEMENT = new Uint8Array(1);
/** Bytes on their way to the listener. */
const AHEAD = 1024 * 1024;

export const appendLog: Peer = {
  name: 'append log',
  version: () => packageVersion('ws'),
  missing: () => undefined,
  durable: {
    acknowledges: 'after its sync',
    // Everything is kept, whoever is there.
    register: () => Promise.resolve(),
  },

  async startBroker(folder) {
    const path = join(folder, 'log');
    const file = await open(path, 'a');
    const log = new Log(file);
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    server.on('connection', (socket, request) => {
      if (request.url === '/listener') socket.once('message', () => void readBack(path, socket));
      else socket.on('message', (data: Buffer) => log.append(data, () => socket.send(ACKNOWLEDGEMENT)));
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      url: `ws://127.0.0.1:${port}`,
      pid: process.pid,
      stop: async () => {
        for (const socket of server.clients) socket.terminate();
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
        });
        await file.close();
      },
    };
  },

  async connectSender(url) {
    const socket = await dial(`${url}/sender`);
    const waiting = new Queue<() => void>();
    socket.on('message', () => waiting.take()?.());
    const pipe = {
      send: (bytes: Uint8Array) =>
        new Promise<void>((resolve) => {
          waiting.put(resolve);
          socket.send(bytes);
        }),
    };
    return {
      openPipe: () => Promise.resolve(pipe),
      openConversation: () => Promise.resolve(pipe),
      close: () => closed(socket),
    };
  },

  async connectListener(url, onObject) {
    const socket = await dial(`${url}/listener`);
    socket.on('message', (data: Buffer) => onObject(data, () => {}));
    // Any message asks for it all.
    socket.send(ACKNOWLEDGEMENT);
    return { close: () => closed(socket) };
  },
};

class Log {
  readonly #file: FileHandle;
  #pieces: Uint8Array[] = [];
  #written: (() => void)[] = [];
  #isRunning = false;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  append(bytes: Uint8Array, written: () => void): void {
    const head = Buffer.allocUnsafe(HEAD);
    head.writeUInt32LE(bytes.length);
    this.#pieces.push(head, bytes);
    this.#written.push(written);
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#written.length > 0) {
      const [pieces, written] = [this.#pieces, this.#written];
      [this.#pieces, this.#written] = [[], []];
      await this.#file.write(Buffer.concat(pieces));
      await this.#file.datasync();
      for (const each of written) each();
    }
    this.#isRunning = false;
  }
}

async function readBack(path: string, socket: WebSocket): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: AHEAD }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      const end = at + HEAD + (at + HEAD <= bytes.length ? bytes.readUInt32LE(at) : bytes.length);
      if (end > bytes.length) break;
      socket.send(bytes.subarray(at + HEAD, end));
      at = end;
    }
    rest = bytes.subarray(at);
    while (socket.bufferedAmount > AHEAD) await new Promise(setImmediate);
  }
}

/** First in, first out. `shift` of a long array is slow. */
class Queue<Item> {
  readonly #items: (Item | undefined)[] = [];
  #first = 0;

  put(item: Item): void {
    this.#items.push(item);
  }

  take(): Item | undefined {
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (this.#first === this.#items.length) {
      this.#items.length = 0;
      this.#first = 0;
    }
    return item;
  }
}
