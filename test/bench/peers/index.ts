/** Everything that is compared. Each process loads only the one it needs. */

import type { Peer } from '../peer.ts';
import type { Workload } from '../workload.ts';

/** What ratios are made of. */
export const BASELINE = 'raw ws';

const LOADERS: Readonly<Record<string, (workload?: Workload) => Promise<Peer>>> = {
  [BASELINE]: async () => (await import('./raw-ws.ts')).rawWs,
  'bare TCP': async () => (await import('./bare-tcp.ts')).bareTcp,
  'joined ws': async () => (await import('./joined-ws.ts')).joinedWs,
  'socket.io': async () => (await import('./socket-io.ts')).socketIo,
  aedes: async () => (await import('./aedes.ts')).aedes,
  nats: async () => (await import('./nats.ts')).nats,
  mosquitto: async () => (await import('./mosquitto.ts')).mosquitto,
  spoolpipe: async (workload) => (await import('./spoolpipe.ts')).spoolpipe(workload?.spoolpipe),
};

export const PEER_NAMES: readonly string[] = Object.keys(LOADERS);

/** The peer as the workload wants it. */
export async function load(name: string, workload?: Workload): Promise<Peer> {
  const loader = LOADERS[name];
  if (!loader) throw new Error(`no peer ${name}; there are ${PEER_NAMES.join(', ')}`);
  return loader(workload);
}

/** Others run as `npm install ws` leaves them: without its optional native part, even where something brought it. */
export function environmentOf(name: string): Readonly<Record<string, string>> {
  return name === 'spoolpipe' ? {} : { WS_NO_BUFFER_UTIL: '1' };
}
