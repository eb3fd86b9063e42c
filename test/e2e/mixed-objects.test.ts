/**
 * Objects of all sizes at once, to listeners of all kinds, and conversations beside them, while whatever memory the
 * spooler could use again is spoilt: nobody ever gets anything but what was sent. Without a rig, whose links keep all
 * memory.
 */

import { afterEach, expect, test, vi } from 'vitest';
import { connectListener } from '../../client/listener.ts';
import { connectSender, type Overflow, type SenderChannel } from '../../client/sender.ts';
import { serve } from '../../spooler/ws-server.ts';
import { digest, expectInOrder, hear, spoilWhatIsFree, type } from './spoilt-spooler.ts';

const KiB = 1024;
/** Those that fill rooms, meet their edges, wait in pieces, and are too large for any. */
const SIZES = [64, 300, 5_000, 64, 4_096, 20_000, 65_520, 65_536, 33_000, 70_000, 200, 300_000, 64, 1_048_560, 16_384];
const LARGE = 3 * KiB * KiB;
const COUNT = 240;

function sizeOf(number: number): number {
  return number % 60 === 59 ? LARGE : (SIZES[(number * 7) % SIZES.length] as number);
}

/** Bytes that show which it is. */
function payload(number: number): Buffer {
  const bytes = Buffer.alloc(sizeOf(number), number + 1);
  bytes.writeUInt32BE(number);
  return bytes;
}

const EXPECTED = Array.from({ length: COUNT }, (_, number) => digest(payload(number)));

type Manner = 'fast' | 'slow' | 'pausing' | 'leaving';

/** How long each makes what it is given wait, and whoever sends it; number: of the object. */
const MANNERS: Readonly<Record<Manner, (number: number) => Promise<void> | undefined>> = {
  fast: () => undefined,
  slow: () => new Promise((resolve) => setImmediate(resolve)),
  pausing: (number) => (number % 30 === 0 ? new Promise((resolve) => setTimeout(resolve, 15)) : undefined),
  leaving: () => undefined,
};

async function listen(url: string, manner: Manner) {
  const ear = await hear(url, ({ listener, digests }) => {
    if (manner === 'leaving' && digests.length === 40) void listener.close();
    return MANNERS[manner](digests.length);
  });
  return { manner, ...ear };
}

/** A listener that answers each message with the same again. */
async function echo(url: string) {
  const listener = await connectListener(url, { user: 'ann' });
  await listener.registerForNotifications(
    { name: 'Desk', type, style: 'kBiDirectional' },
    {
      async onEventNotify(channel, data) {
        const lease = data.acquireData();
        const bytes = Buffer.from(lease.data ?? []);
        lease.releaseData();
        await channel?.sendNotification(bytes);
      },
    },
  );
  return listener;
}

/** Says one after the other, each when the one before has come back; resolves with what came back. */
async function converse(url: string, numbers: readonly number[]): Promise<string[]> {
  const sender = await connectSender(url, { user: 'ann' });
  const heard: string[] = [];
  let channel: SenderChannel | undefined;
  await new Promise<void>((resolve, reject) => {
    const say = (): void => {
      const number = numbers[heard.length];
      if (number === undefined) return resolve();
      channel?.sendNotification(payload(number)).catch(reject);
    };
    sender
      .createNotificationChannel(
        { name: 'Desk', type, style: 'kBiDirectional' },
        {
          onEventNotify(_, data) {
            const lease = data.acquireData();
            heard.push(digest(lease.data));
            lease.releaseData();
            setImmediate(say);
          },
        },
      )
      .then((made) => {
        channel = made;
        say();
      }, reject);
  });
  await channel?.closeChannel();
  await sender.close();
  return heard;
}

afterEach(() => {
  vi.restoreAllMocks();
});

test.each<Overflow>(['wait', 'lose'])(
  'overflow %s: everybody gets what was sent, in order',
  async (overflow) => {
    const spoilt = spoilWhatIsFree();
    const limits = { registrationHeldBytes: 4 * KiB * KiB, waitingBytes: 64 * KiB * KiB };
    await using server = await serve({ port: 0, limits });
    const manners: readonly Manner[] = ['fast', 'slow', 'pausing', 'leaving', 'fast'];
    const ears = await Promise.all(manners.map((manner) => listen(server.url, manner)));
    const echoing = await echo(server.url);
    const numbers = Array.from({ length: 40 }, (_, index) => index * 6);
    const conversation = converse(server.url, numbers);
    const sender = await connectSender(server.url, { user: 'ann' });
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, overflow });
    const sends: Promise<unknown>[] = [];
    for (let number = 0; number < COUNT; number++) {
      // Where nobody has room, who may lose is told so.
      sends.push(channel.sendNotification(payload(number)).catch(() => undefined));
      // Some in one turn, some alone.
      if (number % 5 < 2) await new Promise((resolve) => setImmediate(resolve));
      if (number % 20 === 19) await sends.at(-10);
    }
    await Promise.all(sends);
    await channel.closeChannel();
    expect(await conversation).toEqual(numbers.map((number) => EXPECTED[number]));
    const staying = ears.filter(({ manner }) => manner !== 'leaving');
    const due = overflow === 'wait' ? COUNT : 1;
    const fewest = (): number => Math.min(...staying.map(({ digests }) => digests.length));
    await vi.waitFor(() => expect(fewest()).toBeGreaterThanOrEqual(due), { timeout: 10_000 });
    await sender.close();
    await echoing.close();
    for (const { listener } of staying) await listener.close();
    // With `lose`, and for the one that left, some may lack.
    for (const ear of ears) expectInOrder(ear, EXPECTED);
    expect(ears.map(({ digests }) => digests.length >= 40 || overflow === 'lose')).not.toContain(false);
    expect(spoilt.size).toBeGreaterThan(20);
  },
  30_000,
);
