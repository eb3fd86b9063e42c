/**
 * Every code that can arise here, raised by the real thing: sections 5.1 and 5.2 of the fact sheet. The numbers of all of
 * them, also of those that cannot arise, are in shared/errors.test.ts; the codes of finished ends in finished-ends.test.ts.
 */

import { describe, expect, test } from 'vitest';
import { createSender } from '../../client/sender.ts';
import {
  type Code,
  DataObject,
  decodeRecord,
  eachRecord,
  encodeRecord,
  type Interest,
  type Limits,
  type Outcome,
  outcomeOf,
  SpoolError,
  type SpoolerRecord,
  succeeded,
} from '../../shared/index.ts';
import { TokenTable } from '../../spooler/index.ts';
import { memoryLinks, type Rig, startRig, TRANSPORTS } from '../harness/index.ts';
import { RawClient } from './raw-client.ts';
import { DIALOGUE, stage, TYPE } from './stage.ts';

const BROADCAST = { name: 'Lab', type: TYPE } as const;
const NAME = '\\\\localhost\\Lab';
const DIALOGUE_INTEREST: Interest = { name: NAME, type: TYPE, filter: 'kPerUser', style: 'kBiDirectional' };
const BROADCAST_INTEREST: Interest = { ...DIALOGUE_INTEREST, style: 'kUniDirectional' };
const OTHER_TYPE_OBJECT = { type: 'f6853f92-eb31-4e23-b6e7-fd69056153f0' as typeof TYPE, data: new Uint8Array(1) };

/** How a call of the libraries ended; whether it resolved must fit the severity. */
async function endingOf(call: Promise<Outcome>): Promise<Outcome> {
  const [resolved, { code, hresult }] = await call.then(
    (outcome) => [true, outcome] as const,
    (reason: unknown) => [false, SpoolError.from(reason, 'PROTOCOL_VIOLATED')] as const,
  );
  expect(resolved).toBe(succeeded(hresult));
  return { code, hresult };
}

/** A listener that never gives anything back, and so is full after one delivery and one in its queue. */
async function hoarder(rig: Rig): Promise<RawClient> {
  const client = await RawClient.connect(rig);
  await client.register(1, BROADCAST_INTEREST);
  return client;
}
const HOARDING: Partial<Limits> = { registrationHeldObjects: 1, queueLength: 1 };

interface Raised {
  readonly facts: string;
  readonly code: Code;
  readonly hresult: number;
  readonly limits?: Partial<Limits>;
  /** Provokes it. */
  readonly raise: (rig: Rig) => Promise<Outcome>;
}

