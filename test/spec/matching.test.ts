/** Who receives: section 3.2 of the fact sheet, for both styles, and how names meet (GAP-4). */

import { describe, expect, test } from 'vitest';
import type { RegistrationSpecification } from '../../client/listener.ts';
import type { ChannelSpecification, Sender } from '../../client/sender.ts';
import { type ConversationStyle, notificationType, SpoolError, type UserFilter } from '../../shared/index.ts';
import { TokenTable } from '../../spooler/index.ts';
import { type Recorder, type Rig, startRig, TRANSPORTS } from '../harness/index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const otherType = notificationType('MS_ASYNCNOTIFY_UI');
const STYLES: readonly ConversationStyle[] = ['kUniDirectional', 'kBiDirectional'];

/** A listener of the user that is registered. */
async function registered(
  rig: Rig,
  user: string,
  specification: Partial<RegistrationSpecification>,
): Promise<Recorder> {
  const seen = rig.recorder();
  const listener = await rig.listener({ user });
  await listener.registerForNotifications({ name: 'Lab', type, ...specification }, seen);
  return seen;
}

/** Opens, sends one notification, lets it arrive, closes. */
async function tell(rig: Rig, sender: Sender, specification: Partial<ChannelSpecification>): Promise<void> {
  const channel = await sender.createNotificationChannel({ name: 'Lab', type, ...specification });
  await channel.sendNotification('paper jam');
  await rig.settle();
  await channel.closeChannel();
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  describe.each(STYLES)('%s', (style) => {
    test.each<[string, UserFilter, UserFilter, string, boolean]>([
      ['PAN-65, GAP-3', 'kAllUsers', 'kPerUser', 'bob', true],
      ['PAN-65, GAP-3', 'kAllUsers', 'kPerUser', 'ann', true],
      ['PAN-66', 'kAllUsers', 'kAllUsers', 'bob', true],
      ['PAN-67', 'kPerUser', 'kPerUser', 'ann', true],
      ['PAN-68', 'kPerUser', 'kPerUser', 'bob', false],
      ['PAN-69', 'kPerUser', 'kAllUsers', 'bob', true],
      ['PAN-69', 'kPerUser', 'kAllUsers', 'ann', true],
    ])(
      '%s: a %s channel, for ann where for one, and a %s registration of %s (PAN-57)',
      async (_, filter, wants, user, told) => {
        await using rig = await startRig({ transport });
        const seen = await registered(rig, user, { filter: wants, style });
        // The driver runs as somebody else.
        const sender = await rig.sender({ user: 'driver' });
        await tell(rig, sender, { filter, style, ...(filter === 'kPerUser' ? { user: 'ann' } : {}) });
        expect(seen.texts).toEqual(told ? ['paper jam'] : []);
        expect(seen.offers).toHaveLength(told && style === 'kBiDirectional' ? 1 : 0);
      },
    );

    test.each<[string, string | null, string | null, boolean]>([
      ['the same printer', 'Lab', 'Lab', true],
      ['the same in other letters', 'Lab', 'LAB', true],
      ['the same by its full name', 'Lab', String.raw`\\LOCALHOST\lab`, true],
      ['another printer', 'Lab', 'Lab2', false],
      ['the same printer of another server', 'Lab', String.raw`\\elsewhere\Lab`, false],
      ['a printer for who registered for the server (OBS-1)', 'Lab', null, true],
      ["another server's printer for who registered for the server", String.raw`\\elsewhere\Lab`, null, true],
      ['the server for who registered for the server', null, null, true],
      ['the server for who registered for a printer', null, 'Lab', false],
    ])('names meet (GAP-4): %s', async (_, channelName, name, told) => {
      await using rig = await startRig({ transport });
      const seen = await registered(rig, 'ann', { name, style });
      await tell(rig, await rig.sender(), { name: channelName, style });
      expect(seen.texts).toEqual(told ? ['paper jam'] : []);
    });

    test('a listener gets only the types it registered for, whatever it may and asked for (PAN-70, OBS-1)', async () => {
      await using rig = await startRig({ transport });
      const seen = await registered(rig, 'ann', { name: null, type: otherType, filter: 'kAllUsers', style });
      const sender = await rig.sender();
      await tell(rig, sender, { filter: 'kAllUsers', style });
      expect(seen.seen).toEqual([]);
      await tell(rig, sender, { type: otherType, filter: 'kAllUsers', style });
      expect(seen.texts).toEqual(['paper jam']);
    });

    test("identity is the user, not the session: all of a user's sessions are told (PAN-71)", async () => {
      await using rig = await startRig({ transport });
      const desk = await registered(rig, 'ann', { style });
      const phone = await registered(rig, 'ann', { style });
      const stranger = await registered(rig, 'Ann', { style });
      await tell(rig, await rig.sender({ user: 'driver' }), { user: 'ann', style });
      expect([desk.texts, phone.texts, stranger.texts]).toEqual([['paper jam'], ['paper jam'], []]);
    });

    test('a kPerUser channel is for the user that is named, else for who opened it (PAN-72)', async () => {
      await using rig = await startRig({ transport });
      const [ann, bob] = [await registered(rig, 'ann', { style }), await registered(rig, 'bob', { style })];
      const sender = await rig.sender({ user: 'bob' });
      await tell(rig, sender, { style, user: 'ann' });
      expect([ann.texts.length, bob.texts.length]).toEqual([1, 0]);
      await tell(rig, sender, { style });
      expect([ann.texts.length, bob.texts.length]).toEqual([1, 1]);
    });

    test('a kAllUsers channel is for nobody in particular: naming a user is refused (PAN-72)', async () => {
      await using rig = await startRig({ transport });
      const sender = await rig.sender();
      await expect(
        sender.createNotificationChannel({ name: 'Lab', type, style, filter: 'kAllUsers', user: 'ann' }),
      ).rejects.toMatchObject({ code: 'E_INVALIDARG' });
      expect(rig.spooler.stats().channels).toBe(0);
    });
  });

  test.each([
    ['zo\u00eb', 'zoe\u0308'],
    ['zoe\u0308', 'zo\u00eb'],
  ])('one user is one user however the name was composed (PAN-71): %j, %j', async (listening, named) => {
    await using rig = await startRig({ transport });
    const seen = await registered(rig, listening, {});
    await tell(rig, await rig.sender({ user: 'driver' }), { user: named });
    await tell(rig, await rig.sender({ user: named }), {});
    expect(seen.texts).toEqual(['paper jam', 'paper jam']);
  });

  test('who registers for another type instead gets nothing of the old one (PAN-70)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    const first = await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('for the first');
    await rig.settle();
    await first.unregisterForNotifications();
    await listener.registerForNotifications({ name: 'Lab', type: otherType }, seen);
    expect(await channel.sendNotification('for nobody')).toMatchObject({ code: 'NO_LISTENERS' });
    expect(seen.texts).toEqual(['for the first']);
    await channel.closeChannel();
  });
});

