/**
 * A listener that names itself, in the words of docs/persistent-registrations.md: what every client library does, and
 * nothing else.
 */

import { randomUUID } from 'node:crypto';
import {
  decodeRecord,
  eachRecord,
  encodeRecord,
  type Guid,
  guid,
  type Interest,
  type Link,
  notificationType,
  outcomeOf,
  type Release,
  type Result,
  SpoolError,
  succeeded,
} from '../../../shared/index.ts';
import {
  type Attached,
  type Heading,
  KEPT_NOTIFICATIONS,
  type PersistentRegistrations,
  REGISTRATIONS,
  type Retention,
} from '../../../shared/persistence/registrations.ts';
import type { Rig } from '../../harness/index.ts';

export const TYPE = notificationType('SAMPLE_NOTIFICATION_UI');
export const LAB = String.raw`\\localhost\Lab`;

/** A notification as it was given. */
export interface Given {
  readonly number: number;
  readonly text: string | null;
  readonly redelivered: boolean;
  readonly name: string | null;
  readonly at: number;
}

export interface AttachOptions {
  readonly name?: string | null;
  readonly type?: Guid;
  readonly filter?: 'kPerUser' | 'kAllUsers';
  readonly retention?: Partial<Retention>;
  /** Default: it has registered for the attachment before, as it should. */
  readonly registers?: boolean;
}

/** What one attachment was given. */
export class RawAttachment {
  readonly id: Guid = guid(randomUUID());
  readonly given: Given[] = [];
  /** Headings that are no runs. */
  readonly remarks: Heading[] = [];
  readonly runs: number[] = [];
  attached: Attached | undefined;
  /** The request that attaches. */
  asked = 0;
  isAnswered = false;
  /** Whether something came before the answer. */
  early = false;
  #run: { next: number; left: number; redelivered: boolean; name: string | null; at: number } | undefined;

  get texts(): readonly (string | null)[] {
    return this.given.map(({ text }) => text);
  }

  get numbers(): readonly number[] {
    return this.given.map(({ number }) => number);
  }

  /** So many it was told of that are lost. */
  get lost(): number {
    return this.remarks.reduce((sum, heading) => sum + ('lost' in heading ? heading.lost : 0), 0);
  }

  take(data: Uint8Array | null): void {
    if (!this.isAnswered) this.early = true;
    if (!this.#run) {
      if (data === null) throw new Error('a heading was expected, null came');
      const heading = JSON.parse(new TextDecoder().decode(data)) as Heading;
      if (!('first' in heading)) {
        this.remarks.push(heading);
        return;
      }
      const { first, count, redelivered, name, at } = heading;
      this.runs.push(count);
      this.#run = { next: first, left: count, redelivered, name, at };
      return;
    }
    const { next, redelivered, name, at } = this.#run;
    const text = data === null ? null : new TextDecoder().decode(data);
    this.given.push({ number: next, text, redelivered, name, at });
    this.#run.next++;
    if (--this.#run.left === 0) this.#run = undefined;
  }
}

export class RawPersistentClient implements AsyncDisposable {
  /** Whether it gives back what it is given. */
  releases = true;
  readonly attachments = new Map<string, RawAttachment>();
  readonly #rig: Rig;
  readonly #link: Link;
  readonly #ends = new Map<number, RawAttachment>();
  readonly #registrations = new Map<number, RawAttachment>();
  readonly #results = new Map<number, (result: Result) => void>();
  readonly #held: Release[] = [];
  #last = 0;
  #isOpen = true;

