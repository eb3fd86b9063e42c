/** `spoolpipe/listener` for browsers, and for anything with the standard WebSocket. The same names as for Node. */

import { type DialOptions, dial, named } from './dial.browser.ts';
import type { ListenerOptions } from './listener-options.ts';
import { createListener, type Listener } from './notification-listener.ts';

export { type DialOptions, dial } from './dial.browser.ts';
export * from './listener-door.ts';

/** Connects to a spooler. Rejects with `CONNECTION_FAILED`, `TIMED_OUT`. */
export function connectListener(url: string | URL, options: ListenerOptions & DialOptions = {}): Promise<Listener> {
  const asked = named(options);
  return createListener(() => dial(url, asked), asked);
}
