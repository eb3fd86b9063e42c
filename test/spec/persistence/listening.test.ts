/**
 * Persistent registrations from end to end in a rig: what a listener that names itself gets of what it missed. Decisions 33
 * and 35; PAN-65 to PAN-70, PAN-114 to PAN-117 and T10 where they say so.
 */

import { describe, expect, test } from 'vitest';
import { KEPT_NOTIFICATIONS } from '../../../shared/persistence/registrations.ts';
import { TokenTable } from '../../../spooler/index.ts';
import { TRANSPORTS } from '../../harness/index.ts';
import { attach, attached, keptOf, LAB, reconnect, startOffice, storyOf, tell, texts, type } from './office.ts';

const OK = (count: number): string[] => texts(count).map(() => 'S_OK');

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('T10: offline, then online: everything in order, once, and what comes then follows', async () => {
    await using rig = await startOffice({ transport });
    const first = await attached(rig);
    expect(first.seen.recoveries).toMatchObject([{ recovered: false, pending: 0, lost: 0 }]);
    expect(await tell(rig, ['while it listens'])).toEqual(['S_OK']);
    await first.listener.close();
    await rig.settle();
    expect(await tell(rig, texts(300))).toEqual(OK(300));
    const second = await attached(rig);
    expect(second.seen.recoveries).toMatchObject([{ recovered: true, pending: 300, lost: 0 }]);
    await tell(rig, ['afterwards']);
    expect([...first.seen.texts, ...second.seen.texts]).toEqual(['while it listens', ...texts(300), 'afterwards']);
    expect(keptOf(second.seen)).toEqual(
      second.seen.texts.map((_, index) => ({ number: index + 2, redelivered: false, name: LAB })),
    );
    expect(second.seen.seen[0]).toMatchObject({ kind: 'recovery' });
  });

  test('T10: the spooler dies and is back: the listener is attached again, and gets what was sent before it was', async () => {
    await using rig = await startOffice({ transport });
    const { listener, seen, registration } = await attached(rig, undefined, { reconnect });
    await tell(rig, ['one']);
    await rig.killSpooler();
    expect(registration.state).toBe('away');
    await rig.startSpooler();
    await tell(rig, ['two']);
    await rig.advance(1_000);
    await tell(rig, ['three']);
    expect(seen.seen).toMatchObject([
      { kind: 'recovery', recovered: false },
      { text: 'one', kept: { number: 1 } },
      { kind: 'closed', channel: null, data: null, size: 0, cause: 'lost' },
      { kind: 'recovery', recovered: true, lost: 0 },
      { text: 'two', kept: { number: 2, redelivered: false } },
      { text: 'three', kept: { number: 3, redelivered: false } },
    ]);
    expect(listener.state).toBe('connected');
  });
});

test('what was given and not acknowledged comes again, marked; what was acknowledged does not', async () => {
  await using rig = await startOffice();
  const leases: Disposable[] = [];
  const first = await attached(rig, (event, object) => {
    if (event.kind === 'notification' && event.text === 'label 3' && object) leases.push(object.acquireData());
  });
  await tell(rig, texts(5));
  rig.cut(first.listener);
  await rig.settle();
  for (const lease of leases) lease[Symbol.dispose]();
  rig.problems.splice(0);
  await tell(rig, ['more']);
  const second = await attached(rig);
  expect(second.seen.recoveries).toMatchObject([{ recovered: true, pending: 4, lost: 0 }]);
  expect(storyOf(second.seen)).toEqual(['3* label 3', '4* label 4', '5* label 5', '6 more']);
});

test('a lease held for long holds back what is acknowledged, and nothing else', async () => {
  await using rig = await startOffice();
  let held: Disposable | undefined;
  const { listener, seen } = await attached(rig, (event, object) => {
    if (event.kind === 'notification' && !held) held = object?.acquireData();
  });
  await tell(rig, texts(1_000));
  expect(seen.texts).toHaveLength(1_000);
  expect(await listener.persistentRegistrations()).toMatchObject([
    { id: 'label-desk', pending: 1_000, attached: true },
  ]);
  held?.[Symbol.dispose]();
  await rig.settle();
  expect(await listener.persistentRegistrations()).toMatchObject([{ pending: 0, bytes: 0, lost: 0 }]);
});

test('a callback that throws is reported, and has had its turn', async () => {
  await using rig = await startOffice();
  const first = await attached(rig, (event) => {
    if (event.kind === 'notification' && event.text === 'label 2') throw new Error('no such label');
  });
  await tell(rig, texts(3));
  expect(rig.problems.splice(0)).toMatchObject([{ kind: 'callbackThrew' }]);
  await first.listener.close();
  await rig.settle();
  const second = await attached(rig);
  expect([first.seen.texts, second.seen.texts]).toEqual([texts(3), []]);
});

