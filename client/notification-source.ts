/** The driver's side: a sender, which opens channels. No transport is named here. */

import { completeName, type Explanation, type Link, type StatusReport } from '../shared/index.ts';
import { Connection, type ConnectionStats } from './connection.ts';
import type { ConnectionOptions } from './connection-options.ts';
import type { Loss } from './loss.ts';
import { attempt } from './problem.ts';
import { type ChannelSpecification, type SenderCallback, SenderChannel } from './sender-channel.ts';

export interface SenderOptions extends ConnectionOptions {
  /**
   * The spooler is lost; every channel was told before. A sender does not come back by itself: only it knows what to
   * open again.
   */
  readonly onLost?: (loss: Loss) => void;
}

/**
 * Joins a sender to the spooler at the other end of a link. Rejects with `CONNECTION_FAILED`, `UNAUTHORIZED`,
 * `TIMED_OUT`.
 */
export async function createSender(link: Link, options: SenderOptions = {}): Promise<Sender> {
  const lost = (loss: Loss, { report }: Connection): void =>
    attempt(
      () => options.onLost?.(loss),
      (reason) => report({ kind: 'callbackThrew', what: 'onLost', reason }),
    );
  return new Sender(await Connection.greet(link, options, undefined, { offered: () => {}, lost }));
}

export class Sender {
  readonly #connection: Connection;

  /** For `createSender`. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** False once the connection is lost or closed. */
  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** The identity in force. */
  get user(): string {
    return this.#connection.user;
  }

  /** Opens a channel. Rejects with the code of PAN-112, E_ACCESSDENIED, ERROR_INVALID_NAME, or CONNECTION_LOST. */
  async createNotificationChannel(
    specification: ChannelSpecification,
    callback: SenderCallback = {},
  ): Promise<SenderChannel> {
    const channel = this.prepareChannel(specification, callback);
    await channel.createNotificationChannel();
    return channel;
  }

  /** A channel that is not open yet. */
  prepareChannel(specification: ChannelSpecification, callback: SenderCallback = {}): SenderChannel {
    const { name, type, filter = 'kPerUser', style = 'kUniDirectional' } = specification;
    const interest = { name: completeName(name, this.#connection.server), type, filter, style };
    return new SenderChannel(this.#connection, interest, specification, callback);
  }

  /** Which registrations a channel like this would reach, and what keeps the nearest others apart. */
  explain(specification: ChannelSpecification): Promise<Explanation> {
    return this.prepareChannel(specification).explain();
  }

  status(): Promise<StatusReport> {
    return this.#connection.status();
  }

  /** Resolves when everything sent before has been processed and everything it caused here has arrived. */
  roundTrip(): Promise<void> {
    return this.#connection.roundTrip();
  }

  stats(): ConnectionStats {
    return this.#connection.stats();
  }

  /** Leaves; the listeners of its channels are told. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
