/** What `spoolpipe listen` does with what it is told: shows it, answers it, counts it. */

import type {
  Cause,
  DataObject,
  Gap,
  KeptNotification,
  ListenerChannel,
  Loss,
  NotifyCallback,
  Outcome,
  PersistentNotifyCallback,
  Problem,
  Recovery,
} from '../client/listener.ts';
import { type Interest, SpoolError } from '../shared/index.ts';
import { bytes, forPeople, inJson } from './display.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { typeForPeople } from './interest.ts';
import { lostForGood, sayGap, sayLost } from './losses.ts';
import type { OutFolder } from './out-folder.ts';
import type { Output } from './output.ts';

/** What every notification on a bidirectional channel is answered with. */
export interface Answer {
  readonly closes: boolean;
  readonly data: Uint8Array;
}

export interface AttendantOptions {
  readonly output: Output;
  /** How many notifications to wait for. */
  readonly count: number;
  readonly answer: Answer | undefined;
  readonly out: OutFolder | undefined;
}

export class Attendant implements NotifyCallback, PersistentNotifyCallback {
  /** Resolves with the exit code, rejects with what made going on impossible. */
  readonly finished: Promise<number>;
  readonly #options: AttendantOptions;
  readonly #channels = new WeakMap<ListenerChannel, number>();
  #lastChannel = 0;
  #received = 0;
  #attended = 0;
  readonly #isReady: Promise<void>;
  #becomeReady: () => void = () => {};
  #resolve: (exitCode: number) => void = () => {};
  #reject: (reason: unknown) => void = () => {};

  constructor(options: AttendantOptions) {
    this.#options = options;
    this.#isReady = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // It may come before anybody waits for it.
    this.finished.catch(() => {});
  }

  /** Says that the registration is made. Whatever came since is told after that. */
  async ready({ name, type, filter, style }: Interest, url: string, user: string, id?: string): Promise<void> {
    const { output } = this.#options;
    const where = name ?? 'the server and all its printers';
    const named = id === undefined ? '' : `, registered as ${id}`;
    output.say(`listening for ${typeForPeople(type)} on ${where}, ${style}, ${filter}, as ${user}, at ${url}${named}`);
    await output.record({ event: 'ready', name, type, filter, style, user, url, ...(id !== undefined && { id }) });
    this.#becomeReady();
  }

  finish(exitCode: number): void {
    this.#resolve(exitCode);
  }

  // ------------------------------------------------------------------------------------------ callbacks

  async recovered({ recovered, pending, lost }: Recovery): Promise<void> {
    await this.#isReady;
    await this.#options.output.result(
      { event: 'recovered', recovered, pending, lost },
      recovered ? `recovered: ${pending} waiting, ${lost} lost` : 'new: nothing was kept before',
    );
  }

  async notificationsLost(count: number): Promise<void> {
    await this.#options.output.result({ event: 'notificationsLost', count }, `lost ${count}: there was no room`);
  }

  async onNewChannel(channel: ListenerChannel): Promise<void> {
    await this.#isReady;
    const { name } = channel.interest;
    const number = this.#numberOf(channel);
    await this.#options.output.result(
      { event: 'offered', channel: number, name },
      `channel ${number} offered: ${name ?? 'the server'}`,
    );
  }

  async onEventNotify(channel: ListenerChannel | null, data: DataObject, kept?: KeptNotification): Promise<void> {
    await this.#isReady;
    const { output, count } = this.#options;
    // One that came while the last was being attended to is nobody's any more; a kept one is not done with and comes again.
    if (this.#received === count) return kept && new Promise(() => {});
    const number = ++this.#received;
    const on = channel && this.#numberOf(channel);
    const { record, lines } = await this.#show(data);
    await output.result(
      { event: 'notification', number, channel: on, ...(kept && { kept }), ...record },
      `notification ${number}${on === null ? '' : ` on channel ${on}`}${keptForPeople(kept)}, ${lines}`,
    );
    if (channel) await this.#answer(channel);
    if (++this.#attended === count) this.finish(EXIT.ok);
  }

  async channelClosed(channel: ListenerChannel | null, data: DataObject, cause: Cause): Promise<void> {
    await this.#isReady;
    const on = channel && this.#numberOf(channel);
    const who = on === null ? 'closed' : `channel ${on} closed`;
    if (data.isRelease) {
      const { type, size } = data;
      await this.#options.output.result(
        { event: 'closed', channel: on, cause, type, size, encoding: null, data: null },
        `${who}: (null, 0, NOTIFICATION_RELEASE), cause ${cause}`,
      );
      if (on === null && cause !== 'lost' && cause !== 'shutdown') this.#reject(registrationOver(cause));
      return;
    }
    const { record, lines } = await this.#show(data);
    await this.#options.output.result({ event: 'closed', channel: on, cause, ...record }, `${who}, ${lines}`);
  }

  // ------------------------------------------------------------------------------------------ the connection

  lost(loss: Loss, retrying: boolean): void {
    if (retrying) sayLost(loss, this.#options.output);
    else this.#reject(lostForGood(loss));
  }

  gap(gap: Gap): void {
    sayGap(gap, this.#options.output, 'registered');
  }

  problem({ kind, what, reason }: Problem): void {
    if (kind === 'callbackThrew' || kind === 'registrationLost') return this.#reject(reason);
    const why = reason instanceof Error ? `: ${reason.message}` : '';
    this.#options.output.say(`spoolpipe: ${kind}: ${what}${why}`);
  }

  // ------------------------------------------------------------------------------------------ parts

  async #answer(channel: ListenerChannel): Promise<void> {
    const { output, answer } = this.#options;
    if (!answer) return;
    const number = this.#numberOf(channel);
    let outcome: Outcome;
    try {
      outcome = await (answer.closes ? channel.closeChannel(answer.data) : channel.sendNotification(answer.data));
    } catch (reason) {
      // Another listener was first, or the source is gone: the next notification may be ours.
      const { code, hresult } = SpoolError.from(reason, 'CONNECTION_LOST');
      outcome = { code, hresult };
    }
    await output.result(
      { event: 'answered', channel: number, ...outcome },
      `channel ${number} answered: ${outcome.code}`,
    );
  }

  /** The payload in its file, or in the words of either output. */
  async #show(data: DataObject): Promise<{ readonly record: object; readonly lines: string }> {
    const { output, out } = this.#options;
    using lease = data.acquireData();
    const { type, size } = lease;
    const head = { type, size };
    if (out) {
      const file = await out.write(lease.data);
      return { record: { ...head, file }, lines: `${bytes(size)}: ${file}` };
    }
    if (output.json) return { record: { ...head, ...inJson(lease.data) }, lines: '' };
    return { record: {}, lines: `${bytes(size)}: ${forPeople(lease.data)}` };
  }

  #numberOf(channel: ListenerChannel): number {
    const number = this.#channels.get(channel) ?? ++this.#lastChannel;
    this.#channels.set(channel, number);
    return number;
  }
}

function keptForPeople(kept: KeptNotification | undefined): string {
  return kept ? ` (kept ${kept.number}${kept.redelivered ? ', redelivered' : ''})` : '';
}

function registrationOver(cause: Cause): CommandError {
  const why: Partial<Record<Cause, string>> = {
    acquired: 'somebody else listens under this name now',
    closed: 'it was removed',
  };
  return new CommandError(EXIT.rundown, `the registration is over: ${why[cause] ?? 'what is kept cannot be read'}`);
}