/** What the libraries tell, by name and number. */
const RAISED: readonly Raised[] = [
  {
    facts: 'PAN-197',
    code: 'CHANNEL_CLOSED_BY_SERVER',
    hresult: 0x80040001,
    raise: async (rig) => {
      const { c1, source } = await stage(rig, 'B4');
      await source.closeChannel();
      return endingOf(c1.channel.sendNotification('late'));
    },
  },
  {
    facts: 'PAN-198',
    code: 'CHANNEL_CLOSED_BY_ANOTHER_LISTENER',
    hresult: 0x80040002,
    raise: async (rig) => {
      const { c1, c2 } = await stage(rig, 'B2');
      await c1.channel.closeChannel('mine');
      return endingOf(c2.channel.sendNotification('late'));
    },
  },
  {
    facts: 'PAN-199',
    code: 'CHANNEL_CLOSED_BY_SAME_LISTENER',
    hresult: 0x80040003,
    raise: async (rig) => {
      const { c1 } = await stage(rig, 'B4');
      await c1.channel.closeChannel();
      return endingOf(c1.channel.closeChannel());
    },
  },
  {
    facts: 'PAN-200, GAP-12',
    code: 'CHANNEL_RELEASED_BY_LISTENER',
    hresult: 0x80040004,
    raise: async (rig) => {
      const { c1 } = await stage(rig, 'B2');
      c1.channel.release();
      return endingOf(c1.channel.sendNotification('after all'));
    },
  },
  {
    facts: 'PAN-201',
    code: 'UNIRECTIONAL_NOTIFICATION_LOST',
    hresult: 0x00040005,
    limits: HOARDING,
    raise: async (rig) => {
      await using _ = await hoarder(rig);
      const listener = await rig.listener();
      await listener.registerForNotifications(BROADCAST, rig.recorder());
      const channel = await (await rig.sender()).createNotificationChannel(BROADCAST);
      for (const text of ['held', 'queued']) {
        await channel.sendNotification(text);
        await rig.settle();
      }
      return await endingOf(channel.sendNotification('lost'));
    },
  },
  {
    facts: 'PAN-202',
    code: 'ASYNC_NOTIFICATION_FAILURE',
    hresult: 0x80040006,
    limits: HOARDING,
    raise: async (rig) => {
      await using _ = await hoarder(rig);
      const channel = await (await rig.sender()).createNotificationChannel(BROADCAST);
      for (const text of ['held', 'queued']) await channel.sendNotification(text);
      return await endingOf(channel.sendNotification('lost'));
    },
  },
  {
    facts: 'PAN-203',
    code: 'NO_LISTENERS',
    hresult: 0x00040007,
    raise: async (rig) => {
      const channel = await (await rig.sender()).createNotificationChannel(BROADCAST);
      return endingOf(channel.sendNotification('anybody?'));
    },
  },
  {
    facts: 'PAN-204, GAP-6',
    code: 'CHANNEL_ALREADY_CLOSED',
    hresult: 0x80040008,
    raise: async (rig) => {
      const { source } = await stage(rig, 'B1');
      await source.closeChannel();
      return endingOf(source.sendNotification('late'));
    },
  },
  {
    facts: 'PAN-236, PAN-204, GAP-6',
    code: 'CHANNEL_ALREADY_CLOSED',
    hresult: 0x80040008,
    raise: async (rig) => {
      const { source } = await stage(rig, 'B1');
      await source.closeChannel();
      return endingOf(source.closeChannel());
    },
  },
  {
    facts: 'PAN-205',
    code: 'CHANNEL_ALREADY_OPENED',
    hresult: 0x80040009,
    raise: async (rig) => {
      const channel = await (await rig.sender()).createNotificationChannel(BROADCAST);
      return endingOf(channel.createNotificationChannel());
    },
  },
  {
    facts: 'PAN-206',
    code: 'CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION',
    hresult: 0x8004000a,
    raise: async (rig) => {
      const { source } = await stage(rig, 'B2');
      return endingOf(source.sendNotification('q2'));
    },
  },
  {
    facts: 'PAN-207',
    code: 'CHANNEL_NOT_OPENED',
    hresult: 0x8004000b,
    raise: async (rig) => endingOf((await rig.sender()).prepareChannel(BROADCAST).sendNotification('n1')),
  },
  {
    facts: 'PAN-209',
    code: 'NOT_REGISTERED',
    hresult: 0x0004000d,
    raise: async (rig) => {
      const registration = (await rig.listener()).prepareRegistration(BROADCAST, rig.recorder());
      return endingOf(registration.unregisterForNotifications());
    },
  },
  {
    facts: 'PAN-210',
    code: 'ALREADY_UNREGISTERED',
    hresult: 0x8004000e,
    raise: async (rig) => {
      const registration = await (await rig.listener()).registerForNotifications(BROADCAST, rig.recorder());
      await registration.unregisterForNotifications();
      return endingOf(registration.unregisterForNotifications());
    },
  },
  {
    facts: 'PAN-211',
    code: 'ALREADY_REGISTERED',
    hresult: 0x8004000f,
    raise: async (rig) => {
      const registration = await (await rig.listener()).registerForNotifications(BROADCAST, rig.recorder());
      return endingOf(registration.registerForNotifications());
    },
  },
  {
    facts: 'PAN-212, GAP-10',
    code: 'CHANNEL_ACQUIRED',
    hresult: 0x80040010,
    raise: async (rig) => {
      const { c2 } = await stage(rig, 'B3');
      return endingOf(c2.channel.sendNotification('b1'));
    },
  },
  {
    facts: 'PAN-212, PAN-222, GAP-10',
    code: 'CHANNEL_ACQUIRED',
    hresult: 0x00040010,
    raise: async (rig) => {
      const { c2 } = await stage(rig, 'B3');
      return endingOf(c2.channel.closeChannel('b1'));
    },
  },
  {
    facts: 'PAN-213',
    code: 'ASYNC_CALL_IN_PROGRESS',
    hresult: 0x80040011,
    raise: async (rig) => {
      const { c1 } = await stage(rig, 'B3');
      return endingOf(c1.channel.sendNotification('a2'));
    },
  },
  {
    facts: 'PAN-214',
    code: 'MAX_NOTIFICATION_SIZE_EXCEEDED',
    hresult: 0x80040012,
    limits: { payload: 8 },
    raise: async (rig) => {
      const channel = await (await rig.sender()).createNotificationChannel(BROADCAST);
      return endingOf(channel.sendNotification('123456789'));
    },
  },
  {
    facts: 'PAN-215, the source: no room to hold its initial notification',
    code: 'INTERNAL_NOTIFICATION_QUEUE_IS_FULL',
    hresult: 0x80040013,
    limits: { initialBytes: 8 },
    raise: async (rig) => {
      const sender = await rig.sender();
      const first = await sender.createNotificationChannel(DIALOGUE);
      const second = await sender.createNotificationChannel(DIALOGUE);
      await first.sendNotification('12345678');
      return endingOf(second.sendNotification('9'));
    },
  },
  {
    facts: 'PAN-215, a listener: the source has no room for its answer',
    code: 'INTERNAL_NOTIFICATION_QUEUE_IS_FULL',
    hresult: 0x80040013,
    limits: { sessionHeldObjects: 1, queueBytes: 0 },
    raise: async (rig) => {
      await using source = await RawClient.connect(rig);
      const { id } = await source.open(DIALOGUE_INTEREST);
      const seen = rig.recorder();
      await (await rig.listener()).registerForNotifications(DIALOGUE, seen);
      await source.notify(id, 'q1');
      const { channel } = await seen.nextNotification();
      await channel?.sendNotification('held by the source');
      await source.notify(id, 'q2');
      await seen.nextNotification();
      if (!channel) throw new Error('a dialogue has a channel');
      return await endingOf(channel.sendNotification('no room'));
    },
  },
  {
    facts: 'PAN-215, the source: its owner gives nothing back',
    code: 'INTERNAL_NOTIFICATION_QUEUE_IS_FULL',
    hresult: 0x80040013,
    limits: { sessionHeldObjects: 1, queueBytes: 0 },
    raise: async (rig) => {
      await using owner = await RawClient.connect(rig);
      await owner.register(1, DIALOGUE_INTEREST);
      const source = await (await rig.sender()).createNotificationChannel(DIALOGUE);
      await source.sendNotification('q1');
      const { end } = await owner.next('notify');
      await owner.notify(end, 'a1');
      return await endingOf(source.sendNotification('q2'));
    },
  },
  {
    facts: 'PAN-216',
    code: 'INVALID_NOTIFICATION_TYPE',
    hresult: 0x80040014,
    raise: async (rig) => {
      const channel = await (await rig.sender()).createNotificationChannel(BROADCAST);
      return endingOf(channel.sendNotification(new DataObject(OTHER_TYPE_OBJECT)));
    },
  },
  {
    facts: 'PAN-217, PAN-229, GAP-15',
    code: 'MAX_REGISTRATION_COUNT_EXCEEDED',
    hresult: 0x80070015,
    limits: { registrationsPerName: 1 },
    raise: async (rig) => {
      const listener = await rig.listener();
      await listener.registerForNotifications(BROADCAST, rig.recorder());
      return endingOf(listener.prepareRegistration(BROADCAST, rig.recorder()).registerForNotifications());
    },
  },
  {
    facts: 'PAN-218, GAP-16',
    code: 'MAX_CHANNEL_COUNT_EXCEEDED',
    hresult: 0x80040016,
    limits: { channels: 1 },
    raise: async (rig) => {
      const sender = await rig.sender();
      await sender.createNotificationChannel(BROADCAST);
      return endingOf(sender.prepareChannel(BROADCAST).createNotificationChannel());
    },
  },
  {
    facts: 'PAN-230',
    code: 'ERROR_INVALID_NAME',
    hresult: 0x8007007b,
    raise: async (rig) => {
      const registration = (await rig.listener()).prepareRegistration(
        { ...BROADCAST, name: '\\\\localhost\\Lab,2' },
        rig.recorder(),
      );
      return endingOf(registration.registerForNotifications());
    },
  },
];

