/** Registering and unregistering: section 3.1 and 3.3 of the fact sheet, and the life of a unidirectional registration, section 4.3. */

import { describe, expect, test } from 'vitest';
import type { NotifyCallback } from '../../client/listener.ts';
import { type ClientRecord, type Interest, notificationType } from '../../shared/index.ts';
import { TokenTable } from '../../spooler/index.ts';
import { startRig, TRANSPORTS } from '../harness/index.ts';
import { WireClient } from './wire-client.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const otherType = notificationType('MS_ASYNCNOTIFY_UI');
const style = 'kBiDirectional';
const lab: Interest = { name: String.raw`\\localhost\Lab`, type, filter: 'kPerUser', style: 'kUniDirectional' };

const ok = { code: 'S_OK', hresult: 0 };

const S_OK = 0;
const NOT_REGISTERED = 0x8004000d;
const ALREADY_UNREGISTERED = 0x8004000e;
const ALREADY_REGISTERED = 0x8004000f;
const MAX_REGISTRATION_COUNT_EXCEEDED = 0x80070015;
const E_ACCESSDENIED = 0x80070005;
const ERROR_INVALID_NAME = 0x8007007b;
const RPC_S_CALL_CANCELLED = 0x8007071a;

function register(registration: number, interest: Partial<Interest> = {}): ClientRecord {
  return { op: 'register', registration, request: registration, interest: { ...lab, ...interest } };
}

function unregister(registration: number): ClientRecord {
  return { op: 'unregister', registration, request: 0 };
}

/** The codes that answer requests sent in one message. */
async function codes(client: WireClient, ...requests: readonly ClientRecord[]): Promise<number[]> {
  const records = await client.exchange(...requests);
  return records.flatMap((record) => (record.op === 'result' ? [record.hresult] : []));
}

