/** PROTOCOL.md sections 6 to 8, heading by heading, against the real spooler on the raw wire. */

import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import {
  ALL_CODES,
  CAUSES,
  type ClientRecord,
  type Code,
  hresultOf,
  type Interest,
  type Limits,
  type Result,
  type SpoolerRecord,
} from '../../shared/index.ts';
import type { Spooler } from '../../spooler/core/spooler.ts';
import { type Rig, startRig, TRANSPORTS } from '../harness/index.ts';
import {
  BIDIRECTIONAL,
  brief,
  closesIn,
  LAB,
  OTHER_TYPE,
  offersIn,
  settledIn,
  UNIDIRECTIONAL,
  WirePeer,
} from './wire-peer.ts';

const document = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');

/** A source and a listener of one channel. */
interface Pair extends AsyncDisposable {
  readonly ann: WirePeer;
  readonly bob: WirePeer;
  readonly end: number;
}

async function pair(rig: Rig, interest: Interest, overflow?: 'wait'): Promise<Pair> {
  const ann = await WirePeer.join(rig);
  const bob = await WirePeer.join(rig);
  await bob.register(1, interest);
  const { id: end } = await ann.open(interest, { ...(overflow && { overflow }) });
  await bob.exchange();
  const dispose = async (): Promise<void> => {
    await ann[Symbol.asyncDispose]();
    await bob[Symbol.asyncDispose]();
  };
  return { ann, bob, end, [Symbol.asyncDispose]: dispose };
}

function notices(records: readonly SpoolerRecord[]): string[] {
  return brief(records.filter(({ op }) => op === 'notify' || op === 'closed'));
}

function answers(records: readonly SpoolerRecord[]): string[] {
  return brief(settledIn(records));
}

const upTo = (end: number, sequence: number): ClientRecord => ({ op: 'release', end, sequence, only: false });
const only = (end: number, sequence: number): ClientRecord => ({ op: 'release', end, sequence, only: true });

