/** Eclipse Mosquitto, QoS 1, a persistent session of a subscriber that is away; MQTT.js at both ends, over TCP. */

import mqtt, { type MqttClient } from 'mqtt';
import type { Peer } from '../peer.ts';
import { packageVersion } from '../peers/package-version.ts';
import { missingProgram, type Program, programVersion, startProgram } from '../peers/program.ts';

const OBJECTS = 'objects';

const command = { name: 'mosquitto', versionArgument: '-h' };

function program(folder: string): Program {
  return {
    ...command,
    scheme: 'mqtt',
    // With both limits at 0 nothing is dropped for who is away. `user root`: see the peer that passes on.
    configure: (port) =>
      `
      listener ${port} 127.0.0.1
      allow_anonymous true
      persistence true
      persistence_location ${folder}/
      set_tcp_nodelay true
      message_size_limit 0
      max_inflight_messages 0
      max_queued_messages 0
      sys_interval 0
      connection_messages false
      log_dest stderr
      user root
    `.replaceAll(/^ +/gm, ''),
    ready: / running$/m,
  };
}

export const mosquittoQos1: Peer = {
  name: 'mosquitto QoS 1',
  version: () => `${programVersion(command)}, ${packageVersion('mqtt')}`,
  missing: () => missingProgram(command),
  startBroker: (folder) => startProgram(program(folder)),
  durable: {
    acknowledges: 'before it is written; it writes every half an hour',
    async register(url) {
      const client = await connect(url, 'listener');
      await client.subscribeAsync(OBJECTS, { qos: 1 });
      await client.endAsync();
    },
  },

  async connectSender(url) {
    const client = await connect(url, 'sender');
    const pipe = {
      send: (bytes: Uint8Array) =>
        new Promise<void>((resolve, reject) => {
          client.publish(OBJECTS, asBuffer(bytes), { qos: 1 }, (reason) => (reason ? reject(reason) : resolve()));
        }),
    };
    return {
      openPipe: () => Promise.resolve(pipe),
      openConversation: () => Promise.resolve(pipe),
      close: () => client.endAsync(),
    };
  },

  async connectListener(url, onObject) {
    const client = await connect(url, 'listener', (payload) => onObject(payload, () => {}));
    return { close: () => client.endAsync() };
  },
};

/** The session of that name goes on. What was kept for it comes at once, to `onObject`. */
async function connect(
  url: string,
  clientId: string,
  onObject: (bytes: Uint8Array) => void = () => {},
): Promise<MqttClient> {
  const client = mqtt.connect(url, { clientId, clean: false, protocolVersion: 4, reconnectPeriod: 0 });
  // What was kept comes with the answer.
  client.on('message', (_topic, payload) => onObject(payload));
  await new Promise((resolve, reject) => {
    client.once('connect', resolve);
    client.once('error', reject);
  });
  return client;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