describe.each(TRANSPORTS)('registering over %s', (transport) => {
  test('succeeds, whether or not a channel is open, as opening and sending do whether or not anybody listens (PAN-62, PAN-78, PAN-125)', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    const sender = await rig.sender();
    const before = await sender.createNotificationChannel({ name: 'Lab', type });
    expect(await before.sendNotification('nobody')).toMatchObject({ code: 'NO_LISTENERS' });
    const seen = rig.recorder();
    const registration = listener.prepareRegistration({ name: 'Lab', type }, seen);
    expect(await registration.registerForNotifications()).toEqual(ok);
    expect(registration.state).toBe('registered');
    const after = await sender.createNotificationChannel({ name: 'Lab', type });
    for (const channel of [before, after]) {
      expect(await channel.sendNotification('somebody')).toEqual(ok);
      await channel.closeChannel();
    }
    await rig.settle();
    expect(seen.texts).toEqual(['somebody', 'somebody']);
  });

  test('needs a callback (PAN-59, OBS-9)', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    for (const callback of [undefined, null, {}, { onEventNotify: 'yes' }]) {
      await expect(
        listener.registerForNotifications({ name: 'Lab', type }, callback as unknown as NotifyCallback),
      ).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    }
    expect(rig.spooler.stats().registrations).toBe(0);
  });

  test('asks for one type, in one style (PAN-56, PAN-58, PAN-135, OBS-4)', async () => {
    await using rig = await startRig({ transport });
    const [unidirectional, bidirectional] = [rig.recorder(), rig.recorder()];
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, unidirectional);
    await listener.registerForNotifications({ name: 'Lab', type, style }, bidirectional);
    const sender = await rig.sender();
    const spoken = await sender.createNotificationChannel({ name: 'Lab', type });
    await spoken.sendNotification('paper jam');
    const asked = await sender.createNotificationChannel({ name: 'Lab', type, style });
    await asked.sendNotification('question');
    const foreign = await sender.createNotificationChannel({ name: 'Lab', type: otherType });
    expect(await foreign.sendNotification('other')).toMatchObject({ code: 'NO_LISTENERS' });
    await rig.settle();
    expect(unidirectional.texts).toEqual(['paper jam']);
    expect(bidirectional.texts).toEqual(['question']);
    for (const channel of [spoken, asked, foreign]) await channel.closeChannel();
  });

  test('works several times at once with different parameters, and with the same (PAN-63)', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    const specifications = [
      { name: 'Lab', type },
      { name: 'Lab', type: otherType },
      { name: 'Hall', type },
      { name: null, type },
      { name: 'Lab', type, style },
      { name: 'Lab', type, filter: 'kAllUsers' },
      { name: 'Lab', type },
    ] as const;
    const callback = rig.recorder();
    await Promise.all(specifications.map((one) => listener.registerForNotifications(one, callback)));
    expect(rig.spooler.stats().registrations).toBe(specifications.length);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    // Those for Lab and this type and style, each for itself, and the server's.
    await channel.sendNotification('paper jam');
    await rig.settle();
    expect(callback.texts).toEqual(Array.from({ length: 4 }, () => 'paper jam'));
    await channel.closeChannel();
  });

  test('keeps the identity of the session it was made in (PAN-61)', async () => {
    await using rig = await startRig({ transport });
    for (const user of ['ann', 'bob']) {
      await (await rig.listener({ user })).registerForNotifications({ name: 'Lab', type }, rig.recorder());
    }
    const { registrations } = await (await rig.sender()).status();
    expect(registrations.map(({ user }) => user)).toEqual(['ann', 'bob']);
  });

  test('takes its time: it is answered when the spooler answers, and the program goes on meanwhile (PAN-64, OBS-2)', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    const sender = await rig.sender();
    const registration = listener.prepareRegistration({ name: 'Lab', type }, rig.recorder());
    const channel = sender.prepareChannel({ name: 'Lab', type });
    rig.faults(listener).hold('incoming');
    rig.faults(sender).hold('incoming');
    const calls = [registration.registerForNotifications(), channel.createNotificationChannel()];
    await rig.settle();
    expect([registration.state, channel.state]).toEqual(['registering', 'opening']);
    rig.faults(listener).letGo();
    rig.faults(sender).letGo();
    expect(await Promise.all(calls)).toEqual([ok, ok]);
    await channel.closeChannel();
  });

  test('can be given up; what the spooler then says too late leaves nothing behind (PAN-64, OBS-2)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    const registration = listener.prepareRegistration({ name: 'Lab', type }, seen);
    rig.faults(listener).hold('incoming');
    const patience = new AbortController();
    const call = registration.registerForNotifications({ signal: patience.signal });
    await rig.settle();
    patience.abort();
    await expect(call).rejects.toMatchObject({ code: 'CONNECTION_ENDED' });
    expect(registration.state).toBe('object');
    rig.faults(listener).letGo();
    await rig.settle();
    expect(rig.spooler.stats().registrations).toBe(0);
    expect(registration.state).toBe('object');
    expect(await registration.registerForNotifications()).toEqual(ok);
  });

  test('twice is refused, by the library and on the wire, and disturbs nothing (PAN-79)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    const registration = await listener.registerForNotifications({ name: 'Lab', type }, seen);
    await expect(registration.registerForNotifications()).rejects.toMatchObject({
      code: 'ALREADY_REGISTERED',
      hresult: ALREADY_REGISTERED,
    });
    await using raw = await WireClient.join(rig);
    expect(await codes(raw, register(1), register(1, { type: otherType }))).toEqual([S_OK, ALREADY_REGISTERED]);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('paper jam');
    await rig.settle();
    expect(seen.texts).toEqual(['paper jam']);
    expect(rig.spooler.stats().registrations).toBe(2);
    await channel.closeChannel();
  });

  test('while the first call is on its way is refused too (PAN-79)', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    const registration = listener.prepareRegistration({ name: 'Lab', type }, rig.recorder());
    const first = registration.registerForNotifications();
    await expect(registration.registerForNotifications()).rejects.toMatchObject({ code: 'ALREADY_REGISTERED' });
    expect(await first).toEqual(ok);
  });
});