  private constructor(rig: Rig, link: Link) {
    this.#rig = rig;
    this.#link = link;
    link.attach({
      onMessage: (message) => eachRecord(message, (raw) => this.#read(decodeRecord(raw, 'spooler'))),
      onAlive: () => {},
      onDrain: () => {},
      onClose: () => {
        this.#isOpen = false;
      },
    });
  }

  static async connect(rig: Rig, user = 'ann', token?: string): Promise<RawPersistentClient> {
    const link = await rig.link(token === undefined ? {} : { token });
    const client = new RawPersistentClient(rig, link);
    link.send(encodeRecord({ op: 'hello', ...(token === undefined && { user }) }));
    await rig.settle();
    return client;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  #read(record: ReturnType<typeof decodeRecord>): void {
    if (record.op === 'result') {
      this.#results.get(record.request)?.(record);
      this.#results.delete(record.request);
      // The attachment whose answer is awaited is the newest: its first heading may stand in the same message.
      const newest = [...this.attachments.values()].at(-1);
      if (newest && record.request === newest.asked) newest.isAnswered = true;
    } else if (record.op === 'offer') {
      const attachment = this.#registrations.get(record.registration);
      if (attachment) this.#ends.set(record.end, attachment);
    } else if (record.op === 'notify') {
      this.#ends.get(record.end)?.take(record.data);
      this.#held.push({ op: 'release', end: record.end, sequence: record.sequence, only: false });
      if (this.releases) this.releaseAll();
    }
  }

  #request(make: (request: number) => Parameters<typeof encodeRecord>[0]): Promise<Result> {
    const request = ++this.#last;
    const result = new Promise<Result>((resolve) => this.#results.set(request, resolve));
    this.#link.send(encodeRecord(make(request)));
    return result;
  }

  /** Gives back what it holds, and whatever comes from then on. */
  releaseAll(): void {
    this.releases = true;
    for (const record of this.#held.splice(0)) this.#link.send(encodeRecord(record));
  }

  /** Resolves with the JSON of the answer. Rejects with its code. */
  async call(method: string, json: unknown, bytes?: Uint8Array): Promise<unknown> {
    const payload = bytes ?? new TextEncoder().encode(JSON.stringify(json));
    const { hresult, json: answer } = await this.#request((request) => {
      return { op: 'call', request, service: REGISTRATIONS, method, payload };
    });
    const text = new TextDecoder().decode(answer);
    const value: unknown = text === '' ? undefined : JSON.parse(text);
    if (succeeded(hresult)) return value;
    throw new SpoolError(outcomeOf(hresult).code, { input: (value as { input?: string } | undefined)?.input ?? '' });
  }

  async register(number: number, interest: Interest): Promise<number> {
    const { hresult } = await this.#request((request) => ({ op: 'register', registration: number, request, interest }));
    return hresult;
  }

  async unregister(registration: number): Promise<void> {
    await this.#request((request) => ({ op: 'unregister', registration, request }));
  }

  /** Attaches; what it is given is in the attachment. */
  async attach(id: string, options: AttachOptions = {}): Promise<RawAttachment> {
    const attachment = new RawAttachment();
    const number = this.attachments.size + 1;
    this.attachments.set(attachment.id, attachment);
    this.#registrations.set(number, attachment);
    const { registers = true, name = LAB, type = TYPE, filter = 'kPerUser', retention } = options;
    const own = String.raw`\\localhost` + `\\${attachment.id}`;
    if (registers) {
      await this.register(number, {
        name: own,
        type: KEPT_NOTIFICATIONS,
        filter: 'kPerUser',
        style: 'kUniDirectional',
      });
    }
    const asked = { id, attachment: attachment.id, name, type, filter, ...(retention && { retention }) };
    attachment.asked = this.#last + 1;
    attachment.attached = (await this.call('attach', asked)) as Attached;
    await this.#rig.settle();
    return attachment;
  }

  acknowledge({ id }: RawAttachment, number: number): Promise<unknown> {
    return this.call('acknowledge', { attachment: id, number });
  }

  detach({ id }: RawAttachment): Promise<unknown> {
    return this.call('detach', { attachment: id });
  }

  async list(): Promise<PersistentRegistrations['registrations']> {
    return ((await this.call('list', {})) as PersistentRegistrations).registrations;
  }

  /** Leaves as if its process had been killed. */
  async die(): Promise<void> {
    this.#link.terminate();
    await this.#rig.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOpen) this.#link.close(1000, '');
    await this.#rig.settle();
  }
}
