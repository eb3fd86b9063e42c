/**
 * What both ends of a channel do alike: number what they send, lend its bytes to the connection, and name the answer.
 */

import { DataObject, type Guid, type Outcome, SpoolError } from '../shared/index.ts';
import { nextSequence } from '../shared/sequence.ts';
import type { Connection } from './connection.ts';
import { bytesOf, type Sendable } from './sendable.ts';
import { type Refused, Unanswered } from './unanswered.ts';

type Op = 'notify' | 'close';

export class SendingEnd {
  readonly #connection: Connection;
  readonly #number: number;
  readonly #type: Guid;
  readonly unanswered: Unanswered;
  #lastSequence = 0;

  /** `refused` says what a refusal is called at this end; `answered` is called whenever less is unanswered. */
  constructor(connection: Connection, number: number, type: Guid, refused: Refused, answered: () => void) {
    this.#connection = connection;
    this.#number = number;
    this.#type = type;
    this.unanswered = new Unanswered(refused, answered);
  }

  /**
   * Resolves with the success that answers it, rejects with the error. Of a data object one reference is taken until
   * then. Rejects with `USE_AFTER_RELEASE` for a dead one.
   */
  send(op: Op, sendable: Sendable): Promise<Outcome> {
    if (!(sendable instanceof DataObject)) return this.#carry(op, this.#type, bytesOf(sendable), false);
    // Bytes that come with NOTIFICATION_RELEASE in a close are ignored (PAN-178): they need not travel.
    const { type, isRelease } = sendable;
    if (op === 'close' && isRelease) return this.closeWithRelease();
    try {
      // Not with `using`, which browsers without Symbol.dispose refuse. The reference that is taken keeps the bytes.
      const lease = sendable.acquireData();
      const { data } = lease;
      sendable.addRef();
      lease.releaseData();
      return this.#carry(op, type, data, isRelease, sendable);
    } catch (reason) {
      return Promise.reject(SpoolError.from(reason, 'USE_AFTER_RELEASE'));
    }
  }

  /** Closes without a last message: the other end sees the release triple (PAN-50). */
  closeWithRelease(): Promise<Outcome> {
    return this.#carry('close', this.#type, null, true);
  }

  #carry(op: Op, type: Guid, data: Uint8Array | null, release: boolean, lent?: DataObject): Promise<Outcome> {
    const connection = this.#connection;
    const size = data === null ? 0 : data.length;
    const refused = this.#refusal(type, size);
    if (refused) {
      lent?.release();
      return Promise.reject(refused);
    }
    const sequence = nextSequence(this.#lastSequence);
    this.#lastSequence = sequence;
    const answer = this.unanswered.add(sequence, size, lent);
    connection.awaitAnswer(this.#number, this.unanswered);
    if (type === this.#type || release) connection.carry(op, this.#number, sequence, data, release);
    else connection.write({ op, end: this.#number, sequence, data, release, type });
    return answer;
  }

  /** What does not fit a message would cost the whole connection: what the spooler would answer is said here instead. */
  #refusal(type: Guid, size: number): SpoolError | undefined {
    if (!this.#connection.isOpen) return new SpoolError('CONNECTION_LOST');
    if (size <= roomIn(this.#connection)) return undefined;
    return type === this.#type
      ? new SpoolError('MAX_NOTIFICATION_SIZE_EXCEEDED', { input: `${size} bytes` })
      : new SpoolError('INVALID_NOTIFICATION_TYPE', { input: type });
  }
}

/** The largest payload that fits a message at all; above it even a refusal could not be asked for. */
function roomIn({ limits }: Connection): number {
  return limits.message - 16 - 64;
}
