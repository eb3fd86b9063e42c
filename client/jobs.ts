/**
 * `spoolpipe/jobs` for Node: prints, and is told what becomes of it.
 *
 * ```ts
 * const jobs = await connectJobs();
 * const job = await jobs.createJob({ printer: 'Lab', name: 'report' });
 * await job.addFile('report.pdf', createReadStream('report.pdf'));
 * await job.setNotifyInterface({ jobTransferred: (printed) => printed.complete() });
 * await job.resume();
 * ```
 */

import { type DialOptions, defaultUrl, dial, named } from './dial.ts';
import { createJobs, type Jobs } from './jobs/jobs.ts';
import type { ListenerOptions } from './listener-options.ts';

export { type DialOptions, dial } from './dial.ts';
export * from './jobs-door.ts';

/**
 * Connects to a spooler, by default the one that SPOOLPIPE_URL names, or ws://127.0.0.1:6310; as whom SPOOLPIPE_TOKEN or
 * SPOOLPIPE_USER says, or as the operating system's user. Rejects with `CONNECTION_FAILED`, `UNAUTHORIZED`, `TIMED_OUT`.
 */
export function connectJobs(
  url: string | URL = defaultUrl(),
  options: ListenerOptions & DialOptions = {},
): Promise<Jobs> {
  const asked = named(options);
  return createJobs(() => dial(url, asked), asked);
}
