/**
 * Large objects, whose memory the spooler uses again: whoever is slow, queues, waits or dies, nobody ever gets anything
 * but what was sent.
 */

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type DataObject, type Listener, notificationType } from '../../client/listener.ts';
import type { Overflow } from '../../client/sender.ts';
import { startRig } from '../harness/index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const KiB = 1024;
const SIZES = [20, 40, 64, 300, 1_100, 40, 2_500].map((kib) => kib * KiB + 7);
const ROUNDS = 6;

function payload(number: number): Buffer {
  const bytes = Buffer.alloc(SIZES[number % SIZES.length] as number, number + 1);
  bytes.writeUInt32BE(number);
  return bytes;
}

function digest(bytes: Uint8Array | null): string {
  return createHash('sha256')
    .update(bytes ?? new Uint8Array(0))
    .digest('hex');
}

const EXPECTED = Array.from({ length: SIZES.length * ROUNDS }, (_, number) => digest(payload(number)));

test.each<Overflow>(['wait', 'lose'])('overflow %s: what arrives is what was sent', async (overflow) => {
  await using rig = await startRig({ transport: 'websocket', limits: { registrationHeldBytes: 3 * KiB * KiB } });
  const seen: string[][] = [];
  const listeners: Listener[] = [];
  const held: DataObject[] = [];
  for (let index = 0; index < 4; index++) {
    const digests: string[] = [];
    seen.push(digests);
    const listener = await rig.listener({ traceReferences: false });
    listeners.push(listener);
    await listener.registerForNotifications(
      { name: 'Lab', type },
      {
        onEventNotify(_, data) {
          const lease = data.acquireData();
          digests.push(digest(lease.data));
          lease.releaseData();
          // One of them is slow to give back: what comes queues for it.
          if (index !== 1) return;
          data.addRef();
          held.push(data);
          if (held.length > 2) held.shift()?.release();
        },
      },
    );
  }
  const sender = await rig.sender({ traceReferences: false });
  const channel = await sender.createNotificationChannel({ name: 'Lab', type, overflow });
  // Where nobody has room, who may lose is told so.
  const sends = EXPECTED.map((_, number) => channel.sendNotification(payload(number)).catch(() => undefined));
  // One leaves in the middle.
  await sends[SIZES.length];
  await listeners[3]?.close();
  for (let settled = false; !settled; ) {
    settled = await Promise.race([Promise.all(sends).then(() => true), rig.settle().then(() => false)]);
    held.shift()?.release();
  }
  await rig.settle();
  for (const object of held.splice(0)) object.release();
  await rig.settle();
  for (const digests of seen) {
    // In order, each as it was sent; with `lose` some may lack.
    let from = 0;
    for (const one of digests) {
      const at = EXPECTED.indexOf(one, from);
      expect(at).toBeGreaterThanOrEqual(from);
      from = at + 1;
    }
  }
  const whole = seen.slice(0, 3).filter(({ length }) => length === EXPECTED.length);
  expect(whole.length).toBeGreaterThanOrEqual(overflow === 'wait' ? 3 : 0);
  expect(seen[0]?.length).toBeGreaterThan(0);
});