test('unregistered, it is gone with all that was kept: the next one of this name is new', async () => {
  await using rig = await startOffice();
  const first = await attached(rig);
  await first.listener.close();
  await tell(rig, texts(3));
  const second = await rig.listener();
  let end = (): void => {};
  const seen = rig.recorder(() => new Promise<void>((resolve) => (end = resolve)));
  const registration = second.prepareRegistration({ name: 'Lab', type, persistent: 'label-desk' }, seen);
  void registration.registerForNotifications();
  await rig.settle();
  expect(await registration.unregisterForNotifications()).toMatchObject({ code: 'S_OK' });
  expect(await tell(rig, ['nobody keeps this'])).toEqual(['NO_LISTENERS']);
  expect(await second.persistentRegistrations()).toEqual([]);
  const third = await attached(rig);
  expect(third.seen.seen).toMatchObject([{ kind: 'recovery', recovered: false, pending: 0 }]);
  end();
});

test('who attaches takes over: the one before is told, and gets nothing more', async () => {
  await using rig = await startOffice();
  const first = await attached(rig);
  await tell(rig, ['one']);
  const second = await attached(rig);
  await tell(rig, ['two']);
  expect(first.seen.closes).toMatchObject([{ channel: null, data: null, size: 0, cause: 'acquired' }]);
  expect(first.registration.state).toBe('unregistered');
  expect([first.seen.texts, second.seen.texts]).toEqual([['one'], ['two']]);
  await first.registration.registerForNotifications();
  await rig.settle();
  expect(second.seen.closes).toMatchObject([{ cause: 'acquired' }]);
});

test('one that is removed by somebody else is told so', async () => {
  await using rig = await startOffice();
  const { seen, registration } = await attached(rig);
  const other = await rig.listener();
  await other.removePersistentRegistration('label-desk');
  await rig.settle();
  expect(seen.closes).toMatchObject([{ channel: null, cause: 'closed' }]);
  expect(registration.state).toBe('unregistered');
  await expect(other.removePersistentRegistration('label-desk')).rejects.toMatchObject({ code: 'NOT_REGISTERED' });
});

test('a slow listener is cut off, comes back, and has everything', async () => {
  await using rig = await startOffice({ limits: { registrationHeldObjects: 4 } });
  const leases: Disposable[] = [];
  let isSlow = true;
  const { seen } = await attached(
    rig,
    (event, object) => {
      if (isSlow && event.kind === 'notification' && object) leases.push(object.acquireData());
    },
    { reconnect },
  );
  expect(await tell(rig, texts(10))).toEqual(OK(10));
  expect(seen.texts).toHaveLength(4);
  isSlow = false;
  // It has given something back in the first stretch of the time it is allowed.
  await rig.advance(4_000);
  for (const lease of leases) lease[Symbol.dispose]();
  rig.problems.splice(0);
  await rig.advance(1_000);
  expect(seen.closes).toMatchObject([{ cause: 'lost' }]);
  expect(storyOf(seen).slice(4)).toEqual(texts(10).map((text, index) => `${index + 1}* ${text}`));
});

describe('each user has IDs of his own', () => {
  test('another user with the same ID is somebody else', async () => {
    await using rig = await startOffice();
    const ann = await attached(rig);
    const bob = await attached(rig, undefined, { user: 'bob' });
    expect(bob.seen.recoveries).toMatchObject([{ recovered: false }]);
    await tell(rig, ['for ann']);
    expect([ann.seen.texts, bob.seen.texts, ann.seen.closes]).toEqual([['for ann'], [], []]);
    expect(await bob.listener.persistentRegistrations()).toMatchObject([{ id: 'label-desk', pending: 0 }]);
    await bob.registration.unregisterForNotifications();
    await tell(rig, ['for ann again']);
    expect(ann.seen.texts).toEqual(['for ann', 'for ann again']);
  });

  test('PAN-67, PAN-68: nobody else can listen to what an attachment is given', async () => {
    const tokens = TokenTable.parse(
      JSON.stringify({
        tokens: [
          { token: 'ann-may-do-both-0', user: 'ann', rights: ['listen', 'send'] },
          { token: 'bob-may-do-both-0', user: 'bob', rights: ['listen', 'send'] },
        ],
      }),
    );
    await using rig = await startOffice({ tokens });
    const ann = await rig.listener({ user: 'ann', token: 'ann-may-do-both-0' });
    const heard = rig.recorder();
    await attach(ann, heard);
    const bob = await rig.listener({ user: 'bob', token: 'bob-may-do-both-0' });
    const overheard = rig.recorder();
    const { registrations } = await ann.status();
    const attachment = registrations.find((one) => one.type === KEPT_NOTIFICATIONS)?.name;
    expect(attachment).toMatch(/^\\\\localhost\\[0-9a-f-]{36}$/);
    for (const name of [null, 'Lab', attachment ?? ''])
      await bob.registerForNotifications({ name, type: KEPT_NOTIFICATIONS }, overheard);
    await expect(
      bob.registerForNotifications({ name: null, type: KEPT_NOTIFICATIONS, filter: 'kAllUsers' }, overheard),
    ).rejects.toMatchObject({ code: 'E_ACCESSDENIED' });
    const sender = await rig.sender({ user: 'ann', token: 'ann-may-do-both-0' });
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('secret');
    await rig.settle();
    expect([heard.texts, overheard.seen]).toEqual([['secret'], []]);
  });

  test('PAN-74: what one may not register for one may not keep', async () => {
    const tokens = TokenTable.parse(
      JSON.stringify({ tokens: [{ token: 'bob-may-do-both-0', user: 'bob', rights: ['listen', 'send'] }] }),
    );
    await using rig = await startOffice({ tokens });
    const bob = await rig.listener({ user: 'bob', token: 'bob-may-do-both-0' });
    const specification = { name: 'Lab', type, filter: 'kAllUsers', persistent: 'everything' } as const;
    await expect(bob.registerForNotifications(specification, rig.recorder())).rejects.toMatchObject({
      code: 'E_ACCESSDENIED',
    });
    expect(await bob.persistentRegistrations()).toEqual([]);
  });

  test('the same ID for something else is refused, with what it is for', async () => {
    await using rig = await startOffice();
    await attached(rig);
    const listener = await rig.listener();
    await expect(attach(listener, rig.recorder(), 'label-desk', 'Hall')).rejects.toMatchObject({
      code: 'E_INVALIDARG',
      input: expect.stringContaining(LAB) as string,
    });
  });
});