describe.each(TRANSPORTS)('the number of registrations over %s', (transport) => {
  const refused = { code: 'MAX_REGISTRATION_COUNT_EXCEEDED', hresult: MAX_REGISTRATION_COUNT_EXCEEDED };

  test('is bounded for one type and one printer or the server (PAN-80, GAP-15)', async () => {
    await using rig = await startRig({ transport, limits: { registrationsPerName: 2 } });
    const listeners = [await rig.listener(), await rig.listener(), await rig.listener()] as const;
    const names = ['Lab', 'LAB'];
    for (const [index, name] of names.entries()) {
      await listeners[index]?.registerForNotifications({ name, type }, rig.recorder());
    }
    const [first, , last] = listeners;
    await expect(last.registerForNotifications({ name: 'Lab', type }, rig.recorder())).rejects.toMatchObject(refused);
    // Another type, another printer and the server are other places.
    await last.registerForNotifications({ name: 'Lab', type: otherType }, rig.recorder());
    await last.registerForNotifications({ name: 'Hall', type }, rig.recorder());
    await last.registerForNotifications({ name: null, type }, rig.recorder());
    await first.close();
    await rig.settle();
    await last.registerForNotifications({ name: 'Lab', type }, rig.recorder());
  });

  test('is bounded for one session, and given back one by one (PAN-80)', async () => {
    await using rig = await startRig({ transport, limits: { registrationsPerSession: 2 } });
    await using raw = await WireClient.join(rig);
    const third = register(3, { type: otherType });
    expect(await codes(raw, register(1), register(2), third)).toEqual([S_OK, S_OK, MAX_REGISTRATION_COUNT_EXCEEDED]);
    expect(await codes(raw, unregister(1), third)).toEqual([S_OK, S_OK]);
    await using other = await WireClient.join(rig);
    expect(await codes(other, register(1))).toEqual([S_OK]);
  });

  test('is bounded in all (PAN-80)', async () => {
    await using rig = await startRig({ transport, limits: { registrations: 2 } });
    await using ann = await WireClient.join(rig, 'ann');
    await using bob = await WireClient.join(rig, 'bob');
    expect(await codes(ann, register(1))).toEqual([S_OK]);
    const elsewhere: Partial<Interest> = { name: null, type: otherType };
    expect(await codes(bob, register(1), register(2, elsewhere))).toEqual([S_OK, MAX_REGISTRATION_COUNT_EXCEEDED]);
  });

  test('a refused registration is none: it may be asked for again and is not unregistered (PAN-80, PAN-90)', async () => {
    await using rig = await startRig({ transport, limits: { registrationsPerSession: 1 } });
    const listener = await rig.listener();
    const first = await listener.registerForNotifications({ name: 'Lab', type }, rig.recorder());
    const second = listener.prepareRegistration({ name: 'Lab', type }, rig.recorder());
    await expect(second.registerForNotifications()).rejects.toMatchObject(refused);
    expect(await second.unregisterForNotifications()).toMatchObject({ code: 'NOT_REGISTERED' });
    await first.unregisterForNotifications();
    expect(await second.registerForNotifications()).toEqual(ok);
  });
});

describe.each(TRANSPORTS)('the name over %s', (transport) => {
  test.each([
    ['Lab', String.raw`\\print01\Lab`],
    ['HP 4100 / 2. Stock', String.raw`\\print01\HP 4100 / 2. Stock`],
    [String.raw`\\other.example\Lab`, String.raw`\\other.example\Lab`],
    [String.raw`\\10.0.0.7\Lab`, String.raw`\\10.0.0.7\Lab`],
    [String.raw`\\::1\Lab`, String.raw`\\::1\Lab`],
    ['Bu\u0308ro', '\\\\print01\\B\u00fcro'],
    [null, null],
  ])('%j is good, and means %j (PAN-54, PAN-55)', async (name, full) => {
    await using rig = await startRig({ transport, server: 'print01' });
    const listener = await rig.listener();
    const registration = await listener.registerForNotifications({ name, type }, rig.recorder());
    expect((await listener.status()).registrations.map(({ name }) => name)).toEqual([full]);
    await registration.unregisterForNotifications();
  });

  test.each([
    [''],
    ['a,b'],
    [String.raw`\\server`],
    [String.raw`\\server\a\b`],
    [String.raw`\\server\a,b`],
    [String.raw`\server\a`],
    [String.raw`\\my server\a`],
    ['\\\\server\\'],
    ['x'.repeat(250)],
  ])('%j is refused: to register, and to open a channel (PAN-54, PAN-85)', async (name) => {
    await using rig = await startRig({ transport });
    const refused = { code: 'ERROR_INVALID_NAME', hresult: ERROR_INVALID_NAME };
    const listener = await rig.listener();
    await expect(listener.registerForNotifications({ name, type }, rig.recorder())).rejects.toMatchObject(refused);
    const sender = await rig.sender();
    await expect(sender.createNotificationChannel({ name, type })).rejects.toMatchObject(refused);
    expect(rig.spooler.stats()).toMatchObject({ registrations: 0, channels: 0 });
  });

  test('is not completed on the wire: only there a bare one is refused (PAN-54)', async () => {
    await using rig = await startRig({ transport });
    await using raw = await WireClient.join(rig);
    expect(await codes(raw, register(1, { name: 'Lab' }))).toEqual([ERROR_INVALID_NAME]);
    // The refusal is of the name alone: the session goes on.
    expect(await codes(raw, register(1))).toEqual([S_OK]);
  });
});

