/** Everything that is compared. Each process loads only the one it needs. */

import type { Peer } from '../peer.ts';
import type { Workload, WorkloadKind } from '../workload.ts';

/** What ratios are made of. */
export const BASELINE = 'raw ws';
/** And of those that keep what is sent. */
export const DURABLE_BASELINE = 'append log';

type Loaders = Readonly<Record<string, (workload?: Workload) => Promise<Peer>>>;

const PASSING_ON: Loaders = {
  [BASELINE]: async () => (await import('./raw-ws.ts')).rawWs,
  'bare TCP': async () => (await import('./bare-tcp.ts')).bareTcp,
  'joined ws': async () => (await import('./joined-ws.ts')).joinedWs,
  'socket.io': async () => (await import('./socket-io.ts')).socketIo,
  aedes: async () => (await import('./aedes.ts')).aedes,
  nats: async () => (await import('./nats.ts')).nats,
  mosquitto: async () => (await import('./mosquitto.ts')).mosquitto,
  spoolpipe: async (workload) => (await import('./spoolpipe.ts')).spoolpipe(workload?.spoolpipe),
};

const DURABLE: Loaders = {
  [DURABLE_BASELINE]: async () => (await import('../durable-peers/append-log.ts')).appendLog,
  JetStream: async () => (await import('../durable-peers/jetstream.ts')).jetStream,
  'Redis streams': async () => (await import('../durable-peers/redis-streams.ts')).redisStreams,
  'mosquitto QoS 1': async () => (await import('../durable-peers/mosquitto-qos-1.ts')).mosquittoQos1,
  spoolpipe: async () => (await import('../durable-peers/spoolpipe-serve.ts')).spoolpipeServe,
};

/** In the order of the tables: who is of both kinds stands where it is last. */
export const PEER_NAMES: readonly string[] = [
  ...new Set([...Object.keys(PASSING_ON), ...Object.keys(DURABLE)].toReversed()),
].toReversed();

function loadersFor(kind: WorkloadKind = 'passing on'): Loaders {
  return kind === 'passing on' ? PASSING_ON : DURABLE;
}

export function takesPart(name: string, { kind, peers }: Workload): boolean {
  return name in loadersFor(kind) && (peers?.includes(name) ?? true);
}

/** The peer as the workload wants it; without one, whichever kind it is of. */
export async function load(name: string, workload?: Workload): Promise<Peer> {
  const loader = workload ? loadersFor(workload.kind)[name] : (PASSING_ON[name] ?? DURABLE[name]);
  if (!loader) throw new Error(`no peer ${name}; there are ${PEER_NAMES.join(', ')}`);
  return loader(workload);
}

/** Others run as `npm install ws` leaves them: without its optional native part, even where something brought it. */
export function environmentOf(name: string): Readonly<Record<string, string>> {
  return name === 'spoolpipe' ? {} : { WS_NO_BUFFER_UTIL: '1' };
}
