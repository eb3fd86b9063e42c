/** Classes that clients serve: registered, revoked, activated over channels, gone with their session. */

import { describe, expect, test } from 'vitest';
import { TokenTable } from '../../../spooler/tokens.ts';
import { answering, call, DOOR, serve, stage, WINDOW, watched } from './stage.ts';

describe('a class that somebody serves', () => {
  test('EVC-81: each activation is a channel: created with the first call, released with the channel', async () => {
    await using all = await stage();
    const { seen } = await serve(all, WINDOW);
    const [first, second] = [await all.classes.activate(WINDOW, 'ann'), await all.classes.activate(WINDOW, 'ann')];
    expect(await first.call(call('onPage', 1n))).toBe(0);
    expect(await second.call(call('onPage', 2n))).toBe(0);
    expect(await first.call(call('onPage', 3n))).toBe(0);
    const channels = seen.notifications.map(({ channel }) => channel);
    expect(channels[0]).toBe(channels[2]);
    expect(channels[0]).not.toBe(channels[1]);
    first.release();
    second.release();
    await all.rig.settle();
    expect(seen.closes).toHaveLength(2);
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 0, ends: 0 });
  });

  test('an unknown class: REGDB_E_CLASSNOTREG; also one that is served for another user, or not any more', async () => {
    await using all = await stage();
    const { listener } = await serve(all, WINDOW, answering, { user: 'bob' });
    const refused = { code: 'REGDB_E_CLASSNOTREG', hresult: 0x80040154, input: WINDOW };
    await expect(all.classes.activate(WINDOW, 'ann')).rejects.toMatchObject(refused);
    (await all.classes.activate(WINDOW, 'bob')).release();
    await listener.connection.call('classes', 'revoke', { clsid: WINDOW });
    await expect(all.classes.activate(WINDOW, 'bob')).rejects.toMatchObject(refused);
  });

  test('one session serves it for a user at a time; it is free again when that session has gone', async () => {
    await using all = await stage();
    const { listener } = await serve(all, WINDOW);
    await expect(serve(all, WINDOW)).rejects.toMatchObject({ code: 'ALREADY_REGISTERED', input: WINDOW });
    await expect(listener.connection.call('classes', 'register', { clsid: WINDOW })).rejects.toMatchObject({
      code: 'ALREADY_REGISTERED',
    });
    await serve(all, WINDOW, answering, { user: 'bob' });
    all.rig.cut(listener);
    await all.rig.settle();
    await serve(all, WINDOW);
  });

  test('only who serves it can revoke it; objects that are there live on', async () => {
    await using all = await stage();
    const { listener } = await serve(all, WINDOW);
    const object = await all.classes.activate(WINDOW, 'ann');
    const other = await all.rig.listener();
    await expect(other.connection.call('classes', 'revoke', { clsid: WINDOW })).rejects.toMatchObject({
      code: 'NOT_REGISTERED',
    });
    await listener.connection.call('classes', 'revoke', { clsid: `{${WINDOW.toUpperCase()}}` });
    expect(await object.call(call('onPage'))).toBe(0);
    object.release();
    await expect(listener.connection.call('classes', 'revoke', { clsid: WINDOW })).rejects.toMatchObject({
      code: 'NOT_REGISTERED',
    });
  });

  test('when its session dies its objects are gone, answered or not', async () => {
    await using all = await stage();
    const { listener } = await serve(all, WINDOW, (event, object) =>
      event.kind === 'notification' && event.text.includes('onPage') ? answering(event, object) : undefined,
    );
    const answered = await all.classes.activate(WINDOW, 'ann');
    await answered.call(call('onPage'));
    const silent = await all.classes.activate(WINDOW, 'ann');
    const unheard = watched(silent.call(call('onJam')));
    await all.rig.settle();
    all.rig.cut(listener);
    expect([await answered.gone, await silent.gone]).toEqual(['died', 'died']);
    expect(unheard.state).toBe('CONNECTION_LOST died');
    await all.rig.settle();
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 0, channels: 0 });
  });

  test('when it dies while an object is being opened, that one is gone too', async () => {
    await using all = await stage();
    const { listener } = await serve(all, WINDOW, () => undefined);
    const activation = all.classes.activate(WINDOW, 'ann');
    all.rig.cut(listener);
    const object = await activation;
    expect(await object.gone).toBe('died');
  });

  test('an object that never answers costs a call its time, no more', async () => {
    await using all = await stage({ callTime: 5_000 });
    await serve(all, WINDOW, () => undefined);
    const object = await all.classes.activate(WINDOW, 'ann');
    const unheard = watched(object.call(call('onPage')));
    await all.rig.advance(4_999);
    expect(unheard.state).toBe('pending');
    await all.rig.advance(1);
    expect(unheard.state).toBe('TIMED_OUT 5000 ms');
    object.release();
  });

  test.each([['null'], ['{}'], ['{"clsid":7}'], [`{"clsid":"${WINDOW}","more":1}`], ['{"clsid":"window"}']])(
    'a request %s is refused: E_INVALIDARG',
    async (json) => {
      await using all = await stage();
      const { connection } = await all.rig.listener();
      for (const method of ['register', 'revoke'])
        await expect(connection.call('classes', method, JSON.parse(json))).rejects.toMatchObject({
          code: 'E_INVALIDARG',
        });
      await expect(connection.call('classes', 'sing')).rejects.toMatchObject({ code: 'E_NOTIMPL', input: 'sing' });
    },
  );

  test('EVC-206, decided: it takes the right to listen, and the user that the table names', async () => {
    const tokens = TokenTable.parse(
      JSON.stringify({
        tokens: [
          { token: 'ann-0123456789abcdef', user: 'ann', rights: ['listen'] },
          { token: 'bob-0123456789abcdef', user: 'bob', rights: ['listen', 'administer'] },
          { token: 'driver-0123456789abcdef', user: 'driver', rights: ['send'] },
        ],
      }),
    );
    const table = { [WINDOW]: { kind: 'command', command: ['x'], user: 'ann' } } as const;
    await using all = await stage({ tokens, table });
    const as = (name: string): { token: string } => ({ token: `${name}-0123456789abcdef` });
    const refused = { code: 'E_ACCESSDENIED', input: WINDOW };
    const bob = await all.rig.listener(as('bob'));
    await expect(bob.connection.call('classes', 'register', { clsid: WINDOW })).rejects.toMatchObject(refused);
    const driver = await all.rig.listener(as('driver'));
    await expect(driver.connection.call('classes', 'register', { clsid: DOOR })).rejects.toMatchObject({
      code: 'E_ACCESSDENIED',
    });
    const { seen } = await serve(all, WINDOW, answering, as('ann'));
    // Whoever the object is for, it is made by Ann's program.
    const object = await all.classes.activate(WINDOW, 'carl');
    expect(await object.call(call('onPage'))).toBe(0);
    expect(seen.notifications).toHaveLength(1);
    object.release();
  });
});
