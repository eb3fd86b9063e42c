/** `spoolpipe/jobs` for browsers, and for anything with the standard WebSocket. The same names as for Node. */

import { type DialOptions, dial, named } from './dial.browser.ts';
import { createJobs, type Jobs } from './jobs/jobs.ts';
import type { ListenerOptions } from './listener-options.ts';

export { type DialOptions, dial } from './dial.browser.ts';
export * from './jobs-door.ts';

/** Connects to a spooler. Rejects with `CONNECTION_FAILED`, `TIMED_OUT`. */
export function connectJobs(url: string | URL, options: ListenerOptions & DialOptions = {}): Promise<Jobs> {
  const asked = named(options);
  return createJobs(() => dial(url, asked), asked);
}
