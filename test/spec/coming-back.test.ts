/** A listener that lost its spooler comes back by itself: PAN-86, PAN-251 (how long it waits), T10. */

import { describe, expect, test } from 'vitest';
import { createListener, type Gap, type Listener, type ListenerOptions, type Loss } from '../../client/listener.ts';
import { type Link, notificationType, SpoolError } from '../../shared/index.ts';
import type { Spooler } from '../../spooler/core/spooler.ts';
import { type Recorder, type Rig, startRig, TRANSPORTS } from '../harness/index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const otherType = notificationType('MS_ASYNCNOTIFY_UI');
const style = 'kBiDirectional';

/** Always the least wait: 1,000, 1,600, 2,560 ms and so on. */
const reconnect = { random: () => 0 };

interface Faithful {
  readonly listener: Listener;
  readonly losses: [loss: Loss, retrying: boolean][];
  readonly gaps: Gap[];
}

/** A listener that comes back, and what it tells of that. */
async function faithfulListener(rig: Rig, options: ListenerOptions = {}): Promise<Faithful> {
  const losses: [Loss, boolean][] = [];
  const gaps: Gap[] = [];
  const listener = await rig.listener({
    reconnect,
    onLost: (loss, retrying) => losses.push([loss, retrying]),
    onGap: (gap) => gaps.push(gap),
    ...options,
  });
  return { listener, losses, gaps };
}

async function registered(rig: Rig, listener: Listener, seen: Recorder = rig.recorder()) {
  return { registration: await listener.registerForNotifications({ name: 'Lab', type }, seen), seen };
}

