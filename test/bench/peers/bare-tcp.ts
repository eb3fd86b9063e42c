/**
 * No protocol at all: pieces of TCP, passed on as they come, each object behind its length. Nobody would use it; it
 * shows what the system leaves to be won, since every other peer does at least this much.
 */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { BenchPipe, Peer } from '../peer.ts';

const HEAD = 4;

export const bareTcp: Peer = {
  name: 'bare TCP',
  version: () => 'no package',
  missing: () => undefined,

  async startBroker() {
    const listeners = new Set<Socket>();
    const all = new Set<Socket>();
    let sender: Socket | undefined;
    const server = createServer({ noDelay: true }, (socket) => {
      all.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        all.delete(socket);
        listeners.delete(socket);
      });
      // The first byte says who it is.
      socket.once('data', (first: Buffer) => {
        if (first[0] === 1) sender = socket;
        else listeners.add(socket);
        socket.on('data', first[0] === 1 ? toListeners : toSender);
        socket.write(first);
      });
    });
    const toSender = (piece: Buffer): void => void sender?.write(piece);
    const toListeners = (piece: Buffer): void => {
      for (const listener of listeners) listener.write(piece);
    };
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      url: `tcp://127.0.0.1:${port}`,
      pid: process.pid,
      stop: async () => {
        for (const socket of all) socket.destroy();
        server.close();
        await once(server, 'close');
      },
    };
  },

  async connectSender(url, onAnswer) {
    const stream = await dial(url, 1);
    stream.onObject = onAnswer;
    const pipe: BenchPipe = {
      send: (bytes) => {
        stream.send(bytes);
        return undefined;
      },
    };
    const open = (): Promise<BenchPipe> => Promise.resolve(pipe);
    return { openPipe: open, openConversation: open, close: () => stream.close() };
  },

  async connectListener(url, onObject) {
    const stream = await dial(url, 2);
    const answer = (bytes: Uint8Array): void => stream.send(bytes);
    stream.onObject = (bytes) => onObject(bytes, answer);
    return { close: () => stream.close() };
  },
};

async function dial(url: string, role: number): Promise<ObjectStream> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', noDelay: true });
  socket.write(new Uint8Array([role]));
  await once(socket, 'data');
  return new ObjectStream(socket);
}

/** Objects on a socket; what one turn sends is written at once. */
class ObjectStream {
  onObject: (bytes: Uint8Array) => void = () => {};
  readonly #socket: Socket;
  #pieces: Uint8Array[] = [];
  /** What has come and is not a whole object yet, and how long it has to be. */
  #rest: Buffer[] = [];
  #length = 0;
  #wanted = HEAD;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (piece: Buffer) => this.#read(piece));
  }

  send(bytes: Uint8Array): void {
    const head = Buffer.allocUnsafe(HEAD);
    head.writeUInt32BE(bytes.length);
    if (this.#pieces.push(head, bytes) > 2) return;
    process.nextTick(() => {
      this.#socket.write(Buffer.concat(this.#pieces));
      this.#pieces = [];
    });
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return;
    this.#socket.end();
    this.#socket.resume();
    await once(this.#socket, 'close');
  }

  #read(piece: Buffer): void {
    this.#rest.push(piece);
    this.#length += piece.length;
    if (this.#length < this.#wanted) return;
    const bytes = this.#rest.length === 1 ? piece : Buffer.concat(this.#rest);
    let at = 0;
    this.#wanted = HEAD;
    while (bytes.length - at >= HEAD) {
      const end = at + HEAD + bytes.readUInt32BE(at);
      if (end > bytes.length) {
        this.#wanted = end - at;
        break;
      }
      this.onObject(bytes.subarray(at + HEAD, end));
      at = end;
    }
    this.#rest = [bytes.subarray(at)];
    this.#length = bytes.length - at;
  }
}