describe.each(TRANSPORTS)('rights over %s', (transport) => {
  const tokens = TokenTable.parse(
    JSON.stringify({
      tokens: [
        { token: 'ann-may-listen-00', user: 'ann', rights: ['listen'] },
        { token: 'bob-may-send-0000', user: 'bob', rights: ['send'] },
        { token: 'eve-runs-the-lab0', user: 'eve', rights: ['listen', 'administer'], printers: [lab.name] },
        { token: 'zoe-runs-it-all-0', user: 'zoe', rights: ['listen', 'administer'] },
      ],
    }),
  );
  const all = { filter: 'kAllUsers' } as const;

  test.each<[string, string, Partial<Interest>, number]>([
    ['ann, for herself', 'ann-may-listen-00', {}, S_OK],
    ['ann, for herself, everywhere', 'ann-may-listen-00', { name: null }, S_OK],
    ['ann, for everybody', 'ann-may-listen-00', all, E_ACCESSDENIED],
    ['bob, who may only send', 'bob-may-send-0000', {}, E_ACCESSDENIED],
    ['eve, for everybody in the Lab', 'eve-runs-the-lab0', all, S_OK],
    [
      'eve, for everybody in the Hall',
      'eve-runs-the-lab0',
      { ...all, name: String.raw`\\localhost\Hall` },
      E_ACCESSDENIED,
    ],
    ['eve, for everybody everywhere', 'eve-runs-the-lab0', { ...all, name: null }, E_ACCESSDENIED],
    ['zoe, for everybody in the Lab', 'zoe-runs-it-all-0', all, S_OK],
    ['zoe, for everybody everywhere', 'zoe-runs-it-all-0', { ...all, name: null }, S_OK],
  ])('%s (PAN-74, PAN-83)', async (_, token, interest, answer) => {
    await using rig = await startRig({ transport, tokens });
    await using raw = await WireClient.connect(rig, { token });
    await raw.exchange({ op: 'hello' });
    expect(await codes(raw, register(1, interest))).toEqual([answer]);
    expect(rig.spooler.stats().registrations).toBe(answer === S_OK ? 1 : 0);
  });

  test('a malformed name is refused before rights are looked at (PAN-85)', async () => {
    await using rig = await startRig({ transport, tokens });
    await using raw = await WireClient.connect(rig, { token: 'bob-may-send-0000' });
    await raw.exchange({ op: 'hello' });
    expect(await codes(raw, register(1, { name: 'Lab' }))).toEqual([ERROR_INVALID_NAME]);
  });

  test('the library names the refusal (PAN-83)', async () => {
    await using rig = await startRig({ transport, tokens });
    const listener = await rig.listener({ user: 'ann', token: 'ann-may-listen-00' });
    await expect(
      listener.registerForNotifications({ name: 'Lab', type, filter: 'kAllUsers' }, rig.recorder()),
    ).rejects.toMatchObject({ code: 'E_ACCESSDENIED', hresult: E_ACCESSDENIED });
  });
});

