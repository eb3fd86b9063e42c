/**
 * The client's half of persistent registrations, beside a service that does what the test says: what is acknowledged and
 * when, what comes of each heading, and of each way it ends. Decision 33.
 */

import { describe, expect, test } from 'vitest';
import { notificationType, SpoolError } from '../../shared/index.ts';
import type { Heading } from '../../shared/persistence/registrations.ts';
import { type Reaction, type Rig, startRig, TRANSPORTS, type Transport } from '../../test/harness/index.ts';
import { giverOf, ScriptedRegistrations } from '../../test/spec/persistence/scripted-registrations.ts';
import type { ListenerOptions } from '../listener.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const persistent = 'label-desk';
const RUN = { redelivered: false, name: '\\\\server\\Lab', at: 1_000 };
const reconnect = { random: () => 0 };

interface Stage extends AsyncDisposable {
  readonly rig: Rig;
  readonly service: ScriptedRegistrations;
}

async function stage(transport: Transport = 'memory'): Promise<Stage> {
  const service = new ScriptedRegistrations();
  const rig = await startRig({ transport, services: [() => service] });
  return { rig, service, [Symbol.asyncDispose]: () => rig.close() };
}

async function attached({ rig, service }: Stage, react?: Reaction, options: Partial<ListenerOptions> = {}) {
  const listener = await rig.listener(options);
  const seen = rig.recorder(react);
  const registration = await listener.registerForNotifications({ name: 'Lab', type, persistent }, seen);
  return { listener, seen, registration, giver: await giverOf(rig, service) };
}

