/**
 * What one job has to tell, in order and one thing at a time: its files, then how it ended, each until it was heard; and
 * changes, which may be lost (JOB-55 to JOB-61, JOB-110, JOB-130 to JOB-134).
 */

import type { Cancel, Clock, Guid, Json } from '../../shared/index.ts';
import { NOTIFY } from '../../shared/jobs/vocabulary.ts';
import type { CallableObject } from '../objects/callable-object.ts';
import { shownError, withFile } from './job.ts';
import { isFinal } from './job-machine.ts';
import { JobReceiver, type JobReceiverParts, type Notification } from './job-receiver.ts';
import type { PrintJob } from './print-job.ts';
import { addRange, type Range } from './ranges.ts';
import type { UserTurns } from './user-turns.ts';

export interface JobNotifierParts extends JobReceiverParts {
  readonly clock: Clock;
  readonly turns: UserTurns;
  /** The job as a receiver is told it. */
  shown(job: PrintJob): Json;
  /** Everything that it had to tell of how it ended was told, or nobody wants to be told. */
  satisfied(job: PrintJob): void;
  fault(reason: unknown): void;
}

/** What must arrive: a file's number, or how the job ended. */
type Due = number | 'TRANSFERRED' | 'ERROR';

export class JobNotifier {
  readonly #job: PrintJob;
  readonly #parts: JobNotifierParts;
  readonly #receiver: JobReceiver;
  /** Nothing is told before the first `wake`. */
  #isAwake = false;
  #isRunning = false;
  #isClosed = false;
  /** Nobody was there to be told: until somebody comes. */
  #isMute = false;
  /** What is being told, until that is over: a file taken away, another state. */
  #telling: Due | undefined;
  /** What has failed waits, and what comes after it (JOB-134). */
  #failed: Due | undefined;
  #cancelRetry: Cancel | undefined;
  #cancelInterval: Cancel | undefined;
  /** When something that may be lost was given last. */
  #lastOffer = Number.NEGATIVE_INFINITY;
  #hasChanged = false;
  readonly #ranges = new Map<number, readonly Range[]>();
  /** A change was lost, and that was not told yet; once it is, nothing more is until it was refreshed (JOB-193). */
  #discarded: 'no' | 'lost' | 'told' = 'no';

  constructor(job: PrintJob, parts: JobNotifierParts) {
    this.#job = job;
    this.#parts = parts;
    this.#receiver = new JobReceiver(parts);
  }

  // ------------------------------------------------------------------------------------------ who is told

  /** The object is told from here on; nothing is before `wake`. It is owned by this. */
  attach(object: CallableObject, user: string): void {
    this.#receiver.attach(object, user);
    this.#discarded = 'no';
  }

  detach(): void {
    this.#receiver.detach();
  }

  /** An object that was made of another class than this is let go. */
  detachOfOther(clsid: Guid | undefined): void {
    this.#receiver.detachOfOther(clsid);
  }

  /** Somebody else may be there to be told now, or something else may be due: what waits waits no longer. */
  wake(): void {
    this.#isAwake = true;
    this.#isMute = false;
    this.#endRetry();
    this.#run();
  }

  refresh(): void {
    this.#discarded = 'no';
  }

  // ------------------------------------------------------------------------------------------ what is told

