/** `spoolpipe/publisher` for browsers, and for anything with the standard WebSocket. The same names as for Node. */

import { type DialOptions, dial, named } from './dial.browser.ts';
import { createPublisher, type Publisher, type PublisherOptions } from './events/event-publisher.ts';

export { type DialOptions, dial } from './dial.browser.ts';
export * from './publisher-door.ts';

/** Connects to a spooler. Rejects with `CONNECTION_FAILED`, `TIMED_OUT`. */
export function connectPublisher(url: string | URL, options: PublisherOptions & DialOptions = {}): Promise<Publisher> {
  const asked = named(options);
  return createPublisher(() => dial(url, asked), asked);
}
