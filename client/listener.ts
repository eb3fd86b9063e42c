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

import { type DialOptions, defaultUrl, dial, named } from './dial.ts';
import type { ListenerOptions } from './listener-options.ts';
import { createListener, type Listener } from './notification-listener.ts';

export { type DialOptions, dial } from './dial.ts';
export * from './listener-door.ts';

/**
 * Connects to a spooler, by default the one that SPOOLPIPE_URL names, or ws://127.0.0.1:6310; as whom SPOOLPIPE_TOKEN or
 * SPOOLPIPE_USER says, or as the operating system's user. Rejects with `CONNECTION_FAILED`, `UNAUTHORIZED`, `TIMED_OUT`.
 */
export function connectListener(
  url: string | URL = defaultUrl(),
  options: ListenerOptions & DialOptions = {},
): Promise<Listener> {
  const asked = named(options);
  return createListener(() => dial(url, asked), asked);
}
