/** One connection for one piece of work at the persistent registrations. */

import { connectListener, type Listener } from '../../client/listener.ts';
import type { Running } from '../action.ts';
import { type ConnectingOptions, connecting, leave } from '../connecting.ts';
import { unlessAborted } from '../stop.ts';

export async function withListener<Value>(
  options: ConnectingOptions,
  { stop }: Running,
  work: (listener: Listener) => Promise<Value>,
): Promise<Value> {
  const { url, options: client } = await connecting(options, 'registrations');
  const connected = connectListener(url, { ...client, reconnect: false, onLost: () => {} });
  const listener = await unlessAborted(stop.signal, connected);
  try {
    return await unlessAborted(stop.signal, work(listener));
  } finally {
    await leave(listener);
  }
}
