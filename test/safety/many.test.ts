/** One client that wants everything (T8, T19): it meets a limit with a typed error, and the others are served meanwhile. */

import { describe, expect, test } from 'vitest';
import { type Code, guid, hresultOf, notificationType } from '../../shared/index.ts';
import { startRig } from '../harness/index.ts';
import { Canary } from './canary.ts';
import { eventually } from './eventually.ts';
import { codeOf } from './outcome.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const A_WHILE = { timeout: 60_000 };
/** A stack for each of ten thousand data objects would be most of the work. */
const UNTRACED = { traceReferences: false };

/** How often each word came. */
function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Does it a thousand times at once, and the next thousand when a dialogue between others has gone on. */
async function inThousands(count: number, canary: Canary, once: (number: number) => Promise<Code>): Promise<Code[]> {
  const codes: Code[] = [];
  for (let from = 0; from < count; from += 1_000) {
    const length = Math.min(1_000, count - from);
    codes.push(...(await Promise.all(Array.from({ length }, (_, index) => once(from + index)))));
    await canary.sings(1);
  }
  return codes;
}

describe('channels (T8)', () => {
  test(
    '10,000 and one: the last is refused, and the death of their source is told 10,000 times (PAN-248)',
    A_WHILE,
    async () => {
      await using rig = await startRig({ transport: 'websocket', limits: { channels: 10_001 } });
      const canary = await Canary.start(rig);
      const seen = rig.recorder();
      const listener = await rig.listener(UNTRACED);
      await listener.registerForNotifications({ name: null, type, style: 'kBiDirectional' }, seen);
      const sender = await rig.sender(UNTRACED);
      const open = (name: string): Promise<Code> =>
        codeOf(sender.prepareChannel({ name, type, style: 'kBiDirectional' }).createNotificationChannel());
      // The canary has the one that is left of 10,001.
      expect(tally(await inThousands(10_000, canary, (number) => open(`Printer ${number}`)))).toEqual({ S_OK: 10_000 });
      expect(await open('one more')).toBe('MAX_CHANNEL_COUNT_EXCEEDED');
      expect(sender.isOpen).toBe(true);
      expect(rig.spooler.stats().channels).toBe(10_001);
      expect(seen.offers).toHaveLength(10_000);

      rig.cut(sender);
      await canary.sings(3);
      await eventually(() => seen.closes.length === 10_000);
      expect(await canary.stop()).toEqual([]);
      await rig.settle();
      expect(tally(seen.closes.map(({ cause }) => cause))).toEqual({ died: 10_000 });
      expect(new Set(seen.closes.map(({ channel }) => channel)).size).toBe(10_000);
      expect(rig.spooler.stats()).toMatchObject({ channels: 1, sessions: 3, ends: 2, initialBytes: 0 });
      expect(listener.stats()).toMatchObject({ ends: 0, liveObjects: 0 });
      // There is room again.
      const next = await rig.sender();
      await expect(next.createNotificationChannel({ name: 'Lab', type })).resolves.toMatchObject({ state: 'open' });
    },
  );
});

describe('registrations (T19)', () => {
  test(
    '100,000 by one client: its share is taken, the rest refused, and others register meanwhile (PAN-80)',
    A_WHILE,
    async () => {
      await using rig = await startRig({ transport: 'websocket' });
      const canary = await Canary.start(rig);
      const greedy = await rig.listener(UNTRACED);
      const seen = rig.recorder();
      const codes = await inThousands(100_000, canary, (number) => {
        const anyType = guid(`00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`);
        return codeOf(
          greedy.prepareRegistration({ name: `Printer ${number}`, type: anyType }, seen).registerForNotifications(),
        );
      });
      expect(tally(codes)).toEqual({ S_OK: 10_000, MAX_REGISTRATION_COUNT_EXCEEDED: 90_000 });
      expect(greedy.stats().registrations).toBe(10_000);
      const modest = rig.recorder();
      await (await rig.listener()).registerForNotifications({ name: 'Printer 7', type }, modest);
      const sender = await rig.sender();
      const channel = await sender.createNotificationChannel({ name: 'Printer 7', type });
      expect(await channel.sendNotification('for the modest one')).toMatchObject({ code: 'S_OK' });
      expect((await modest.nextNotification()).text).toBe('for the modest one');
      expect(seen.seen).toEqual([]);
      expect(await canary.stop()).toEqual([]);
      await channel.closeChannel();
      rig.cut(greedy);
      await rig.settle();
      expect(rig.spooler.stats()).toMatchObject({ sessions: 4, registrations: 2, heldObjects: 0, queued: 0 });
    },
  );

  test('of all, and for one name: the same code, and unregistering makes room (PAN-247)', async () => {
    await using rig = await startRig({ limits: { registrations: 30, registrationsPerName: 10 } });
    const register = async (name: string, count: number): Promise<Record<string, number>> => {
      const listener = await rig.listener();
      const doing = Array.from({ length: count }, () =>
        codeOf(listener.prepareRegistration({ name, type }, rig.recorder()).registerForNotifications()),
      );
      return tally(await Promise.all(doing));
    };
    expect(await register('Lab', 20)).toEqual({ S_OK: 10, MAX_REGISTRATION_COUNT_EXCEEDED: 10 });
    expect(await register('lab', 1)).toEqual({ MAX_REGISTRATION_COUNT_EXCEEDED: 1 });
    expect(await register('Hall', 10)).toEqual({ S_OK: 10 });
    const last = await rig.listener();
    const [first] = await Promise.all(
      Array.from({ length: 10 }, (_, number) =>
        last.registerForNotifications({ name: `Printer ${number}`, type }, rig.recorder()),
      ),
    );
    expect(await register('one more', 1)).toEqual({ MAX_REGISTRATION_COUNT_EXCEEDED: 1 });
    expect(hresultOf('MAX_REGISTRATION_COUNT_EXCEEDED')).toBe(0x80070015);
    await first?.unregisterForNotifications();
    expect(await register('one more', 1)).toEqual({ S_OK: 1 });
  });

  test('with names that look like patterns: each means itself, letter for letter (GAP-4)', async () => {
    await using rig = await startRig();
    const names = [
      'Lab',
      '.*',
      'L.b',
      '[A-Z]+',
      '(a+)+$',
      'Lab|Hall',
      '*',
      '?',
      '%',
      '_',
      '$&',
      'Lab ',
      ' Lab',
      '..',
      '/',
    ];
    const seen = new Map(names.map((name) => [name, rig.recorder()]));
    const listener = await rig.listener();
    for (const [name, recorder] of seen) await listener.registerForNotifications({ name, type }, recorder);
    const sender = await rig.sender();
    for (const name of [...names, 'Laa', 'a'.repeat(200), 'Lab|hal']) {
      const channel = await sender.createNotificationChannel({ name, type });
      await channel.sendNotification(name);
    }
    await rig.settle();
    expect([...seen].map(([name, { texts }]) => [name, texts])).toEqual(names.map((name) => [name, [name]]));
  });

  test.each([
    ['a backslash', 'Lab\\x'],
    ['a comma', 'Lab,x'],
    ['no printer', ''],
    ['300 characters', 'x'.repeat(300)],
    ['a zero', 'a\u0000b'],
  ])('a name with %s is refused by its code (PAN-54)', async (_, name) => {
    await using rig = await startRig();
    const listener = await rig.listener();
    const refused = listener.prepareRegistration({ name: `\\\\localhost\\${name}`, type }, rig.recorder());
    expect(await codeOf(refused.registerForNotifications())).toBe('ERROR_INVALID_NAME');
    expect(rig.spooler.stats().registrations).toBe(0);
  });
});
