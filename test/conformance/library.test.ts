/** What our libraries never send: values that a peer would end the session for are refused in the call that has them. */

import { describe, expect, test } from 'vitest';
import { startRig, TRANSPORTS } from '../harness/index.ts';
import { TYPE } from './wire-peer.ts';

const callback = { onEventNotify: (): void => {} };

describe.each(TRANSPORTS)('over %s', (transport) => {
  test.each([
    ['a name of 2,000 characters', { name: `\\\\localhost\\${'x'.repeat(2_000)}`, type: TYPE }],
    ['a name of 5,000 characters', { name: `\\\\localhost\\${'x'.repeat(5_000)}`, type: TYPE }],
  ])('%s is refused, and the connection lives', async (_, specification) => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    await expect(listener.registerForNotifications(specification, callback)).rejects.toMatchObject({
      code: 'E_INVALIDARG',
    });
    await expect(listener.explain(specification)).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    const sender = await rig.sender();
    await expect(sender.createNotificationChannel(specification)).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    expect(listener.stats()).toMatchObject({ requests: 0, registrations: 0 });
    await listener.roundTrip();
    await sender.roundTrip();
  });

  test.each([
    ['no characters', ''],
    ['257 characters', 'u'.repeat(257)],
  ])('a channel for a user of %s is refused, and the connection lives', async (_, user) => {
    await using rig = await startRig({ transport });
    const sender = await rig.sender();
    const channel = sender.createNotificationChannel({ name: 'Lab', type: TYPE, user });
    await expect(channel).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    await sender.roundTrip();
    expect(sender.stats().requests).toBe(0);
  });

  test('a user that no hello can carry is refused at once', async () => {
    await using rig = await startRig({ transport });
    await expect(rig.sender({ user: 'u'.repeat(257) })).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    await rig.settle();
    expect(rig.spooler.stats().sessions).toBe(0);
  });
});
