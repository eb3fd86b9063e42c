import { describe, expect, test } from 'vitest';
import { hresultOf } from '../../../shared/index.ts';
import { TokenTable } from '../../../spooler/index.ts';
import { EventStage, LIBRARY, WEATHER } from './event-stage.ts';

const tokens = (): TokenTable =>
  TokenTable.parse(
    JSON.stringify({
      tokens: [
        { token: 'admin-token-0123456789', user: 'admin', rights: ['listen', 'send', 'administer'] },
        { token: 'ann-token-0123456789', user: 'ann', rights: ['listen', 'send'] },
        { token: 'bob-token-0123456789', user: 'bob', rights: ['listen'] },
        { token: 'zoe-token-0123456789', user: 'zoe', rights: ['send'] },
        {
          token: 'lab-token-0123456789',
          user: 'lab',
          rights: ['listen', 'send', 'administer'],
          printers: ['\\\\localhost\\Lab'],
        },
      ],
    }),
  );

const tokenOf = (user: string): string => `${user}-token-0123456789`;
const refused = { code: 'E_ACCESSDENIED' };

describe('who may fire', () => {
  test('EVC-201, EVC-OPEN-28, decided: whoever has the right to send; others see E_ACCESSDENIED, and nobody is called', async () => {
    await using stage = await EventStage.start({ tokens: tokens() });
    const [ann, bob] = [await stage.client('ann', tokenOf('ann')), await stage.client('bob', tokenOf('bob'))];
    await bob.subscribe();
    expect(await bob.fire('onCalm')).toBe('E_ACCESSDENIED');
    await expect(bob.call('commit', { calls: [{ ...CALM }] })).rejects.toMatchObject(refused);
    expect(bob.got).toEqual([]);
    expect(await ann.fire('onCalm')).toBe('S_OK');
  });

  test('EVC-202, EVC-204: where the class has roles, only who is in one of them', async () => {
    await using stage = await EventStage.start({
      roles: { Forecasters: ['ann', 'jose\u0301'] },
      eventClass: { mayFire: ['Forecasters', 'carl'] },
    });
    const [ann, bob, carl] = [await stage.client('ann'), await stage.client('bob'), await stage.client('carl')];
    await bob.subscribe();
    expect(await bob.fire('onCalm')).toBe('E_ACCESSDENIED');
    expect([await ann.fire('onCalm'), await carl.fire('onCalm')]).toEqual(['S_OK', 'S_OK']);
    expect(bob.got).toHaveLength(2);
    // The same name is the same user, however it is spelt.
    expect(await (await stage.client('jos\u00e9')).fire('onCalm')).toBe('S_OK');
  });

  test('EVC-202: nobody, where the list is empty; the event system’s own events are such', async () => {
    await using stage = await EventStage.start({ eventClass: { mayFire: [] } });
    const ann = await stage.client();
    expect(await ann.fire('onCalm')).toBe('E_ACCESSDENIED');
    const { eventObjectChangeEventClassId: eventClass } = stage.system().catalogue;
    const change = { eventClass, interface: 'f4a07d70-2e25-11d1-9964-00c04fbbb345' };
    const given = { changeType: 0, eventClassId: WEATHER };
    expect(await ann.fire('ChangedEventClass', given, change)).toBe('E_ACCESSDENIED');
  });
});

const CALM = { eventClass: WEATHER, interface: LIBRARY.interfaces[0]?.iid, method: 'onCalm', arguments: {} };

describe('who may be fired at', () => {
  test('EVC-203, EVC-OPEN-28, decided: whoever accepts the publisher; who does not counts as failed, in the log with E_ACCESSDENIED', async () => {
    await using stage = await EventStage.start({ roles: { Forecasters: ['ann'] } });
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await bob.subscribe({ name: 'picky', acceptFrom: ['Forecasters'] });
    expect(await ann.fire('onCalm')).toBe('S_OK');
    expect(await bob.fire('onCalm')).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    expect(bob.got).toHaveLength(1);
    expect(stage.log).toMatchObject([{ kind: 'methodFailed', name: 'picky', hresult: hresultOf('E_ACCESSDENIED') }]);
  });
});

describe('who may administer', () => {
  test('EVC-200, EVC-206: classes, dead letters and tests of live subscribers take the right for everything', async () => {
    await using stage = await EventStage.start({ tokens: tokens() });
    for (const user of ['ann', 'lab']) {
      const client = await stage.client(user, tokenOf(user));
      const asked: readonly (readonly [string, object])[] = [
        ['install', { library: LIBRARY }],
        ['remove', { id: WEATHER }],
        ['remove', { criteria: 'ALL' }],
        ['deadLetters', {}],
        ['replay', {}],
        ['purge', {}],
        ['verifyTransientSubscribers', {}],
      ];
      for (const [method, json] of asked) await expect(client.call(method, json)).rejects.toMatchObject(refused);
    }
    const admin = await stage.client('admin', tokenOf('admin'));
    await expect(admin.call('deadLetters', {})).resolves.toEqual({ letters: [] });
    await expect(admin.call('remove', { id: WEATHER })).resolves.toEqual({ removed: [WEATHER] });
  });

  test('EVC-206: subscriptions are their owner’s and an administrator’s: to see, to change, to end', async () => {
    await using stage = await EventStage.start({ tokens: tokens() });
    const [admin, ann, bob] = await Promise.all(
      ['admin', 'ann', 'bob'].map((user) => stage.client(user, tokenOf(user))),
    );
    const id = await bob!.subscribe();
    expect(await ann!.call('subscriptions')).toEqual({ subscriptions: [] });
    await expect(ann!.call('modify', { id, changes: { enabled: false } })).rejects.toMatchObject(refused);
    await expect(ann!.call('unsubscribe', { id })).rejects.toMatchObject(refused);
    expect(await bob!.call('subscriptions')).toMatchObject({ subscriptions: [{ id, owner: 'bob', transient: true }] });
    expect(await admin!.call('subscriptions')).toMatchObject({ subscriptions: [{ id }] });
    await bob!.call('modify', { id, changes: { description: 'mine' } });
    await admin!.call('unsubscribe', { id });
    expect(await bob!.call('subscriptions')).toEqual({ subscriptions: [] });
  });

  test('EVC-200: subscribing takes the right to listen; for somebody else, that for everything', async () => {
    await using stage = await EventStage.start({ tokens: tokens() });
    const [admin, bob, zoe] = await Promise.all(
      ['admin', 'bob', 'zoe'].map((user) => stage.client(user, tokenOf(user))),
    );
    const persistent = { name: 'p', eventClass: WEATHER, subscriberClsid: WEATHER };
    await expect(zoe!.call('subscribe', { subscription: persistent })).rejects.toMatchObject(refused);
    const forZoe = { ...persistent, user: 'zoe' };
    await expect(bob!.call('subscribe', { subscription: forZoe })).rejects.toMatchObject(refused);
    const { id } = (await bob!.call('subscribe', { subscription: persistent })) as { id: string };
    await expect(bob!.call('modify', { id, changes: { user: 'zoe' } })).rejects.toMatchObject(refused);
    await expect(admin!.call('subscribe', { subscription: forZoe })).resolves.toMatchObject({});
  });
});