/** Sends one notification to the Lab; resolves with how that went, when it has arrived. */
async function tell(rig: Rig, text: string): Promise<string> {
  const sender = await rig.sender();
  const channel = await sender.createNotificationChannel({ name: 'Lab', type });
  const { code } = await channel.sendNotification(text);
  await rig.settle();
  await sender.close();
  return code;
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('it is told of the loss, comes back, registers everything again, and is told of the gap once (PAN-86, T10)', async () => {
    await using rig = await startRig({ transport });
    const { listener, losses, gaps } = await faithfulListener(rig);
    const { registration, seen } = await registered(rig, listener);
    const dialogue = rig.recorder();
    await listener.registerForNotifications({ name: 'Lab', type, style }, dialogue);
    await tell(rig, 'before');
    await rig.killSpooler();
    expect([listener.state, registration.state]).toEqual(['away', 'away']);
    expect(losses).toEqual([[{ code: 1006, reason: '', cause: 'lost' }, true]]);
    expect(gaps).toEqual([]);
    await rig.startSpooler();
    await rig.advance(999);
    expect(listener.state).toBe('away');
    await rig.advance(1);
    expect([listener.state, registration.state]).toEqual(['connected', 'registered']);
    expect(gaps).toEqual([{ duration: 1_000, loss: losses[0]?.[0], missed: undefined }]);
    expect(rig.spooler.stats().registrations).toBe(2);
    expect(await tell(rig, 'after')).toBe('S_OK');
    expect(seen.seen.map((event) => (event.kind === 'notification' ? event.text : event.kind))).toEqual([
      'before',
      'closed',
      'after',
    ]);
    const source = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type, style });
    await dialogue.nextOffer();
    await source.closeChannel();
  });

  test('it tries again and again, waiting longer each time, and never gives up (PAN-86)', async () => {
    await using rig = await startRig({ transport });
    const { listener, losses, gaps } = await faithfulListener(rig);
    await registered(rig, listener);
    await rig.killSpooler();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      const wait = (rig.clock.nextDue ?? 0) - rig.clock.now();
      waits.push(Math.round(wait));
      await rig.advance(wait);
    }
    expect(waits).toEqual([1_000, 1_600, 2_560, 4_096, 6_554, 10_486, 16_777, 26_844, 40_000, 40_000, 40_000, 40_000]);
    expect([listener.state, losses.length, gaps.length]).toEqual(['away', 1, 0]);
    await rig.startSpooler();
    await rig.advance(60_000);
    expect(listener.state).toBe('connected');
    expect(gaps).toHaveLength(1);
    expect(await tell(rig, 'after')).toBe('S_OK');
  });

  test('after it came back it waits as little as the first time', async () => {
    await using rig = await startRig({ transport });
    const { listener, gaps } = await faithfulListener(rig);
    const { seen } = await registered(rig, listener);
    for (let round = 1; round <= 3; round++) {
      rig.cut(listener);
      await rig.settle();
      await rig.advance(1_000);
      expect(listener.state).toBe('connected');
      expect(gaps).toHaveLength(round);
      // Told once for each loss.
      expect(seen.closes).toHaveLength(round);
    }
    expect(rig.spooler.stats().registrations).toBe(1);
  });

  test('it comes back after a shutdown too, when there is a spooler again (PAN-136)', async () => {
    await using rig = await startRig({ transport });
    const { listener, losses } = await faithfulListener(rig);
    const { seen } = await registered(rig, listener);
    await rig.spooler.close();
    await rig.settle();
    expect(losses).toMatchObject([[{ code: 1001, cause: 'shutdown' }, true]]);
    await rig.killSpooler();
    await rig.startSpooler();
    await rig.advance(1_000);
    expect(await tell(rig, 'after')).toBe('S_OK');
    expect(seen.closes).toMatchObject([{ cause: 'shutdown' }]);
  });

  test('it comes back from silence (T3)', async () => {
    await using rig = await startRig({ transport });
    const { listener, losses } = await faithfulListener(rig);
    const { seen } = await registered(rig, listener);
    rig.goSilent(listener);
    await rig.advance(10_100);
    expect(losses).toMatchObject([[{ code: 4407, cause: 'lost' }, true]]);
    await rig.advance(1_000);
    expect(listener.state).toBe('connected');
    expect(await tell(rig, 'after')).toBe('S_OK');
    expect(seen.texts).toEqual(['after']);
  });

  test('while it is away nothing can be registered, and that is said at once', async () => {
    await using rig = await startRig({ transport });
    const { listener } = await faithfulListener(rig);
    const { registration } = await registered(rig, listener);
    await rig.killSpooler();
    const fresh = listener.prepareRegistration({ name: 'Hall', type }, rig.recorder());
    await expect(fresh.registerForNotifications()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(registration.registerForNotifications()).rejects.toMatchObject({ code: 'ALREADY_REGISTERED' });
    for (const question of [() => listener.status(), () => listener.roundTrip(), () => registration.explain()]) {
      await expect(question()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    }
    await rig.startSpooler();
    await rig.advance(1_000);
    expect(await fresh.registerForNotifications()).toMatchObject({ code: 'S_OK' });
    expect(rig.spooler.stats().registrations).toBe(2);
  });

  test('what is unregistered while it is away is not registered again', async () => {
    await using rig = await startRig({ transport });
    const { listener } = await faithfulListener(rig);
    const { registration, seen } = await registered(rig, listener);
    {
      await using other = await listener.registerForNotifications({ name: 'Lab', type: otherType }, rig.recorder());
      await rig.killSpooler();
      expect(other.state).toBe('away');
      expect(await registration.unregisterForNotifications()).toMatchObject({ code: 'S_OK' });
    }
    await rig.startSpooler();
    await rig.advance(1_000);
    expect(listener.state).toBe('connected');
    expect(rig.spooler.stats().registrations).toBe(0);
    expect(await tell(rig, 'after')).toBe('NO_LISTENERS');
    expect(seen.texts).toEqual([]);
    expect(await registration.registerForNotifications()).toMatchObject({ code: 'S_OK' });
  });

  test('what is unregistered while it is being registered again is taken back', async () => {
    await using rig = await startRig({ transport });
    const { listener, gaps } = await faithfulListener(rig);
    const first = await registered(rig, listener);
    const second = await registered(rig, listener);
    await rig.killSpooler();
    await rig.startSpooler();
    await rig.advance(999);
    // Back, and the first registration is on its way.
    rig.clock.step(rig.clock.now() + 1);
    while (listener.state === 'away') await new Promise<void>((resolve) => setImmediate(resolve));
    const asked = [first.registration.unregisterForNotifications(), second.registration.unregisterForNotifications()];
    await Promise.all(asked);
    await rig.settle();
    expect([first.registration.state, second.registration.state]).toEqual(['unregistered', 'unregistered']);
    expect(rig.spooler.stats().registrations).toBe(0);
    expect(gaps).toHaveLength(1);
    expect(await tell(rig, 'after')).toBe('NO_LISTENERS');
    // And the next time neither is tried.
    rig.cut(listener);
    await rig.settle();
    await rig.advance(1_000);
    expect([listener.state, listener.stats().registrations, rig.spooler.stats().registrations]).toEqual([
      'connected',
      0,
      0,
    ]);
  });

  test('lost again while it registers again, it goes on trying, once', async () => {
    await using rig = await startRig({ transport });
    const { listener, losses, gaps } = await faithfulListener(rig);
    const { registration, seen } = await registered(rig, listener);
    await rig.killSpooler();
    await rig.startSpooler();
    await rig.advance(999);
    rig.clock.step(rig.clock.now() + 1);
    while (listener.state === 'away') await new Promise<void>((resolve) => setImmediate(resolve));
    // Its registration is on its way, no answer has come.
    rig.faults(listener).hold('both');
    rig.cut(listener);
    await rig.settle();
    expect([listener.state, registration.state]).toEqual(['away', 'away']);
    expect(rig.clock.pending).toBe(1);
    await rig.advance(1_000);
    expect([listener.state, registration.state]).toEqual(['connected', 'registered']);
    expect(rig.spooler.stats()).toMatchObject({ sessions: 1, registrations: 1 });
    expect([losses.length, gaps.length]).toEqual([2, 1]);
    // It had not been registered in between, so that was no loss to it.
    expect(seen.closes).toHaveLength(1);
    expect(await tell(rig, 'after')).toBe('S_OK');
  });

  test('a registration that the new spooler refuses is reported; the others are made', async () => {
    await using rig = await startRig({ transport, limits: { registrationsPerName: 1 } });
    const { listener, gaps } = await faithfulListener(rig);
    const { registration, seen } = await registered(rig, listener);
    const other = await listener.registerForNotifications({ name: 'Hall', type }, rig.recorder());
    await rig.killSpooler();
    await rig.startSpooler();
    const quicker = await rig.listener();
    await registered(rig, quicker);
    await rig.advance(1_000);
    expect(rig.problems.splice(0)).toMatchObject([
      { kind: 'registrationLost', reason: { code: 'MAX_REGISTRATION_COUNT_EXCEEDED' } },
    ]);
    expect([registration.state, other.state, gaps.length]).toEqual(['unregistered', 'registered', 1]);
    await quicker.close();
    await rig.settle();
    expect(await registration.registerForNotifications()).toMatchObject({ code: 'S_OK' });
    expect(await tell(rig, 'after')).toBe('S_OK');
    expect(seen.texts).toEqual(['after']);
  });

  test('where coming back cannot help it stays away (the close code is final)', async () => {
    await using rig = await startRig({ transport });
    const { listener, losses } = await faithfulListener(rig);
    const { registration, seen } = await registered(rig, listener);
    for (const session of [...(rig.spooler as Spooler).sessions()]) session.end('MALFORMED', 'faulty');
    await rig.settle();
    expect(losses).toMatchObject([[{ code: 4400, cause: 'lost' }, false]]);
    expect([listener.state, registration.state]).toEqual(['closed', 'unregistered']);
    expect(seen.closes).toHaveLength(1);
    expect(rig.clock.pending).toBe(0);
    await expect(listener.status()).rejects.toMatchObject({ code: 'CONNECTION_ENDED' });
  });

  test('where its token is refused it stays away, and says so', async () => {
    await using rig = await startRig({ transport });
    const losses: boolean[] = [];
    let refused = false;
    const dial = (): Promise<Link> => (refused ? Promise.reject(new SpoolError('UNAUTHORIZED')) : rig.link());
    await using listener = await createListener(dial, {
      user: 'ann',
      clock: rig.clock,
      reconnect,
      onLost: (_, retrying) => losses.push(retrying),
    });
    const { registration } = await registered(rig, listener);
    refused = true;
    await rig.killSpooler();
    await rig.advance(1_000);
    expect(losses).toEqual([true, false]);
    expect([listener.state, registration.state]).toEqual(['closed', 'unregistered']);
    expect([listener.stats().registrations, rig.clock.pending]).toEqual([0, 0]);
  });

  test('told not to come back it does not', async () => {
    await using rig = await startRig({ transport });
    const { listener, losses } = await faithfulListener(rig, { reconnect: false });
    const { registration } = await registered(rig, listener);
    await rig.killSpooler();
    expect(losses).toMatchObject([[{ cause: 'lost' }, false]]);
    expect([listener.state, registration.state, rig.clock.pending]).toEqual(['closed', 'unregistered', 0]);
  });

  test('closed while it is away it stays away, and nothing ticks on', async () => {
    await using rig = await startRig({ transport });
    const { listener } = await faithfulListener(rig);
    await registered(rig, listener);
    await rig.killSpooler();
    await listener.close();
    expect([listener.state, rig.clock.pending]).toEqual(['closed', 0]);
    await rig.startSpooler();
    await rig.advance(60_000);
    expect(rig.spooler.stats().sessions).toBe(0);
  });

  test('closed by a callback that is told of the loss it stays away', async () => {
    await using rig = await startRig({ transport });
    const { listener, losses } = await faithfulListener(rig);
    const channelClosed = (): unknown => listener.close();
    await listener.registerForNotifications({ name: 'Lab', type }, { onEventNotify: () => {}, channelClosed });
    await rig.killSpooler();
    expect([listener.state, losses, rig.clock.pending]).toEqual(['closed', [], 0]);
  });

  test('its own callbacks may fail: it comes back all the same (T14)', async () => {
    await using rig = await startRig({ transport });
    const reason = new Error('mine');
    const fail = (): never => {
      throw reason;
    };
    const { listener } = await faithfulListener(rig, { onLost: fail, onGap: fail });
    await registered(rig, listener, rig.recorder(fail));
    await rig.killSpooler();
    await rig.startSpooler();
    await rig.advance(1_000);
    expect(listener.state).toBe('connected');
    expect(rig.problems.splice(0).map(({ kind, what, reason }) => [kind, what, reason])).toEqual([
      ['callbackThrew', expect.stringContaining('channelClosed'), reason],
      ['callbackThrew', 'onLost', reason],
      ['callbackThrew', 'onGap', reason],
    ]);
  });
});
