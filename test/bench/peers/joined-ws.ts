/** The baseline with one improvement that anybody can make: what one turn writes to a socket is written at once. */

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Peer } from '../peer.ts';
import { type Send, wsRelay } from './ws-relay.ts';

export const joinedWs: Peer = wsRelay('joined ws', joining);

function joining(socket: WebSocket): Send {
  // No public name leads to the stream of an accepted socket.
  const { _socket: stream } = socket as unknown as { readonly _socket: Duplex };
  let corked = false;
  const uncork = (): void => {
    corked = false;
    stream.uncork();
  };
  return (bytes) => {
    if (!corked) {
      corked = true;
      stream.cork();
      process.nextTick(uncork);
    }
    socket.send(bytes);
  };
}
