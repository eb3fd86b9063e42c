/** A service `registrations` that does what a test says, for the client's half: what it gives, a sender of the test sends. */

import { hresultOf, type SpoolError } from '../../../shared/index.ts';
import {
  type Acknowledge,
  type Attach,
  type Attached,
  type Heading,
  KEPT_NOTIFICATIONS,
  REGISTRATIONS,
} from '../../../shared/persistence/registrations.ts';
import type { Answer, Caller, Service } from '../../../spooler/index.ts';
import type { Rig } from '../../harness/index.ts';

const text = new TextDecoder();
const done: Answer = { hresult: hresultOf('S_OK'), json: {} };

export class ScriptedRegistrations implements Service {
  readonly name = REGISTRATIONS;
  /** Every call but of `attach` and `acknowledge`: the method and what it was asked. */
  readonly calls: [string, unknown][] = [];
  readonly attaches: Attach[] = [];
  /** The numbers of `acknowledge`. */
  readonly acknowledged: number[] = [];
  /** What the next attach is answered with. */
  attached: Attached | SpoolError | object = { recovered: false, pending: 0, lost: 0, next: 1 };
  /** Before an acknowledgement is answered. */
  store: () => Promise<void> | void = () => {};

  call(_: Caller, method: string, payload: Uint8Array): Answer | Promise<Answer> {
    const request: unknown = JSON.parse(text.decode(payload));
    if (method === 'attach') {
      this.attaches.push(request as Attach);
      if (this.attached instanceof Error) throw this.attached;
      return { ...done, json: this.attached };
    }
    if (method === 'acknowledge') {
      this.acknowledged.push((request as Acknowledge).number);
      const stored = this.store();
      return stored ? stored.then(() => done) : done;
    }
    this.calls.push([method, request]);
    return done;
  }
}

/** What gives to the newest attachment. */
export interface Giver {
  heading(heading: Heading): Promise<unknown>;
  data(data: string | Uint8Array | null): Promise<unknown>;
  close(): Promise<unknown>;
}

export async function giverOf(rig: Rig, service: ScriptedRegistrations): Promise<Giver> {
  const sender = await rig.sender();
  const name = service.attaches.at(-1)?.attachment ?? '';
  const channel = await sender.createNotificationChannel({ name, type: KEPT_NOTIFICATIONS, overflow: 'wait' });
  return {
    heading: (heading) => channel.sendNotification(JSON.stringify(heading)),
    data: (data) => channel.sendNotification(data),
    close: () => channel.closeChannel(),
  };
}
