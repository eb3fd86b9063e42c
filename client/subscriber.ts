/**
 * `spoolpipe/subscriber` for Node: takes events of event classes.
 *
 * ```ts
 * const subscriber = await connectSubscriber();
 * await subscriber.subscribe(
 *   { eventClass: PrinterEvents, method: 'onPaperJam', filterCriteria: 'tray = 2' },
 *   { onPaperJam: ({ tray }) => console.log('paper jam in tray', tray) },
 * );
 * ```
 */

import { type DialOptions, defaultUrl, dial, named } from './dial.ts';
import { createSubscriber, type Subscriber } from './events/event-subscriber.ts';
import type { ListenerOptions } from './listener-options.ts';

export { type DialOptions, dial } from './dial.ts';
export * from './subscriber-door.ts';

/**
 * Connects to a spooler, by default the one that SPOOLPIPE_URL names, or ws://127.0.0.1:6310; as whom SPOOLPIPE_TOKEN or
 * SPOOLPIPE_USER says, or as the operating system's user. A program that the spooler starts finds all of them in its
 * environment. Rejects with `CONNECTION_FAILED`, `UNAUTHORIZED`, `TIMED_OUT`.
 */
export function connectSubscriber(
  url: string | URL = defaultUrl(),
  options: ListenerOptions & DialOptions = {},
): Promise<Subscriber> {
  const asked = named(options);
  return createSubscriber(() => dial(url, asked), asked);
}
