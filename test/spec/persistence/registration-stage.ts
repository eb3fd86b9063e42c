/** A spooler with persistent registrations in a rig, over a store that outlives it. */

import type { Sender, SenderChannel } from '../../../client/sender.ts';
import { createPersistentRegistrations, type PersistentRegistrationsOptions } from '../../../spooler/index.ts';
import { MemoryStore } from '../../../spooler/store/memory-store.ts';
import type { Change, EntriesOptions, Entry, Store } from '../../../spooler/store/store.ts';
import { type Rig, type RigOptions, startRig } from '../../harness/index.ts';
import { RawPersistentClient, TYPE } from './raw-attachment.ts';

/** The same store over restarts, as a durable one is; writes wait, or are refused, as a test likes. */
export class HeldStore implements Store {
  readonly #store = new MemoryStore();
  /** How writes are refused; undefined: they are not. */
  refusal: Error | undefined;
  /** What was written, in order. */
  readonly writes: (readonly Change[])[] = [];
  /** Values that were read. */
  read = 0;
  #held: 'writes' | 'answers' = 'writes';
  #gate: Promise<void> | undefined;
  #open: () => void = () => {};

  /** Nothing is written until `letGo`; or it is, and nobody hears of it until then. */
  hold(what: 'writes' | 'answers' = 'writes'): void {
    this.#held = what;
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  letGo(): void {
    this.#gate = undefined;
    this.#open();
  }

  async *entries(prefix: string, options?: EntriesOptions): AsyncGenerator<Entry, void> {
    for await (const entry of this.#store.entries(prefix, options)) {
      this.read++;
      yield entry;
    }
  }

  async write(changes: readonly Change[]): Promise<void> {
    const copied = changes.map((change): Change => {
      return 'put' in change ? { put: [change.put[0], change.put[1].slice()] } : change;
    });
    if (this.#held === 'writes') await this.#gate;
    if (this.refusal) throw this.refusal;
    this.writes.push(copied);
    await this.#store.write(copied);
    await this.#gate;
  }

  async close(): Promise<void> {}

  async keys(prefix = ''): Promise<string[]> {
    const keys: string[] = [];
    for await (const [key] of this.#store.entries(prefix)) keys.push(key);
    return keys;
  }

  /** What a spooler finds that starts now, whatever is done to this one. */
  async copy(): Promise<HeldStore> {
    const copy = new HeldStore();
    const changes: Change[] = [];
    for await (const [key, value] of this.#store.entries('')) changes.push({ put: [key, value] });
    await copy.write(changes);
    copy.writes.length = 0;
    return copy;
  }
}

export interface StageOptions
  extends PersistentRegistrationsOptions,
    Pick<RigOptions, 'limits' | 'tokens' | 'wallClock'> {}

export class RegistrationStage implements AsyncDisposable {
  readonly rig: Rig;
  /** What it was given, where that is one of these. */
  readonly store: HeldStore;
  readonly #channels = new Map<string, { sender: Sender; channel: SenderChannel }>();
  readonly #clients: RawPersistentClient[] = [];

  private constructor(rig: Rig, store: HeldStore) {
    this.rig = rig;
    this.store = store;
  }

  static async start({ limits, tokens, wallClock, ...options }: StageOptions = {}): Promise<RegistrationStage> {
    const store = (options.store as HeldStore | undefined) ?? new HeldStore();
    const { services } = createPersistentRegistrations({ ...options, store });
    const rig = await startRig({
      services,
      ...(limits && { limits }),
      ...(tokens && { tokens }),
      ...(wallClock && { wallClock }),
    });
    return new RegistrationStage(rig, store);
  }

  async client(user = 'ann', token?: string): Promise<RawPersistentClient> {
    const client = await RawPersistentClient.connect(this.rig, user, token);
    this.#clients.push(client);
    return client;
  }

  async channel(name: string | null = 'Lab', user = 'ann', overflow?: 'wait'): Promise<SenderChannel> {
    const key = `${name} ${user} ${overflow}`;
    const known = this.#channels.get(key);
    if (known) return known.channel;
    const sender = await this.rig.sender({ user });
    const channel = await sender.createNotificationChannel({ name, type: TYPE, ...(overflow && { overflow }) });
    this.#channels.set(key, { sender, channel });
    return channel;
  }

  /** Sends to Lab, and resolves with the codes, or the errors' codes. */
  async send(...texts: readonly (string | Uint8Array)[]): Promise<readonly string[]> {
    const channel = await this.channel();
    const answers = texts.map(async (text) => {
      try {
        return (await channel.sendNotification(text)).code;
      } catch (reason) {
        return (reason as { code: string }).code;
      }
    });
    const codes = await Promise.all(answers);
    await this.rig.settle();
    return codes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { sender } of this.#channels.values()) await sender.close();
    for (const client of this.#clients) await client[Symbol.asyncDispose]();
    await this.rig.close();
  }
}
