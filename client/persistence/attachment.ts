/** One attachment of a persistent registration, at one connection: how it comes about and ends, and what it is given. */

import { v4 } from 'uuid';
import type { Origin } from '../../shared/data-object.ts';
import { DataObject, type Guid, guid, type Interest, type Outcome, SpoolError } from '../../shared/index.ts';
import {
  type Attach,
  KEPT_NOTIFICATIONS,
  type OverHeading,
  REGISTRATIONS,
  type RunHeading,
} from '../../shared/persistence/registrations.ts';
import type { Success } from '../awaited.ts';
import { encodePayload, replyOf } from '../call.ts';
import type { Connection } from '../connection.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { attachedOf, headingOf, violation } from './heading.ts';
import type { KeptNotification, Recovery } from './persistent-callback.ts';

/** A notification in its turn. The data object is the taker's to release. */
export interface Given {
  readonly attachment: Attachment;
  readonly data: DataObject;
  readonly kept: KeptNotification;
}

export interface AttachmentHandlers {
  /** Before anything is given. */
  attached(recovery: Recovery): void;
  given(given: Given): void;
  lost(count: number): void;
  /** Nothing follows. */
  over(why: OverHeading['over']): void;
}

export class Attachment implements Origin {
  readonly #id: Guid = guid(v4());
  readonly #connection: Connection;
  /** The number it registers under (PROTOCOL.md section 5.4). */
  readonly #registration: number;
  readonly #type: Guid;
  readonly #handlers: AttachmentHandlers;
  readonly #acknowledgements: Acknowledgements;
  #end: number | undefined;
  #run: RunHeading | undefined;
  /** How many of the run are still to come. */
  #left = 0;
  /** The number of the last one that came. */
  #last = 0;
  #isOver = false;

  /** `type`: of what is given. */
  constructor(connection: Connection, registration: number, type: Guid, handlers: AttachmentHandlers) {
    this.#connection = connection;
    this.#registration = registration;
    this.#type = type;
    this.#handlers = handlers;
    this.#acknowledgements = new Acknowledgements(connection, this.#id);
  }

  /** Nothing is given any more, and what is given back now comes again. */
  get isOver(): boolean {
    return this.#isOver;
  }

  // ------------------------------------------------------------------------------------------ coming about

  /**
   * Registers for what is given, then attaches. Rejects as the spooler refuses either, or when the signal gives up waiting;
   * then nothing is left of it. Nor is where it is over before it has come about.
   */
  async attach(request: Omit<Attach, 'attachment'>, signal: AbortSignal | undefined): Promise<Outcome> {
    const { outcome } = await this.#register(signal);
    if (this.#isOver || signal?.aborted) {
      this.#unregister();
      if (signal?.aborted) throw new SpoolError('CONNECTION_ENDED', { input: 'cancelled' });
      return outcome;
    }
    const json: Attach = { ...request, attachment: this.#id };
    const payload = encodePayload(json, this.#connection.limits.payload);
    try {
      return await this.#connection.request(
        (number) => ({ op: 'call', request: number, service: REGISTRATIONS, method: 'attach', payload }),
        (answer) => {
          const { recovered, pending, lost } = attachedOf(replyOf(answer).json);
          if (this.#isOver) this.#letGo();
          else this.#handlers.attached({ recovered, pending, lost });
          return answer.outcome;
        },
        signal,
      );
    } catch (reason) {
      // The answer may still come, where nobody waits for it any more.
      this.abandon();
      throw reason;
    }
  }

  #register(signal: AbortSignal | undefined): Promise<Success> {
    const name = `\\\\${this.#connection.server}\\${this.#id}`;
    const interest: Interest = { name, type: KEPT_NOTIFICATIONS, filter: 'kPerUser', style: 'kUniDirectional' };
    return this.#connection.request(
      (request) => ({ op: 'register', registration: this.#registration, request, interest }),
      (success) => {
        // Nobody waits for it.
        if (signal?.aborted) this.#unregister();
        return success;
      },
      signal,
    );
  }

  /** The spooler named the end of its channel. What somebody else sends to its name is given back unread. */
  offered(end: number): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#connection.addEnd(end, {
      type: KEPT_NOTIFICATIONS,
      notified: (data) => this.#read(data),
      // After the last heading, or with the connection, which tells by itself.
      closed: (data) => data.release(),
    });
  }

  // ------------------------------------------------------------------------------------------ what it is given

  /** A heading, or one of a run. Throws `PROTOCOL_VIOLATED`. The data object is taken over. */
  #read(delivery: DataObject): void {
    if (this.#isOver) return delivery.release();
    const run = this.#left > 0 ? this.#run : undefined;
    if (run) return this.#give(delivery, run);
    try {
      this.#begin(bytesOf(delivery));
    } finally {
      delivery.release();
    }
  }

  #begin(bytes: Uint8Array | null): void {
    const heading = headingOf(bytes);
    if ('over' in heading) {
      this.abandon();
      this.#handlers.over(heading.over);
    } else if ('lost' in heading) {
      this.#handlers.lost(heading.lost);
    } else {
      if (heading.first <= this.#last) throw violation();
      this.#run = heading;
      this.#left = heading.count;
      this.#last = heading.first - 1;
    }
  }

  #give(delivery: DataObject, { redelivered, name, at }: RunHeading): void {
    this.#left--;
    const number = ++this.#last;
    this.#acknowledgements.hold(number, delivery);
    // What is given has the registration's type, and the bytes of the delivery, which lives as long.
    const { ledger } = this.#connection;
    const data = new DataObject({ type: this.#type, data: bytesOf(delivery), ledger }, this, number);
    this.#handlers.given({ attachment: this, data, kept: { number, redelivered, name, at } });
  }

  /** For what is given. */
  died(number: number): void {
    this.#acknowledgements.done(number);
  }

  // ------------------------------------------------------------------------------------------ ending

  /** Leaves in good order: gives nothing more. Resolves when the spooler has stored what is done with, or cannot. */
  async detach(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#acknowledgements.finish();
    this.#letGo();
  }

  /** Gives nothing more, and there is nobody to acknowledge anything to. */
  end(): void {
    this.#isOver = true;
    this.#acknowledgements.end();
  }

  /** The spooler gives nothing more. */
  abandon(): void {
    this.end();
    this.#unregister();
  }

  #letGo(): void {
    this.#connection.call(REGISTRATIONS, 'detach', { attachment: this.#id }).catch(nobodyWaits);
    this.#unregister();
  }

  /** What is given, not the persistent registration. */
  #unregister(): void {
    this.#connection
      .request(
        (request) => ({ op: 'unregister', registration: this.#registration, request }),
        () => {
          if (this.#end !== undefined) this.#connection.removeEnd(this.#end);
        },
      )
      .catch(nobodyWaits);
  }
}

/** Borrowed: valid while the object lives. */
function bytesOf(object: DataObject): Uint8Array | null {
  const lease = object.acquireData();
  const { data } = lease;
  lease.releaseData();
  return data;
}

function nobodyWaits(): void {}
