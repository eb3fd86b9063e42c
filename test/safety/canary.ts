/** A dialogue that goes on while others misbehave, and that knows whether anything was lost, refused or out of order. */

import { notificationType } from '../../shared/index.ts';
import type { Rig } from '../harness/index.ts';

const type = notificationType('MS_ASYNCNOTIFY_UI');
const DIALOGUE = { name: 'Canary', type, style: 'kBiDirectional' } as const;

export class Canary {
  /** What the source was answered, in order. */
  readonly answers: string[] = [];
  readonly #ask: (question: string) => Promise<string>;
  #asked = 0;
  #singing = true;
  readonly #song: Promise<void>;

  private constructor(ask: (question: string) => Promise<string>) {
    this.#ask = ask;
    this.#song = this.#sing();
  }

  /** A listener and a sender of the rig that ask and answer from now on. */
  static async start(rig: Rig): Promise<Canary> {
    const echo = rig.recorder((event) =>
      event.kind === 'notification' ? event.channel?.sendNotification(`${event.text}!`) : undefined,
    );
    const listener = await rig.listener({ user: 'canary', traceReferences: false });
    await listener.registerForNotifications(DIALOGUE, echo);
    const answers = rig.senderRecorder();
    const sender = await rig.sender({ user: 'canary', traceReferences: false });
    const channel = await sender.createNotificationChannel(DIALOGUE, answers);
    return new Canary(async (question) => {
      await channel.sendNotification(question);
      return (await answers.nextNotification()).text;
    });
  }

  async #sing(): Promise<void> {
    while (this.#singing) {
      this.answers.push(await this.#ask(`${this.#asked++}`));
      // Others get their turn between two questions.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Resolves when it was answered at least so many times more. Rejects as soon as it is not. */
  async sings(times = 3): Promise<void> {
    const enough = this.answers.length + times;
    const waiting = (async () => {
      while (this.answers.length < enough) await new Promise<void>((resolve) => setImmediate(resolve));
    })();
    await Promise.race([waiting, this.#song]);
  }

  /** Stops, and resolves with what is wrong: questions that were not answered in order, one answer each. */
  async stop(): Promise<string[]> {
    this.#singing = false;
    await this.#song;
    return this.answers.filter((answer, index) => answer !== `${index}!`);
  }
}