describe('there is no room for more', () => {
  test('discardOldest: the listener is told how many it lost; the sender is not', async () => {
    await using rig = await startOffice();
    const listener = await rig.listener();
    const identity = { id: 'label-desk', retention: { notifications: 3 } };
    await attach(listener, rig.recorder(), identity);
    await listener.close();
    await rig.settle();
    expect(await tell(rig, texts(5))).toEqual(OK(5));
    const { seen } = await attached(rig);
    expect(seen.recoveries).toMatchObject([{ recovered: true, pending: 3, lost: 2 }]);
    expect(storyOf(seen)).toEqual(['3 label 3', '4 label 4', '5 label 5']);
  });

  test('refuse: the sender is told, and the listener has everything that was accepted', async () => {
    await using rig = await startOffice();
    const listener = await rig.listener();
    const identity = { id: 'label-desk', retention: { notifications: 3, overflow: 'refuse' } } as const;
    await attach(listener, rig.recorder(), identity);
    await listener.close();
    await rig.settle();
    expect(await tell(rig, texts(5))).toEqual([...OK(3), 'ASYNC_NOTIFICATION_FAILURE', 'ASYNC_NOTIFICATION_FAILURE']);
    const { seen } = await attached(rig);
    expect(seen.recoveries).toMatchObject([{ recovered: true, pending: 3, lost: 0 }]);
    expect(storyOf(seen)).toEqual(['1 label 1', '2 label 2', '3 label 3']);
    expect(await tell(rig, ['more'])).toEqual(['S_OK']);
  });

  test('while it is attached and holds everything, it is told in its place', async () => {
    await using rig = await startOffice({ limits: { registrationHeldObjects: 3, stallTime: 1_000_000 } });
    const leases: Disposable[] = [];
    const seen = rig.recorder((event, object) => {
      if (event.kind === 'notification' && leases.length < 2 && object) leases.push(object.acquireData());
    });
    const listener = await rig.listener();
    await attach(listener, seen, { id: 'label-desk', retention: { notifications: 4 } });
    await tell(rig, texts(20));
    for (const lease of leases) lease[Symbol.dispose]();
    await rig.settle();
    const lost = seen.losses.reduce((sum, { count }) => sum + count, 0);
    expect(seen.texts.length + lost).toBe(20);
    expect(lost).toBeGreaterThan(0);
    expect(storyOf(seen).at(-1)).toBe('20 label 20');
    expect(await listener.persistentRegistrations()).toMatchObject([{ pending: 0, lost: 0 }]);
  });
});

test('NULL, no bytes, and much of it travel as they were sent', async () => {
  await using rig = await startOffice();
  const first = await attached(rig);
  await first.listener.close();
  const sender = await rig.sender();
  const channel = await sender.createNotificationChannel({ name: 'Lab', type });
  const large = new Uint8Array(3 * 1024 * 1024).map((_, index) => index * 31);
  for (const data of [null, new Uint8Array(0), large]) await channel.sendNotification(data);
  const { seen } = await attached(rig);
  expect(seen.notifications.map(({ data, size }) => [data === null, size])).toEqual([
    [true, 0],
    [false, 0],
    [false, large.length],
  ]);
  expect(Buffer.compare(seen.notifications[2]?.data ?? new Uint8Array(), large)).toBe(0);
});
