/** Who somebody is comes from the token alone, and what he may do with it (T12; PROTOCOL.md 9; PAN-6, PAN-71 to PAN-77). */

import { describe, expect, test } from 'vitest';
import { BEARER_PREFIX, hresultOf, type Interest, notificationType } from '../../shared/index.ts';
import { TokenTable } from '../../spooler/index.ts';
import { type Rig, type RigOptions, startRig } from '../harness/index.ts';
import { codeOf } from './outcome.ts';
import { RawSocket, upgradeRequest } from './raw-socket.ts';
import { Stranger } from './stranger.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const NOW = Date.parse('2026-01-01T00:00:00Z');
const LAB = '\\\\localhost\\Lab';
const HALL = '\\\\localhost\\Hall';

/** Whose token is `${user}-has-this-token`. */
const token = (user: string): string => `${user}-has-this-token`;
const entry = (user: string, ...rights: readonly string[]): object => ({ token: token(user), user, rights });

const tokens = TokenTable.parse(
  JSON.stringify({
    tokens: [
      entry('ann', 'listen', 'send'),
      entry('bob', 'listen', 'send'),
      entry('Ann', 'listen', 'send'),
      entry('root', 'listen', 'send', 'administer'),
      { ...entry('warden', 'listen', 'send', 'administer'), printers: [LAB] },
      entry('deaf', 'send'),
      entry('mute', 'listen'),
      { ...entry('guest', 'listen', 'send'), expires: '2026-01-01T01:00:00Z' },
      { ...entry('past', 'listen', 'send'), expires: '2025-12-31T23:59:59Z' },
    ],
  }),
);

function guarded(options: Partial<RigOptions> = {}): Promise<Rig> {
  return startRig({ transport: 'websocket', tokens, wallClock: () => NOW, ...options });
}

/** What a token is as options of an end: no user is said, the token tells. */
const as = (user: string): { user?: never; token: string } => ({ token: token(user), user: undefined as never });

