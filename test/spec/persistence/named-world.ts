/** What happens to a listener that names itself, as one may imagine it; and that what it is given is what it should be. */

import type { Retention } from '../../../shared/persistence/registrations.ts';
import type { RawAttachment, RawPersistentClient } from './raw-attachment.ts';
import { type HeldStore, RegistrationStage } from './registration-stage.ts';

export type Op =
  | { readonly kind: 'send'; readonly count: number }
  | { readonly kind: 'attach' | 'detach' | 'die' | 'restart' | 'crash' }
  | { readonly kind: 'acknowledge'; readonly share: number }
  /** The spooler dies while this is under way: before it is stored, or before the sender hears of it. */
  | { readonly kind: 'crashSending'; readonly count: number; readonly stored: boolean };

export class World {
  stage!: RegistrationStage;
  /** In the order in which they were sent; those that nobody was told of may be kept or not. */
  readonly sent: { readonly text: string; readonly sure: boolean }[] = [];
  /** By number, everything that was ever given. */
  readonly known = new Map<number, string>();
  acknowledged = 0;
  /** Notifications that it is known to somebody that they are lost. */
  heard = 0;
  #heardOfThis = 0;
  readonly #retention: Partial<Retention>;
  #client: RawPersistentClient | undefined;
  #attachment: RawAttachment | undefined;
  /** Numbers that were given to an attachment before. */
  #before = new Set<number>();

  constructor(retention: Partial<Retention>) {
    this.#retention = retention;
  }

  async begin(): Promise<void> {
    this.stage = await RegistrationStage.start();
    await this.#attach();
  }

  async run(one: Op): Promise<void> {
    switch (one.kind) {
      case 'send': {
        const texts = this.#texts(one.count);
        const codes = await this.stage.send(...texts);
        must(
          codes.every((code) => code === 'S_OK'),
          codes.join(),
        );
        this.sent.push(...texts.map((text) => ({ text, sure: true })));
        return this.check();
      }
      case 'attach':
        return this.#attach();
      case 'detach':
        if (this.#client && this.#attachment) await this.#client.detach(this.#attachment);
        this.#heard();
        return this.#leave();
      case 'die':
        await this.#client?.die();
        return this.#leave();
      case 'acknowledge':
        return this.#acknowledge(one.share);
      case 'restart':
        return this.#startAgain(this.stage.store);
      case 'crash':
        return this.#startAgain(await this.stage.store.copy());
      case 'crashSending':
        return this.#crashSending(one);
    }
  }

  /** Somebody attaches and is given everything that is there. */
  async finish(): Promise<RawAttachment> {
    await this.#attach();
    return this.#attachment as RawAttachment;
  }

  async end(): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
  }

  /** What was given is what it should be. */
  check(): void {
    if (!this.#attachment) return;
    let last: number | undefined;
    for (const { number, text, redelivered } of this.#attachment.given) {
      must(last === undefined || number > last, `${number} came after ${last}`);
      last = number;
      const known = this.known.get(number);
      must(known === undefined || text === known, `${number} was ${known}, and is ${text}`);
      this.known.set(number, text ?? '');
      must(redelivered || !this.#before.has(number), `${number} came again and did not say so`);
    }
  }

  #texts(many: number): string[] {
    return Array.from({ length: many }, (_, index) => `${this.sent.length + index}`);
  }

  async #attach(): Promise<void> {
    this.#leave();
    this.#client = await this.stage.client();
    this.#attachment = await this.#client.attach('desk', { retention: this.#retention });
    must(!this.#attachment.early, 'something came before the answer');
    this.check();
  }

  /** What it was given counts as given before, for the next. */
  #leave(): void {
    this.check();
    for (const { number } of this.#attachment?.given ?? []) this.#before.add(number);
    this.#attachment = undefined;
    this.#client = undefined;
    this.#heardOfThis = 0;
  }

  /** Of what it was told it is not told again. */
  #heard(): void {
    if (!this.#attachment) return;
    const told = (this.#attachment.attached?.lost ?? 0) + this.#attachment.lost;
    this.heard += told - this.#heardOfThis;
    this.#heardOfThis = told;
  }

  async #acknowledge(share: number): Promise<void> {
    const numbers = this.#attachment?.numbers ?? [];
    const number = numbers[Math.floor(share * (numbers.length - 1))];
    if (number === undefined || !this.#client || !this.#attachment) return;
    await this.#client.acknowledge(this.#attachment, number);
    this.acknowledged = Math.max(this.acknowledged, number);
    this.#heard();
    await this.stage.rig.settle();
    this.check();
  }

  async #crashSending({ count, stored }: { readonly count: number; readonly stored: boolean }): Promise<void> {
    const texts = this.#texts(count);
    const channel = await this.stage.channel();
    this.stage.store.hold(stored ? 'answers' : 'writes');
    const sending = Promise.all(texts.map((text) => channel.sendNotification(text)));
    await this.stage.rig.settle();
    const left = await this.stage.store.copy();
    this.sent.push(...texts.map((text) => ({ text, sure: false })));
    this.#leave();
    this.stage.store.letGo();
    await sending;
    await this.#startAgain(left);
  }

  async #startAgain(store: HeldStore): Promise<void> {
    this.#leave();
    await this.stage[Symbol.asyncDispose]();
    this.stage = await RegistrationStage.start({ store });
  }
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
