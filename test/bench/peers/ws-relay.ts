/** A minimal relay on `ws`: what the sender sends goes to every listener, what a listener sends to the sender. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { BenchPipe, Peer } from '../peer.ts';
import { packageVersion } from './package-version.ts';

export type Send = (bytes: Uint8Array) => void;

/** `sending` makes the way a socket sends, once for each socket. */
export function wsRelay(name: string, sending: (socket: WebSocket) => Send): Peer {
  return {
    name,
    version: () => packageVersion('ws'),
    missing: () => undefined,

    async startBroker() {
      const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
      const listeners = new Set<Send>();
      let toSender: Send = () => {};
      server.on('connection', (socket, request) => {
        const send = sending(socket);
        if (request.url === '/sender') {
          toSender = send;
          socket.on('message', (data: Buffer) => {
            for (const listener of listeners) listener(data);
          });
        } else {
          listeners.add(send);
          socket.on('close', () => listeners.delete(send));
          socket.on('message', (data: Buffer) => toSender(data));
        }
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
        },
      };
    },

    async connectSender(url, onAnswer) {
      const socket = await dial(`${url}/sender`);
      const send = sending(socket);
      socket.on('message', (data: Buffer) => onAnswer(data));
      const pipe: BenchPipe = {
        send: (bytes) => {
          send(bytes);
          return undefined;
        },
      };
      return {
        openPipe: () => Promise.resolve(pipe),
        openConversation: () => Promise.resolve(pipe),
        close: () => closed(socket),
      };
    },

    async connectListener(url, onObject) {
      const socket = await dial(`${url}/listener`);
      const send = sending(socket);
      socket.on('message', (data: Buffer) => onObject(data, send));
      return { close: () => closed(socket) };
    },
  };
}

export async function dial(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, 'open');
  return socket;
}

export async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const gone = once(socket, 'close');
  socket.close();
  await gone;
}
