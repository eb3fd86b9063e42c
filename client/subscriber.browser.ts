/** `spoolpipe/subscriber` for browsers, and for anything with the standard WebSocket. The same names as for Node. */

import { type DialOptions, dial, named } from './dial.browser.ts';
import { createSubscriber, type Subscriber } from './events/event-subscriber.ts';
import type { ListenerOptions } from './listener-options.ts';

export { type DialOptions, dial } from './dial.browser.ts';
export * from './subscriber-door.ts';

/** Connects to a spooler. Rejects with `CONNECTION_FAILED`, `TIMED_OUT`. */
export function connectSubscriber(url: string | URL, options: ListenerOptions & DialOptions = {}): Promise<Subscriber> {
  const asked = named(options);
  return createSubscriber(() => dial(url, asked), asked);
}
