/**
 * `spoolpipe/listener` for Node: registers, receives, answers.
 *
 * ```ts
 * const listener = await connectListener();
 * await listener.registerForNotifications({ name: 'Lab', type: notificationType('MS_ASYNCNOTIFY_UI') }, {
 *   onEventNotify(channel, data) {
 *     using lease = data.acquireData();
 *     console.log(lease.size, 'bytes');
 *   },
 * });
 * ```
 */

import { userInfo } from 'node:os';
import { type DialOptions, defaultUrl, dial } from './dial.ts';
import { createListener, type Listener, type ListenerOptions } from './notification-listener.ts';

export { type DialOptions, dial } from './dial.ts';
export * from './listener-door.ts';

/**
 * Connects to a spooler, by default the one that SPOOLPIPE_URL names, or ws://127.0.0.1:6310. Rejects with
 * `CONNECTION_FAILED`, `UNAUTHORIZED`, `TIMED_OUT`.
 */
export function connectListener(
  url: string | URL = defaultUrl(),
  options: ListenerOptions & DialOptions = {},
): Promise<Listener> {
  // Asked only where it is wanted: an account without an entry in the system's user table has no answer.
  const isNamed = options.token !== undefined || options.user !== undefined;
  const named = isNamed ? options : { ...options, user: userInfo().username };
  return createListener(() => dial(url, options), named);
}
