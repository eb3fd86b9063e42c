/**
 * Who is told of one job: its callback object, else a new object of its callback class, which then is its callback object,
 * else its command line (JOB-100 to JOB-104).
 */

import type { CallArguments } from '../../shared/events/arguments.ts';
import { encodeCall, type Guid, hresultOf, SpoolError, succeeded } from '../../shared/index.ts';
import { IID_JOB_CALLBACK, JOB_CALLBACK, type JobCallbackMethod } from '../../shared/jobs/job-callback.ts';
import type { Activator } from '../activation/activator.ts';
import type { CallableObject } from '../objects/callable-object.ts';
import type { CommandLine, NotificationSettings } from './job.ts';

/** What became of a notification: `failed` is to be repeated, with `nobody` it waits for somebody to be told. */
export type Given = 'told' | 'failed' | 'nobody';

export interface JobReceiverParts {
  readonly activator: Activator;
  /** Runs a command line; whether it succeeded. Never rejects. */
  run(commandLine: CommandLine): Promise<boolean>;
}

export interface Notification {
  readonly method: JobCallbackMethod;
  readonly arguments: CallArguments;
}

interface Attached {
  readonly object: CallableObject;
  readonly user: string;
  /** Of which class it was made (JOB-102); undefined where a client has set it. */
  readonly clsid: Guid | undefined;
}

const S_OK = hresultOf('S_OK');

export class JobReceiver {
  readonly #parts: JobReceiverParts;
  #attached: Attached | undefined;
  /** The object's method has failed for this command line's notification: it is not called again (JOB-133, JOB-OPEN-8). */
  #isCommandLines = false;

  constructor(parts: JobReceiverParts) {
    this.#parts = parts;
  }

  get hasObject(): boolean {
    return this.#attached !== undefined;
  }

  /** Whose notification it will be; the user's four at once (JOB-61). */
  userOf({ clsid, clsidUser, commandLine }: NotificationSettings): string | undefined {
    return this.#attached?.user ?? (clsid === undefined ? undefined : clsidUser) ?? commandLine?.user;
  }

  /** The object takes the place of the one before, which is released (JOB-93). It is owned from here on. */
  attach(object: CallableObject, user: string, clsid?: Guid): void {
    this.#attached?.object.release();
    this.#isCommandLines = false;
    const attached = { object, user, clsid };
    this.#attached = attached;
    void object.gone.then(() => {
      if (this.#attached === attached) this.#attached = undefined;
    });
  }

  /** Releases the object. */
  detach(): void {
    this.#isCommandLines = false;
    this.#attached?.object.release();
    this.#attached = undefined;
  }

  /** Releases an object that was made of another class than this (JOB-OPEN-5). */
  detachOfOther(clsid: Guid | undefined): void {
    if (this.#attached?.clsid !== undefined && this.#attached.clsid !== clsid) this.detach();
  }

  /** What it has to say is over: the next notification begins with the object again. */
  next(): void {
    this.#isCommandLines = false;
  }

  /** One that must arrive. Never rejects. */
  async give(notification: Notification, settings: NotificationSettings): Promise<Given> {
    const { method } = notification;
    const isLast = method === 'jobTransferred' || method === 'jobError';
    const commandLine = isLast ? settings.commandLine : undefined;
    if (commandLine && this.#isCommandLines) return (await this.#parts.run(commandLine)) ? 'told' : 'failed';
    const answer = await this.#call(notification, settings);
    // JOB-130, JOB-131: of a file's any success will do.
    if (answer === S_OK || (!isLast && typeof answer === 'number' && succeeded(answer))) return 'told';
    if (!commandLine) return answer === 'nobody' ? 'nobody' : 'failed';
    this.#isCommandLines = typeof answer === 'number';
    return (await this.#parts.run(commandLine)) ? 'told' : 'failed';
  }

  /** One that may be lost: whether it arrived. Never rejects. */
  async offer(notification: Notification, settings: NotificationSettings): Promise<boolean> {
    return (await this.#call(notification, settings)) === S_OK;
  }

  /** The answer; `failed` where there is none, `nobody` where nobody was asked. */
  async #call(call: Notification, settings: NotificationSettings): Promise<number | 'failed' | 'nobody'> {
    const bytes = encodeCall({ eventClass: JOB_CALLBACK, interface: IID_JOB_CALLBACK, ...call });
    // Whoever has taken the place of one that was called is called, too (JOB-111).
    for (let called = this.#attached; called; called = this.#attached) {
      const answer = await this.#answer(called, bytes);
      if (this.#attached === called && answer !== 'gone') return answer;
      if (this.#attached === called) this.#attached = undefined;
      // One that went by itself after it had answered.
      if (!this.#attached && answer !== 'gone') return answer;
    }
    if (settings.clsid === undefined) return 'nobody';
    const made = await this.#create(settings.clsid, settings.clsidUser);
    // Somebody has set one meanwhile: that is who is told (JOB-94).
    if (this.#attached) {
      made?.release();
      return this.#call(call, settings);
    }
    if (!made) return 'failed';
    const { clsid, clsidUser: user } = settings;
    this.attach(made, user, clsid);
    const answer = await this.#answer({ object: made, user, clsid }, bytes);
    return answer === 'gone' ? 'failed' : answer;
  }

  /** Undefined where it cannot be created: it is tried again with the notification (JOB-OPEN-4). */
  async #create(clsid: Guid, user: string): Promise<CallableObject | undefined> {
    try {
      return await this.#parts.activator.activate(clsid, user);
    } catch {
      return undefined;
    }
  }

  async #answer({ object }: Attached, bytes: Uint8Array): Promise<number | 'gone'> {
    try {
      return await object.call(bytes);
    } catch (reason) {
      const { code, hresult } = SpoolError.from(reason, 'E_UNEXPECTED');
      return code === 'CONNECTION_LOST' || code === 'CHANNEL_ALREADY_CLOSED' ? 'gone' : hresult;
    }
  }
}
