/**
 * Large objects, whose memory the spooler uses again: whoever is slow, queues or leaves, nobody ever gets anything but
 * what was sent. Without a rig, whose links keep all memory.
 */

import { afterEach, expect, test, vi } from 'vitest';
import { connectSender, type Overflow } from '../../client/sender.ts';
import { serve } from '../../spooler/ws-server.ts';
import { digest, expectInOrder, hear, spoilWhatIsFree, type } from './spoilt-spooler.ts';

const KiB = 1024;
const SIZES = [20, 40, 64, 300, 1_100, 40, 2_500].map((kib) => kib * KiB + 7);
const ROUNDS = 6;

function payload(number: number): Buffer {
  const bytes = Buffer.alloc(SIZES[number % SIZES.length] as number, number + 1);
  bytes.writeUInt32BE(number);
  return bytes;
}

const EXPECTED = Array.from({ length: SIZES.length * ROUNDS }, (_, number) => digest(payload(number)));

/** A slow one gives each back in a later turn. */
const slowly = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.restoreAllMocks();
});

test.each<Overflow>(['wait', 'lose'])('overflow %s: what arrives is what was sent', async (overflow) => {
  const spoilt = spoilWhatIsFree();
  await using server = await serve({ port: 0, limits: { registrationHeldBytes: 3 * KiB * KiB } });
  const ears = await Promise.all(
    [false, true, false, false].map((slow) => hear(server.url, slow ? slowly : () => undefined)),
  );
  const sender = await connectSender(server.url, { user: 'ann' });
  const channel = await sender.createNotificationChannel({ name: 'Lab', type, overflow });
  // Where nobody has room, who may lose is told so.
  const sends = EXPECTED.map((_, number) => channel.sendNotification(payload(number)).catch(() => undefined));
  await sends[SIZES.length];
  // One leaves in the middle.
  await ears[3]?.listener.close();
  await Promise.all(sends);
  await channel.closeChannel();
  const due = overflow === 'wait' ? EXPECTED.length : 1;
  const fewest = (): number => Math.min(...ears.slice(0, 3).map(({ digests }) => digests.length));
  await vi.waitFor(() => expect(fewest()).toBeGreaterThanOrEqual(due), { timeout: 10_000 });
  await sender.close();
  for (const { listener } of ears) await listener.close();
  // With `lose`, and for the one that left, some may lack.
  for (const ear of ears) expectInOrder(ear, EXPECTED);
  expect(spoilt.size).toBeGreaterThan(0);
});