describe.each(TRANSPORTS)('over %s', (transport) => {
  test.each(RAISED.map((one) => [one.code, one.facts, one] as const))('%s is raised (%s)', async (code, _, raised) => {
    const { hresult, limits, raise } = raised;
    await using rig = await startRig({ transport, ...(limits && { limits }) });
    expect(await raise(rig)).toEqual({ code, hresult });
  });

  test('while the spooler shuts down every register and open is refused, again and again (PAN-231)', async () => {
    await using rig = await startRig({ transport, limits: HOARDING });
    await using hoarding = await hoarder(rig);
    const sender = await rig.sender();
    const listener = await rig.listener();
    const channel = await sender.createNotificationChannel(BROADCAST);
    for (const text of ['held', 'queued']) await channel.sendNotification(text);
    // What is queued keeps it from ending at once.
    const ended = rig.spooler.close();
    const registration = listener.prepareRegistration(BROADCAST, rig.recorder());
    for (let i = 0; i < 3; i++) {
      for (const call of [
        registration.registerForNotifications(),
        sender.prepareChannel(BROADCAST).createNotificationChannel(),
      ])
        expect(await endingOf(call)).toEqual({ code: 'RPC_S_CALL_CANCELLED', hresult: 0x8007071a });
    }
    // What is open goes on until then.
    await expect(channel.sendNotification('full')).rejects.toMatchObject({ code: 'ASYNC_NOTIFICATION_FAILURE' });
    expect(hoarding.closeCode).toBeUndefined();
    rig.clock.advance(2_000);
    await ended;
  });

  describe('on the raw wire', () => {
    test('success is 0, whatever was asked (PAN-221)', async () => {
      await using rig = await startRig({ transport });
      await using client = await RawClient.connect(rig);
      expect((await client.register(1, DIALOGUE_INTEREST)).hresult).toBe(0);
      const { id, hresult } = await client.open(DIALOGUE_INTEREST);
      expect(hresult).toBe(0);
      const { end } = await client.next('offer');
      expect(await client.notify(id, 'q1')).toBe(0);
      expect(await client.notify(end, 'a1')).toBe(0);
      expect(await client.close(end, 'bye')).toBe(0);
      expect((await client.unregister(1)).hresult).toBe(0);
    });

    test('an answer out of turn finds a call parked, and does not disturb it (PAN-208, PAN-224)', async () => {
      await using rig = await startRig({ transport });
      await using source = await RawClient.connect(rig);
      await using listener = await RawClient.connect(rig);
      await listener.register(1, DIALOGUE_INTEREST);
      const { id } = await source.open(DIALOGUE_INTEREST);
      expect(await listener.notify(id, 'too early')).toBe(0x8004000c);
      await source.notify(id, 'q1');
      expect(await listener.notify(id, 'a1')).toBe(0);
      expect(await listener.notify(id, 'again')).toBe(0x8004000c);
      await source.notify(id, 'q2');
      await listener.roundTrip();
      expect(listener.texts).toEqual(['q1', 'q2']);
      expect(await listener.notify(id, 'a2')).toBe(0);
      await source.roundTrip();
      expect(source.texts).toEqual(['a1', 'a2']);
    });

    test('too large and of the wrong type are refused in responses and in closes (PAN-225, PAN-226)', async () => {
      await using rig = await startRig({ transport, limits: { payload: 8 } });
      await using source = await RawClient.connect(rig);
      await using listener = await RawClient.connect(rig);
      await listener.register(1, DIALOGUE_INTEREST);
      const { id } = await source.open(DIALOGUE_INTEREST);
      await source.notify(id, 'q1');
      for (const send of ['notify', 'close'] as const) {
        expect(await listener[send](id, '123456789')).toBe(0x80040012);
        expect(await listener[send](id, 'a1', { type: OTHER_TYPE_OBJECT.type })).toBe(0x80040014);
      }
      expect(await listener.close(id, '12345678')).toBe(0);
      // The channel's own type, spelled out, is no other type; yet nobody has to spell it out.
      expect(await source.next('closed')).toMatchObject({ release: false, cause: 'closed' });
    });

    test('bytes that come with NOTIFICATION_RELEASE are ignored in a close and refused in a response (PAN-178, PAN-226)', async () => {
      await using rig = await startRig({ transport, limits: { payload: 8 } });
      await using source = await RawClient.connect(rig);
      await using c1 = await RawClient.connect(rig);
      await using c2 = await RawClient.connect(rig);
      for (const client of [c1, c2]) await client.register(1, DIALOGUE_INTEREST);
      const { id } = await source.open(DIALOGUE_INTEREST);
      await source.notify(id, 'q1');
      // Nobody's channel: with these bytes as a last word it would acquire, or be too large.
      expect(await c1.close(id, 'ignored', { release: true })).toBe(0);
      expect(await c2.notify(id, 'a1', { release: true })).toBe(0x80040014);
      expect(await c2.notify(id, 'a1')).toBe(0);
      expect(await c2.close(id, 'ignored, and too large', { release: true })).toBe(0);
      expect(await source.next('closed')).toMatchObject({ release: true, data: null, cause: 'closed' });
      expect(source.texts).toEqual(['a1']);
    });

    test('registrations and channels that are asked for out of order (PAN-205, PAN-207, PAN-209, PAN-210, PAN-211)', async () => {
      await using rig = await startRig({ transport });
      await using client = await RawClient.connect(rig);
      expect((await client.unregister(1)).hresult).toBe(0x8004000d);
      expect((await client.register(1, BROADCAST_INTEREST)).hresult).toBe(0);
      expect((await client.register(1, BROADCAST_INTEREST)).hresult).toBe(0x8004000f);
      expect((await client.unregister(1)).hresult).toBe(0);
      expect((await client.unregister(1)).hresult).toBe(0x8004000e);
      const { id } = await client.open(BROADCAST_INTEREST);
      expect((await client.open(BROADCAST_INTEREST, id)).hresult).toBe(0x80040009);
      expect((await client.open(BROADCAST_INTEREST, id + 1)).hresult).toBe(0x8004000b);
      expect(await client.notify(id + 1, 'n1')).toBe(0x8004000b);
    });

    test('limits and names (PAN-217, PAN-218, PAN-229, PAN-230)', async () => {
      await using rig = await startRig({ transport, limits: { registrationsPerName: 1, channels: 1 } });
      await using client = await RawClient.connect(rig);
      await client.register(1, BROADCAST_INTEREST);
      await client.open(BROADCAST_INTEREST);
      expect((await client.register(2, BROADCAST_INTEREST)).hresult).toBe(0x80070015);
      expect((await client.open(BROADCAST_INTEREST)).hresult).toBe(0x80040016);
      const misnamed = { ...BROADCAST_INTEREST, name: 'Lab' };
      expect((await client.register(2, misnamed)).hresult).toBe(0x8007007b);
      expect((await client.open(misnamed)).hresult).toBe(0x8007007b);
    });
  });
});

