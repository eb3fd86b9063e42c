/**
 * `spoolpipe/publisher` for Node: fires events at event classes.
 *
 * ```ts
 * const PrinterEvents = defineEventClass({
 *   name: 'Office.Printer',
 *   clsid: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11',
 *   interfaces: {
 *     IPrinterEvents: { iid: '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d', methods: { onPaperJam: { tray: 'u8' } } },
 *   },
 * });
 * const publisher = await connectPublisher();
 * await publisher.catalogue.install(PrinterEvents);
 * const { code } = await publisher.events(PrinterEvents).onPaperJam({ tray: 2 });
 * ```
 */

import { type DialOptions, defaultUrl, dial, named } from './dial.ts';
import { createPublisher, type Publisher, type PublisherOptions } from './events/event-publisher.ts';

export { type DialOptions, dial } from './dial.ts';
export * from './publisher-door.ts';

/**
 * Connects to a spooler, by default the one that SPOOLPIPE_URL names, or ws://127.0.0.1:6310; as whom SPOOLPIPE_TOKEN or
 * SPOOLPIPE_USER says, or as the operating system's user. Rejects with `CONNECTION_FAILED`, `UNAUTHORIZED`, `TIMED_OUT`.
 */
export function connectPublisher(
  url: string | URL = defaultUrl(),
  options: PublisherOptions & DialOptions = {},
): Promise<Publisher> {
  const asked = named(options);
  return createPublisher(() => dial(url, asked), asked);
}