describe('before the upgrade', () => {
  const answered = async (rig: Rig, headers: Record<string, string | undefined>): Promise<number | undefined> => {
    using raw = await RawSocket.connect(Number(new URL(rig.url).port));
    raw.write(upgradeRequest(headers));
    return (await raw.until(({ status }) => status !== undefined)).status;
  };

  test.each([
    ['no token', {}],
    ['an empty one', { Authorization: 'Bearer ' }],
    ['an unknown one', { Authorization: 'Bearer nobody-has-this-token' }],
    ['one that has expired', { Authorization: `Bearer ${token('past')}` }],
    ['another scheme', { Authorization: `Basic ${Buffer.from(`ann:${token('ann')}`).toString('base64')}` }],
    ['one in the address, where logs would show it', {}, `/?token=${token('ann')}`],
    ['an unknown one as a protocol', { 'Sec-WebSocket-Protocol': `spoolpipe.v1, ${BEARER_PREFIX}bm9ib2R5` }],
  ])('%s is answered 401, and no session is made', async (_, headers: Record<string, string>, path = '/') => {
    await using rig = await guarded();
    using raw = await RawSocket.connect(Number(new URL(rig.url).port));
    raw.write(upgradeRequest(headers, path));
    const { status, head } = await raw.until(({ ended }) => ended);
    expect(status).toBe(401);
    expect(head.toLowerCase()).toContain('www-authenticate: bearer');
    expect(rig.spooler.stats().sessions).toBe(0);
    expect(rig.events).toEqual([]);
  });

  test('the libraries say UNAUTHORIZED, and never show the token', async () => {
    await using rig = await guarded();
    const refused = await rig.listener({ token: 'nobody-has-this-token' }).catch((reason: unknown) => reason);
    expect(refused).toMatchObject({ code: 'UNAUTHORIZED' });
    expect(String(refused)).not.toContain('nobody-has');
    await expect(rig.sender({ token: token('past') })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('a browser carries its token as a second protocol, and only ours is taken', async () => {
    await using rig = await guarded({ origins: ['https://print.example'] });
    const carried = `${BEARER_PREFIX}${Buffer.from(token('ann')).toString('base64url')}`;
    using raw = await RawSocket.connect(Number(new URL(rig.url).port));
    const protocols = { 'Sec-WebSocket-Protocol': `spoolpipe.v1, ${carried}` };
    raw.write(upgradeRequest({ ...protocols, Origin: 'https://print.example' }));
    const { head } = await raw.until(({ status }) => status === 101);
    expect(head.split('\r\n')).toContain('Sec-WebSocket-Protocol: spoolpipe.v1');
    expect(head).not.toContain(carried);
  });

  test('with tokens every Origin is foreign unless it is listed, whatever the token', async () => {
    const Authorization = `Bearer ${token('ann')}`;
    await using rig = await guarded();
    expect(await answered(rig, { Authorization, Origin: 'http://localhost' })).toBe(403);
    expect(await answered(rig, { Authorization, Origin: 'https://print.example' })).toBe(403);
    expect(await answered(rig, { Authorization })).toBe(101);
    await using listed = await guarded({ origins: ['https://print.example'] });
    expect(await answered(listed, { Authorization, Origin: 'https://print.example' })).toBe(101);
    expect(await answered(listed, { Authorization, Origin: 'https://evil.example' })).toBe(403);
    expect(await answered(listed, { Origin: 'https://print.example' })).toBe(401);
  });
});

describe('the hello', () => {
  test('is who the token says, whether it says so or not (PAN-6)', async () => {
    await using rig = await guarded();
    expect((await rig.listener(as('ann'))).user).toBe('ann');
    expect((await rig.listener({ token: token('ann'), user: 'ann' })).user).toBe('ann');
  });

  test.each(['bob', 'Ann', 'root', 'ann '])('as %j with the token of ann ends with 4403', async (user) => {
    await using rig = await guarded();
    await expect(rig.sender({ token: token('ann'), user })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringContaining('4403'),
    });
    expect(rig.events).toEqual([]);
  });
});

describe('a token that expires while it is used', () => {
  test.each(['quiet', 'busy'])('ends a %s session with 4401 when its time is over', async (mood) => {
    let now = NOW;
    await using rig = await guarded({ wallClock: () => now });
    const losses: number[] = [];
    const listener = await rig.listener({ ...as('guest'), reconnect: true, onLost: ({ code }) => losses.push(code) });
    const other = await rig.listener(as('ann'));
    const live = async (minutes: number): Promise<void> => {
      for (let part = 0; part < minutes * 20; part++) {
        // A busy one is never quiet for so long that the spooler would ask it for a sign of life.
        if (mood === 'busy' && listener.state === 'connected') await listener.roundTrip();
        now += 3_000;
        await rig.advance(3_000);
      }
    };
    await live(59);
    expect(losses).toEqual([]);
    await live(1);
    expect(losses).toEqual([4401]);
    // It does not come back: the same token will not help.
    expect(listener.state).toBe('closed');
    expect(other.state).toBe('connected');
  });
});

describe('what is for one user never reaches another (PAN-65 to PAN-70)', () => {
  const every = async (rig: Rig, user: string): Promise<ReturnType<Rig['recorder']>> => {
    const seen = rig.recorder();
    const listener = await rig.listener(as(user));
    for (const name of [null, 'Lab', 'LAB', HALL]) {
      for (const style of ['kUniDirectional', 'kBiDirectional'] as const) {
        await listener.registerForNotifications({ name, type, style }, seen);
        await listener.registerForNotifications({ name, type, style, filter: 'kAllUsers' }, seen).catch(() => {});
      }
    }
    return seen;
  };

  test('however another registers', async () => {
    await using rig = await guarded();
    const seen = { ann: await every(rig, 'ann'), bob: await every(rig, 'bob'), Ann: await every(rig, 'Ann') };
    const sender = await rig.sender(as('ann'));
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    const dialogue = await sender.createNotificationChannel({ name: 'Lab', type, style: 'kBiDirectional' });
    await channel.sendNotification('salary of ann');
    await dialogue.sendNotification('print it?');
    await rig.settle();
    // The server, Lab and LAB: three registrations of each style, and HALL is another printer.
    expect(seen.ann.texts.toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => 'print it?'),
      ...Array.from({ length: 3 }, () => 'salary of ann'),
    ]);
    expect(seen.bob.seen).toEqual([]);
    expect(seen.Ann.seen).toEqual([]);
  });

  test('nor can anybody else answer, close or take it by its number', async () => {
    await using rig = await guarded();
    const seen = await every(rig, 'ann');
    const answers = rig.senderRecorder();
    const sender = await rig.sender(as('ann'));
    const dialogue = await sender.createNotificationChannel({ name: 'Lab', type, style: 'kBiDirectional' }, answers);
    await dialogue.sendNotification('print it?');
    await using thief = await Stranger.greeted(rig, { token: token('bob') });
    for (let end = 1; end <= 8; end++) {
      const data = Buffer.from('yes');
      thief.say(
        { op: 'notify', end, sequence: 1, data, release: false },
        { op: 'close', end, sequence: 2, data, release: false },
      );
    }
    expect(await thief.isServed()).toBe(true);
    const refusals = new Set([hresultOf('CHANNEL_NOT_OPENED'), hresultOf('CHANNEL_ALREADY_CLOSED')]);
    expect(thief.answers.length).toBeGreaterThanOrEqual(8);
    expect(thief.answers.filter((code) => !refusals.has(code))).toEqual([]);
    await rig.settle();
    expect(answers.seen).toEqual([]);
    expect(seen.closes).toEqual([]);
  });

  test('nor do status and explain tell of it, but to an administrator', async () => {
    await using rig = await guarded();
    await every(rig, 'ann');
    const sender = await rig.sender(as('ann'));
    await sender.createNotificationChannel({ name: 'Lab', type });
    const [bob, root] = [await rig.listener(as('bob')), await rig.listener(as('root'))];
    const seen = await bob.status();
    expect(seen.sessions.map(({ user }) => user)).toEqual(['bob']);
    expect([seen.registrations, seen.channels]).toEqual([[], []]);
    expect(await bob.explain({ name: null, type })).toEqual({ matches: 0, nearest: [] });
    expect((await root.status()).channels).toHaveLength(1);
    expect((await root.explain({ name: null, type })).nearest).toHaveLength(1);
  });
});

