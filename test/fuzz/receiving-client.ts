/** A client's half of credit (PROTOCOL.md section 5.9), with what has left it. */

import { Received, type Slack } from '../../client/received.ts';
import {
  type DataObject,
  decodeRecord,
  eachRecord,
  encodeRecord,
  notificationType,
  ObjectLedger,
  type Release,
} from '../../shared/index.ts';
import { Outbox } from '../../shared/outbox.ts';
import { ManualClock } from '../harness/index.ts';
import { RecordingLink } from './recording-link.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');

export class ReceivingClient {
  readonly clock = new ManualClock();
  readonly ledger = new ObjectLedger();
  readonly received: Received;
  readonly #link = new RecordingLink();
  readonly #outbox = new Outbox(this.#link);
  #read = 0;

  constructor(slack?: Slack) {
    this.received = new Received(this.#outbox, this.ledger, this.clock);
    if (slack) this.received.allow(slack);
  }

  take(end: number, sequence: number, size = 1): DataObject {
    return this.received.take(end, sequence, type, new Uint8Array(size));
  }

  /** Sends something else, as a connection does. */
  send(): void {
    this.received.giveBackKept();
    this.#outbox.write(encodeRecord({ op: 'ping', sequence: 1 }));
  }

  /** What has been given back since the last time; what was written is sent first. */
  releases(): readonly Release[] {
    this.#outbox.flush();
    const releases: Release[] = [];
    for (const message of this.#link.wholes.slice(this.#read)) {
      eachRecord(message, (raw) => {
        const record = decodeRecord(raw, 'client');
        if (record.op === 'release') releases.push(record);
      });
    }
    this.#read = this.#link.messages.length;
    return releases;
  }

  /** The same in short: `7: all to 3`, `7: only 4`. */
  given(): readonly string[] {
    return this.releases().map(({ end, sequence, only }) => `${end}: ${only ? 'only' : 'all to'} ${sequence}`);
  }
}
