/** One connection for one piece of work at the print jobs. */

import { connectJobs, type Jobs } from '../../client/jobs.ts';
import type { Running } from '../action.ts';
import { type ConnectingOptions, connecting, leave } from '../connecting.ts';
import { unlessAborted } from '../stop.ts';

export async function withJobs<Value>(
  options: ConnectingOptions,
  { stop }: Running,
  work: (jobs: Jobs) => Promise<Value>,
): Promise<Value> {
  const { url, options: client } = await connecting(options, 'jobs');
  const jobs = await unlessAborted(stop.signal, connectJobs(url, { ...client, reconnect: false, onLost: () => {} }));
  try {
    return await unlessAborted(stop.signal, work(jobs));
  } finally {
    await leave(jobs);
  }
}
