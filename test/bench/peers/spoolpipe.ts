/** This package, at its defaults but for what a workload is about. */

import { connectListener } from '../../../client/listener.ts';
import { type ConversationStyle, connectSender, notificationType, type Overflow } from '../../../client/sender.ts';
import { type Limits, VERSION } from '../../../shared/index.ts';
import type { BenchPipe, OnAnswer, Peer } from '../peer.ts';

export interface SpoolpipeOptions {
  /** What listeners register for; default `kUniDirectional`, for pipes. */
  readonly style?: ConversationStyle;
  /** Of pipes; default `wait`, which loses nothing. */
  readonly overflow?: Overflow;
  readonly limits?: Partial<Limits>;
}

export const PRINTER = 'Lab';
export const TYPE = notificationType('SAMPLE_NOTIFICATION_UI');
/** Pipes go one way: an answer to an object in one goes through another, of this type. */
const ANSWERS = notificationType('MS_ASYNCNOTIFY_UI');

export function spoolpipe({ style = 'kUniDirectional', overflow = 'wait', limits = {} }: SpoolpipeOptions = {}): Peer {
  return {
    name: 'spoolpipe',
    version: () => `spoolpipe ${VERSION}`,
    missing: () => undefined,

    async startBroker() {
      // Only here: a sender or a listener does not load a spooler.
      const { serve } = await import('../../../spooler/index.ts');
      const server = await serve({ port: 0, limits });
      return { url: server.url, pid: process.pid, stop: () => server.close() };
    },

    async connectSender(url, onAnswer) {
      const sender = await connectSender(url);
      const answers = style === 'kUniDirectional' ? await listenForAnswers(url, onAnswer) : undefined;
      const specification = { name: PRINTER, type: TYPE, style };
      return {
        async openPipe(): Promise<BenchPipe> {
          const channel = await sender.createNotificationChannel({ ...specification, overflow });
          return { send: (bytes) => channel.sendNotification(bytes) };
        },
        async openConversation(): Promise<BenchPipe> {
          const channel = await sender.createNotificationChannel(specification, {
            onEventNotify(_, data) {
              const lease = data.acquireData();
              if (lease.data) onAnswer(lease.data);
              lease.releaseData();
            },
          });
          return { send: (bytes) => channel.sendNotification(bytes) };
        },
        async close() {
          await answers?.close();
          // What is still to be answered is no loss.
          await sender.roundTrip();
          await sender.close();
        },
      };
    },

    async connectListener(url, onObject) {
      const listener = await connectListener(url);
      const back = new WayBack(url);
      const answerPipe = (bytes: Uint8Array): void => back.send(bytes);
      await listener.registerForNotifications(
        { name: PRINTER, type: TYPE, style },
        {
          onEventNotify(channel, data) {
            // Not with `using`: where it has to be compiled away, it costs more than everything else here.
            const lease = data.acquireData();
            const bytes = lease.data;
            if (bytes && channel) {
              // Bytes that are only borrowed go as the object they belong to, which lives until they are sent.
              onObject(bytes, (answer) => void channel.sendNotification(answer === bytes ? data : answer));
            } else if (bytes) {
              onObject(bytes, answerPipe);
            }
            lease.releaseData();
          },
        },
      );
      return {
        async close() {
          await back.close();
          await listener.roundTrip();
          await listener.close();
        },
      };
    },
  };
}

async function listenForAnswers(url: string, onAnswer: OnAnswer): Promise<{ close(): Promise<void> }> {
  const listener = await connectListener(url);
  await listener.registerForNotifications(
    { name: PRINTER, type: ANSWERS },
    {
      onEventNotify(_, data) {
        const lease = data.acquireData();
        if (lease.data) onAnswer(lease.data);
        lease.releaseData();
      },
    },
  );
  return listener;
}

/** From a listener to the sender; there once it is needed. */
class WayBack {
  readonly #url: string;
  #opened: ReturnType<WayBack['open']> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  send(bytes: Uint8Array): void {
    this.#opened ??= this.open();
    void this.#opened.then(({ channel }) => channel.sendNotification(bytes));
  }

  async close(): Promise<void> {
    const opened = await this.#opened;
    await opened?.sender.roundTrip();
    await opened?.sender.close();
  }

  async open() {
    const sender = await connectSender(this.#url);
    return { sender, channel: await sender.createNotificationChannel({ name: PRINTER, type: ANSWERS }) };
  }
}
