/**
 * A client that speaks the wire itself, message by message: it sends any records, also those that no library would, and
 * shows what has come back by then.
 */

import { type ClientRecord, decodeRecord, eachRecord, encodeRecord, type SpoolerRecord } from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import type { Rig } from '../harness/index.ts';

/** Milliseconds of real time to wait for an answer; a test that gets here has failed. */
const PATIENCE = 5_000;

export class WireClient implements AsyncDisposable {
  /** Resolves with the WebSocket close code. */
  readonly closed: Promise<number>;
  readonly #link: Awaited<ReturnType<Rig['link']>>;
  #unread: SpoolerRecord[] = [];
  #pings = 0;
  #wake: () => void = () => {};
  #hasClosed = false;

  private constructor(link: Awaited<ReturnType<Rig['link']>>) {
    this.#link = link;
    this.closed = new Promise((resolve) => {
      link.attach({
        onMessage: (message) => {
          eachRecord(message, (raw) => this.#unread.push(decodeRecord(raw, 'spooler')));
          this.#wake();
        },
        onAlive: () => {},
        onDrain: () => {},
        onClose: (code) => {
          this.#hasClosed = true;
          this.#wake();
          resolve(code);
        },
      });
    });
  }

  /** Connected, and nothing said yet. */
  static async connect(rig: Rig, options?: Parameters<Rig['link']>[0]): Promise<WireClient> {
    return new WireClient(await rig.link(options));
  }

  /** Connected and greeted. */
  static async join(rig: Rig, user = 'ann'): Promise<WireClient> {
    const client = await WireClient.connect(rig);
    await client.exchange({ op: 'hello', user });
    return client;
  }

  /** Sends records in one message. */
  send(...records: readonly ClientRecord[]): void {
    this.sendBytes(concat(records.flatMap((record) => encodeRecord(record))));
  }

  sendBytes(message: Uint8Array): void {
    this.#link.send([message]);
  }

  /** Sends records and a ping; resolves with everything that has come since the last time, up to the answer to the ping. */
  async exchange(...records: readonly ClientRecord[]): Promise<readonly SpoolerRecord[]> {
    const sequence = ++this.#pings;
    this.send(...records, { op: 'ping', sequence });
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const end = this.#unread.findIndex((record) => record.op === 'pong' && record.sequence === sequence);
      if (end >= 0) return this.#unread.splice(0, end + 1).slice(0, -1);
      if (this.#hasClosed || Date.now() > deadline) throw new Error('no answer came to the ping');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link.close(1000, '');
    await this.closed;
  }
}