describe('rights', () => {
  const perUser = { name: LAB, type, filter: 'kPerUser', style: 'kUniDirectional' } as const;
  const forAll = { ...perUser, filter: 'kAllUsers' } as const;
  const everywhere: Interest = { ...forAll, name: null };
  const elsewhere: Interest = { ...forAll, name: HALL };

  test.each<[user: string, what: Interest, code: string]>([
    ['ann', perUser, 'S_OK'],
    ['ann', forAll, 'E_ACCESSDENIED'],
    ['ann', everywhere, 'E_ACCESSDENIED'],
    ['deaf', perUser, 'E_ACCESSDENIED'],
    ['mute', perUser, 'S_OK'],
    ['root', everywhere, 'S_OK'],
    ['root', elsewhere, 'S_OK'],
    ['warden', forAll, 'S_OK'],
    ['warden', { ...forAll, name: LAB.toUpperCase() }, 'S_OK'],
    ['warden', elsewhere, 'E_ACCESSDENIED'],
    ['warden', everywhere, 'E_ACCESSDENIED'],
  ])('%s registering for %j: %s (PAN-74, PAN-83)', async (user, what, code) => {
    await using rig = await guarded();
    const listener = await rig.listener(as(user));
    const registration = listener.prepareRegistration(what, rig.recorder());
    expect(await codeOf(registration.registerForNotifications())).toBe(code);
    expect(rig.spooler.stats().registrations).toBe(code === 'S_OK' ? 1 : 0);
  });

  test.each<[user: string, what: Interest & { user?: string }, code: string]>([
    ['ann', perUser, 'S_OK'],
    ['ann', { ...perUser, user: 'ann' }, 'S_OK'],
    ['ann', { ...perUser, user: 'bob' }, 'E_ACCESSDENIED'],
    ['ann', { ...perUser, user: 'Ann' }, 'E_ACCESSDENIED'],
    ['ann', forAll, 'E_ACCESSDENIED'],
    ['mute', perUser, 'E_ACCESSDENIED'],
    ['deaf', perUser, 'S_OK'],
    ['root', { ...perUser, user: 'bob' }, 'S_OK'],
    ['root', everywhere, 'S_OK'],
    ['warden', forAll, 'S_OK'],
    ['warden', { ...perUser, user: 'bob' }, 'S_OK'],
    ['warden', { ...perUser, name: HALL, user: 'bob' }, 'E_ACCESSDENIED'],
    ['warden', elsewhere, 'E_ACCESSDENIED'],
    ['warden', everywhere, 'E_ACCESSDENIED'],
    ['warden', { ...perUser, name: HALL }, 'S_OK'],
  ])('%s opening for %j: %s (PAN-76, PAN-77)', async (user, what, code) => {
    await using rig = await guarded();
    const sender = await rig.sender(as(user));
    expect(await codeOf(sender.prepareChannel(what).createNotificationChannel())).toBe(code);
    expect(rig.spooler.stats().channels).toBe(code === 'S_OK' ? 1 : 0);
  });
});
