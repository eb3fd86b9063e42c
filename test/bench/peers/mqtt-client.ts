/** The two ends of a benchmark over MQTT, whatever the broker: QoS 0, one topic each way, nothing stored. */

import { connectAsync, type MqttClient } from 'mqtt';
import type { BenchListener, BenchSender, OnAnswer, OnObject } from '../peer.ts';

const OBJECTS = 'objects';
const ANSWERS = 'answers';

let clients = 0;

export async function connectMqttSender(url: string, onAnswer: OnAnswer): Promise<BenchSender> {
  const { client, close } = await connect(url);
  client.on('message', (_topic, payload) => onAnswer(payload));
  await client.subscribeAsync(ANSWERS, { qos: 0 });
  const pipe = {
    send(bytes: Uint8Array) {
      client.publish(OBJECTS, asBuffer(bytes));
      return undefined;
    },
  };
  return { openPipe: () => Promise.resolve(pipe), openConversation: () => Promise.resolve(pipe), close };
}

export async function connectMqttListener(url: string, onObject: OnObject): Promise<BenchListener> {
  const { client, close } = await connect(url);
  const answer = (bytes: Uint8Array) => void client.publish(ANSWERS, asBuffer(bytes));
  client.on('message', (_topic, payload) => onObject(payload, answer));
  await client.subscribeAsync(OBJECTS, { qos: 0 });
  return { close };
}

async function connect(url: string): Promise<{ client: MqttClient; close: () => Promise<void> }> {
  clients += 1;
  const client = await connectAsync(url, {
    // The default is random and short: among thousands, two alike would throw each other out.
    clientId: `bench-${process.pid}-${clients}`,
    // Against 5, a byte and a WebSocket frame less in every message.
    protocolVersion: 4,
    clean: true,
    queueQoSZero: false,
    reconnectPeriod: 0,
    wsOptions: { perMessageDeflate: false },
  });
  const onLost = () => {
    throw new Error('MQTT connection lost');
  };
  client.on('close', onLost);
  const close = async () => {
    client.off('close', onLost);
    await client.endAsync();
  };
  return { client, close };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