/** A promise to be kept by hand. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  test('it attaches with what it is interested in, and tells what was found before anything else', async () => {
    await using on = await stage(transport);
    on.service.attached = { recovered: true, pending: 2, lost: 1, next: 5, later: 'versions may say more' };
    const { seen, giver, registration } = await attached(on);
    expect(on.service.attaches).toEqual([
      { id: persistent, attachment: expect.any(String), name: '\\\\localhost\\Lab', type, filter: 'kPerUser' },
    ]);
    await giver.heading({ ...RUN, first: 5, count: 2, redelivered: true });
    await giver.data('five');
    await giver.data(null);
    await giver.heading({ ...RUN, first: 7, count: 1, name: null });
    await giver.data(new Uint8Array(0));
    await on.rig.settle();
    expect(seen.seen).toMatchObject([
      { kind: 'recovery', recovered: true, pending: 2, lost: 1 },
      { channel: null, type, text: 'five', kept: { number: 5, redelivered: true, name: RUN.name, at: 1_000 } },
      { type, data: null, size: 0, kept: { number: 6, redelivered: true } },
      { type, data: new Uint8Array(0), kept: { number: 7, redelivered: false, name: null } },
    ]);
    expect([registration.id, registration.state]).toEqual([persistent, 'registered']);
    expect(on.service.acknowledged.at(-1)).toBe(7);
  });
});

describe('it acknowledges', () => {
  test('with one call under way, and then only the newest', async () => {
    await using on = await stage();
    const { giver } = await attached(on);
    const first = gate();
    on.service.store = () => first.opened;
    await giver.heading({ ...RUN, first: 1, count: 4 });
    for (const word of ['one', 'two', 'three', 'four']) await giver.data(word);
    await on.rig.settle();
    expect(on.service.acknowledged).toEqual([1]);
    on.service.store = () => {};
    first.open();
    await on.rig.settle();
    expect(on.service.acknowledged).toEqual([1, 4]);
  });

  test('up to the oldest that somebody still holds', async () => {
    await using on = await stage();
    const { giver } = await attached(on, (event, object) => {
      if (event.kind === 'notification' && event.text === 'two') held.push(object?.acquireData());
    });
    const held: (Disposable | undefined)[] = [];
    await giver.heading({ ...RUN, first: 1, count: 4 });
    for (const word of ['one', 'two', 'three', 'four']) await giver.data(word);
    await on.rig.settle();
    expect(on.service.acknowledged).toEqual([1]);
    held[0]?.[Symbol.dispose]();
    await on.rig.settle();
    expect(on.service.acknowledged).toEqual([1, 4]);
  });

  test('when an asynchronous callback has ended, not before', async () => {
    await using on = await stage();
    const work = gate();
    const { giver, seen } = await attached(on, () => work.opened);
    await giver.heading({ ...RUN, first: 1, count: 2 });
    await giver.data('one');
    await giver.data('two');
    await on.rig.settle();
    expect([seen.texts, on.service.acknowledged]).toEqual([[], []]);
    work.open();
    await on.rig.settle();
    expect([seen.texts, on.service.acknowledged.at(-1)]).toEqual([['one', 'two'], 2]);
  });

  test('what the callback threw at, which is reported', async () => {
    await using on = await stage();
    const { giver, seen } = await attached(on, (event) => {
      if (event.kind === 'notification' && event.text === 'one') throw new Error('no such printer');
    });
    await giver.heading({ ...RUN, first: 1, count: 2 });
    await giver.data('one');
    await giver.data('two');
    await on.rig.settle();
    expect([seen.texts, on.service.acknowledged.at(-1)]).toEqual([['one', 'two'], 2]);
    expect(on.rig.problems.splice(0)).toMatchObject([
      { kind: 'callbackThrew', what: 'onEventNotify of the persistent registration label-desk' },
    ]);
  });

  test('again with the next one, where the spooler could not store it; that is reported', async () => {
    await using on = await stage();
    const { giver } = await attached(on);
    on.service.store = () => Promise.reject(new SpoolError('STORE_FULL'));
    await giver.heading({ ...RUN, first: 1, count: 2 });
    await giver.data('one');
    await on.rig.settle();
    expect(on.rig.problems.splice(0)).toMatchObject([
      { kind: 'notAcknowledged', what: 'notifications up to 1', reason: { code: 'STORE_FULL' } },
    ]);
    on.service.store = () => {};
    await giver.data('two');
    await on.rig.settle();
    expect(on.service.acknowledged).toEqual([1, 2]);
  });

  test('everything that is done with before close resolves, and nothing that is not', async () => {
    await using on = await stage();
    const [work, stored] = [gate(), gate()];
    const { listener, giver, seen } = await attached(on, (event) =>
      event.kind === 'notification' && event.text === 'three' ? work.opened : undefined,
    );
    on.service.store = () => stored.opened;
    await giver.heading({ ...RUN, first: 1, count: 4 });
    for (const word of ['one', 'two', 'three', 'four']) await giver.data(word);
    await on.rig.settle();
    const closed = listener.close();
    stored.open();
    await closed;
    work.open();
    await on.rig.settle();
    expect([seen.texts, on.service.acknowledged]).toEqual([
      ['one', 'two', 'three'],
      [1, 2],
    ]);
    expect(on.service.calls.map(([method]) => method)).toEqual(['detach']);
  });
});

describe('it is over', () => {
  test.each([
    ['taken', 'acquired'],
    ['removed', 'closed'],
    ['failed', 'faulty'],
  ] as const)(
    '%s: the callback is told once, with the cause %s, and it can be registered again',
    async (over, cause) => {
      await using on = await stage();
      const { listener, giver, seen, registration } = await attached(on);
      await giver.heading({ over });
      await giver.close();
      await on.rig.settle();
      expect(seen.closes).toMatchObject([{ channel: null, data: null, size: 0, cause }]);
      expect([registration.state, listener.stats()]).toMatchObject(['unregistered', { registrations: 0, ends: 0 }]);
      await registration.registerForNotifications();
      await (await giverOf(on.rig, on.service)).heading({ ...RUN, first: 1, count: 1 });
      expect(on.service.attaches[1]?.attachment).not.toBe(on.service.attaches[0]?.attachment);
      expect(seen.recoveries).toHaveLength(2);
    },
  );

  test('what had arrived by then and was not begun is not given: the successor gets it', async () => {
    await using on = await stage();
    const work = gate();
    const { giver, seen } = await attached(on, (event) => (event.kind === 'notification' ? work.opened : undefined));
    await giver.heading({ ...RUN, first: 1, count: 2 });
    await giver.data('one');
    await giver.data('two');
    await giver.heading({ over: 'taken' });
    await on.rig.settle();
    work.open();
    await on.rig.settle();
    expect([seen.texts, seen.closes.length, on.service.acknowledged]).toEqual([['one'], 1, []]);
  });

  test('unregistered: it is removed, and nothing that crosses this is told', async () => {
    await using on = await stage();
    const { giver, seen, registration } = await attached(on);
    const unregistered = registration.unregisterForNotifications();
    await giver.heading({ over: 'removed' });
    await giver.close();
    expect(await unregistered).toMatchObject({ code: 'S_OK' });
    await on.rig.settle();
    expect(on.service.calls).toEqual([['remove', { id: persistent }]]);
    expect(seen.closes).toEqual([]);
    await expect(registration.unregisterForNotifications()).rejects.toMatchObject({ code: 'ALREADY_UNREGISTERED' });
  });

  test('detached: it stays, and what is done with is said before', async () => {
    await using on = await stage();
    const { giver, seen, registration } = await attached(on);
    await giver.heading({ ...RUN, first: 1, count: 2 });
    await giver.data('one');
    {
      await using left = registration;
      expect(left.state).toBe('registered');
    }
    await giver.data('two');
    await on.rig.settle();
    expect([seen.texts, on.service.acknowledged]).toEqual([['one'], [1]]);
    expect(on.service.calls).toEqual([['detach', { attachment: on.service.attaches[0]?.attachment }]]);
    expect(await registration.detach()).toMatchObject({ code: 'S_OK' });
  });
});

describe('the spooler is lost', () => {
  test('PAN-251: it is told once; a fresh attachment follows, and what was not begun is not given twice', async () => {
    await using on = await stage();
    const work = gate();
    const waits: Reaction = (event) => (event.kind === 'notification' ? work.opened : undefined);
    const { listener, giver, seen, registration } = await attached(on, waits, { reconnect });
    await giver.heading({ ...RUN, first: 1, count: 2 });
    await giver.data('one');
    await giver.data('two');
    await on.rig.settle();
    on.rig.cut(listener);
    await on.rig.settle();
    expect(registration.state).toBe('away');
    await expect(registration.unregisterForNotifications()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    on.service.attached = { recovered: true, pending: 2, lost: 0, next: 1 };
    await on.rig.advance(1_000);
    const again = await giverOf(on.rig, on.service);
    await again.heading({ ...RUN, first: 1, count: 2, redelivered: true });
    await again.data('one');
    await again.data('two');
    work.open();
    await on.rig.settle();
    expect(seen.seen).toMatchObject([
      { kind: 'recovery', recovered: false },
      { text: 'one', kept: { redelivered: false } },
      { kind: 'closed', channel: null, cause: 'lost' },
      { kind: 'recovery', recovered: true, pending: 2 },
      { text: 'one', kept: { number: 1, redelivered: true } },
      { text: 'two', kept: { number: 2, redelivered: true } },
    ]);
    expect(on.service.acknowledged).toEqual([1, 2]);
    expect(new Set(on.service.attaches.map(({ attachment }) => attachment)).size).toBe(2);
  });

  test('where it is refused then, that is reported, and nothing is left of it', async () => {
    await using on = await stage();
    const { listener, registration } = await attached(on, undefined, { reconnect });
    on.service.attached = new SpoolError('E_ACCESSDENIED');
    on.rig.cut(listener);
    await on.rig.advance(1_000);
    expect(on.rig.problems.splice(0)).toMatchObject([{ kind: 'registrationLost', reason: { code: 'E_ACCESSDENIED' } }]);
    expect([registration.state, on.rig.spooler.stats()]).toMatchObject(['unregistered', { registrations: 0 }]);
  });

  test('while it is away it can be let go: it does not come back', async () => {
    await using on = await stage();
    const { listener, registration } = await attached(on, undefined, { reconnect });
    on.rig.cut(listener);
    await on.rig.settle();
    await registration.detach();
    await on.rig.advance(1_000);
    expect([listener.state, on.service.attaches.length]).toEqual(['connected', 1]);
  });
});

describe('a refused attachment', () => {
  test('leaves nothing', async () => {
    await using on = await stage();
    on.service.attached = new SpoolError('E_INVALIDARG', { input: 'another interest' });
    const listener = await on.rig.listener();
    const registration = listener.prepareRegistration({ name: 'Lab', type, persistent }, on.rig.recorder());
    await expect(registration.registerForNotifications()).rejects.toMatchObject({
      code: 'E_INVALIDARG',
      input: 'another interest',
    });
    await on.rig.settle();
    expect([registration.state, listener.stats().registrations]).toEqual(['object', 0]);
    expect(on.rig.spooler.stats()).toMatchObject({ registrations: 0 });
    expect(await registration.unregisterForNotifications()).toMatchObject({ code: 'NOT_REGISTERED' });
  });

  test('and one that nobody waits for any more is let go', async () => {
    await using on = await stage();
    const listener = await on.rig.listener();
    const { signal, ...giveUp } = giveUpAtOnce();
    const registered = listener.registerForNotifications({ name: 'Lab', type, persistent }, on.rig.recorder(), {
      signal,
    });
    giveUp.now();
    await expect(registered).rejects.toMatchObject({ code: 'CONNECTION_ENDED' });
    await on.rig.settle();
    expect([listener.stats().registrations, on.rig.spooler.stats()]).toMatchObject([0, { registrations: 0 }]);
  });

  test('OBS-9: an ID or a style that it cannot have is refused here', async () => {
    await using on = await stage();
    const listener = await on.rig.listener();
    for (const id of ['', 'a/b', 'x'.repeat(65), 'ü'])
      await expect(
        listener.registerForNotifications({ name: 'Lab', type, persistent: { id } }, on.rig.recorder()),
      ).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    const both = { name: 'Lab', type, persistent, style: 'kBiDirectional' } as never;
    await expect(listener.registerForNotifications(both, on.rig.recorder())).rejects.toMatchObject({
      code: 'E_INVALIDARG',
    });
    expect(on.service.attaches).toEqual([]);
  });

  test('a spooler without the service says E_NOINTERFACE', async () => {
    await using rig = await startRig();
    const listener = await rig.listener();
    const registered = listener.registerForNotifications({ name: 'Lab', type, persistent }, rig.recorder());
    await expect(registered).rejects.toMatchObject({ code: 'E_NOINTERFACE' });
  });
});

function giveUpAtOnce(): { readonly signal: AbortSignal; readonly now: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, now: () => controller.abort() };
}

describe('a spooler that breaks the headings is left, as for any fault of protocol', () => {
  test.each<[string, unknown]>([
    ['no JSON', 'paper jam'],
    ['nothing', null],
    ['not UTF-8', new Uint8Array([0xff])],
    ['another object', '{}'],
    ['a run that has no length', JSON.stringify({ ...RUN, first: 1, count: 0 })],
    ['a run that begins before 1', JSON.stringify({ ...RUN, first: 0, count: 1 })],
    ['a run of a fraction', JSON.stringify({ ...RUN, first: 1, count: 1.5 })],
    ['a run with something more', JSON.stringify({ ...RUN, first: 1, count: 1, text: 'x' })],
    ['a run and a loss', JSON.stringify({ ...RUN, first: 1, count: 1, lost: 1 })],
    ['a loss of nothing', JSON.stringify({ lost: 0 })],
    ['an end for an unknown reason', JSON.stringify({ over: 'bored' })],
  ])('%s', async (_, heading) => {
    await using on = await stage();
    const codes: number[] = [];
    const { giver, seen } = await attached(on, undefined, { reconnect, onLost: ({ code }) => codes.push(code) });
    await giver.data(heading as string);
    await on.rig.settle();
    expect([codes, seen.closes.length, seen.texts]).toEqual([[4400], 1, []]);
  });

  test('numbers that do not rise', async () => {
    await using on = await stage();
    const codes: number[] = [];
    const { giver, seen } = await attached(on, undefined, { reconnect, onLost: ({ code }) => codes.push(code) });
    const runs: Heading[] = [
      { ...RUN, first: 4, count: 1 },
      { ...RUN, first: 4, count: 1 },
    ];
    for (const run of runs) {
      await giver.heading(run);
      await giver.data('word').catch(() => {});
    }
    await on.rig.settle();
    expect([codes, seen.texts]).toEqual([[4400], ['word']]);
  });

  test('an answer to attach that is none', async () => {
    await using on = await stage();
    on.service.attached = { recovered: 'perhaps' };
    const listener = await on.rig.listener();
    const registered = listener.registerForNotifications({ name: 'Lab', type, persistent }, on.rig.recorder());
    await expect(registered).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATED' });
  });
});

test('what was discarded is told in its place', async () => {
  await using on = await stage();
  const { giver, seen } = await attached(on);
  await giver.heading({ ...RUN, first: 1, count: 1 });
  await giver.data('one');
  await giver.heading({ lost: 7 });
  await giver.heading({ ...RUN, first: 9, count: 1 });
  await giver.data('nine');
  await on.rig.settle();
  expect(seen.seen.slice(1)).toMatchObject([
    { text: 'one' },
    { kind: 'loss', count: 7 },
    { text: 'nine', kept: { number: 9 } },
  ]);
  expect(on.service.acknowledged.at(-1)).toBe(9);
});

test('what somebody else sends to the name of the attachment is given back unread', async () => {
  await using on = await stage();
  const { giver, seen } = await attached(on);
  await giver.heading({ ...RUN, first: 1, count: 2 });
  await giver.data('one');
  const intruder = await giverOf(on.rig, on.service);
  await intruder.heading({ over: 'taken' });
  await intruder.data('forged');
  await giver.data('two');
  await on.rig.settle();
  expect([seen.texts, seen.closes]).toEqual([['one', 'two'], []]);
  expect(on.rig.spooler.stats()).toMatchObject({ heldObjects: 0 });
});
