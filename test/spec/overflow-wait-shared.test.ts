/** Overflow `wait` where two registrations of one session share the last room (PROTOCOL.md section 6). */

import { expect, test } from 'vitest';
import { notificationType } from '../../shared/index.ts';
import { startRig } from '../harness/index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');

test('loses nothing where two registrations of one session share the last room', async () => {
  await using rig = await startRig({ limits: { sessionHeldObjects: 1, queueBytes: 1 } });
  const seen = [rig.recorder(), rig.recorder()];
  const listener = await rig.listener();
  for (const one of seen) await listener.registerForNotifications({ name: 'Lab', type }, one);
  const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type, overflow: 'wait' });
  const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((text) => channel.sendNotification(text)));
  expect(outcomes.map(({ code }) => code)).toEqual(['S_OK', 'S_OK', 'S_OK', 'S_OK']);
  await rig.settle();
  expect(seen.map(({ texts }) => texts)).toEqual([
    ['a', 'b', 'c', 'd'],
    ['a', 'b', 'c', 'd'],
  ]);
});
