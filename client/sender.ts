/**
 * `spoolpipe/sender`: the driver's side. Opens channels, sends notifications, takes the answers.
 *
 * ```ts
 * const sender = await connectSender();
 * const channel = await sender.createNotificationChannel({ name: 'Lab', type: notificationType('MS_ASYNCNOTIFY_UI') });
 * await channel.sendNotification('paper jam');
 * await channel.closeChannel();
 * await sender.close();
 * ```
 */

import { type DialOptions, defaultUrl, dial, named } from './dial.ts';
import { createSender, type Sender, type SenderOptions } from './notification-source.ts';

export type { Overflow } from '../shared/index.ts';
export * from './connection-names.ts';
export { type DialOptions, dial } from './dial.ts';
export * from './notification-names.ts';
export { createSender, Sender, type SenderOptions } from './notification-source.ts';
export { type ChannelSpecification, type SenderCallback, SenderChannel } from './sender-channel.ts';

/**
 * Connects to a spooler, by default the one that SPOOLPIPE_URL names, or ws://127.0.0.1:6310; as whom SPOOLPIPE_TOKEN or
 * SPOOLPIPE_USER says, or as the operating system's user. Rejects with `CONNECTION_FAILED`, `UNAUTHORIZED`, `TIMED_OUT`.
 */
export async function connectSender(
  url: string | URL = defaultUrl(),
  options: SenderOptions & DialOptions = {},
): Promise<Sender> {
  const asked = named(options);
  return createSender(await dial(url, asked), asked);
}