  /** The job has changed in a way that `jobModification` tells (JOB-57); or only in what must be told. */
  changed(isModification: boolean): void {
    if (isModification) this.#hasChanged = true;
    if (!this.#isStill(this.#telling)) this.#telling = undefined;
    if (isFinal(this.#job.job.state)) void this.#end();
    else this.#run();
  }

  /** Bytes of a file were spooled (JOB-63). */
  spooled(file: number, range: Range): void {
    if (this.#flags(NOTIFY.FILE_RANGES_TRANSFERRED))
      this.#ranges.set(file, addRange(this.#ranges.get(file) ?? [], range));
    this.changed(true);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#cancelInterval?.();
    this.#receiver.detach();
  }

  /** The job is gone: the last change is offered at once, and the object let go (JOB-57). */
  async #end(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#cancelInterval?.();
    if (this.#receiver.hasObject && this.#isModificationDue) await this.#offerModification();
    this.#receiver.detach();
  }

  #flags(flag: number): boolean {
    const { flags } = this.#job.job.notification;
    return (flags & NOTIFY.DISABLE) === 0 && (flags & flag) !== 0;
  }

  #run(): void {
    if (!this.#isAwake || this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    this.#tellAll()
      .catch((reason: unknown) => {
        this.#parts.fault(reason);
        this.#retryLater();
      })
      .finally(() => {
        this.#isRunning = false;
        if (this.#due() !== undefined && this.#mayTell) this.#run();
      });
  }

  async #tellAll(): Promise<void> {
    while (!this.#isClosed) {
      const due = this.#due();
      // What has failed is not due any more: nothing else waits for it.
      if (due !== this.#failed) this.#endRetry();
      if (due !== undefined && this.#mayTell) await this.#tell(due);
      else if (this.#isOfferDue()) await this.#offer();
      else break;
    }
    if (!this.#isClosed && this.#due() === undefined) this.#parts.satisfied(this.#job);
  }

  get #mayTell(): boolean {
    return !this.#isMute && !this.#isClosed && this.#cancelRetry === undefined;
  }

  // ------------------------------------------------------------------------------------------ what must arrive

  /** The next thing to tell, in order; undefined where there is nothing, or nobody to tell it to. */
  #due(): Due | undefined {
    const { state, files, notification } = this.#job.job;
    const { clsid, commandLine } = notification;
    const hasObject = this.#receiver.hasObject || clsid !== undefined;
    const end = state === 'TRANSFERRED' || state === 'ERROR' ? state : undefined;
    if (end && notification.told) return undefined;
    if (hasObject && this.#flags(NOTIFY.FILE_TRANSFERRED)) {
      const file = files.findIndex(({ size, told }) => size !== undefined && !told);
      if (file >= 0) return file;
    }
    const flag = end === 'TRANSFERRED' ? NOTIFY.JOB_TRANSFERRED : NOTIFY.JOB_ERROR;
    return this.#flags(flag) && (hasObject || commandLine) ? end : undefined;
  }

  async #tell(due: Due): Promise<void> {
    const user = this.#receiver.userOf(this.#job.job.notification);
    if (user === undefined) return void (this.#isMute = true);
    const given = await this.#parts.turns.run(user, async () => {
      // Whoever waited for a turn may have nothing to say any more.
      if (this.#isClosed || this.#due() !== due) return undefined;
      this.#telling = due;
      const outcome = await this.#receiver.give(this.#important(due), this.#job.job.notification);
      if (outcome === 'told') await this.#told(due);
      return outcome;
    });
    this.#checkClass();
    if (given === 'failed' && this.#telling === due) this.#retryLater();
    if (given === 'nobody') this.#isMute = true;
  }

  #isStill(due: Due | undefined): boolean {
    const { state, files } = this.#job.job;
    return typeof due === 'number' ? files[due]?.size !== undefined : due === state;
  }

  #important(due: Due): Notification {
    const { error } = this.#job.job;
    const job = this.#parts.shown(this.#job);
    if (typeof due === 'number') return { method: 'fileTransferred', arguments: { job, file: due } };
    if (due === 'TRANSFERRED') return { method: 'jobTransferred', arguments: { job } };
    return { method: 'jobError', arguments: { job, error: error ? shownError(error) : null } };
  }

  /** It was heard; unless the file, or the job's end, is another one by now. */
  async #told(due: Due): Promise<void> {
    this.#receiver.next();
    await this.#job.change((job) => {
      if (this.#telling !== due) return undefined;
      if (typeof due === 'number') return withFile(job, due, { told: true });
      return { ...job, notification: { ...job.notification, told: true } };
    });
  }

  /** Another class was set while an object of the one before was made (JOB-OPEN-5). */
  #checkClass(): void {
    this.#receiver.detachOfOther(this.#job.job.notification.clsid);
  }

  #retryLater(): void {
    if (this.#isClosed) return;
    this.#endRetry();
    this.#failed = this.#due();
    this.#cancelRetry = this.#parts.clock.after(this.#job.job.minimumRetryDelay * 1000, () => {
      this.#endRetry();
      this.#run();
    });
  }

  #endRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#failed = undefined;
  }

  // ------------------------------------------------------------------------------------------ what may be lost

  get #isModificationDue(): boolean {
    return this.#hasChanged && this.#discarded !== 'told' && this.#flags(NOTIFY.JOB_MODIFICATION);
  }

  #isOfferDue(): boolean {
    const { clsid, minimumInterval } = this.#job.job.notification;
    if (!this.#isModificationDue && this.#ranges.size === 0) return false;
    if (!this.#receiver.hasObject && clsid === undefined) return false;
    const wait = this.#lastOffer + minimumInterval - this.#parts.clock.now();
    if (wait <= 0) return true;
    this.#cancelInterval ??= this.#parts.clock.after(wait, () => {
      this.#cancelInterval = undefined;
      this.#run();
    });
    return false;
  }

  async #offer(): Promise<void> {
    this.#lastOffer = this.#parts.clock.now();
    const ranges = [...this.#ranges];
    this.#ranges.clear();
    for (const [file, list] of ranges)
      await this.#offered({
        method: 'fileRangesTransferred',
        arguments: { job: this.#parts.shown(this.#job), file, ranges: list.map((range) => ({ ...range })) },
      });
    if (this.#isModificationDue) await this.#offerModification();
  }

  async #offerModification(): Promise<void> {
    this.#hasChanged = false;
    const wasLost = this.#discarded === 'lost';
    const call = { job: this.#parts.shown(this.#job), discarded: wasLost };
    const arrived = await this.#offered({ method: 'jobModification', arguments: call });
    if (!arrived) this.#discarded = 'lost';
    else if (wasLost) this.#discarded = 'told';
  }

  /** Whoever has no turn free for it does not hear it (JOB-58). */
  async #offered(notification: Notification): Promise<boolean> {
    const { notification: settings } = this.#job.job;
    const user = this.#receiver.userOf(settings);
    if (user === undefined) return false;
    const arrived = await this.#parts.turns.runIfFree(user, () => this.#receiver.offer(notification, settings), false);
    this.#checkClass();
    return arrived;
  }
}
