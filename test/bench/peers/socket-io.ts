/** Socket.IO: the server's rooms, over WebSocket alone. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import type { BenchListener, BenchSender, Broker, OnAnswer, OnObject, Peer } from '../peer.ts';
import { packageVersion } from './package-version.ts';

type Room = 'senders' | 'listeners';

/** The same events go up to the server and from there down to a room. */
interface Events {
  object(bytes: Uint8Array): void;
  answer(bytes: Uint8Array): void;
}

interface UpEvents extends Events {
  join(room: Room, joined: () => void): void;
}

export const socketIo: Peer = {
  name: 'socket.io',
  version: () => packageVersion('socket.io'),
  missing: () => undefined,
  startBroker,
  connectSender,
  connectListener,
};

async function startBroker(): Promise<Broker> {
  const httpServer = createServer();
  const server = new Server<UpEvents, Events>(httpServer, {
    transports: ['websocket'],
    serveClient: false,
    perMessageDeflate: false,
    maxHttpBufferSize: 16 * 1024 * 1024,
    // A client that is busy for 20 s would otherwise be dropped, and what was for it lost.
    pingTimeout: 120_000,
  });
  // "Memory usage" in its documents: nothing here reads the first request again.
  server.engine.on('connection', (connection: { request: unknown }) => {
    connection.request = null;
  });
  server.on('connection', (socket) => {
    socket.on('join', async (room, joined) => {
      await socket.join(room);
      joined();
    });
    socket.on('object', (bytes) => server.to('listeners').emit('object', bytes));
    socket.on('answer', (bytes) => server.to('senders').emit('answer', bytes));
  });
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  const address = httpServer.address();
  if (address === null || typeof address === 'string') {
    throw new Error('no port');
  }
  return { url: `http://127.0.0.1:${address.port}`, pid: process.pid, stop: () => server.close() };
}

async function connectSender(url: string, onAnswer: OnAnswer): Promise<BenchSender> {
  const { socket, close } = await connect(url, 'senders');
  socket.on('answer', onAnswer);
  const pipe = {
    send(bytes: Uint8Array) {
      socket.emit('object', bytes);
      return undefined;
    },
  };
  return { openPipe: () => Promise.resolve(pipe), openConversation: () => Promise.resolve(pipe), close };
}

async function connectListener(url: string, onObject: OnObject): Promise<BenchListener> {
  const { socket, close } = await connect(url, 'listeners');
  const answer = (bytes: Uint8Array) => void socket.emit('answer', bytes);
  socket.on('object', (bytes) => onObject(bytes, answer));
  return { close };
}

async function connect(
  url: string,
  room: Room,
): Promise<{ socket: Socket<Events, UpEvents>; close: () => Promise<void> }> {
  // `forceNew`: or all of a process would share one connection.
  const socket: Socket<Events, UpEvents> = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  const onLost = (reason: string) => {
    throw new Error(`socket.io connection lost: ${reason}`);
  };
  socket.on('disconnect', onLost);
  await socket.emitWithAck('join', room);
  const close = async () => {
    socket.off('disconnect', onLost);
    const closed = new Promise<void>((resolve) => {
      socket.io.engine.once('close', () => resolve());
    });
    socket.disconnect();
    await closed;
  };
  return { socket, close };
}
