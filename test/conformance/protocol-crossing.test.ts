/**
 * PROTOCOL.md section 11: two parties speak at the same time. Each crossing is forced: what one party was sent is held
 * back until the other has acted. On the raw wire, for what the spooler does, and with the libraries, for what a client
 * does.
 */

import { describe, expect, test } from 'vitest';
import type { ListenerChannel } from '../../client/listener.ts';
import { type Rig, startRig, TRANSPORTS } from '../harness/index.ts';
import { BIDIRECTIONAL, brief, offersIn, TYPE, UNIDIRECTIONAL, WirePeer } from './wire-peer.ts';

const DIALOGUE = { name: 'Lab', type: TYPE, style: 'kBiDirectional' } as const;
const ONE_WAY = { name: 'Lab', type: TYPE } as const;

interface Parties extends AsyncDisposable {
  readonly ann: WirePeer;
  readonly bob: WirePeer;
  readonly carl: WirePeer;
  readonly end: number;
}

/** Ann opened a channel and asked; Bob and Carl were offered it. Nothing is on its way. */
async function asked(rig: Rig): Promise<Parties> {
  const ann = await WirePeer.join(rig);
  const bob = await WirePeer.join(rig);
  const carl = await WirePeer.join(rig);
  for (const peer of [bob, carl]) await peer.register(1, BIDIRECTIONAL);
  const { id: end } = await ann.open(BIDIRECTIONAL);
  await ann.exchange(ann.notify(end, 'q'));
  await rig.settle();
  for (const peer of [ann, bob, carl]) peer.news();
  const dispose = async (): Promise<void> => {
    for (const peer of [ann, bob, carl]) await peer[Symbol.asyncDispose]();
  };
  return { ann, bob, carl, end, [Symbol.asyncDispose]: dispose };
}

