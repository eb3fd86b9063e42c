/** A client that sends whatever bytes it is given, and remembers what it was told. */

import type { DialOptions } from '../../client/dial.ts';
import {
  type ClientRecord,
  decodeRecord,
  eachRecord,
  encodeRecord,
  type Link,
  type SpoolerRecord,
} from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import type { Rig } from '../harness/index.ts';

/** Milliseconds of real time after which silence is taken for what it is: a failure. */
const PATIENCE = 5_000;

export class Stranger {
  readonly records: SpoolerRecord[] = [];
  /** WebSocket close code, once the link is closed. */
  closeCode: number | undefined;
  readonly #link: Link;
  #wake: (() => void) | undefined;
  #lastPing = 0;

  private constructor(link: Link) {
    this.#link = link;
    link.attach({
      onMessage: (message) => {
        eachRecord(message, (raw) => this.records.push(decodeRecord(raw, 'spooler')));
        this.#wake?.();
      },
      onAlive: () => {},
      onDrain: () => {},
      onClose: (code) => {
        this.closeCode = code;
        this.#wake?.();
      },
    });
  }

  /** Connected; it has said nothing yet. */
  static async connect(rig: Rig, options?: DialOptions): Promise<Stranger> {
    return new Stranger(await rig.link(options));
  }

  /** Connected and welcomed. With a token it is who the token says. */
  static async greeted(rig: Rig, options: DialOptions & { readonly user?: string } = {}): Promise<Stranger> {
    const { user = 'mallory', ...dial } = options;
    const stranger = await Stranger.connect(rig, dial);
    stranger.say({ op: 'hello', user: dial.token === undefined ? user : undefined });
    await stranger.until((records) => records.some(({ op }) => op === 'welcome'));
    return stranger;
  }

  /** Records in one message. */
  say(...records: readonly ClientRecord[]): void {
    this.write(concat(records.flatMap((record) => encodeRecord(record))));
  }

  /** One message. */
  write(message: Uint8Array): void {
    this.#link.send([message]);
  }

  /** Resolves when what was received satisfies the condition; rejects when it does not in five seconds, or is closed. */
  async until(condition: (records: readonly SpoolerRecord[]) => boolean): Promise<readonly SpoolerRecord[]> {
    await this.#until(() => condition(this.records) || this.closeCode !== undefined);
    if (!condition(this.records)) throw new Error(`closed with ${this.closeCode}`);
    return this.records;
  }

  /** The close code. */
  async closed(): Promise<number> {
    await this.#until(() => this.closeCode !== undefined);
    return this.closeCode as number;
  }

  /** Whether it is still served: true when a ping comes back, false when it was closed instead. Rejects at silence. */
  async isServed(): Promise<boolean> {
    const sequence = ++this.#lastPing;
    this.say({ op: 'ping', sequence });
    const ponged = (): boolean => this.records.some((one) => one.op === 'pong' && one.sequence === sequence);
    await this.#until(() => ponged() || this.closeCode !== undefined);
    return ponged();
  }

  /** HRESULTs of the answers to requests and sends, in order. */
  get answers(): number[] {
    return this.records.flatMap((one) => (one.op === 'result' || one.op === 'settled' ? [one.hresult] : []));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link.terminate();
    await this.closed();
  }

  async #until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!condition()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`silence; received: ${JSON.stringify(this.records)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