describe.each(TRANSPORTS)('unregistering over %s', (transport) => {
  test('succeeds, and nothing comes any more (PAN-87, PAN-60)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    const registration = await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('before');
    await rig.settle();
    expect(await registration.unregisterForNotifications()).toEqual(ok);
    expect(await channel.sendNotification('after')).toMatchObject({ code: 'NO_LISTENERS' });
    await rig.settle();
    expect(seen.texts).toEqual(['before']);
    expect(seen.closes).toEqual([]);
    await channel.closeChannel();
  });

  test('twice is refused (PAN-88, PAN-90)', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    const registration = await listener.registerForNotifications({ name: 'Lab', type }, rig.recorder());
    const first = registration.unregisterForNotifications();
    const refused = { code: 'ALREADY_UNREGISTERED', hresult: ALREADY_UNREGISTERED };
    await expect(registration.unregisterForNotifications()).rejects.toMatchObject(refused);
    expect(await first).toEqual(ok);
    await expect(registration.unregisterForNotifications()).rejects.toMatchObject(refused);
  });

  test('what never was registered is a success for the library, which asks nobody (PAN-89)', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    const registration = listener.prepareRegistration({ name: 'Lab', type }, rig.recorder());
    expect(await registration.unregisterForNotifications()).toEqual({ code: 'NOT_REGISTERED', hresult: 0x0004000d });
    expect(await registration.registerForNotifications()).toEqual(ok);
  });

  test('on the wire both mistakes are errors (PAN-90)', async () => {
    await using rig = await startRig({ transport });
    await using raw = await WireClient.join(rig);
    expect(await codes(raw, unregister(1))).toEqual([NOT_REGISTERED]);
    expect(await codes(raw, register(1), unregister(1), unregister(1))).toEqual([S_OK, S_OK, ALREADY_UNREGISTERED]);
    expect(await codes(raw, unregister(2))).toEqual([NOT_REGISTERED]);
  });

  test('drops what is queued for a unidirectional registration, and for it alone (PAN-91, PAN-132)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
    await using raw = await WireClient.join(rig);
    await raw.exchange(register(1), register(2));
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    for (const text of ['a', 'b', 'c']) await channel.sendNotification(text);
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 2, queued: 4 });
    expect(await codes(raw, unregister(1))).toEqual([S_OK]);
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 2, queued: 2 });
    await channel.closeChannel();
  });

  test('drops what was delivered and still stands in line behind a callback that takes its time (PAN-91)', async () => {
    await using rig = await startRig({ transport });
    let finish = (): void => {};
    const seen = rig.recorder(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );
    const listener = await rig.listener();
    const registration = await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    for (const text of ['a', 'b', 'c']) await channel.sendNotification(text);
    await rig.settle();
    await registration.unregisterForNotifications();
    finish();
    await rig.settle();
    expect(seen.texts).toEqual(['a']);
    expect(rig.spooler.stats().heldObjects).toBe(0);
    await channel.closeChannel();
  });

  test('does not give back what was delivered: that is still to be released (PAN-39, PAN-91)', async () => {
    await using rig = await startRig({ transport });
    await using raw = await WireClient.join(rig);
    await raw.exchange(register(1));
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('a');
    const delivered = (await raw.exchange()).find((record) => record.op === 'notify');
    await raw.exchange(unregister(1));
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 1, ends: 1 });
    await raw.exchange({ op: 'release', end: delivered?.end ?? 0, sequence: delivered?.sequence ?? 0, only: false });
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0 });
    await channel.closeChannel();
  });

  test('a bidirectional registration withholds later channels only: open conversations go on (PAN-92)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    const registration = await listener.registerForNotifications({ name: 'Lab', type, style }, seen);
    const sender = await rig.sender();
    const answers = rig.senderRecorder();
    const open = await sender.createNotificationChannel({ name: 'Lab', type, style }, answers);
    await open.sendNotification('question');
    const { channel } = await seen.nextNotification();
    await registration.unregisterForNotifications();
    const later = await sender.createNotificationChannel({ name: 'Lab', type, style });
    await later.sendNotification('to nobody');
    await channel?.sendNotification('answer');
    expect((await answers.nextNotification()).text).toBe('answer');
    await open.sendNotification('more');
    expect((await seen.nextNotification()).text).toBe('more');
    await open.closeChannel('bye');
    expect(await seen.nextClose()).toMatchObject({ channel, text: 'bye' });
    expect(seen.offers).toHaveLength(1);
    await later.closeChannel();
  });

  test('is done at once while the registration waits, and also while it is full (PAN-93, PAN-107, PAN-131)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, queueLength: 1 } });
    await using raw = await WireClient.join(rig);
    const waiting = await codes(raw, register(1), unregister(1));
    expect(waiting).toEqual([S_OK, S_OK]);
    await raw.exchange(register(2));
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('a');
    await channel.sendNotification('b');
    // The answer, and no word for the queue or for the end that goes with it.
    const full = await raw.exchange(unregister(2));
    expect(full.map((record) => record.op)).toEqual(['offer', 'notify', 'result']);
    await channel.sendNotification('c');
    expect(await raw.exchange()).toEqual([]);
    await channel.closeChannel();
    expect(await raw.exchange()).toEqual([]);
  });

  test('and registering again works on the same object, and hears again (PAN-95, GAP-21)', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder();
    const listener = await rig.listener();
    const registration = await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    for (const round of ['first', 'second', 'third']) {
      await channel.sendNotification(round);
      await rig.settle();
      expect(await registration.unregisterForNotifications()).toEqual(ok);
      await channel.sendNotification(`not ${round}`);
      expect(await registration.registerForNotifications()).toEqual(ok);
    }
    await rig.settle();
    expect(seen.texts).toEqual(['first', 'second', 'third']);
    await channel.closeChannel();
  });

  test('happens at the end of the block of `await using` (PAN-97)', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    {
      await using registration = await listener.registerForNotifications({ name: 'Lab', type }, rig.recorder());
      expect([registration.state, rig.spooler.stats().registrations]).toEqual(['registered', 1]);
    }
    expect(rig.spooler.stats().registrations).toBe(0);
  });

  test('of what nobody unregistered happens when its session ends (PAN-97)', async () => {
    await using rig = await startRig({ transport });
    const listener = await rig.listener();
    for (const one of [{}, { style }] as const) {
      await listener.registerForNotifications({ name: 'Lab', type, ...one }, rig.recorder());
    }
    await listener.close();
    const sender = await rig.sender();
    await rig.settle();
    expect(rig.spooler.stats().registrations).toBe(0);
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    expect(await channel.sendNotification('nobody')).toMatchObject({ code: 'NO_LISTENERS' });
    await channel.closeChannel();
  });
});

