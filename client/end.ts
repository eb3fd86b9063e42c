/**
 * What both ends of a channel do alike: number what they send, lend its bytes to the connection, and name the answer.
 */

import { unwrap } from '../shared/errors.ts';
import { type Guid, type Outcome, SpoolError } from '../shared/index.ts';
import { nextSequence } from '../shared/sequence.ts';
import type { Connection } from './connection.ts';
import { type Sendable, toDataObject } from './sendable.ts';

export class SendingEnd {
  readonly #connection: Connection;
  readonly #number: number;
  readonly #type: Guid;
  #lastSequence = 0;

  constructor(connection: Connection, number: number, type: Guid) {
    this.#connection = connection;
    this.#number = number;
    this.#type = type;
  }

  /** Resolves with the success that answers it, rejects with the error. References are given back either way. */
  async send(op: 'notify' | 'close', sendable: Sendable): Promise<Outcome> {
    const object = toDataObject(sendable, this.#type);
    try {
      // Bytes that come with NOTIFICATION_RELEASE in a close are ignored (PAN-178): they need not travel.
      if (op === 'close' && object.isRelease) return await this.closeWithRelease();
      // Not with `using`, which browsers without Symbol.dispose refuse. The reference that was taken keeps the bytes.
      const lease = object.acquireData();
      const { data, size } = lease;
      lease.releaseData();
      const type = object.type === this.#type || object.isRelease ? undefined : object.type;
      // What does not fit a message would cost the whole connection: what the spooler would answer is said here
      // instead.
      if (size > roomIn(this.#connection)) {
        if (object.type !== this.#type) throw new SpoolError('INVALID_NOTIFICATION_TYPE', { input: object.type });
        throw new SpoolError('MAX_NOTIFICATION_SIZE_EXCEEDED', { input: `${size} bytes` });
      }
      this.#lastSequence = nextSequence(this.#lastSequence);
      const record = {
        op,
        end: this.#number,
        sequence: this.#lastSequence,
        data,
        release: object.isRelease,
        type,
      } as const;
      return unwrap(await this.#connection.sendOn(record));
    } finally {
      object.release();
    }
  }

  /** Closes without a last message: the other end sees the release triple (PAN-50). */
  async closeWithRelease(): Promise<Outcome> {
    this.#lastSequence = nextSequence(this.#lastSequence);
    const record = { op: 'close', end: this.#number, sequence: this.#lastSequence, data: null, release: true } as const;
    return unwrap(await this.#connection.sendOn(record));
  }
}

/** The largest payload that fits a message at all; above it even a refusal could not be asked for. */
function roomIn({ limits }: Connection): number {
  return limits.message - 16 - 64;
}
