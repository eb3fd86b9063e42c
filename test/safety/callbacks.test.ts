/** Callbacks of the user's own that throw, reject or never return (T14, PAN-195): reported, given back, and nobody else's concern. */

import { describe, expect, test } from 'vitest';
import type { Problem } from '../../client/listener.ts';
import { notificationType } from '../../shared/index.ts';
import { startRig, TRANSPORTS } from '../harness/index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const DIALOGUE = { name: 'Lab', type, style: 'kBiDirectional' } as const;
const COUNT = 20;
const numbers = Array.from({ length: COUNT }, (_, number) => `${number}`);
const fault = new Error('a fault of the user');

function kinds(problems: readonly Problem[]): string[] {
  return problems.map(({ kind }) => kind);
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  test.each<[what: string, react: () => unknown]>([
    [
      'throws',
      () => {
        throw fault;
      },
    ],
    ['rejects', () => Promise.reject(fault)],
  ])('a callback that %s every time: each is reported and released, others get everything', async (_, react) => {
    await using rig = await startRig({ transport });
    const [failing, beside, elsewhere] = [rig.recorder(react), rig.recorder(), rig.recorder()];
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, failing);
    await listener.registerForNotifications({ name: 'Lab', type }, beside);
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, elsewhere);
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    for (const number of numbers) expect(await channel.sendNotification(number)).toMatchObject({ code: 'S_OK' });
    await rig.settle();
    expect([failing.texts, beside.texts, elsewhere.texts]).toEqual([numbers, numbers, numbers]);
    expect(rig.spooler.stats()).toMatchObject({ sessions: 3, heldObjects: 0, heldBytes: 0 });
    expect(listener.stats().liveObjects).toBe(0);
    const problems = rig.problems.splice(0);
    expect(kinds(problems)).toEqual(numbers.map(() => 'callbackThrew'));
    expect(problems[0]).toMatchObject({ reason: fault, what: expect.stringContaining('Lab') });
  });

  test('one that throws in a dialogue leaves the channel as it is: the source still gets the answer', async () => {
    await using rig = await startRig({ transport });
    const seen = rig.recorder(async (event) => {
      if (event.kind === 'notification') await event.channel?.sendNotification(`${event.text}!`);
      throw fault;
    });
    await (await rig.listener()).registerForNotifications(DIALOGUE, seen);
    const answers = rig.senderRecorder(() => {
      throw fault;
    });
    const channel = await (await rig.sender()).createNotificationChannel(DIALOGUE, answers);
    for (const number of numbers.slice(0, 3)) {
      await channel.sendNotification(number);
      await answers.nextNotification();
    }
    await channel.closeChannel('bye');
    await rig.settle();
    expect(answers.texts).toEqual(['0!', '1!', '2!']);
    expect(seen.closes).toMatchObject([{ text: 'bye' }]);
    // The offer, three questions and the end; three answers.
    expect(kinds(rig.problems.splice(0))).toEqual(Array.from({ length: 8 }, () => 'callbackThrew'));
  });

  test('one that never returns is reported after thirty seconds and keeps only its own registration', async () => {
    await using rig = await startRig({ transport, limits: { registrationHeldObjects: 4, queueLength: 4 } });
    let back: () => void = () => {};
    const forever = new Promise<void>((resolve) => {
      back = resolve;
    });
    const stuck = rig.recorder((event) => (event.kind === 'notification' ? forever : undefined));
    const [beside, elsewhere] = [rig.recorder(), rig.recorder()];
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, stuck);
    await listener.registerForNotifications({ name: 'Lab', type }, beside);
    await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, elsewhere);
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    const codes: string[] = [];
    for (const number of numbers) {
      codes.push((await channel.sendNotification(number)).code);
      // What is given back beside it is a sign of life: the listener is not slow as a whole.
      await rig.advance(1_000);
    }
    // Four are held, four queued, the rest is lost for this registration; nobody else notices.
    expect(codes).toEqual([
      ...Array.from({ length: 8 }, () => 'S_OK'),
      ...Array.from({ length: COUNT - 8 }, () => 'UNIRECTIONAL_NOTIFICATION_LOST'),
    ]);
    expect([beside.texts, elsewhere.texts]).toEqual([numbers, numbers]);
    expect(stuck.texts).toEqual(['0']);
    expect(rig.problems).toEqual([]);
    for (let more = COUNT; more < 31; more++) {
      await channel.sendNotification(`${more}`);
      await rig.advance(1_000);
    }
    expect(rig.problems.splice(0)).toMatchObject([{ kind: 'callbackStuck', what: expect.stringContaining('Lab') }]);
    expect(listener.state).toBe('connected');
    back();
    await rig.settle();
    expect(stuck.texts).toEqual(numbers.slice(0, 8));
    expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0, queued: 0 });
  });

  test('one that never returns keeps only its own dialogue', async () => {
    await using rig = await startRig({ transport });
    let back: () => void = () => {};
    const forever = new Promise<void>((resolve) => {
      back = resolve;
    });
    const seen = rig.recorder((event) => {
      if (event.kind !== 'notification') return undefined;
      return event.text === 'stuck' ? forever : event.channel?.sendNotification(`${event.text}!`);
    });
    await (await rig.listener()).registerForNotifications(DIALOGUE, seen);
    const sender = await rig.sender();
    const [one, other] = [rig.senderRecorder(), rig.senderRecorder()];
    const first = await sender.createNotificationChannel(DIALOGUE, one);
    const second = await sender.createNotificationChannel(DIALOGUE, other);
    await first.sendNotification('stuck');
    for (const number of numbers) {
      await second.sendNotification(number);
      expect((await other.nextNotification()).text).toBe(`${number}!`);
    }
    expect(one.seen).toEqual([]);
    back();
    await rig.settle();
  });

  test.each(['onLost', 'onGap', 'onProblem'] as const)('an %s that throws or rejects harms nobody', async (name) => {
    await using rig = await startRig({ transport });
    const called: string[] = [];
    const hook = (how: 'throws' | 'rejects') => (): void => {
      called.push(how);
      if (how === 'throws') throw fault;
      // As an async function would, which the type allows.
      const rejected: unknown = Promise.reject(fault);
      return rejected as void;
    };
    const seen = rig.recorder(() => (name === 'onProblem' ? Promise.reject(fault) : undefined));
    const listeners = [];
    for (const how of ['throws', 'rejects'] as const) {
      const listener = await rig.listener({ reconnect: true, [name]: hook(how) });
      await listener.registerForNotifications({ name: 'Lab', type }, seen);
      listeners.push(listener);
    }
    const senders = name === 'onLost' ? [await rig.sender({ onLost: hook('throws') })] : [];
    const channel = await (await rig.sender()).createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('paper jam');
    await rig.settle();
    for (const end of [...listeners, ...senders]) rig.cut(end);
    await rig.advance(2_000);
    expect(listeners.map(({ state }) => state)).toEqual(['connected', 'connected']);
    expect(called.toSorted().filter((how, at, all) => all.indexOf(how) === at)).toEqual(['rejects', 'throws']);
    expect(rig.spooler.stats().registrations).toBe(2);
    rig.problems.splice(0);
  });
});
