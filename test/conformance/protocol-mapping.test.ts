/** PROTOCOL.md sections 12 and 13: where the calls of MS-PAN and its one version are on this wire. */

import { describe, expect, test } from 'vitest';
import { CLOSES, guid, type Interest } from '../../shared/index.ts';
import { type Rig, startRig, TRANSPORTS } from '../harness/index.ts';
import { BIDIRECTIONAL, brief, offersIn, UNIDIRECTIONAL, WirePeer } from './wire-peer.ts';

interface Parties extends AsyncDisposable {
  /** The source. */
  readonly ann: WirePeer;
  readonly bob: WirePeer;
}

async function parties(rig: Rig): Promise<Parties> {
  const [ann, bob] = [await WirePeer.join(rig), await WirePeer.join(rig)];
  for (const peer of [ann, bob]) peer.news();
  const dispose = async (): Promise<void> => {
    for (const peer of [ann, bob]) await peer[Symbol.asyncDispose]();
  };
  return { ann, bob, [Symbol.asyncDispose]: dispose };
}

async function opened(ann: WirePeer, interest: Interest): Promise<number> {
  return (await ann.open(interest)).id;
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  describe("12. How MS-PAN's calls map", () => {
    test('RegisterClient names printer or none, type, filter and style; UnregisterClient never waits (PAN-351, PAN-352)', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
      await using all = await parties(rig);
      const { ann, bob } = all;
      await bob.register(1, { ...UNIDIRECTIONAL, name: null });
      const end = await opened(ann, UNIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'held'), ann.notify(end, 'queued'));
      expect(brief(await bob.exchange())).toEqual([`offer ${end} to 1`, `notify ${end} #1 "held"`]);
      // One is not given back, another waits: the answer does not.
      expect(brief(await bob.exchange({ op: 'unregister', registration: 1, request: 7 }))).toEqual([
        'result 1 of 7 S_OK',
      ]);
    });

    test('GetNewChannel is an offer that comes by itself, of every channel there is, to bidirectional registrations (PAN-354)', async () => {
      await using rig = await startRig({ transport });
      await using all = await parties(rig);
      const { ann, bob } = all;
      const ends = [await opened(ann, BIDIRECTIONAL), await opened(ann, BIDIRECTIONAL)];
      await opened(ann, UNIDIRECTIONAL);
      await bob.register(1, UNIDIRECTIONAL);
      const request = { op: 'register', registration: 2, request: 7, interest: BIDIRECTIONAL } as const;
      const offered = ends.map((end) => `offer ${end} to 2`);
      expect(brief(await bob.exchange(request))).toEqual(['result 2 of 7 S_OK', ...offered]);
      const later = await opened(ann, BIDIRECTIONAL);
      await opened(ann, UNIDIRECTIONAL);
      expect(offersIn(await bob.exchange())).toMatchObject([{ end: later, registration: 2 }]);
    });

    test('GetNotificationSendResponse is notify, and completes as the next one or as close (PAN-355)', async () => {
      await using rig = await startRig({ transport });
      await using all = await parties(rig);
      const { ann, bob } = all;
      await bob.register(1, BIDIRECTIONAL);
      const end = await opened(ann, BIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'q1'));
      // The first call is implied by the offer.
      expect(brief(await bob.exchange())).toEqual([`offer ${end} to 1`, `notify ${end} #1 "q1"`]);
      await bob.exchange(bob.notify(end, 'a1'));
      await ann.exchange(ann.notify(end, 'q2'));
      expect(brief(await bob.exchange())).toEqual([`notify ${end} #2 "q2"`]);
      await bob.exchange(bob.notify(end, 'a2'));
      await ann.exchange(ann.close(end));
      expect(brief(await bob.exchange())).toEqual([`close ${end} #0 release closed`]);
    });

    test('GetNotification is notify on a unidirectional end, for unidirectional registrations (PAN-356)', async () => {
      await using rig = await startRig({ transport });
      await using all = await parties(rig);
      const { ann, bob } = all;
      await bob.register(1, BIDIRECTIONAL);
      await bob.register(2, UNIDIRECTIONAL);
      const end = await opened(ann, UNIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'one'), ann.notify(end, 'two'));
      expect(brief(await bob.exchange())).toEqual([
        `offer ${end} to 2`,
        `notify ${end} #1 "one"`,
        `notify ${end} #2 "two"`,
      ]);
    });

    test('CloseChannel is close by a listener of a bidirectional channel, and waits for nobody (PAN-357)', async () => {
      await using rig = await startRig({ transport });
      await using all = await parties(rig);
      const { ann, bob } = all;
      await bob.register(1, BIDIRECTIONAL);
      await bob.register(2, UNIDIRECTIONAL);
      const [end, oneWay] = [await opened(ann, BIDIRECTIONAL), await opened(ann, UNIDIRECTIONAL)];
      await ann.exchange(ann.notify(end, 'q'), ann.notify(oneWay, 'x'));
      await bob.exchange();
      ann.link.hold('incoming');
      expect(brief(await bob.exchange(bob.close(end, 'bye'), bob.close(oneWay, 'bye')))).toEqual([
        `settled ${end} #1 S_OK`,
        `settled ${oneWay} #1 E_INVALIDARG`,
      ]);
      ann.link.letGo();
      expect(brief(await ann.exchange())).toEqual([`close ${end} #1 "bye" closed`]);
      expect(rig.spooler.stats().channels).toBe(1);
    });
  });

  describe('13. Versions', () => {
    test('there is one, in which nothing is negotiated: what is new is a type, which nobody need know (PAN-359)', async () => {
      await using rig = await startRig({ transport });
      await using all = await parties(rig);
      const { ann, bob } = all;
      const unheardOf = { ...UNIDIRECTIONAL, type: guid('8f0c3d52-5a7e-4c43-9a55-6a3b9a4f0d11') };
      await bob.register(1, unheardOf);
      const end = await opened(ann, unheardOf);
      await ann.exchange(ann.notify(end, 'new'));
      expect(brief(await bob.exchange())).toEqual([`offer ${end} to 1`, `notify ${end} #1 "new"`]);
      // An op that v1 does not have is not skipped: its author thinks of another version.
      const unknown = new Uint8Array(16);
      unknown[0] = 0x3f;
      bob.sendBytes(unknown);
      expect(await bob.closed).toMatchObject({ code: CLOSES.OUT_OF_STATE.code });
    });
  });
});
