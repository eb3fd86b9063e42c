/** `spoolpipe/listener` for browsers, and for anything with the standard WebSocket. The same names as for Node. */

import { type DialOptions, dial } from './dial.browser.ts';
import { createListener, type Listener, type ListenerOptions } from './notification-listener.ts';

export { type DialOptions, dial } from './dial.browser.ts';
export * from './listener-door.ts';

/** Connects to a spooler. Rejects with `CONNECTION_FAILED`, `TIMED_OUT`. */
export function connectListener(url: string | URL, options: ListenerOptions & DialOptions = {}): Promise<Listener> {
  const named = options.token === undefined ? { user: 'anonymous', ...options } : options;
  return createListener(() => dial(url, options), named);
}
