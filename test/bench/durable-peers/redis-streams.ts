/** Redis streams, each command in the append-only file and synced before it is answered; the client of its makers, over TCP. */

import { createClient, RESP_TYPES } from '@redis/client';
import type { Peer } from '../peer.ts';
import { packageVersion } from '../peers/package-version.ts';
import { missingProgram, type Program, programVersion, startProgram } from '../peers/program.ts';

const STREAM = 'objects';
const GROUP = 'listeners';
const LISTENER = 'listener';
const FIELD = 'bytes';
/** Objects that are read at once. */
const AT_ONCE = 256;
/** Milliseconds of waiting for more, before looking whether it is over. */
const WAIT = 200;

const command = { name: 'redis-server', versionArgument: '--version' };

function program(folder: string): Program {
  return {
    ...command,
    scheme: 'redis',
    argumentsOf: (config) => [config],
    // No snapshots and no rewriting beside the file: a run is too short to pay for them.
    configure: (port) =>
      `
      bind 127.0.0.1
      port ${port}
      dir "${folder}"
      appendonly yes
      appendfsync always
      auto-aof-rewrite-percentage 0
      save ""
    `.replaceAll(/^ +/gm, ''),
    ready: /Ready to accept connections/,
  };
}

export const redisStreams: Peer = {
  name: 'Redis streams',
  version: () => `${programVersion(command)}, ${packageVersion('@redis/client')}`,
  missing: () => missingProgram(command),
  startBroker: (folder) => startProgram(program(folder)),
  durable: { acknowledges: 'after its sync', register },

  async connectSender(url) {
    const { client, close } = await connect(url);
    const pipe = {
      send: (bytes: Uint8Array) => client.xAdd(STREAM, '*', { [FIELD]: asBuffer(bytes) }),
    };
    return { openPipe: () => Promise.resolve(pipe), openConversation: () => Promise.resolve(pipe), close };
  },

  async connectListener(url, onObject) {
    const { client, close } = await connect(url);
    const over = new AbortController();
    const read = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const streams = await client.xReadGroup(
          GROUP,
          LISTENER,
          { key: STREAM, id: '>' },
          { COUNT: AT_ONCE, BLOCK: WAIT },
        );
        const messages = streams?.[0]?.messages ?? [];
        for (const { message } of messages) onObject(message[FIELD] ?? Buffer.alloc(0), () => {});
        if (messages.length > 0)
          await client.xAck(
            STREAM,
            GROUP,
            messages.map(({ id }) => id),
          );
      }
    };
    const reading = read();
    return {
      async close() {
        over.abort();
        await reading;
        await close();
      },
    };
  },
};

/** A group that has read nothing. */
async function register(url: string): Promise<void> {
  const { client, close } = await connect(url);
  await client.xGroupCreate(STREAM, GROUP, '0', { MKSTREAM: true });
  await close();
}

async function connect(url: string) {
  const client = createClient({ url, RESP: 2, socket: { reconnectStrategy: false } }).withTypeMapping({
    [RESP_TYPES.BLOB_STRING]: Buffer,
  });
  client.on('error', (reason: Error) => {
    throw reason;
  });
  await client.connect();
  return { client, close: () => client.close() };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