describe.each(TRANSPORTS)('a unidirectional registration over %s', (transport) => {
  const seenBy = async (raw: WireClient): Promise<[number, string][]> =>
    (await raw.exchange()).flatMap((record) =>
      record.op === 'notify' ? [[record.sequence, new TextDecoder().decode(record.data ?? undefined)]] : [],
    );

  test('is told nothing while there is nothing, and at once when there is something (PAN-106, PAN-127, PAN-128)', async () => {
    await using rig = await startRig({ transport });
    await using raw = await WireClient.join(rig);
    await raw.exchange(register(1));
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    expect(await raw.exchange()).toEqual([]);
    await channel.sendNotification('a');
    expect(await raw.exchange()).toEqual([
      expect.objectContaining({ op: 'offer', registration: 1, interest: lab }),
      expect.objectContaining({ op: 'notify', sequence: 1 }),
    ]);
    expect(await raw.exchange()).toEqual([]);
    await channel.closeChannel();
  });

  test('with something queued is given the oldest first, one for each it gives back (PAN-98, PAN-126, PAN-129)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, queueLength: 2 } });
    await using raw = await WireClient.join(rig);
    await raw.exchange(register(1));
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    const answers = [];
    for (const text of ['a', 'b', 'c', 'd'])
      answers.push(channel.sendNotification(text).catch((reason: unknown) => reason));
    const outcomes = await Promise.all(answers);
    expect(outcomes.map((outcome) => (outcome as { code: string }).code)).toEqual([
      'S_OK',
      'S_OK',
      'S_OK',
      // The newest is lost, not the oldest.
      'ASYNC_NOTIFICATION_FAILURE',
    ]);
    const [end] = await endsOf(raw);
    expect(await seenBy(raw)).toEqual([]);
    for (const [sequence, next] of [
      [1, [[2, 'b']]],
      [2, [[3, 'c']]],
      [3, []],
    ] as const) {
      raw.send({ op: 'release', end: end ?? 0, sequence, only: false });
      expect(await seenBy(raw)).toEqual(next);
    }
    await channel.closeChannel();
  });

  test('is kept 100 notifications beyond what it holds, by default (PAN-129, PAN-242, GAP-17)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
    await using raw = await WireClient.join(rig);
    await raw.exchange(register(1));
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    for (let i = 0; i < 101; i++) expect(await channel.sendNotification(`${i}`)).toEqual(ok);
    await expect(channel.sendNotification('one too many')).rejects.toMatchObject({
      code: 'ASYNC_NOTIFICATION_FAILURE',
    });
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 1, queued: 100 });
    await channel.closeChannel();
  });

  test('when the spooler shuts down: new ones are refused, this one is told, then the connection is closed (PAN-104, PAN-106, PAN-136)', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
    await using raw = await WireClient.join(rig);
    await raw.exchange(register(1));
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('held');
    await channel.sendNotification('queued');
    const [end] = await endsOf(raw);
    // What is queued keeps the spooler for a moment.
    const closing = rig.spooler.close();
    expect(await codes(raw, register(2))).toEqual([RPC_S_CALL_CANCELLED]);
    await expect(sender.createNotificationChannel({ name: 'Lab', type })).rejects.toMatchObject({
      code: 'RPC_S_CALL_CANCELLED',
    });
    raw.send({ op: 'release', end: end ?? 0, sequence: 1, only: false });
    expect(await raw.closed).toBe(1001);
    await closing;
  });
});

/** The unidirectional ends the client was offered. */
async function endsOf(raw: WireClient): Promise<number[]> {
  return (await raw.exchange()).flatMap((record) => (record.op === 'offer' ? [record.end] : []));
}