describe.each(TRANSPORTS)('with tokens over %s', (transport) => {
  const lab = String.raw`\\localhost\Lab`;
  const tokens = TokenTable.parse(
    JSON.stringify({
      tokens: [
        { token: 'ann-may-do-both-0', user: 'ann', rights: ['listen', 'send'] },
        { token: 'bob-may-do-both-0', user: 'bob', rights: ['listen', 'send'] },
        { token: 'eve-runs-the-lab0', user: 'eve', rights: ['listen', 'send', 'administer'], printers: [lab] },
        { token: 'zoe-runs-it-all-0', user: 'zoe', rights: ['listen', 'send', 'administer'] },
      ],
    }),
  );
  const ann = { user: 'ann', token: 'ann-may-do-both-0' };
  const bob = { user: 'bob', token: 'bob-may-do-both-0' };
  const eve = { user: 'eve', token: 'eve-runs-the-lab0' };
  const zoe = { user: 'zoe', token: 'zoe-runs-it-all-0' };

  test.each<[string, typeof ann, Partial<ChannelSpecification>, 'S_OK' | 'E_ACCESSDENIED']>([
    ['ann, for herself', ann, {}, 'S_OK'],
    ['ann, for everybody', ann, { filter: 'kAllUsers' }, 'E_ACCESSDENIED'],
    ['ann, for bob', ann, { user: 'bob' }, 'E_ACCESSDENIED'],
    ['eve, for everybody in the Lab', eve, { filter: 'kAllUsers' }, 'S_OK'],
    ['eve, for bob in the Lab', eve, { user: 'bob' }, 'S_OK'],
    ['eve, for everybody in the Hall', eve, { filter: 'kAllUsers', name: 'Hall' }, 'E_ACCESSDENIED'],
    ['eve, for everybody at the server', eve, { filter: 'kAllUsers', name: null }, 'E_ACCESSDENIED'],
    ['zoe, for everybody in the Hall', zoe, { filter: 'kAllUsers', name: 'Hall' }, 'S_OK'],
    ['zoe, for everybody at the server', zoe, { filter: 'kAllUsers', name: null }, 'S_OK'],
  ])('who opens for whom (PAN-76, PAN-77): %s', async (_, who, specification, code) => {
    await using rig = await startRig({ transport, tokens });
    const sender = await rig.sender(who);
    const opened = sender.createNotificationChannel({ name: 'Lab', type, ...specification });
    const outcome = await opened.then(
      () => 'S_OK',
      (reason: unknown) => (reason instanceof SpoolError ? reason.code : reason),
    );
    expect(outcome).toBe(code);
    if (code === 'S_OK') await (await opened).closeChannel();
  });

  test('an administrator sends to anyone and receives from anyone (PAN-77, PAN-69)', async () => {
    await using rig = await startRig({ transport, tokens });
    const [seenByBob, seenByEve] = [rig.recorder(), rig.recorder()];
    await (await rig.listener(bob)).registerForNotifications({ name: 'Lab', type }, seenByBob);
    await (await rig.listener(eve)).registerForNotifications({ name: 'Lab', type, filter: 'kAllUsers' }, seenByEve);
    await tell(rig, await rig.sender(eve), { user: 'bob' });
    expect([seenByBob.texts.length, seenByEve.texts.length]).toEqual([1, 1]);
    await tell(rig, await rig.sender(ann), {});
    expect([seenByBob.texts.length, seenByEve.texts.length]).toEqual([1, 2]);
  });

  test('an administrator who registered kPerUser is treated like anybody else (PAN-77)', async () => {
    await using rig = await startRig({ transport, tokens });
    const seen = rig.recorder();
    await (await rig.listener(zoe)).registerForNotifications({ name: null, type }, seen);
    await tell(rig, await rig.sender(ann), {});
    expect(seen.seen).toEqual([]);
    await tell(rig, await rig.sender(zoe), {});
    expect(seen.texts).toEqual(['paper jam']);
  });
});