test('who may not is denied (PAN-227)', async () => {
  const [listens, sends] = ['a-token-that-listens', 'a-token-that-sends'];
  const tokens = TokenTable.parse(
    JSON.stringify({
      tokens: [
        { token: listens, user: 'ann', rights: ['listen'] },
        { token: sends, user: 'ann', rights: ['send'] },
      ],
    }),
  );
  await using rig = await startRig({ transport: 'websocket', tokens });
  const denied = { code: 'E_ACCESSDENIED', hresult: 0x80070005 };
  const listener = await rig.listener({ token: listens });
  const forAll = { ...BROADCAST, filter: 'kAllUsers' } as const;
  expect(await endingOf(listener.prepareRegistration(forAll, rig.recorder()).registerForNotifications())).toEqual(
    denied,
  );
  await listener.registerForNotifications(BROADCAST, rig.recorder());
  const sender = await rig.sender({ token: sends });
  for (const refused of [forAll, { ...BROADCAST, user: 'bob' }])
    expect(await endingOf(sender.prepareChannel(refused).createNotificationChannel())).toEqual(denied);
  await sender.createNotificationChannel(BROADCAST);
});

describe('a spooler of another make', () => {
  /** A sender whose every `notify` is answered with the next of these numbers. */
  async function senderAnsweredWith(answers: readonly number[]) {
    const [near, far] = memoryLinks();
    const left = [...answers];
    const write = (record: SpoolerRecord): void => far.send(encodeRecord(record));
    far.attach({
      onMessage: (message) =>
        eachRecord(message, (raw) => {
          const record = decodeRecord(raw, 'client');
          if (record.op === 'hello') {
            const limits = {
              payload: 100,
              message: 1000,
              waitingObjects: 1,
              waitingBytes: 100,
              keptObjects: 0,
              keptBytes: 0,
            };
            write({ op: 'welcome', user: 'ann', server: 'other', limits });
          } else if (record.op === 'open') {
            write({ op: 'result', id: 1, request: record.request, hresult: 0, json: new Uint8Array() });
          } else if (record.op === 'notify') {
            write({ op: 'settled', end: record.end, sequence: record.sequence, hresult: left.shift() ?? 0 });
          }
        }),
      onAlive: () => {},
      onDrain: () => {},
      onClose: () => {},
    });
    return createSender(near, { user: 'ann' });
  }

  const UNKNOWN_ERRORS = [0x80049999, 0xa0041234, 0x80070002, 0xffffffff];
  const UNKNOWN_SUCCESSES = [0x00049999, 0x00000001, 0x20041234];
  const ERRORS = RAISED.map(({ hresult }) => hresult).filter((hresult) => !succeeded(hresult));

  test('any error rejects and any success resolves, known or not, with the number as it came (PAN-233, PAN-238)', async () => {
    const answers = [...UNKNOWN_ERRORS, ...UNKNOWN_SUCCESSES, ...ERRORS];
    await using sender = await senderAnsweredWith(answers);
    const channel = await sender.createNotificationChannel(BROADCAST);
    for (const hresult of answers) expect(await endingOf(channel.sendNotification('n'))).toEqual(outcomeOf(hresult));
    for (const hresult of [...UNKNOWN_ERRORS, ...UNKNOWN_SUCCESSES])
      expect(outcomeOf(hresult).code).toBe('UNKNOWN_HRESULT');
    // None of them has done anything to the channel.
    expect(await channel.sendNotification('n')).toEqual({ code: 'S_OK', hresult: 0 });
    expect(channel.state).toBe('open');
  });
});
