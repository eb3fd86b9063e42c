/** One connection for one piece of work at the event system. */

import { connectPublisher, type Publisher, type PublisherOptions } from '../../client/publisher.ts';
import type { Running } from '../action.ts';
import { type ConnectingOptions, connecting, leave } from '../connecting.ts';
import { unlessAborted } from '../stop.ts';

export async function withPublisher<Value>(
  options: ConnectingOptions,
  { stop }: Running,
  work: (publisher: Publisher) => Promise<Value>,
  more: PublisherOptions = {},
): Promise<Value> {
  const { url, options: client } = await connecting(options, 'events');
  const publisher = await unlessAborted(stop.signal, connectPublisher(url, { ...client, ...more, reconnect: false }));
  try {
    return await unlessAborted(stop.signal, work(publisher));
  } finally {
    await leave(publisher);
  }
}
