/** A peer that speaks the wire record by record, also what no library would send, and remembers what came back. */

import {
  type ClientRecord,
  type Closed,
  decodeRecord,
  eachRecord,
  encodeRecord,
  guid,
  type Interest,
  type Offer,
  outcomeOf,
  type Result,
  type Settled,
  type SpoolerRecord,
  succeeded,
} from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import type { FaultLink, Rig } from '../harness/index.ts';

export const TYPE = guid('0b20806a-328a-4e1c-931c-0250308574c7');
export const OTHER_TYPE = guid('f6853f92-eb31-4e23-b6e7-fd69056153f0');
export const LAB = '\\\\localhost\\Lab';

/** What `register` and `open` ask for, unless a test says otherwise. */
export const UNIDIRECTIONAL: Interest = { name: LAB, type: TYPE, filter: 'kPerUser', style: 'kUniDirectional' };
export const BIDIRECTIONAL: Interest = { ...UNIDIRECTIONAL, style: 'kBiDirectional' };

export interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** The fence of `exchange`; what a test pings itself has other numbers. */
const FENCE = 0xfe9ce000;

const utf8 = new TextEncoder();

export function bytesOf(text: string): Uint8Array {
  return utf8.encode(text);
}

export class WirePeer implements AsyncDisposable {
  /** Everything that came, in order, except the pongs of `exchange`. */
  readonly records: SpoolerRecord[] = [];
  readonly closed: Promise<Ending>;
  /** For faults. */
  readonly link: FaultLink;
  #told = 0;
  #fences = 0;
  readonly #fenced = new Map<number, { resolve(): void; reject(reason: Error): void }>();
  #request = 0;
  readonly #sent = new Map<number, number>();

  private constructor(link: FaultLink) {
    this.link = link;
    this.closed = new Promise((resolve) => {
      link.attach({
        onMessage: (message) => eachRecord(message, (raw) => this.#received(decodeRecord(raw, 'spooler'))),
        onAlive: () => {},
        onDrain: () => {},
        onClose: (code, reason) => {
          resolve({ code, reason });
          for (const fence of this.#fenced.values()) fence.reject(new Error(`closed with ${code} ${reason}`));
        },
      });
    });
  }

  /** Connected; nothing has been said. */
  static async connect(rig: Rig, options: Parameters<Rig['link']>[0] = {}): Promise<WirePeer> {
    return new WirePeer(await rig.link(options));
  }

  /** Connected and greeted. */
  static async join(rig: Rig, user = 'ann'): Promise<WirePeer> {
    const peer = await WirePeer.connect(rig);
    await peer.exchange({ op: 'hello', user });
    return peer;
  }

  #received(record: SpoolerRecord): void {
    const fence = record.op === 'pong' ? this.#fenced.get(record.sequence) : undefined;
    if (record.op !== 'pong' || !fence) {
      this.records.push(record);
      return;
    }
    this.#fenced.delete(record.sequence);
    fence.resolve();
  }

  // ------------------------------------------------------------------------------------------ sending

  /** Sends the records in one message. */
  send(...records: readonly ClientRecord[]): void {
    this.sendBytes(concat(records.flatMap(encodeRecord)));
  }

  sendBytes(message: Uint8Array): void {
    this.link.send([message]);
  }

  /** Sends the records in one message; resolves with everything that came since the last time until it was answered. */
  async exchange(...records: readonly ClientRecord[]): Promise<readonly SpoolerRecord[]> {
    const sequence = FENCE + ++this.#fences;
    const fence = new Promise<void>((resolve, reject) => {
      this.#fenced.set(sequence, { resolve, reject });
    });
    this.send(...records, { op: 'ping', sequence });
    await fence;
    return this.news();
  }

  /** What has come and was not told yet. */
  news(): readonly SpoolerRecord[] {
    const news = this.records.slice(this.#told);
    this.#told = this.records.length;
    return news;
  }

  // ------------------------------------------------------------------------------------------ what tests say most

  async register(registration: number, interest = UNIDIRECTIONAL): Promise<Result> {
    return this.#result(await this.exchange({ op: 'register', registration, request: ++this.#request, interest }));
  }

  async unregister(registration: number): Promise<Result> {
    return this.#result(await this.exchange({ op: 'unregister', registration, request: ++this.#request }));
  }

  async open(
    interest = UNIDIRECTIONAL,
    more: { readonly user?: string; readonly overflow?: 'lose' | 'wait' } = {},
  ): Promise<Result> {
    const request = ++this.#request;
    return this.#result(await this.exchange({ op: 'open', end: 0, request, interest, ...more }));
  }

  #result(news: readonly SpoolerRecord[]): Result {
    const result = news.find(({ op }) => op === 'result');
    if (result?.op !== 'result') throw new Error(`no result among ${JSON.stringify(news)}`);
    return result;
  }

  /** The next `notify` on an end, numbered as it must be. */
  notify(end: number, text: string): ClientRecord {
    return { op: 'notify', end, sequence: this.#next(end), data: bytesOf(text), release: false };
  }

  /** The next `close` on an end, with a last message or with the release triple. */
  close(end: number, text?: string): ClientRecord {
    const data = text === undefined ? null : bytesOf(text);
    return { op: 'close', end, sequence: this.#next(end), data, release: text === undefined };
  }

  #next(end: number): number {
    const sequence = (this.#sent.get(end) ?? 0) + 1;
    this.#sent.set(end, sequence);
    return sequence;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.link.close(1000, 'done');
    await this.closed;
  }
}

// -------------------------------------------------------------------------------------------- reading

export function offersIn(records: readonly SpoolerRecord[]): readonly Offer[] {
  return records.filter((record) => record.op === 'offer');
}

export function closesIn(records: readonly SpoolerRecord[]): readonly Closed[] {
  return records.filter((record) => record.op === 'closed');
}

export function settledIn(records: readonly SpoolerRecord[]): readonly Settled[] {
  return records.filter((record) => record.op === 'settled');
}

/** The records in short: `offer 7 to 1`, `notify 7 #1 "text"`. What tests compare most. */
export function brief(records: readonly SpoolerRecord[]): string[] {
  return records.map((record) => {
    switch (record.op) {
      case 'offer':
        return `offer ${record.end} to ${record.registration}`;
      case 'notify':
        return `notify ${record.end} #${record.sequence} ${carried(record)}`;
      case 'closed':
        return `close ${record.end} #${record.sequence} ${carried(record)} ${record.cause}`;
      case 'settled':
        return `settled ${record.end} #${record.sequence} ${code(record.hresult)}`;
      case 'result':
        return `result ${record.id} of ${record.request} ${code(record.hresult)}`;
      case 'welcome':
        return `welcome ${record.user}`;
      case 'ping':
      case 'pong':
        return `${record.op} ${record.sequence}`;
    }
  });
}

function carried({ data, release }: { readonly data: Uint8Array | null; readonly release: boolean }): string {
  if (release) return data === null ? 'release' : 'release with bytes';
  return data === null ? 'null' : JSON.stringify(new TextDecoder().decode(data));
}

/** The code's name; a success other than S_OK says so, because two codes exist with either severity. */
function code(hresult: number): string {
  const { code } = outcomeOf(hresult);
  return succeeded(hresult) && code !== 'S_OK' ? `${code} (success)` : code;
}
