/** A spooler that has run out of file descriptors (T20): who is there is served as before, and there is room again when somebody goes. */

import { expect, test } from 'vitest';
import { connectListener } from '../../client/listener.ts';
import { connectSender, type Sender } from '../../client/sender.ts';
import { notificationType, type SpoolError } from '../../shared/index.ts';
import { Recorder } from '../harness/index.ts';
import { Child } from './child.ts';
import { eventually } from './eventually.ts';

const SPOOLER = new URL('spooler.mjs', import.meta.url);
const type = notificationType('SAMPLE_NOTIFICATION_UI');

test.skipIf(process.platform === 'win32')(
  '400 clients at a spooler that may have 256 descriptors (T20)',
  { timeout: 60_000 },
  async () => {
    await using spooler = Child.start(SPOOLER, ['0'], { descriptors: 256 });
    const url = await spooler.line();
    const seen = new Recorder();
    await using listener = await connectListener(url, { user: 'ann' });
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    await using sender = await connectSender(url, { user: 'ann' });
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    const talk = async (text: string): Promise<void> => {
      expect(await channel.sendNotification(text)).toMatchObject({ code: 'S_OK' });
      expect((await seen.nextNotification()).text).toBe(text);
    };
    await talk('before');

    const tries = await Promise.allSettled(
      Array.from({ length: 400 }, () => connectSender(url, { user: 'ann', connectTime: 5_000 })),
    );
    const crowd: Sender[] = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    try {
      // Some got in, some did not, and those were told so.
      expect(crowd.length).toBeGreaterThan(100);
      expect(crowd.length).toBeLessThan(256);
      const refusals = tries.flatMap((one) => (one.status === 'rejected' ? [one.reason as SpoolError] : []));
      expect(refusals.filter(({ code }) => code !== 'CONNECTION_FAILED' && code !== 'TIMED_OUT')).toEqual([]);
      for (let round = 0; round < 20; round++) await talk(`in the crowd ${round}`);
      // None of the crowd is a second-rate client either.
      await Promise.all(crowd.map((one) => one.roundTrip()));
      await Promise.all(crowd.splice(0, 50).map((one) => one.close()));
      const late = await connectSender(url, { user: 'ann' });
      crowd.push(late);
      await late.roundTrip();
    } finally {
      await Promise.all(crowd.map((one) => one.close()));
    }
    await talk('after');
    let said = '';
    await eventually(
      async () => JSON.parse((said = await spooler.ask('stats'))).sessions === 2,
      () => said,
    );
    expect(JSON.parse(said)).toMatchObject({ sessions: 2, registrations: 1, channels: 1 });
  },
);
