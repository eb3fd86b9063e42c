/** A listener that is frozen while a fast sender goes on (T5; PROTOCOL.md 6): bounded memory, nobody else concerned, and told afterwards. */

import { describe, expect, test } from 'vitest';
import type { Gap, Loss } from '../../client/listener.ts';
import { notificationType } from '../../shared/index.ts';
import { startRig, TRANSPORTS } from '../harness/index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const MiB = 1024 * 1024;
/** A stack for each of thousands of data objects would be most of the work. */
const UNTRACED = { traceReferences: false };

describe.each(TRANSPORTS)('over %s', (transport) => {
  test.each([
    { what: 'in objects', count: 8_500, size: 16 },
    { what: 'at 4 KB', count: 3_000, size: 4_096 },
    { what: 'at 64 KB', count: 300, size: 65_536 },
    { what: 'at 1 MB', count: 20, size: MiB },
  ])(
    '$what: the spooler stays bounded, the sender and a healthy listener notice nothing (T5)',
    async ({ count, size }) => {
      await using rig = await startRig({ transport });
      const [healthy, slow] = [rig.recorder(), rig.recorder()];
      await (await rig.listener(UNTRACED)).registerForNotifications({ name: 'Lab', type }, healthy);
      const losses: Loss[] = [];
      const gaps: Gap[] = [];
      const frozen = await rig.listener({
        ...UNTRACED,
        reconnect: { random: () => 0 },
        onLost: (loss) => losses.push(loss),
        onGap: (gap) => gaps.push(gap),
      });
      await frozen.registerForNotifications({ name: 'Lab', type }, slow);
      const sender = await rig.sender(UNTRACED);
      const channel = await sender.createNotificationChannel({ name: 'Lab', type });

      rig.faults(frozen).pause();
      const codes = new Set<string>();
      let most = 0;
      const sends: Promise<unknown>[] = [];
      for (let number = 0; number < count; number++) {
        const data = Buffer.alloc(size);
        data.write(`${number}`);
        sends.push(channel.sendNotification(data).then(({ code }) => codes.add(code)));
        // The healthy one is fast, but no faster than the machine.
        if (number % Math.ceil(MiB / 4 / Math.max(size, 4_096)) === 0) await rig.settle();
        const { heldBytes, queuedBytes } = rig.spooler.stats();
        most = Math.max(most, heldBytes + queuedBytes);
      }
      await Promise.all(sends);
      await rig.settle();
      // Successes both: nobody is refused, and who looks knows that somebody lost something (PAN-116).
      expect([...codes].toSorted()).toEqual(['S_OK', 'UNIRECTIONAL_NOTIFICATION_LOST']);
      expect(most).toBeLessThanOrEqual(16 * MiB);
      expect(healthy.texts.map((text) => Number.parseInt(text, 10))).toEqual(
        Array.from({ length: count }, (_, i) => i),
      );

      // It is cut when it has given nothing back for two seconds, and not before. Nothing settles while it is frozen.
      rig.clock.advance(1_999);
      expect(rig.spooler.stats().sessions).toBe(3);
      rig.clock.advance(1);
      expect(rig.spooler.stats()).toMatchObject({
        sessions: 2,
        heldObjects: 0,
        heldBytes: 0,
        queued: 0,
        queuedBytes: 0,
      });
      const ended = rig.events.find((event) => event.kind === 'sessionEnded');
      expect(ended).toMatchObject({ kind: 'sessionEnded', cause: 'slow' });

      // It thaws: it reads what it was given, is told that it was too slow, comes back, and is told how many it missed.
      rig.faults(frozen).resume();
      await rig.settle();
      expect(losses).toMatchObject([{ code: 4405, cause: 'lost' }]);
      await rig.advance(1_000);
      expect(frozen.state).toBe('connected');
      const missed = count - slow.notifications.length;
      expect(missed).toBeGreaterThan(0);
      expect(gaps).toMatchObject([{ loss: { code: 4405 }, missed: { cause: 'slow', count: missed } }]);
      expect(slow.texts.map((text) => Number.parseInt(text, 10))).toEqual(
        Array.from({ length: count - missed }, (_, i) => i),
      );

      // From then on it is served again, and is told nothing twice.
      expect(await channel.sendNotification('welcome back')).toMatchObject({ code: 'S_OK' });
      await rig.settle();
      expect(slow.texts.at(-1)).toBe('welcome back');
      rig.cut(frozen);
      await rig.advance(1_000);
      expect(gaps.map(({ missed }) => missed?.count)).toEqual([missed, undefined]);
    },
  );

  test('a source that waits is not refused either: what waits goes when the slow one is cut (T5)', async () => {
    await using rig = await startRig({ transport });
    const [healthy, slow] = [rig.recorder(), rig.recorder()];
    await (await rig.listener(UNTRACED)).registerForNotifications({ name: 'Lab', type }, healthy);
    const frozen = await rig.listener();
    await frozen.registerForNotifications({ name: 'Lab', type }, slow);
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type, overflow: 'wait' });
    rig.faults(frozen).pause();
    const outcomes: string[] = [];
    const sends = Array.from({ length: 200 }, async (_, number) => {
      const data = Buffer.alloc(65_536);
      data.write(`${number}`);
      outcomes.push((await channel.sendNotification(data)).code);
    });
    await rig.settle();
    expect(outcomes.length).toBeLessThan(200);
    rig.clock.advance(2_000);
    await Promise.all(sends);
    expect(outcomes).toEqual(Array.from({ length: 200 }, () => 'S_OK'));
    rig.faults(frozen).resume();
    await rig.settle();
    expect(healthy.texts.map((text) => Number.parseInt(text, 10))).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(frozen.state).toBe('closed');
  });

  test('one that gives something back now and then is slow, not frozen: it is not cut', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 2 } });
    let give: () => void = () => {};
    const seen = rig.recorder((event) =>
      event.kind === 'notification' ? new Promise<void>((resolve) => (give = resolve)) : undefined,
    );
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    for (let number = 0; number < 20; number++) await channel.sendNotification(`${number}`);
    for (let second = 0; second < 19; second++) {
      await rig.advance(1_500);
      expect(listener.state).toBe('connected');
      give();
      await rig.settle();
    }
    expect(seen.texts).toEqual(Array.from({ length: 20 }, (_, number) => `${number}`));
    give();
    await rig.settle();
  });
});
