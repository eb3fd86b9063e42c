/** NATS JetStream, its streams in files, as its server is when nothing is said of syncs; its own WebSocket, its own client. */

import type { NatsConnection } from '@nats-io/nats-core';
import type { Peer } from '../peer.ts';
import { connectNats } from '../peers/nats.ts';
import { packageVersion } from '../peers/package-version.ts';
import { missingProgram, type Program, programVersion, startProgram } from '../peers/program.ts';

const STREAM = 'KEPT';
const OBJECTS = 'objects';
const LISTENER = 'listener';
const DELIVERIES = 'deliveries';
const ACKNOWLEDGEMENT = new TextEncoder().encode('+ACK');

const command = { name: 'nats-server', versionArgument: '--version' };

/** The server wants its plain listener too: on any port. */
function program(folder: string): Program {
  return {
    ...command,
    configure: (port) => `
    host: "127.0.0.1"
    port: -1
    write_deadline: "60s"
    jetstream {
      store_dir: "${folder}"
    }
    websocket {
      host: "127.0.0.1"
      port: ${port}
      no_tls: true
      compression: false
    }
  `,
    ready: /Server is ready/,
  };
}

export const jetStream: Peer = {
  name: 'JetStream',
  version: () => `${programVersion(command)}, ${packageVersion('@nats-io/nats-core')}`,
  missing: () => missingProgram(command),
  startBroker: (folder) => startProgram(program(folder)),
  durable: { acknowledges: 'before any sync; it syncs every two minutes', register },

  async connectSender(url) {
    const { connection, close } = await connectNats(url);
    // What `request` does, without a timer for each.
    const inbox = `_INBOX.${process.pid}`;
    const waiting = new Map<string, Waiter>();
    connection.subscribe(`${inbox}.*`, {
      callback(error, message) {
        if (error !== null) throw error;
        const waiter = waiting.get(message.subject);
        waiting.delete(message.subject);
        const { error: refusal } = message.json<Acknowledgement>();
        if (refusal) waiter?.reject(new Error(refusal.description));
        else waiter?.resolve();
      },
    });
    let last = 0;
    const pipe = {
      send: (bytes: Uint8Array) =>
        new Promise<void>((resolve, reject) => {
          const reply = `${inbox}.${++last}`;
          waiting.set(reply, { resolve, reject });
          connection.publish(OBJECTS, bytes, { reply });
        }),
    };
    return { openPipe: () => Promise.resolve(pipe), openConversation: () => Promise.resolve(pipe), close };
  },

  async connectListener(url, onObject) {
    const { connection, close } = await connectNats(url);
    // The consumer sends to this subject as soon as somebody listens there.
    connection.subscribe(DELIVERIES, {
      callback(error, message) {
        if (error !== null) throw error;
        onObject(message.data, () => {});
        if (message.reply !== undefined) connection.publish(message.reply, ACKNOWLEDGEMENT);
      },
    });
    await connection.flush();
    return { close };
  },
};

interface Waiter {
  resolve(): void;
  reject(reason: Error): void;
}

interface Acknowledgement {
  readonly error?: { readonly description: string };
}

/** A stream in files, and a durable consumer of it. */
async function register(url: string): Promise<void> {
  const { connection, close } = await connectNats(url);
  await ask(connection, `STREAM.CREATE.${STREAM}`, { name: STREAM, subjects: [OBJECTS], storage: 'file' });
  await ask(connection, `CONSUMER.DURABLE.CREATE.${STREAM}.${LISTENER}`, {
    stream_name: STREAM,
    config: {
      durable_name: LISTENER,
      deliver_subject: DELIVERIES,
      deliver_policy: 'all',
      ack_policy: 'explicit',
      max_ack_pending: 16_384,
    },
  });
  await close();
}

async function ask(connection: NatsConnection, subject: string, body: object): Promise<void> {
  const { error } = (await connection.request(`$JS.API.${subject}`, JSON.stringify(body))).json<Acknowledgement>();
  if (error) throw new Error(error.description);
}
