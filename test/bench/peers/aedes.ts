/** aedes, a broker in JavaScript, over WebSocket as its documents show; MQTT.js at both ends. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { Aedes } from 'aedes';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { Broker, Peer } from '../peer.ts';
import { connectMqttListener, connectMqttSender } from './mqtt-client.ts';
import { packageVersion } from './package-version.ts';

export const aedes: Peer = {
  name: 'aedes',
  version: () => `${packageVersion('aedes')}, ${packageVersion('mqtt')}`,
  missing: () => undefined,
  startBroker,
  connectSender: connectMqttSender,
  connectListener: connectMqttListener,
};

async function startBroker(): Promise<Broker> {
  // More than any workload has in flight: at the default of 100 it waits for sockets, and costs a tenth more.
  const broker = await Aedes.createBroker({ concurrency: 5_000 });
  const httpServer = createServer();
  const webSocketServer = new WebSocketServer({ server: httpServer, perMessageDeflate: false });
  webSocketServer.on('connection', (socket, request) => {
    broker.handle(createWebSocketStream(socket), request);
  });
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  const address = httpServer.address();
  if (address === null || typeof address === 'string') {
    throw new Error('no port');
  }
  return {
    url: `ws://127.0.0.1:${address.port}`,
    pid: process.pid,
    async stop() {
      await new Promise<void>((resolve) => {
        broker.close(resolve);
      });
      webSocketServer.close();
      httpServer.close();
      httpServer.closeAllConnections();
      await once(httpServer, 'close');
    },
  };
}
