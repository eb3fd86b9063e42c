/** A message must be whole in time: half a message kept half is memory held for nothing (PROTOCOL.md section 7.1). */

import type { Cancel, Clock } from '../shared/index.ts';
import type { SocketLink } from '../shared/websocket/socket-link.ts';

type Watched = Pick<SocketLink, 'isMidMessage' | 'messages'>;

interface Deadline {
  /** How many were whole when the one under way was first seen. */
  readonly messages: number;
  readonly cancel: Cancel;
}

/** The deadlines of all links that have half a message; the others cost nothing. */
export class MessageDeadlines<Link extends Watched> {
  readonly #clock: Clock;
  readonly #time: number;
  readonly #missed: (link: Link) => void;
  readonly #deadlines = new Map<Link, Deadline>();

  constructor(clock: Clock, time: number, missed: (link: Link) => void) {
    this.#clock = clock;
    this.#time = time;
    this.#missed = missed;
  }

  /** Bytes came, and were looked at. */
  read(link: Link): void {
    if (!link.isMidMessage) return this.forget(link);
    const deadline = this.#deadlines.get(link);
    if (deadline?.messages === link.messages) return;
    deadline?.cancel();
    const cancel = this.#clock.after(this.#time, () => this.#missed(link));
    this.#deadlines.set(link, { messages: link.messages, cancel });
  }

  /** The link is gone, or has only whole messages. */
  forget(link: Link): void {
    if (this.#deadlines.size === 0) return;
    this.#deadlines.get(link)?.cancel();
    this.#deadlines.delete(link);
  }
}
