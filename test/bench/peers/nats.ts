/** NATS: its server in Go with its own WebSocket listener, and its client for WebSocket, on `ws`. */

import { type NatsConnection, wsconnect } from '@nats-io/nats-core';
import { WebSocket } from 'ws';
import type { BenchListener, BenchSender, OnAnswer, OnObject, Peer } from '../peer.ts';
import { packageVersion } from './package-version.ts';
import { missingProgram, type Program, programVersion, startProgram } from './program.ts';

const OBJECTS = 'objects';
const ANSWERS = 'answers';

const program: Program = {
  name: 'nats-server',
  versionArgument: '--version',
  // The server wants its plain listener too: on any port. A client that is `max_pending` behind, or takes longer than
  // `write_deadline` for one write, would be dropped, and what was for it lost. A thousand may connect at once.
  configure: (port) => `
    host: "127.0.0.1"
    port: -1
    max_payload: 16MB
    max_pending: 1GB
    write_deadline: "60s"
    websocket {
      host: "127.0.0.1"
      port: ${port}
      no_tls: true
      compression: false
      handshake_timeout: "30s"
    }
  `,
  ready: /Server is ready/,
};

export const nats: Peer = {
  name: 'nats',
  version: () => `${programVersion(program)}, ${packageVersion('@nats-io/nats-core')}`,
  missing: () => missingProgram(program),
  startBroker: () => startProgram(program),
  connectSender,
  connectListener,
};

async function connectSender(url: string, onAnswer: OnAnswer): Promise<BenchSender> {
  const { connection, close } = await connectNats(url);
  await subscribe(connection, ANSWERS, onAnswer);
  const pipe = {
    send(bytes: Uint8Array) {
      connection.publish(OBJECTS, bytes);
      return undefined;
    },
  };
  return { openPipe: () => Promise.resolve(pipe), openConversation: () => Promise.resolve(pipe), close };
}

async function connectListener(url: string, onObject: OnObject): Promise<BenchListener> {
  const { connection, close } = await connectNats(url);
  const answer = (bytes: Uint8Array) => connection.publish(ANSWERS, bytes);
  await subscribe(connection, OBJECTS, (bytes) => onObject(bytes, answer));
  return { close };
}

/** Resolves when it is in force: the server answers in order. */
async function subscribe(connection: NatsConnection, subject: string, onBytes: (bytes: Uint8Array) => void) {
  connection.subscribe(subject, {
    callback(error, message) {
      if (error !== null) {
        throw error;
      }
      onBytes(message.data);
    },
  });
  await connection.flush();
}

export async function connectNats(url: string): Promise<{ connection: NatsConnection; close: () => Promise<void> }> {
  const connection = await wsconnect({
    servers: url,
    reconnect: false,
    wsFactory: (address) => Promise.resolve({ socket: openWebSocket(address), encrypted: false }),
  });
  let closing = false;
  void connection.closed().then((error) => {
    if (!closing) {
      throw new Error('NATS connection lost', { cause: error });
    }
  });
  const close = async () => {
    closing = true;
    await connection.close();
  };
  return { connection, close };
}

/** Node 20 has no WebSocket of its own; that of `ws` has all that the client uses. */
function openWebSocket(address: string): globalThis.WebSocket {
  return new WebSocket(address, { perMessageDeflate: false }) as unknown as globalThis.WebSocket;
}
