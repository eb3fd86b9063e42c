/** The baseline: every message is its own frame and its own write, as `ws` does it by itself. */

import type { Peer } from '../peer.ts';
import { wsRelay } from './ws-relay.ts';

export const rawWs: Peer = wsRelay('raw ws', (socket) => (bytes) => socket.send(bytes));
