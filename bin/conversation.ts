/** One channel of `spoolpipe send`: what is sent on it, what comes back, and what is said about both. */

import type { ChannelSpecification, Outcome, Sender, SenderChannel } from '../client/sender.ts';
import { SpoolError } from '../shared/index.ts';
import { type Answer, Answers } from './answers.ts';
import { bytes, forPeople, inJson } from './display.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { nearest } from './explain.ts';
import type { Output } from './output.ts';

type Payload = Uint8Array | null;

/** Sends under way at once on a unidirectional channel. */
const WINDOW_OBJECTS = 256;
const WINDOW_BYTES = 4 * 1024 * 1024;

export class Conversation {
  readonly #channel: SenderChannel;
  readonly #answers: Answers;
  readonly #output: Output;

  private constructor(channel: SenderChannel, answers: Answers, output: Output) {
    this.#channel = channel;
    this.#answers = answers;
    this.#output = output;
  }

  static async open(sender: Sender, specification: ChannelSpecification, output: Output): Promise<Conversation> {
    const answers = new Answers();
    return new Conversation(await sender.createNotificationChannel(specification, answers), answers, output);
  }

  /** Throws the error that ended it early. */
  async send(payload: Payload, repeat: number, expectReply: boolean): Promise<void> {
    if (this.#channel.interest.style === 'kUniDirectional') return this.#tell(payload, repeat);
    for (let turn = 1; turn <= repeat; turn++) {
      await this.#ask(payload);
      if (turn === 1)
        await this.#explainIfUnheard(expectReply ? '; it is held for whoever comes' : '; closing drops it');
      if (!expectReply) return;
      const answer = await this.#answers.next();
      await this.#show(answer);
      if (answer.closed && turn < repeat)
        throw new CommandError(EXIT.rundown, `the listener closed the channel after ${turn} of ${repeat}`);
    }
  }

  /** With a last message or, for null, without one. */
  async close(last: Payload): Promise<void> {
    if (this.#channel.state !== 'open') return;
    try {
      await this.#channel.closeChannel(last);
    } catch (reason) {
      // A listener closed it at the same time.
      if (!isAlreadyClosed(reason)) throw reason;
    }
  }

  // ------------------------------------------------------------------------------------------ unidirectional

  /** The first error stops it; what is under way then is still counted. */
  async #tell(payload: Payload, repeat: number): Promise<void> {
    const size = payload?.length ?? 0;
    const window = Math.max(1, Math.min(WINDOW_OBJECTS, Math.floor(WINDOW_BYTES / Math.max(1, size))));
    const counts = new Map<string, Outcome & { count: number }>();
    const count = ({ code, hresult }: Outcome): void => {
      const counted = counts.get(code);
      if (counted) counted.count++;
      else counts.set(code, { code, hresult, count: 1 });
    };
    let failure: SpoolError | undefined;
    let left = repeat;
    const sendSome = async (): Promise<void> => {
      while (left > 0 && failure === undefined) {
        left--;
        try {
          count(await this.#channel.sendNotification(payload));
        } catch (reason) {
          const error = SpoolError.from(reason, 'CONNECTION_LOST');
          failure ??= error;
          count(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(window, repeat) }, sendSome));
    for (const { code, hresult, count } of counts.values()) await this.#sent({ code, hresult }, count, size);
    if (failure) throw failure;
    if (counts.has('NO_LISTENERS')) await this.#explainIfUnheard('');
  }

  // ------------------------------------------------------------------------------------------ bidirectional

  async #ask(payload: Payload): Promise<void> {
    try {
      await this.#sent(await this.#channel.sendNotification(payload), 1, payload?.length ?? 0);
    } catch (reason) {
      // Closed by a listener meanwhile: its last message is the answer.
      if (!isAlreadyClosed(reason)) throw reason;
    }
  }

  /** Throws for a rundown. */
  async #show({ type, data, closed }: Answer): Promise<void> {
    const size = data?.length ?? 0;
    if (closed?.isRelease) {
      await this.#output.record({ event: 'closed', cause: closed.cause, type, size, encoding: null, data: null });
      const triple = '(null, 0, NOTIFICATION_RELEASE)';
      throw new CommandError(EXIT.rundown, `closed without an answer: ${triple}, cause ${closed.cause}`);
    }
    const head = { event: 'reply', closed: closed !== undefined, type, size };
    if (this.#output.json) await this.#output.record({ ...head, ...inJson(data) });
    else if (process.stdout.isTTY) await this.#output.result(head, forPeople(data));
    else if (data) await this.#output.bytes(data);
  }

  // ------------------------------------------------------------------------------------------ what people are told

  async #sent({ code, hresult }: Outcome, count: number, size: number): Promise<void> {
    this.#output.say(`sent ${count === 1 ? '' : `${count} × `}${bytes(size)}: ${code}`);
    await this.#output.record({ event: 'sent', code, hresult, count, size });
  }

  /** Nobody was told: then this says who came nearest, and in what they differ (OBS-1, OBS-4). */
  async #explainIfUnheard(fate: string): Promise<void> {
    const explanation = await this.#channel.explain();
    if (explanation.matches > 0) return;
    const said =
      explanation.nearest.length > 0
        ? `${fate}. The nearest:\n${nearest(explanation, 'channel')}`
        : `, nor for anything else${fate}`;
    this.#output.say(`nobody is registered for this${said}`);
    await this.#output.record({ event: 'unheard', ...explanation });
  }
}

function isAlreadyClosed(reason: unknown): boolean {
  return reason instanceof SpoolError && reason.code === 'CHANNEL_ALREADY_CLOSED';
}
