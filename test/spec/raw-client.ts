/**
 * A client that speaks the wire itself, call by call: for what the libraries would never send, and for the numbers that
 * they translate.
 */

import {
  type ClientRecord,
  type Closed,
  decodeRecord,
  eachRecord,
  encodeRecord,
  type Guid,
  type Interest,
  type Link,
  type Result,
  type SpoolerRecord,
} from '../../shared/index.ts';
import type { Rig } from '../harness/index.ts';

type RecordOf<Op extends SpoolerRecord['op']> = Extract<SpoolerRecord, { op: Op }>;

/** What travels on an end, where it is not simply bytes. */
interface Extras {
  /** Spelled out, as for a data object whose type is not the channel's. */
  readonly type?: Guid;
  /** The type is NOTIFICATION_RELEASE. */
  readonly release?: boolean;
}

/** Milliseconds of real time to wait for a record; a test that gets here has failed. */
const PATIENCE = 5_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class RawClient {
  /** Everything the spooler sent, in order. */
  readonly records: SpoolerRecord[] = [];
  /** WebSocket close code, once the link is closed. */
  closeCode: number | undefined;
  readonly #link: Link;
  readonly #unread: SpoolerRecord[] = [];
  #wake: () => void = () => {};
  #lastRequest = 0;
  readonly #lastSequence = new Map<number, number>();

  private constructor(link: Link) {
    this.#link = link;
    link.attach({
      onMessage: (message) => {
        eachRecord(message, (raw) => {
          const record = decodeRecord(raw, 'spooler');
          this.records.push(record);
          this.#unread.push(record);
        });
        this.#wake();
      },
      onAlive: () => {},
      onDrain: () => {},
      onClose: (code) => {
        this.closeCode = code;
        this.#wake();
      },
    });
  }

  /** Connected and welcomed. */
  static async connect(rig: Rig, user = 'ann'): Promise<RawClient> {
    const client = new RawClient(await rig.link());
    client.send({ op: 'hello', user });
    await client.next('welcome');
    return client;
  }

  send(record: ClientRecord): void {
    this.#link.send(encodeRecord(record));
  }

  /** The oldest record of this op that was not asked for yet. */
  async next<Op extends SpoolerRecord['op']>(op: Op): Promise<RecordOf<Op>> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const index = this.#unread.findIndex((record) => record.op === op);
      if (index >= 0) return this.#unread.splice(index, 1)[0] as RecordOf<Op>;
      if (this.closeCode !== undefined || Date.now() > deadline)
        throw new Error(`no ${op} came, but ${this.records.map((record) => record.op).join(', ')}`);
      await this.#change(deadline);
    }
  }

  /** Everything the spooler had sent by now has arrived. */
  async roundTrip(): Promise<void> {
    this.send({ op: 'ping', sequence: ++this.#lastRequest });
    await this.next('pong');
  }

  register(registration: number, interest: Interest): Promise<Result> {
    return this.#request({ op: 'register', registration, request: ++this.#lastRequest, interest });
  }

  unregister(registration: number): Promise<Result> {
    return this.#request({ op: 'unregister', registration, request: ++this.#lastRequest });
  }

  /** `end` is 0 but for those who do it wrong. */
  open(interest: Interest, end = 0): Promise<Result> {
    return this.#request({ op: 'open', end, request: ++this.#lastRequest, interest });
  }

  #request(record: ClientRecord): Promise<Result> {
    this.send(record);
    return this.next('result');
  }

  /** Sends on an end with the next number, and resolves with the HRESULT that answers it. */
  notify(end: number, data: string | Uint8Array | null, extras: Extras = {}): Promise<number> {
    return this.#carry('notify', end, data, extras);
  }

  /** The same for a close. */
  close(end: number, data: string | Uint8Array | null, extras: Extras = {}): Promise<number> {
    return this.#carry('close', end, data, extras);
  }

  async #carry(
    op: 'notify' | 'close',
    end: number,
    content: string | Uint8Array | null,
    { type, release = false }: Extras,
  ): Promise<number> {
    const sequence = (this.#lastSequence.get(end) ?? 0) + 1;
    this.#lastSequence.set(end, sequence);
    const data = typeof content === 'string' ? encoder.encode(content) : content;
    this.send({ op, end, sequence, data, release, type });
    const settled = await this.next('settled');
    if (settled.end !== end || settled.sequence !== sequence) throw new Error(`${op} on ${end} was not answered next`);
    return settled.hresult;
  }

  /** The payloads that `notify` records brought, as UTF-8. */
  get texts(): string[] {
    return this.records.flatMap((record) => (record.op === 'notify' ? [decoder.decode(record.data ?? undefined)] : []));
  }

  get closes(): Closed[] {
    return this.records.filter((record) => record.op === 'closed');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link.close(1000, 'done');
    while (this.closeCode === undefined) await this.#change(Date.now() + PATIENCE);
  }

  #change(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deadline - Date.now());
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
