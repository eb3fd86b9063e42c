/** Two listeners and a source on one bidirectional channel, brought to a state of section 4.4 of the fact sheet. */

import type { Listener, ListenerChannel } from '../../client/listener.ts';
import type { Sender, SenderChannel } from '../../client/sender.ts';
import { notificationType, SpoolError } from '../../shared/index.ts';
import type { Recorder, Rig } from '../harness/index.ts';

export const TYPE = notificationType('SAMPLE_NOTIFICATION_UI');

/** What both sides of a stage ask for. */
export const DIALOGUE = { name: 'Lab', type: TYPE, style: 'kBiDirectional' } as const;

/**
 * `B1`: open, nothing sent. `B2`: both listeners hold "q1". `B3`: c1 answered "a1" and is the owner, it is the source's turn.
 * `B4`: c1 holds "q2".
 */
export type StageState = 'B1' | 'B2' | 'B3' | 'B4';

export interface Party {
  readonly listener: Listener;
  readonly seen: Recorder;
  /** Its own end of the channel (PAN-16). */
  readonly channel: ListenerChannel;
}

export interface Stage {
  readonly c1: Party;
  readonly c2: Party;
  readonly sender: Sender;
  readonly source: SenderChannel;
  readonly answers: Recorder<SenderChannel>;
  /** The channel's state in the spooler's words; undefined once it is closed. */
  readonly state: () => Promise<string | undefined>;
}

export async function stage(rig: Rig, state: StageState): Promise<Stage> {
  const waiting = [await registered(rig), await registered(rig)] as const;
  const sender = await rig.sender();
  const answers = rig.senderRecorder();
  const source = await sender.createNotificationChannel(DIALOGUE, answers);
  const [c1, c2] = [await offered(waiting[0]), await offered(waiting[1])];
  if (state !== 'B1') {
    await source.sendNotification('q1');
    await c1.seen.nextNotification();
    await c2.seen.nextNotification();
  }
  if (state === 'B3' || state === 'B4') {
    await c1.channel.sendNotification('a1');
    await answers.nextNotification();
    await c2.seen.nextClose();
  }
  if (state === 'B4') {
    await source.sendNotification('q2');
    await c1.seen.nextNotification();
  }
  return { c1, c2, sender, source, answers, state: async () => (await sender.status()).channels[0]?.state };
}

/** A listener that is registered for the dialogue. */
export async function registered(rig: Rig, seen: Recorder = rig.recorder()): Promise<Omit<Party, 'channel'>> {
  const listener = await rig.listener();
  await listener.registerForNotifications(DIALOGUE, seen);
  return { listener, seen };
}

/** The same once it was offered a channel. */
export async function offered(party: Omit<Party, 'channel'>): Promise<Party> {
  return { ...party, channel: (await party.seen.nextOffer()).channel };
}

/** The error a call ends with, caught at once: for a call that is refused while the test does something else. */
export async function refusalOf(call: Promise<unknown>): Promise<SpoolError | undefined> {
  try {
    await call;
    return undefined;
  } catch (reason) {
    return SpoolError.from(reason, 'PROTOCOL_VIOLATED');
  }
}