/** What the peers have been told since the last time, once nothing is on its way. */
async function told(rig: Rig, ...peers: readonly WirePeer[]): Promise<string[][]> {
  await rig.settle();
  return peers.map((peer) => brief(peer.news()));
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  describe('11. Crossing messages', () => {
    test('close against notify: the answer on its way is refused and changes nothing (PAN-197)', async () => {
      await using rig = await startRig({ transport });
      await using parties = await asked(rig);
      const { ann, bob, end } = parties;
      bob.link.hold('incoming');
      ann.send(ann.close(end));
      await rig.settle();
      bob.send(bob.notify(end, 'too late'), bob.close(end, 'too late'));
      await rig.settle();
      bob.link.letGo();
      expect(await told(rig, ann, bob)).toEqual([
        [`settled ${end} #2 S_OK`],
        [`close ${end} #0 release closed`, `settled ${end} #2 CHANNEL_CLOSED_BY_SERVER`],
      ]);
    });

    test('close against notify: a listener of ours is told of the close once and has its answer rejected', async () => {
      await using rig = await startRig({ transport });
      const seen = rig.recorder();
      const listener = await rig.listener();
      await listener.registerForNotifications(DIALOGUE, seen);
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE);
      await source.sendNotification('q');
      const { channel } = await seen.nextNotification();
      rig.faults(listener).hold('incoming');
      await source.closeChannel();
      const answer = channel?.sendNotification('too late');
      await rig.settle();
      rig.faults(listener).letGo();
      await expect(answer).rejects.toMatchObject({ code: 'CHANNEL_CLOSED_BY_SERVER' });
      expect(seen.closes).toMatchObject([{ cause: 'closed' }]);
    });

    test('response against response: the first that the spooler processes acquires, the other hears it before its answer (PAN-173, PAN-153)', async () => {
      await using rig = await startRig({ transport });
      await using parties = await asked(rig);
      const { ann, bob, carl, end } = parties;
      for (const peer of [bob, carl]) {
        peer.link.hold('outgoing');
        peer.send(peer.notify(end, 'mine'));
      }
      carl.link.letGo();
      await rig.settle();
      bob.link.letGo();
      expect(await told(rig, ann, bob, carl)).toEqual([
        [`notify ${end} #1 "mine"`],
        [`close ${end} #0 release acquired`, `settled ${end} #1 CHANNEL_ACQUIRED`],
        [`settled ${end} #1 S_OK`],
      ]);
    });

    test('response against response: of our listeners one wins, the others are told once and rejected', async () => {
      await using rig = await startRig({ transport });
      const recorders = [rig.recorder(), rig.recorder(), rig.recorder()];
      const listeners = await Promise.all(recorders.map(() => rig.listener()));
      for (const [index, seen] of recorders.entries()) await listeners[index]?.registerForNotifications(DIALOGUE, seen);
      const heard = rig.senderRecorder();
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE, heard);
      await source.sendNotification('q');
      const channels = await Promise.all(recorders.map(async (seen) => (await seen.nextNotification()).channel));
      for (const listener of listeners) rig.faults(listener).hold('both');
      const results = channels.map(async (channel, index) => channel?.sendNotification(`a${index}`));
      for (const listener of listeners.toReversed()) rig.faults(listener).letGo();
      const outcomes = await Promise.allSettled(results);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const reasons = outcomes
        .filter((outcome) => outcome.status === 'rejected')
        .map(({ reason }) => reason as unknown);
      expect(reasons).toMatchObject([{ code: 'CHANNEL_ACQUIRED' }, { code: 'CHANNEL_ACQUIRED' }]);
      await rig.settle();
      expect(heard.texts).toHaveLength(1);
      expect(recorders.flatMap(({ closes }) => closes.map(({ cause }) => cause))).toEqual(['acquired', 'acquired']);
    });

    test('release against notify: a release up to a number cannot give back what came after it', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      await ann.exchange(ann.notify(end, 'seen'));
      await rig.settle();
      bob.link.hold('both');
      bob.send({ op: 'release', end, sequence: 1, only: false });
      await ann.exchange(ann.notify(end, 'on its way'));
      await rig.settle();
      bob.link.letGo();
      await rig.settle();
      expect(rig.spooler.stats().heldObjects).toBe(1);
      await bob.exchange({ op: 'release', end, sequence: 2, only: false });
      expect(rig.spooler.stats().heldObjects).toBe(0);
    });

    test('release against close: the end is finished, the reference is not, so the release counts', async () => {
      await using rig = await startRig({ transport });
      await using parties = await asked(rig);
      const { ann, bob, carl, end } = parties;
      bob.link.hold('both');
      bob.send({ op: 'release', end, sequence: 1, only: false });
      ann.send(ann.close(end));
      await rig.settle();
      expect(rig.spooler.stats()).toMatchObject({ channels: 0, heldObjects: 2 });
      bob.link.letGo();
      expect(await told(rig, bob)).toEqual([[`close ${end} #0 release closed`]]);
      expect(rig.spooler.stats().heldObjects).toBe(1);
      await carl.exchange({ op: 'release', end, sequence: 1, only: true });
    });

    test('release against close: what our listener still reads when its channel is closed is given back afterwards', async () => {
      await using rig = await startRig({ transport });
      const listener = await rig.listener();
      let finish = (): void => {};
      const reading = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const seen = rig.recorder(({ kind }) => (kind === 'notification' ? reading : undefined));
      await listener.registerForNotifications(DIALOGUE, seen);
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE);
      await source.sendNotification('q');
      await seen.nextNotification();
      await source.closeChannel();
      await rig.settle();
      expect(rig.spooler.stats()).toMatchObject({ channels: 0, heldObjects: 1 });
      finish();
      await rig.settle();
      expect(rig.spooler.stats().heldObjects).toBe(0);
      expect(seen.closes).toHaveLength(1);
    });

    test('unregister against notify: what comes before the result is valid and must be given back (PAN-91)', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      bob.link.hold('both');
      bob.send({ op: 'unregister', registration: 1, request: 7 });
      await ann.exchange(ann.notify(end, 'crosses'));
      bob.link.letGo();
      expect(await told(rig, bob)).toEqual([
        [
          expect.stringMatching(/^result 1 of 1/),
          `offer ${end} to 1`,
          `notify ${end} #1 "crosses"`,
          'result 1 of 7 S_OK',
        ].slice(1),
      ]);
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 1, registrations: 0 });
      await bob.exchange({ op: 'release', end, sequence: 1, only: false });
    });

    test('unregister against offer: a bidirectional end lives on, and may still be answered (PAN-92)', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      bob.link.hold('both');
      bob.send({ op: 'unregister', registration: 1, request: 7 });
      const { id: end } = await ann.open(BIDIRECTIONAL);
      bob.link.letGo();
      await rig.settle();
      expect(offersIn(bob.records).map((offer) => offer.end)).toEqual([end]);
      await ann.exchange(ann.notify(end, 'q'));
      bob.news();
      expect(brief(await bob.exchange(bob.notify(end, 'a')))).toEqual(
        [`notify ${end} #1 "q"`, `settled ${end} #1 S_OK`].slice(1),
      );
      expect(brief(await ann.exchange()).at(-1)).toBe(`notify ${end} #1 "a"`);
    });

    test.each(['kUniDirectional', 'kBiDirectional'] as const)(
      'unregister against offer and notify: our listener gives everything back (%s)',
      async (style) => {
        await using rig = await startRig({ transport });
        const listener = await rig.listener();
        const registration = await listener.registerForNotifications({ ...ONE_WAY, style }, rig.recorder());
        const sender = await rig.sender();
        rig.faults(listener).hold('both');
        const gone = registration.unregisterForNotifications();
        const source = await sender.createNotificationChannel({ ...ONE_WAY, style });
        await source.sendNotification('crosses');
        rig.faults(listener).letGo();
        await gone;
        await rig.settle();
        expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0, registrations: 0 });
        expect(listener.stats()).toMatchObject({ liveObjects: 0, registrations: 0 });
      },
    );

    test('decline against notify: a declined end gets nothing more, and what was on its way is given back', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open(BIDIRECTIONAL);
      await rig.settle();
      bob.news();
      bob.link.hold('both');
      bob.send(bob.close(end));
      await ann.exchange(ann.notify(end, 'crosses'));
      bob.link.letGo();
      expect(await told(rig, bob)).toEqual([[`notify ${end} #1 "crosses"`, `settled ${end} #1 S_OK`]]);
      await bob.exchange({ op: 'release', end, sequence: 1, only: false });
      await ann.exchange(ann.close(end));
      expect(await told(rig, bob)).toEqual([[]]);
    });

    test('decline against notify: our listener is not shown what it has declined, on its way or behind a callback', async () => {
      await using rig = await startRig({ transport });
      let decline = (): void => {};
      const deciding = new Promise<void>((resolve) => {
        decline = resolve;
      });
      const undecided = rig.recorder(({ kind, channel }) => kind === 'offer' && deciding.then(() => channel.release()));
      await (await rig.listener()).registerForNotifications(DIALOGUE, undecided);
      const seen = rig.recorder();
      const listener = await rig.listener();
      await listener.registerForNotifications(DIALOGUE, seen);
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE);
      const { channel } = await seen.nextOffer();
      rig.faults(listener).hold('both');
      channel.release();
      await source.sendNotification('crosses');
      rig.faults(listener).letGo();
      await rig.settle();
      decline();
      await rig.settle();
      expect([...seen.notifications, ...undecided.notifications]).toEqual([]);
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0, channels: 1 });
      await source.closeChannel();
      await rig.settle();
      expect([...seen.closes, ...undecided.closes]).toEqual([]);
    });

    test('close against close: the first processed wins, nobody gets a close for an end it closed itself with success', async () => {
      await using rig = await startRig({ transport });
      for (const first of ['source', 'owner'] as const) {
        await using parties = await asked(rig);
        const { ann, bob, end } = parties;
        await bob.exchange(bob.notify(end, 'a'));
        await told(rig, ann, bob);
        for (const peer of [ann, bob]) {
          peer.link.hold('both');
          peer.send(peer.close(end));
        }
        for (const peer of first === 'source' ? [ann, bob] : [bob, ann]) {
          peer.link.letGo();
          await rig.settle();
        }
        const [source, owner] = await told(rig, ann, bob);
        expect(first === 'source' ? source : owner).toEqual([`settled ${end} #2 S_OK`]);
        const code = first === 'source' ? 'CHANNEL_CLOSED_BY_SERVER' : 'CHANNEL_ALREADY_CLOSED';
        expect(first === 'source' ? owner : source).toEqual([
          `close ${end} #0 release closed`,
          `settled ${end} #2 ${code}`,
        ]);
      }
    });

    test('close against close: each of our ends is told at most once', async () => {
      await using rig = await startRig({ transport });
      const seen = rig.recorder();
      const listener = await rig.listener();
      await listener.registerForNotifications(DIALOGUE, seen);
      const heard = rig.senderRecorder();
      const sender = await rig.sender();
      const source = await sender.createNotificationChannel(DIALOGUE, heard);
      await source.sendNotification('q');
      const { channel } = await seen.nextNotification();
      await (channel as ListenerChannel).sendNotification('a');
      for (const client of [listener, sender]) rig.faults(client).hold('both');
      const closes = Promise.allSettled([channel?.closeChannel(), source.closeChannel()]);
      for (const client of [listener, sender]) rig.faults(client).letGo();
      const [byListener, bySource] = await closes;
      await rig.settle();
      expect([byListener.status, bySource.status].toSorted()).toEqual(['fulfilled', 'rejected']);
      const listenerWon = byListener.status === 'fulfilled';
      expect([seen.closes.length, heard.closes.length]).toEqual(listenerWon ? [0, 1] : [1, 0]);
    });

    test('register against shutdown: refused, then the socket closes (PAN-231)', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, stallTime: 60_000 } });
      await using ann = await WirePeer.join(rig);
      await using bob = await WirePeer.join(rig);
      await bob.register(1);
      const { id: end } = await ann.open();
      await ann.exchange(ann.notify(end, 'held'), ann.notify(end, 'keeps the spooler waiting'));
      await rig.settle();
      bob.link.hold('outgoing');
      bob.send({ op: 'register', registration: 2, request: 7, interest: UNIDIRECTIONAL });
      const closing = rig.spooler.close();
      bob.link.letGo();
      await rig.settle();
      expect(brief(bob.news()).at(-1)).toBe('result 2 of 7 RPC_S_CALL_CANCELLED');
      expect(bob.link.closed).toBe(false);
      await rig.advance(2_000);
      await closing;
      expect((await bob.closed).code).toBe(1001);
    });

    test('sender dies against response: the response is refused, the close says why', async () => {
      await using rig = await startRig({ transport });
      await using parties = await asked(rig);
      const { ann, bob, end } = parties;
      bob.link.hold('both');
      bob.send(bob.notify(end, 'too late'));
      ann.link.cut();
      await rig.settle();
      bob.link.letGo();
      expect(await told(rig, bob)).toEqual([
        [`close ${end} #0 release died`, `settled ${end} #1 CHANNEL_CLOSED_BY_SERVER`],
      ]);
    });
  });
});
