/** What comes back on the channel of `spoolpipe send`, to be taken one by one. */

import type { Cause, DataObject, SenderChannel } from '../client/sender.ts';
import type { Guid } from '../shared/index.ts';

export interface Answer {
  readonly type: Guid;
  /** A copy: it may be kept. */
  readonly data: Uint8Array | null;
  /** The channel is closed, with this last message or, where it is the release triple, with none. */
  readonly closed: { readonly cause: Cause; readonly isRelease: boolean } | undefined;
}

export class Answers {
  readonly #arrived: Answer[] = [];
  #wanted: ((answer: Answer) => void) | undefined;

  readonly onEventNotify = (_: SenderChannel, object: DataObject): void => this.#arrive(object, undefined);

  readonly channelClosed = (_: SenderChannel, object: DataObject, cause: Cause): void =>
    this.#arrive(object, { cause, isRelease: object.isRelease });

  /** To be called again only after the promise has settled. */
  next(): Promise<Answer> {
    const answer = this.#arrived.shift();
    if (answer) return Promise.resolve(answer);
    return new Promise((resolve) => {
      this.#wanted = resolve;
    });
  }

  #arrive(object: DataObject, closed: Answer['closed']): void {
    using lease = object.acquireData();
    const { type, data } = lease;
    const answer = { type, data: data && new Uint8Array(data), closed };
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted) wanted(answer);
    else this.#arrived.push(answer);
  }
}
