/** A spooler in a rig that keeps what persistent registrations miss, in a store that outlives it, and who sends to them. */

import type { KeptNotification, Listener, ListenerOptions, PersistentIdentity } from '../../../client/listener.ts';
import { notificationType } from '../../../shared/index.ts';
import { createPersistentRegistrations, MemoryStore } from '../../../spooler/index.ts';
import { type Reaction, type Recorder, type Rig, type RigOptions, startRig } from '../../harness/index.ts';

export const type = notificationType('SAMPLE_NOTIFICATION_UI');
export const LAB = '\\\\localhost\\Lab';
/** Always the least wait: 1,000 ms for the first try. */
export const reconnect = { random: () => 0 };

export async function startOffice(options: RigOptions = {}): Promise<Rig> {
  const store = new MemoryStore();
  const rig: Rig = await startRig({
    wallClock: () => 1_000_000 + rig.clock.now(),
    services: [
      (host) => {
        const [factory] = createPersistentRegistrations({ store }).services;
        if (!factory) throw new Error('no service');
        return factory(host);
      },
    ],
    ...options,
  });
  return rig;
}

/** Attaches to the persistent registration of this ID for the Lab. */
export async function attach(
  listener: Listener,
  seen: Recorder,
  persistent: string | PersistentIdentity = 'label-desk',
  name: string | null = 'Lab',
) {
  return listener.registerForNotifications({ name, type, persistent }, seen);
}

/** A listener that is attached, and what it is told. */
export async function attached(rig: Rig, react?: Reaction, options: Partial<ListenerOptions> = {}) {
  const listener = await rig.listener(options);
  const seen = rig.recorder(react);
  const registration = await attach(listener, seen);
  await rig.settle();
  return { listener, seen, registration };
}

/** Sends these to the Lab, on one channel. Resolves with how that went when everything has arrived where it does. */
export async function tell(rig: Rig, texts: readonly string[], name: string | null = 'Lab'): Promise<string[]> {
  const sender = await rig.sender();
  const channel = await sender.createNotificationChannel({ name, type });
  const results = await Promise.all(
    texts.map((text) =>
      channel.sendNotification(text).then(
        ({ code }) => code,
        ({ code }: { readonly code: string }) => code,
      ),
    ),
  );
  await sender.close();
  await rig.settle();
  return results;
}

/** What is known of the notifications seen so far, but for when. */
export function keptOf(seen: Recorder): Omit<KeptNotification, 'at'>[] {
  return seen.notifications.map(({ kept }) => {
    const { at: _, ...rest } = kept ?? { number: 0, redelivered: false, name: null, at: 0 };
    return rest;
  });
}

/** Number and text, and an asterisk for what was redelivered. */
export function storyOf(seen: Recorder): string[] {
  return seen.notifications.map(({ kept, text }) => `${kept?.number}${kept?.redelivered ? '*' : ''} ${text}`);
}

/** `count` texts. */
export function texts(count: number, word = 'label'): string[] {
  return Array.from({ length: count }, (_, index) => `${word} ${index + 1}`);
}