describe.each(TRANSPORTS)('over %s', (transport) => {
  describe('6. Credit', () => {
    test('at the bound of objects deliveries wait, in order, and come one for each release', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 2 } });
      await using both = await pair(rig, UNIDIRECTIONAL);
      const { ann, bob, end } = both;
      await ann.exchange(...['a', 'b', 'c', 'd'].map((text) => ann.notify(end, text)));
      expect(notices(await bob.exchange())).toEqual([`notify ${end} #1 "a"`, `notify ${end} #2 "b"`]);
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 2, queued: 2, queuedBytes: 2 });
      expect(notices(await bob.exchange(only(end, 2)))).toEqual([`notify ${end} #3 "c"`]);
      expect(notices(await bob.exchange(only(end, 1)))).toEqual([`notify ${end} #4 "d"`]);
      await bob.exchange(upTo(end, 4));
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0, heldBytes: 0, queued: 0, queuedBytes: 0 });
    });

    test('one object above the bound of bytes passes when nothing else is held', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldBytes: 4, sessionHeldBytes: 4 } });
      await using both = await pair(rig, UNIDIRECTIONAL);
      const { ann, bob, end } = both;
      await ann.exchange(ann.notify(end, 'large enough'), ann.notify(end, 'b'));
      expect(notices(await bob.exchange())).toEqual([`notify ${end} #1 "large enough"`]);
      expect(notices(await bob.exchange(upTo(end, 1)))).toEqual([`notify ${end} #2 "b"`]);
      await bob.exchange(upTo(end, 2));
    });

    test('the bound of a connection holds for all its registrations together, and none starves (T5)', async () => {
      await using rig = await startRig({ transport, limits: { sessionHeldObjects: 1 } });
      await using both = await pair(rig, UNIDIRECTIONAL);
      const { ann, bob, end } = both;
      const other = { ...UNIDIRECTIONAL, type: OTHER_TYPE };
      await bob.register(2, other);
      const { id: second } = await ann.open(other);
      await ann.exchange(ann.notify(end, 'a'), ann.notify(end, 'b'), ann.notify(end, 'c'), ann.notify(second, 'x'));
      // Held one at a time; the one that came last does not have to wait until the other queue is empty.
      expect(notices(await bob.exchange())).toEqual([`notify ${end} #1 "a"`]);
      expect(notices(await bob.exchange(upTo(end, 1)))).toEqual([`notify ${end} #2 "b"`]);
      expect(notices(await bob.exchange(upTo(end, 2)))).toEqual([`notify ${second} #1 "x"`]);
      expect(notices(await bob.exchange(upTo(second, 1)))).toEqual([`notify ${end} #3 "c"`]);
      await bob.exchange(upTo(end, 3));
    });

    test('up to 100 wait for each registration, then the newest is lost, for that registration only (PAN-242, PAN-116)', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
      await using both = await pair(rig, UNIDIRECTIONAL);
      const { ann, bob, end } = both;
      const news = await ann.exchange(...Array.from({ length: 103 }, (_, index) => ann.notify(end, String(index))));
      expect(answers(news)).toEqual([`settled ${end} #101 S_OK`, `settled ${end} #103 ASYNC_NOTIFICATION_FAILURE`]);
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 1, queued: 100 });
      await bob.unregister(1);
      await bob.exchange(upTo(end, 1));
    });

    test('bytes that wait are bounded for each connection: above the bound nothing more is taken', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, queueBytes: 10 } });
      await using both = await pair(rig, UNIDIRECTIONAL);
      const { ann, bob, end } = both;
      const texts = ['held', '123456789', 'crosses the bound', 'too much'];
      expect(answers(await ann.exchange(...texts.map((text) => ann.notify(end, text))))).toEqual([
        `settled ${end} #3 S_OK`,
        `settled ${end} #4 ASYNC_NOTIFICATION_FAILURE`,
      ]);
      await bob.unregister(1);
      await bob.exchange(upTo(end, 1));
    });

    test('with overflow wait the answer waits for room, and so does everything behind it, a close last', async () => {
      await using rig = await startRig({
        transport,
        limits: { registrationHeldObjects: 1, queueLength: 1, payload: 5 },
      });
      await using both = await pair(rig, UNIDIRECTIONAL, 'wait');
      const { ann, bob, end } = both;
      const records = [...['a', 'b', 'c', 'large!', 'e'].map((text) => ann.notify(end, text)), ann.close(end)];
      expect(answers(await ann.exchange(...records))).toEqual([`settled ${end} #2 S_OK`]);
      // A number that skips takes its turn too, or its answer would answer what still waits.
      const skipping: ClientRecord = { op: 'notify', end, sequence: 99, data: null, release: false };
      expect(await ann.exchange(skipping)).toEqual([]);
      await bob.exchange(upTo(end, 1));
      expect(answers(await ann.exchange())).toEqual([
        `settled ${end} #3 S_OK`,
        `settled ${end} #4 MAX_NOTIFICATION_SIZE_EXCEEDED`,
      ]);
      await bob.exchange(upTo(end, 2));
      expect(answers(await ann.exchange())).toEqual([
        `settled ${end} #6 S_OK`,
        `settled ${end} #99 CHANNEL_ALREADY_CLOSED`,
      ]);
      expect(notices(await bob.exchange(upTo(end, 3)))).toEqual(
        expect.arrayContaining([`notify ${end} #5 "e"`, `close ${end} #0 release closed`]),
      );
      await bob.exchange(upTo(end, 5));
      expect(rig.spooler.stats()).toMatchObject({ channels: 0, ends: 0, heldObjects: 0 });
    });

    test('what stands behind a close that waited finds the channel closed, also for listeners that came meanwhile', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, queueLength: 1 } });
      await using both = await pair(rig, UNIDIRECTIONAL, 'wait');
      const { ann, bob, end } = both;
      await ann.exchange(
        ann.notify(end, 'a'),
        ann.notify(end, 'b'),
        ann.notify(end, 'c'),
        ann.close(end),
        ann.notify(end, 'd'),
      );
      await using late = await WirePeer.join(rig);
      await late.register(1);
      await bob.exchange(upTo(end, 1));
      expect(answers(await ann.exchange()).slice(-2)).toEqual([
        `settled ${end} #4 S_OK`,
        `settled ${end} #5 CHANNEL_ALREADY_CLOSED`,
      ]);
      expect(notices(await late.exchange())).toEqual([`notify ${end} #3 "c"`, `close ${end} #0 release closed`]);
      expect(rig.spooler.stats()).toMatchObject({ channels: 0, ends: 0 });
      await late.exchange(upTo(end, 3));
      await bob.exchange(upTo(end, 2));
      await bob.exchange(upTo(end, 3));
    });

    test('at most waitingObjects and waitingBytes may be unanswered, one object at least: more is 4409', async () => {
      await using rig = await startRig({
        transport,
        limits: { registrationHeldObjects: 1, queueLength: 1, waitingObjects: 2, waitingBytes: 4 },
      });
      const flooding: readonly (readonly string[])[] = [
        ['a', 'b', '1', '2', '3'],
        ['a', 'b', '12', '345'],
      ];
      for (const texts of flooding) {
        await using both = await pair(rig, UNIDIRECTIONAL, 'wait');
        const { ann, bob, end } = both;
        await ann.exchange(...texts.slice(0, -1).map((text) => ann.notify(end, text)));
        ann.send(ann.notify(end, texts.at(-1) ?? ''));
        expect(await ann.closed).toEqual({ code: 4409, reason: 'more unanswered than allowed' });
        expect(notices(await bob.exchange(upTo(end, 1)))).toContain(`notify ${end} #2 "b"`);
        await bob.exchange(upTo(end, 2));
      }
      await using both = await pair(rig, UNIDIRECTIONAL, 'wait');
      const { ann, bob, end } = both;
      await ann.exchange(...['a', 'b', 'more than four bytes'].map((text) => ann.notify(end, text)));
      for (const sequence of [1, 2, 3]) await bob.exchange(upTo(end, sequence));
      expect(answers(await ann.exchange()).at(-1)).toBe(`settled ${end} #3 S_OK`);
    });

    test('one close may stand behind as many as may wait; a second one is 4409', async () => {
      await using rig = await startRig({
        transport,
        limits: { registrationHeldObjects: 1, queueLength: 1, waitingObjects: 1 },
      });
      await using both = await pair(rig, UNIDIRECTIONAL, 'wait');
      const { ann, bob, end } = both;
      await ann.exchange(...['a', 'b', 'c'].map((text) => ann.notify(end, text)), ann.close(end));
      expect(await ann.exchange()).toEqual([]);
      ann.send(ann.close(end));
      expect((await ann.closed).code).toBe(4409);
      await bob.exchange(upTo(end, 1));
      await bob.exchange(upTo(end, 2));
    });

    test('who stays at the bound and gives nothing back is ended with 4405 and told next time what it missed, once (T5)', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, queueLength: 2 } });
      await using ann = await WirePeer.join(rig);
      await using slow = await WirePeer.connect(rig);
      const instance = '00112233-4455-6677-8899-aabbccddeeff' as Interest['type'];
      await slow.exchange({ op: 'hello', user: 'ann', instance });
      await slow.register(1);
      const { id: end } = await ann.open();
      await ann.exchange(...['held', 'waits', 'waits', 'lost'].map((text) => ann.notify(end, text)));
      await rig.advance(1_999);
      expect(slow.link.closed).toBe(false);
      await rig.advance(1);
      expect((await slow.closed).code).toBe(4405);
      expect(rig.spooler.stats()).toMatchObject({ registrations: 0, heldObjects: 0, queued: 0 });
      expect(await ann.exchange()).toEqual([]);
      for (const missed of [{ cause: 'slow', count: 3 }, undefined]) {
        await using back = await WirePeer.connect(rig);
        const [welcome] = await back.exchange({ op: 'hello', user: 'ann', instance });
        expect(welcome?.op === 'welcome' && welcome.missed).toEqual(missed);
      }
    });

    test('who gives something back in time is left alone, however long the queue', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
      await using both = await pair(rig, UNIDIRECTIONAL);
      const { ann, bob, end } = both;
      await ann.exchange(...Array.from({ length: 9 }, () => ann.notify(end, 'x')));
      for (let sequence = 1; sequence <= 9; sequence++) {
        await rig.advance(1_900);
        await bob.exchange(upTo(end, sequence));
      }
      expect(bob.records.filter(({ op }) => op === 'notify')).toHaveLength(9);
    });

    test('initial notifications that are held for a source are bounded, one is always', async () => {
      await using rig = await startRig({ transport, limits: { initialBytes: 8 } });
      await using ann = await WirePeer.join(rig);
      const ends = [await ann.open(BIDIRECTIONAL), await ann.open(BIDIRECTIONAL)].map(({ id }) => id);
      const said = async (index: number, text: string): Promise<string[]> => {
        const end = ends[index] ?? 0;
        return answers(await ann.exchange(ann.notify(end, text)));
      };
      expect(await said(0, 'larger than eight')).toEqual([`settled ${ends[0]} #1 S_OK`]);
      expect(await said(1, 'x')).toEqual([`settled ${ends[1]} #1 INTERNAL_NOTIFICATION_QUEUE_IS_FULL`]);
      await ann.exchange(ann.close(ends[0] ?? 0));
      expect(await said(1, 'x')).toEqual([`settled ${ends[1]} #2 S_OK`]);
    });

    test('a message to a party without room is refused and changes nothing; it may be sent again (PAN-215)', async () => {
      await using rig = await startRig({ transport, limits: { sessionHeldObjects: 1, queueBytes: 1 } });
      await using both = await pair(rig, BIDIRECTIONAL);
      const { ann, bob, end } = both;
      const { id: other } = await ann.open(BIDIRECTIONAL);
      // Ann holds an answer and has one byte waiting for her: no room for any more.
      for (const channel of [end, other]) {
        await ann.exchange(ann.notify(channel, 'q'));
        await bob.exchange();
        await bob.exchange(upTo(channel, 1));
      }
      const { id: third } = await ann.open(BIDIRECTIONAL);
      await ann.exchange(ann.notify(third, 'q'));
      await bob.exchange();
      await bob.exchange(upTo(third, 1), bob.notify(end, 'a'), bob.notify(other, 'a'));
      bob.news();
      expect(answers(await bob.exchange(bob.notify(third, 'a')))).toEqual([
        `settled ${third} #1 INTERNAL_NOTIFICATION_QUEUE_IS_FULL`,
      ]);
      expect(answers(await bob.exchange(bob.close(third, 'bye')))).toEqual([
        `settled ${third} #2 INTERNAL_NOTIFICATION_QUEUE_IS_FULL`,
      ]);
      await ann.exchange(upTo(end, 1));
      await ann.exchange(upTo(other, 1));
      expect(answers(await bob.exchange(bob.notify(third, 'a')))).toEqual([`settled ${third} #3 S_OK`]);
      expect(notices(await ann.exchange())).toEqual([`notify ${third} #3 "a"`]);
      await ann.exchange(upTo(third, 3));
    });

    test.each([
      { who: 'owner', owns: true, code: 'INTERNAL_NOTIFICATION_QUEUE_IS_FULL', told: [] },
      { who: 'listener that was only offered the channel', owns: false, code: 'S_OK', told: ['release closed'] },
    ])('a last message to the $who without room: $code', async ({ owns, code, told }) => {
      await using rig = await startRig({ transport, limits: { sessionHeldObjects: 1, queueBytes: 1 } });
      await using both = await pair(rig, BIDIRECTIONAL);
      const { ann, bob, end } = both;
      await ann.exchange(ann.notify(end, 'q'));
      await bob.exchange();
      await bob.exchange(upTo(end, 1), ...(owns ? [bob.notify(end, 'a')] : []));
      if (owns) await ann.exchange(upTo(end, 1));
      // One object is held, one byte waits: there is no room for any more.
      await bob.register(2);
      const { id: other } = await ann.open();
      await ann.exchange(ann.notify(other, 'x'), ann.notify(other, 'y'));
      bob.news();
      expect(answers(await ann.exchange(ann.close(end, 'bye')))).toEqual([`settled ${end} #2 ${code}`]);
      expect(brief(closesIn(await bob.exchange()))).toEqual(told.map((what) => `close ${end} #0 ${what}`));
      // Without one a close needs no room.
      await ann.exchange(ann.close(end));
      await bob.exchange();
      expect(brief(closesIn(bob.records))).toEqual([`close ${end} #0 release closed`]);
      expect(rig.spooler.stats().channels).toBe(1);
      for (const sequence of [1, 2]) await bob.exchange(upTo(other, sequence));
    });
  });

  describe('7.1 Session', () => {
    /** How the owner of a conversation can go, and what the source is told. */
    const ways: readonly (readonly [cause: string, go: (bob: WirePeer, rig: Rig) => unknown])[] = [
      ['left', (bob) => bob.link.close(1000, 'done')],
      ['left', (bob) => bob.link.close(1001, '')],
      ['died', (bob) => bob.link.cut()],
      ['faulty', (bob) => bob.sendBytes(new Uint8Array(1))],
      ['faulty', (bob) => bob.send({ op: 'hello', user: 'ann' })],
      ['faulty', (bob) => bob.send(upTo(1234, 1))],
      ['printerRemoved', (bob, rig) => bob.exchange().then(() => rig.spooler.removePrinter(LAB))],
    ];

    test.each(ways)(
      '%s: the other party is told once, after everything delivered before (PAN-47, PAN-170)',
      async (cause, go) => {
        await using rig = await startRig({ transport });
        await using both = await pair(rig, BIDIRECTIONAL);
        const { ann, bob, end } = both;
        await ann.exchange(ann.notify(end, 'q'));
        await bob.exchange();
        bob.send(bob.notify(end, 'last answer'));
        await go(bob, rig);
        await rig.settle();
        expect(notices(ann.records)).toEqual([`notify ${end} #1 "last answer"`, `close ${end} #0 release ${cause}`]);
        expect(rig.spooler.stats().channels).toBe(0);
      },
    );

    test.each(ways.filter(([cause]) => cause !== 'printerRemoved'))(
      'a source that has gone (%s): each listener is told once, what was queued unidirectionally is not taken back (PAN-171, PAN-172)',
      async (cause, go) => {
        await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
        await using both = await pair(rig, UNIDIRECTIONAL);
        const { ann, bob, end } = both;
        await bob.register(2, BIDIRECTIONAL);
        const { id: talk } = await ann.open(BIDIRECTIONAL);
        await ann.exchange(ann.notify(end, 'held'), ann.notify(end, 'queued'), ann.notify(talk, 'q'));
        await go(ann, rig);
        await rig.settle();
        expect(notices(bob.records)).toEqual([
          `notify ${end} #1 "held"`,
          `notify ${talk} #1 "q"`,
          `close ${talk} #0 release ${cause}`,
        ]);
        expect(notices(await bob.exchange(upTo(end, 1))).slice(-2)).toEqual([
          `notify ${end} #2 "queued"`,
          `close ${end} #0 release ${cause}`,
        ]);
        await bob.exchange(upTo(end, 2));
        await bob.exchange(upTo(talk, 1));
        expect(rig.spooler.stats()).toMatchObject({ channels: 0, heldObjects: 0, queued: 0, ends: 0 });
      },
    );

    test('a peer that does not react is dead after both times of the heartbeat, and its source is told (T3)', async () => {
      await using rig = await startRig({ transport, limits: { heartbeatInterval: 5_000, heartbeatTimeout: 2_500 } });
      await using both = await pair(rig, BIDIRECTIONAL);
      const { ann, bob, end } = both;
      await ann.exchange(ann.notify(end, 'q'));
      await bob.exchange(bob.notify(end, 'a'));
      bob.link.goSilent();
      await rig.advance(7_499);
      expect(closesIn(ann.records)).toEqual([]);
      // The grain of the heartbeat, once for each of its two waits.
      await rig.advance(1 + 2 * 25);
      expect(brief(closesIn(ann.records))).toEqual([`close ${end} #0 release silent`]);
      // Ann said nothing all the time: idle is not dead.
      await rig.advance(3_600_000);
      expect(rig.spooler.stats()).toMatchObject({ sessions: 1 });
      expect(closesIn(ann.records)).toHaveLength(1);
      await ann.exchange({ op: 'release', end, sequence: 1, only: false });
    });

    test.each<[string, Partial<Limits>]>([
      ['a registration', { registrationHeldObjects: 1 }],
      ['the whole session', { sessionHeldObjects: 1 }],
    ])('rundown leaves nothing of a session that had some of everything, at the bound of %s', async (_, limits) => {
      await using rig = await startRig({ transport, limits });
      await using eve = await WirePeer.join(rig);
      for (const [number, interest] of [UNIDIRECTIONAL, BIDIRECTIONAL].entries()) {
        await eve.register(number + 1, interest);
        const { id } = await eve.open(interest);
        await eve.exchange(eve.notify(id, 'x'), eve.notify(id, 'y'));
      }
      expect(Object.values(rig.spooler.stats()).every((count) => count > 0)).toBe(true);
      eve.link.cut();
      await rig.settle();
      await using ann = await WirePeer.join(rig);
      const { sessions, ...others } = rig.spooler.stats();
      expect(sessions).toBe(1);
      expect(Object.values(others).filter((count) => count !== 0)).toEqual([]);
      expect(await ann.exchange()).toEqual([]);
    });

    test('a listener for whom a question waited is gone: nobody watches any more whether he takes it', async () => {
      await using rig = await startRig({ transport, limits: { sessionHeldObjects: 1, stallTime: 3_600_000 } });
      await using both = await pair(rig, BIDIRECTIONAL);
      const { ann, bob, end } = both;
      const { id: other } = await ann.open(BIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'held'), ann.notify(other, 'waits'));
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 1, queued: 1 });
      const watched = rig.clock.timers().filter(({ due }) => due > 1_800_000);
      expect(watched).toHaveLength(1);
      bob.link.cut();
      await rig.settle();
      expect(rig.clock.timers().filter(({ due }) => due > 1_800_000)).toEqual([]);
    });

    test('a peer that was never greeted comes and goes unnoticed, whatever it had begun', async () => {
      await using rig = await startRig({ transport });
      const mute = await WirePeer.connect(rig);
      const wrong = await WirePeer.connect(rig);
      wrong.send({ op: 'ping', sequence: 1 });
      mute.link.cut();
      expect((await wrong.closed).code).toBe(4402);
      await rig.settle();
      expect([rig.spooler.stats().sessions, rig.events]).toEqual([0, []]);
    });

    test('a fault in one step of rundown is told to the operator, and keeps no other step from being done', async () => {
      await using rig = await startRig({ transport });
      const ann = await WirePeer.join(rig);
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      for (const interest of [UNIDIRECTIONAL, BIDIRECTIONAL]) await ann.open(interest);
      const fault = new Error('paper jam');
      const [broken] = (rig.spooler as Spooler).channels();
      if (!broken) throw new Error('no channel');
      vi.spyOn(broken, 'end').mockImplementationOnce(() => {
        throw fault;
      });
      await bob.exchange();
      ann.link.cut();
      await rig.settle();
      expect(brief(await bob.exchange())).toEqual([expect.stringMatching(/^close \d+ #0 release died$/)]);
      expect(rig.spooler.stats().sessions).toBe(1);
      const told = rig.events.splice(2);
      expect(told).toEqual([
        { kind: 'fault', user: 'ann', reason: fault },
        { kind: 'sessionEnded', user: 'ann', agent: '', cause: 'died', missed: 0 },
      ]);
      await bob.unregister(1);
      broken.end('died');
    });

    test('shutdown: new requests are refused, what is queued may be taken, every end is closed, then 1001 (T15)', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
      await using both = await pair(rig, UNIDIRECTIONAL);
      const { ann, bob, end } = both;
      await bob.register(2, BIDIRECTIONAL);
      const { id: talk } = await ann.open(BIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'held'), ann.notify(end, 'queued'), ann.notify(talk, 'q'));
      await bob.exchange();
      const closing = rig.spooler.close();
      const refused = [await ann.open(), await bob.register(3)] satisfies Result[];
      expect(refused.map(({ hresult }) => hresult)).toEqual([0x8007071a, 0x8007071a]);
      // What was sent is answered, and room in the queue lets it out.
      expect(answers(await ann.exchange(ann.notify(end, 'late')))).toEqual([`settled ${end} #3 S_OK`]);
      expect(notices(await bob.exchange(upTo(end, 1)))).toEqual([`notify ${end} #2 "queued"`]);
      bob.send(upTo(end, 2));
      await closing;
      expect(await ann.closed).toEqual({ code: 1001, reason: 'the spooler shuts down' });
      expect((await bob.closed).code).toBe(1001);
      expect(brief(closesIn(ann.records)).toSorted()).toEqual(
        [`close ${end} #0 release shutdown`, `close ${talk} #0 release shutdown`].toSorted(),
      );
      expect(notices(bob.news())).toEqual([
        `notify ${end} #3 "late"`,
        expect.stringMatching(/release shutdown/),
        expect.stringMatching(/release shutdown/),
      ]);
    });

    test('shutdown waits 2 s for a listener that takes nothing, no longer', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, stallTime: 60_000 } });
      await using both = await pair(rig, UNIDIRECTIONAL);
      const { ann, bob, end } = both;
      await ann.exchange(ann.notify(end, 'held'), ann.notify(end, 'queued'));
      const closing = rig.spooler.close();
      await rig.advance(1_999);
      expect(rig.spooler.stats().sessions).toBe(2);
      await rig.advance(1);
      await closing;
      expect((await bob.closed).code).toBe(1001);
    });

    test('a client that loses its spooler tells its own callbacks, cause lost, once (PAN-172)', async () => {
      await using rig = await startRig({ transport });
      const seen = rig.recorder();
      const listener = await rig.listener();
      await listener.registerForNotifications({ name: 'Lab', type: BIDIRECTIONAL.type, style: 'kBiDirectional' }, seen);
      const sender = await rig.sender();
      await sender.createNotificationChannel({ name: 'Lab', type: BIDIRECTIONAL.type, style: 'kBiDirectional' });
      await seen.nextOffer();
      await rig.killSpooler();
      expect(await seen.nextClose()).toMatchObject({ cause: 'lost', data: null, size: 0 });
      expect(seen.closes).toHaveLength(1);
    });

    test("the document's causes are the code's", () => {
      const [, table = ''] = /\| cause \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)/.exec(document) ?? [];
      expect([...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, cause]) => cause)).toEqual(CAUSES);
    });
  });

  describe('7.2 Channel', () => {
    type State = 'opened' | 'held' | 'sourceTurn' | 'listenerTurn' | 'closed';
    type Act =
      | 'sender notify'
      | 'sender close'
      | 'owner respond'
      | 'owner close'
      | 'other respond'
      | 'other close'
      | 'other decline';

    /**
     * Every edge and every forbidden one: the code that answers, and the state that follows. `owner` is a listener like
     * `other` until it answers.
     */
    const edges: Readonly<Record<State, Readonly<Record<Act, readonly [code: string, next: State]>>>> = {
      opened: {
        'sender notify': ['S_OK', 'held'],
        'sender close': ['S_OK', 'closed'],
        'owner respond': ['ASYNC_CALL_ALREADY_PARKED', 'opened'],
        'owner close': ['S_OK', 'closed'],
        'other respond': ['ASYNC_CALL_ALREADY_PARKED', 'opened'],
        'other close': ['S_OK', 'closed'],
        'other decline': ['S_OK', 'opened'],
      },
      held: {
        'sender notify': ['CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION', 'held'],
        'sender close': ['S_OK', 'closed'],
        'owner respond': ['S_OK', 'sourceTurn'],
        'owner close': ['S_OK', 'closed'],
        'other respond': ['S_OK', 'sourceTurn'],
        'other close': ['S_OK', 'closed'],
        'other decline': ['S_OK', 'held'],
      },
      sourceTurn: {
        'sender notify': ['S_OK', 'listenerTurn'],
        'sender close': ['S_OK', 'closed'],
        'owner respond': ['ASYNC_CALL_ALREADY_PARKED', 'sourceTurn'],
        'owner close': ['S_OK', 'closed'],
        'other respond': ['CHANNEL_ACQUIRED', 'sourceTurn'],
        'other close': ['CHANNEL_ACQUIRED (success)', 'sourceTurn'],
        'other decline': ['CHANNEL_ACQUIRED (success)', 'sourceTurn'],
      },
      listenerTurn: {
        'sender notify': ['CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION', 'listenerTurn'],
        'sender close': ['S_OK', 'closed'],
        'owner respond': ['S_OK', 'sourceTurn'],
        'owner close': ['S_OK', 'closed'],
        'other respond': ['CHANNEL_ACQUIRED', 'listenerTurn'],
        'other close': ['CHANNEL_ACQUIRED (success)', 'listenerTurn'],
        'other decline': ['CHANNEL_ACQUIRED (success)', 'listenerTurn'],
      },
      closed: {
        'sender notify': ['CHANNEL_ALREADY_CLOSED', 'closed'],
        'sender close': ['CHANNEL_ALREADY_CLOSED', 'closed'],
        'owner respond': ['CHANNEL_CLOSED_BY_SERVER', 'closed'],
        'owner close': ['CHANNEL_CLOSED_BY_SERVER', 'closed'],
        'other respond': ['CHANNEL_ACQUIRED', 'closed'],
        'other close': ['CHANNEL_ACQUIRED (success)', 'closed'],
        'other decline': ['CHANNEL_ACQUIRED (success)', 'closed'],
      },
    };
    const cases = Object.entries(edges).flatMap(([state, acts]) =>
      Object.entries(acts).map(([act, [code, next]]) => ({ state: state as State, act: act as Act, code, next })),
    );

    test.each(cases)('$state: $act is answered $code and leads to $next', async ({ state, act, code, next }) => {
      await using rig = await startRig({ transport });
      await using sender = await WirePeer.join(rig);
      await using owner = await WirePeer.join(rig);
      await using other = await WirePeer.join(rig);
      for (const peer of [owner, other]) await peer.register(1, BIDIRECTIONAL);
      const { id: end } = await sender.open(BIDIRECTIONAL);
      if (state !== 'opened') await sender.exchange(sender.notify(end, 'q1'));
      if (state !== 'opened' && state !== 'held') await owner.exchange(owner.notify(end, 'a1'));
      if (state === 'listenerTurn') await sender.exchange(sender.notify(end, 'q2'));
      if (state === 'closed') await sender.exchange(sender.close(end));
      for (const peer of [sender, owner, other]) await peer.exchange();

      const [who, what] = act.split(' ') as ['sender' | 'owner' | 'other', string];
      const peer = { sender, owner, other }[who];
      const record =
        what === 'decline' ? peer.close(end) : what === 'close' ? peer.close(end, 'bye') : peer.notify(end, 'text');
      const said = await peer.exchange(record);
      expect(answers(said).map((line) => line.split(/#\d+ /)[1])).toEqual([code]);

      const shown = [...(rig.spooler as Spooler).channels()].map((channel) => channel.state);
      expect(shown).toEqual(next === 'closed' ? [] : [next]);
    });

    test('a channel is acquired at most once in its life: every other listener is told at once (PAN-17, PAN-152)', async () => {
      await using rig = await startRig({ transport });
      await using both = await pair(rig, BIDIRECTIONAL);
      const { ann, bob, end } = both;
      await using carl = await WirePeer.join(rig);
      await carl.register(1, BIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'q'));
      await bob.exchange(bob.notify(end, 'a'));
      expect(notices(await carl.exchange())).toEqual([`notify ${end} #1 "q"`, `close ${end} #0 release acquired`]);
      expect(notices(await bob.exchange())).toEqual([]);
    });

    test('the held notification has no time limit (PAN-252)', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open(BIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'patience'));
      await rig.advance(3_600_000);
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      expect(notices(bob.records)).toEqual([`notify ${end} #1 "patience"`]);
    });

    test('unidirectional: only its sender closes it, or rundown or the operator', async () => {
      await using rig = await startRig({ transport });
      await using both = await pair(rig, UNIDIRECTIONAL);
      const { ann, bob, end } = both;
      await ann.exchange(ann.notify(end, 'x'));
      await bob.exchange();
      expect(answers(await bob.exchange(bob.close(end)))).toEqual([`settled ${end} #1 E_INVALIDARG`]);
      expect(rig.spooler.stats().channels).toBe(1);
      rig.spooler.removePrinter(LAB);
      expect(notices(await ann.exchange())).toEqual([`close ${end} #0 release printerRemoved`]);
      expect(notices(await bob.exchange())).toEqual([`close ${end} #0 release printerRemoved`]);
      await bob.exchange(upTo(end, 1));
    });
  });

  describe("7.3 Listener's end", () => {
    test.each([
      ['declined', (bob: WirePeer, end: number) => bob.exchange(bob.close(end))],
      ['lost', async (_: WirePeer, end: number, carl: WirePeer) => carl.exchange(carl.notify(end, 'mine'))],
      ['closed', async (_: WirePeer, end: number, __: WirePeer, ann: WirePeer) => ann.exchange(ann.close(end))],
    ])('%s is final: the number is finished, except for release', async (_, finish) => {
      await using rig = await startRig({ transport });
      await using both = await pair(rig, BIDIRECTIONAL);
      const { ann, bob, end } = both;
      await using carl = await WirePeer.join(rig);
      await carl.register(1, BIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'q'));
      await bob.exchange();
      await carl.exchange();
      await finish(bob, end, carl, ann);
      bob.news();
      await bob.exchange();
      const [refused = ''] = answers(await bob.exchange(bob.notify(end, 'late')));
      expect(refused).not.toMatch(/S_OK/);
      expect(refused).toMatch(/ CHANNEL_/);
      await bob.exchange(upTo(end, 1));
      await carl.exchange(upTo(end, 1));
    });
  });

  describe('8. Codes', () => {
    test("the document's numbers are the code's", () => {
      const [, section = ''] = /## 8\. Codes\n(.*?)On a finished end/s.exec(document) ?? [];
      const rows = [...section.matchAll(/^\| `(\w+)` \| (0x[\dA-F]{8})/gm)];
      expect(rows.length).toBeGreaterThan(6);
      const documented = rows.map(([, code, number]) => [code, Number(number)]);
      expect(documented).toEqual(documented.map(([code]) => [code, hresultOf(code as Code)]));
      // Values 0x01 to 0x18, each once, as errors or successes of facility 4, with the exceptions of the table. Those of
      // COM and of services begin at 0x100.
      const facility4 = [...ALL_CODES.values()].filter(({ hresult }) => (hresult & 0x7fff0000) >>> 16 === 4);
      const values = facility4.map(({ hresult }) => hresult & 0xffff).filter((value) => value < 0x100);
      expect([...values, hresultOf('MAX_REGISTRATION_COUNT_EXCEEDED') & 0xffff].toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 0x18 }, (_, index) => index + 1),
      );
    });

    test('every code that the document names exists', () => {
      const [, names = ''] = /## 5\. Records\n(.*?)## 9\. Identity/s.exec(document) ?? [];
      const named = new Set([...names.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, name = '']) => name));
      const closes = new Set([...document.matchAll(/^\| \d{4} \| `(\w+)`/gm)].map(([, name]) => name));
      const known = new Set<string>([...ALL_CODES.keys(), 'NOTIFICATION_RELEASE', ...[...closes].map(String)]);
      expect([...named].filter((name) => !known.has(name))).toEqual([]);
    });

    test('a finished end answers who finished it, listener by listener', async () => {
      await using rig = await startRig({ transport });
      const finished = async (
        finish: (all: { ann: WirePeer; bob: WirePeer; carl: WirePeer; end: number }) => Promise<unknown>,
      ) => {
        await using both = await pair(rig, BIDIRECTIONAL);
        await using carl = await WirePeer.join(rig);
        await carl.register(1, BIDIRECTIONAL);
        const { ann, bob, end } = both;
        await ann.exchange(ann.notify(end, 'q'));
        for (const peer of [bob, carl]) await peer.exchange();
        await finish({ ann, bob, carl, end });
        await bob.exchange();
        const said = await bob.exchange(
          bob.notify(end, 'x'),
          { op: 'ping', sequence: 1 },
          bob.close(end, 'x'),
          { op: 'ping', sequence: 2 },
          bob.close(end),
        );
        return answers(said).map((line) => line.split(/#\d+ /)[1]);
      };
      const acquired = 'CHANNEL_ACQUIRED (success)';
      const same = (code: string): string[] => [code, code, code];
      expect(await finished(({ ann, end }) => ann.exchange(ann.close(end)))).toEqual(same('CHANNEL_CLOSED_BY_SERVER'));
      expect(await finished(({ ann }) => Promise.resolve(ann.link.cut()).then(() => rig.settle()))).toEqual(
        same('CHANNEL_CLOSED_BY_SERVER'),
      );
      expect(await finished(({ bob, end }) => bob.exchange(bob.close(end, 'mine')))).toEqual(
        same('CHANNEL_CLOSED_BY_SAME_LISTENER'),
      );
      expect(await finished(({ bob, end }) => bob.exchange(bob.close(end)))).toEqual(
        same('CHANNEL_RELEASED_BY_LISTENER'),
      );
      expect(await finished(({ carl, end }) => carl.exchange(carl.notify(end, 'a')))).toEqual([
        'CHANNEL_ACQUIRED',
        acquired,
        acquired,
      ]);
      expect(await finished(({ carl, end }) => carl.exchange(carl.close(end, 'a')))).toEqual([
        'CHANNEL_CLOSED_BY_ANOTHER_LISTENER',
        acquired,
        acquired,
      ]);
    });

    test('on a finished end every record is answered, whatever its number', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      await ann.exchange(ann.close(end));
      const again = (sequence: number): ClientRecord => ({ op: 'notify', end, sequence, data: null, release: false });
      expect(
        answers(
          await ann.exchange(again(1), { op: 'ping', sequence: 0 }, again(7), { op: 'ping', sequence: 0 }, again(7)),
        ),
      ).toEqual([1, 7, 7].map((sequence) => `settled ${end} #${sequence} CHANNEL_ALREADY_CLOSED`));
    });

    test('the last 1,024 finished ends of a session are remembered; older ones answer CHANNEL_ALREADY_CLOSED', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      await ann.exchange(
        ...Array.from(
          { length: 1025 },
          (_, request): ClientRecord => ({ op: 'open', end: 0, request, interest: BIDIRECTIONAL }),
        ),
      );
      await bob.exchange();
      const ends = offersIn(bob.records).map(({ end }) => end);
      expect(ends).toHaveLength(1025);
      await bob.exchange(...ends.map((end) => bob.close(end)));
      const [oldest = 0, second = 0] = ends;
      expect(answers(await bob.exchange(bob.notify(oldest, 'x'), bob.notify(second, 'x')))).toEqual([
        `settled ${oldest} #2 CHANNEL_ALREADY_CLOSED`,
        `settled ${second} #2 CHANNEL_RELEASED_BY_LISTENER`,
      ]);
      expect(answers(await bob.exchange(bob.notify(4_000_000_000, 'x')))).toEqual([
        'settled 4000000000 #1 CHANNEL_NOT_OPENED',
      ]);
    });
  });
});
