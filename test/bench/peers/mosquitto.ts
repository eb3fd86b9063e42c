/** Eclipse Mosquitto, a broker in C, with its own WebSocket listener; MQTT.js at both ends. */

import type { Peer } from '../peer.ts';
import { connectMqttListener, connectMqttSender } from './mqtt-client.ts';
import { packageVersion } from './package-version.ts';
import { missingProgram, type Program, programVersion, startProgram } from './program.ts';

const program: Program = {
  name: 'mosquitto',
  versionArgument: '-h',
  // The first listener is for nobody: 2.0 does not start with WebSocket alone. Without `socket_domain` the second would
  // not keep to loopback. With both limits at 0, messages of QoS 0 are never dropped for slow clients. `user root` is for
  // where root starts it: as another user it would outlive us, see program.ts.
  configure: (port, folder) =>
    `
    listener 0 ${folder}/unused.sock
    listener ${port} 127.0.0.1
    socket_domain ipv4
    protocol websockets
    allow_anonymous true
    persistence false
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

// Debian builds libwebsockets without LWS_WITH_EXTERNAL_POLL, and then Mosquitto 2.0 sees the rest of a large message
// only when its own loop comes round: https://github.com/eclipse-mosquitto/mosquitto/issues/2252
const STALLS = "with Debian's libwebsockets it waits 0.1 s at every 4 KiB of a message";

export const mosquitto: Peer = {
  name: 'mosquitto',
  version: () => `${programVersion(program)}, ${packageVersion('mqtt')}`,
  missing: () => missingProgram(program),
  startBroker: () => startProgram(program),
  connectSender: connectMqttSender,
  connectListener: connectMqttListener,
  cannot: { 'pipe-64KiB': STALLS, 'pipe-1MiB': STALLS, large: STALLS },
};
