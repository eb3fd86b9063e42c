/** Watching a job to its end: live on a terminal, else a line for each change. */

import { connectJobs, type JobCallback, type JobDescription, NOTIFY, type PrintJob } from '../../client/jobs.ts';
import { SpoolError } from '../../shared/index.ts';
import type { Running } from '../action.ts';
import { type ConnectingOptions, connecting, leave } from '../connecting.ts';
import { CommandError, EXIT } from '../exit-code.ts';
import { lostForGood, sayGap, sayLost } from '../losses.ts';
import type { Output } from '../output.ts';
import { unlessAborted } from '../stop.ts';
import type { JobName } from './job-argument.ts';
import { progressBar, progressText } from './job-text.ts';

const WATCHED = NOTIFY.JOB_TRANSFERRED | NOTIFY.JOB_ERROR | NOTIFY.JOB_MODIFICATION;
/** What others want to be told of is left as it is. */
const KEPT = NOTIFY.FILE_TRANSFERRED | NOTIFY.FILE_RANGES_TRANSFERRED;

/**
 * Becomes the job's callback object, and shows what it is told until the job is printed, in error or cancelled. Resolves
 * with the exit code. `begin` is called once it watches.
 */
export async function watch(
  options: ConnectingOptions,
  wanted: JobName,
  { output, stop }: Running,
  begin: (job: PrintJob) => Promise<void> = async () => {},
): Promise<number> {
  const { url, options: client } = await connecting(options, 'jobs');
  const { signal } = stop;
  const watched = new Watched(output);
  const jobs = await unlessAborted(
    signal,
    connectJobs(url, {
      ...client,
      onLost: (loss, retrying) => {
        watched.breakOff();
        if (retrying) sayLost(loss, output);
        else watched.fail(lostForGood(loss));
      },
      onGap: (gap) => sayGap(gap, output, 'watching'),
      onProblem: ({ reason }) => watched.fail(reason),
    }),
  );
  try {
    const job = await unlessAborted(signal, jobs.getJob(wanted));
    if (!isOver(job.description)) {
      await unlessAborted(signal, attach(job, watched));
      await unlessAborted(signal, begin(job));
      await unlessAborted(signal, watched.ended);
    }
    const last = await unlessAborted(signal, job.refresh());
    if (!isOver(last)) throw new CommandError(EXIT.rundown, `job ${last.number}: somebody else is told of it now`);
    await watched.last(last);
    return last.state === 'TRANSFERRED' || last.state === 'ACKNOWLEDGED' ? EXIT.ok : EXIT.refused;
  } catch (reason) {
    watched.breakOff();
    throw reason;
  } finally {
    await leave(jobs);
  }
}

async function attach(job: PrintJob, watched: Watched): Promise<void> {
  try {
    await job.setNotifyFlags((job.description.notifyFlags & KEPT) | WATCHED);
    await job.setNotifyInterface(watched.callback);
  } catch (reason) {
    // It has come to its end just now.
    if (!(reason instanceof SpoolError && reason.code === 'BG_E_INVALID_STATE')) throw reason;
    return watched.finish();
  }
  const { number, id, name, printer } = job.description;
  await watched.begun(job.description, { event: 'ready', number, id, name, printer });
}

function isOver({ state }: JobDescription): boolean {
  return state === 'TRANSFERRED' || state === 'ERROR' || state === 'ACKNOWLEDGED' || state === 'CANCELLED';
}

class Watched {
  readonly #output: Output;
  readonly #isLive: boolean;
  finish: () => void = () => {};
  fail: (reason: unknown) => void = () => {};
  /** Resolves when there is nothing more to be told. */
  readonly ended = new Promise<void>((resolve, reject) => {
    // Once what was told is answered.
    this.finish = () => void setImmediate(resolve);
    this.fail = reject;
  });
  #setReady: () => void = () => {};
  /** That it watches is said before anything that it sees. */
  readonly #ready = new Promise<void>((resolve) => {
    this.#setReady = resolve;
  });
  #shown = '';

  constructor(output: Output) {
    this.#output = output;
    this.#isLive = !output.json && process.stdout.isTTY;
    // It may come before anybody waits for it.
    this.ended.catch(() => {});
  }

  readonly callback: JobCallback = {
    jobModification: async (job, discarded) => {
      await this.#ready;
      await this.#show(job.description, { event: 'jobModification', discarded, ...job.description });
      if (discarded) await job.refresh();
    },
    jobTransferred: () => this.finish(),
    jobError: () => this.finish(),
    release: () => this.finish(),
  };

  async begun(job: JobDescription, record: object): Promise<void> {
    await this.#show(job, record);
    this.#setReady();
  }

  /** How it ended stays on the terminal. */
  async last(job: JobDescription): Promise<void> {
    const event = job.state === 'TRANSFERRED' || job.state === 'ACKNOWLEDGED' ? 'jobTransferred' : 'jobEnded';
    if (this.#isLive) await this.#output.bytes(Buffer.from(CLEAR));
    await this.#output.result({ event: job.state === 'ERROR' ? 'jobError' : event, ...job }, progressText(job));
  }

  /** The next line is not the bar's. */
  breakOff(): void {
    if (!this.#isLive || this.#shown === '') return;
    this.#shown = '';
    void this.#output.bytes(Buffer.from('\n'));
  }

  #show(job: JobDescription, record: object): void | Promise<void> {
    if (this.#output.json) return this.#output.record(record);
    const line = this.#isLive ? progressBar(job, process.stdout.columns || COLUMNS) : progressText(job);
    if (line === this.#shown) return;
    this.#shown = line;
    return this.#isLive ? this.#output.bytes(Buffer.from(CLEAR + line)) : this.#output.result({}, line);
  }
}

/** Of a terminal that does not say how wide it is. */
const COLUMNS = 80;
/** To the beginning of the line, and the rest of it empty. */
const CLEAR = '\r\u001b[K';
