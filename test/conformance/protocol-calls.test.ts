/** PROTOCOL.md section 5.10, over both transports: calls of services, whatever a service does. */

import { describe, expect, test } from 'vitest';
import { type ClientRecord, outcomeOf, type Result, type SpoolerRecord } from '../../shared/index.ts';
import type { ServiceHost } from '../../spooler/index.ts';
import { type Rig, type RigOptions, startRig, TRANSPORTS } from '../harness/index.ts';
import { EchoService } from './echo-service.ts';
import { bytesOf, UNIDIRECTIONAL, WirePeer } from './wire-peer.ts';

const text = new TextDecoder();

async function stage(options: RigOptions): Promise<{ readonly rig: Rig; readonly echo: EchoService }> {
  const made: EchoService[] = [];
  const rig = await startRig({
    ...options,
    services: [
      (host) => {
        const echo = new EchoService(host);
        made.push(echo);
        return echo;
      },
    ],
  });
  const [echo] = made;
  if (!echo) throw new Error('the spooler did not make its service');
  return { rig, echo };
}

function call(request: number, method: string, payload = '', service = 'echo'): ClientRecord {
  return { op: 'call', request, service, method, payload: bytesOf(payload) };
}

/** `12 S_OK {"a":1}` for each result. */
function brief(records: readonly SpoolerRecord[]): string[] {
  return records
    .filter((record): record is Result => record.op === 'result')
    .map(({ id, request, hresult, json }) => {
      expect(id).toBe(0);
      return `${request} ${outcomeOf(hresult).code} ${text.decode(json)}`.trim();
    });
}

function takeFaults(rig: Rig): unknown[] {
  const faults = rig.events.flatMap((event) => (event.kind === 'fault' ? [event.reason] : []));
  const others = rig.events.filter(({ kind }) => kind !== 'fault');
  rig.events.splice(0, rig.events.length, ...others);
  return faults;
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  describe('5.10 call', () => {
    test('what the service answers comes with the number the client chose, also none, also a code of its own', async () => {
      const { rig } = await stage({ transport });
      await using _ = rig;
      await using ann = await WirePeer.join(rig);
      const news = await ann.exchange(
        call(0xffffffff, 'say', '{"tray":[1,"two",null]}'),
        call(0, 'say'),
        call(7, 'lose'),
      );
      expect(brief(news)).toEqual([
        '4294967295 S_OK {"tray":[1,"two",null]}',
        '0 S_OK',
        '7 EVENT_S_SOME_SUBSCRIBERS_FAILED {"lost":1}',
      ]);
    });

    test('later requests may be answered before; every call is answered once', async () => {
      const { rig, echo } = await stage({ transport });
      await using _ = rig;
      await using ann = await WirePeer.join(rig);
      const news = await ann.exchange(
        call(1, 'later'),
        call(2, 'later'),
        call(3, 'say', '3'),
        { op: 'status', request: 4 },
        call(5, 'later'),
      );
      expect(brief(news).map((line) => line.slice(0, 6))).toEqual(['3 S_OK', '4 S_OK']);
      echo.answer('last', 'e');
      echo.answer('first', 'a');
      echo.answer('first', 'b');
      await rig.settle();
      expect(brief(await ann.exchange())).toEqual(['5 S_OK "e"', '1 S_OK "a"', '2 S_OK "b"']);
    });

    test('what the service refuses, now or later, says the code, the input, words for people and what else it knows', async () => {
      const { rig } = await stage({ transport });
      await using _ = rig;
      await using ann = await WirePeer.join(rig);
      ann.send(call(1, 'refuse'), call(2, 'refuseLater'));
      await rig.settle();
      const results = (await ann.exchange()).filter((record) => record.op === 'result');
      expect(results.map(({ hresult }) => hresult)).toEqual([0x80040203, 0x80040203]);
      for (const { json } of results) {
        expect(JSON.parse(text.decode(json))).toEqual({
          input: 'a == b ==',
          message: expect.stringMatching(/criteria/),
          position: 7,
          offending: '==',
        });
      }
    });

    test('an unknown service: E_NOINTERFACE; an unknown method: E_NOTIMPL', async () => {
      const { rig } = await stage({ transport });
      await using _ = rig;
      await using ann = await WirePeer.join(rig);
      const news = await ann.exchange(
        call(1, 'say', '', 'Echo'),
        call(2, 'sing'),
        call(3, 'toString', '', '__proto__'),
      );
      expect(brief(news)[0]).toBe('1 E_NOINTERFACE');
      expect(brief(news)[1]).toMatch(/^2 E_NOTIMPL \{"input":"sing"/);
      expect(brief(news)[2]).toBe('3 E_NOINTERFACE');
    });

    test('a spooler without services has none: E_NOINTERFACE', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      expect(brief(await ann.exchange(call(1, 'say')))).toEqual(['1 E_NOINTERFACE']);
    });

    test.each([
      ['break', 'paper jam'],
      ['breakLater', 'paper jam'],
      ['sayWhatJsonCannot', 'BigInt'],
    ])(
      'a service at fault (%s): E_UNEXPECTED without a word of it; the operator hears of it',
      async (method, words) => {
        const { rig } = await stage({ transport });
        await using _ = rig;
        await using ann = await WirePeer.join(rig);
        ann.send(call(1, method), call(2, 'say', '2'));
        await rig.settle();
        expect(brief(await ann.exchange()).toSorted()).toEqual(['1 E_UNEXPECTED', '2 S_OK 2']);
        expect(String(takeFaults(rig))).toContain(words);
      },
    );

    test("a payload that is no JSON is the service's to refuse: a fault of this one, which does not", async () => {
      const { rig } = await stage({ transport });
      await using _ = rig;
      await using ann = await WirePeer.join(rig);
      expect(brief(await ann.exchange(call(1, 'say', '{')))).toEqual(['1 E_UNEXPECTED']);
      expect(takeFaults(rig)).toHaveLength(1);
    });

    test('codes that never travel do not: E_FAIL, with their name (PAN-238)', async () => {
      const { rig } = await stage({ transport });
      await using _ = rig;
      await using ann = await WirePeer.join(rig);
      const [answer] = brief(await ann.exchange(call(1, 'lieAboutTheConnection')));
      expect(answer).toMatch(/^1 E_FAIL \{"input":"CONNECTION_LOST","message":".*\(of somebody else\)"\}$/);
    });

    test('own decision: those of the store do travel, since only the caller can try again', async () => {
      const { rig } = await stage({ transport });
      await using _ = rig;
      await using ann = await WirePeer.join(rig);
      const [answer] = brief(await ann.exchange(call(1, 'store')));
      expect(answer).toMatch(/^1 STORE_FULL \{"message":"The disk has no room for it; nothing was changed\."\}$/);
    });

    test('payloads above limits.payload are refused, the answer too', async () => {
      const { rig } = await stage({ transport, limits: { payload: 10 } });
      await using _ = rig;
      await using ann = await WirePeer.join(rig);
      const news = await ann.exchange(call(1, 'say', '1234567890'), call(2, 'say', '12345678901'), call(3, 'sayMuch'));
      expect(brief(news)).toEqual([
        '1 S_OK 1234567890',
        '2 MAX_NOTIFICATION_SIZE_EXCEEDED',
        '3 MAX_NOTIFICATION_SIZE_EXCEEDED',
      ]);
    });

    test('as many calls may be under way as the limit says, for each session by itself', async () => {
      const { rig, echo } = await stage({ transport, limits: { calls: 2 } });
      await using _ = rig;
      await using ann = await WirePeer.join(rig);
      await using bob = await WirePeer.join(rig, 'bob');
      const news = await ann.exchange(call(1, 'later'), call(2, 'later'), call(3, 'later'), call(4, 'say'));
      expect(brief(news)).toEqual(['3 E_OUTOFMEMORY', '4 E_OUTOFMEMORY']);
      expect(brief(await bob.exchange(call(1, 'say')))).toEqual(['1 S_OK']);
      echo.answer('first', null);
      await rig.settle();
      expect(brief(await ann.exchange(call(5, 'say'), call(6, 'later'), call(7, 'say')))).toEqual([
        '1 S_OK null',
        '5 S_OK',
        '7 E_OUTOFMEMORY',
      ]);
    });

    test('so many bytes of them as well: a call is taken as long as those under way are below the limit', async () => {
      const { rig, echo } = await stage({ transport, limits: { callBytes: 10 } });
      await using _ = rig;
      await using ann = await WirePeer.join(rig);
      const news = await ann.exchange(
        call(1, 'later', '123456789'),
        call(2, 'later', '1234567890'),
        call(3, 'say'),
        call(4, 'break', 'x'),
      );
      expect(brief(news)).toEqual(['3 E_OUTOFMEMORY', '4 E_OUTOFMEMORY']);
      echo.answer('first', 1);
      // What is left of them is the limit itself.
      expect(brief(await ann.exchange(call(7, 'say')))).toEqual(['1 S_OK 1', '7 E_OUTOFMEMORY']);
      echo.answer('first', 2);
      await rig.settle();
      expect(brief(await ann.exchange(call(5, 'say', '5'), call(6, 'say', '6')))).toEqual([
        '2 S_OK 2',
        '5 S_OK 5',
        '6 S_OK 6',
      ]);
    });

    test('the answer to a session that has gone is dropped', async () => {
      const { rig, echo } = await stage({ transport });
      await using _ = rig;
      const ann = await WirePeer.join(rig);
      await ann.exchange(call(1, 'later'));
      expect(echo.callers[0]?.isPresent).toBe(true);
      ann.link.cut();
      await rig.settle();
      expect(echo.callers[0]?.isPresent).toBe(false);
      echo.answer('first', 'too late');
      await rig.settle();
      expect(brief(ann.news())).toEqual([]);
    });

    test('one caller stands for a session at each of its calls, another for another session of the same user', async () => {
      const { rig, echo } = await stage({ transport });
      await using _ = rig;
      await using ann = await WirePeer.join(rig);
      await using again = await WirePeer.join(rig);
      await ann.exchange(call(1, 'say'), call(2, 'break'));
      await again.exchange(call(1, 'say'));
      takeFaults(rig);
      const [first, second, third] = echo.callers;
      expect(first).toBe(second);
      expect(first).not.toBe(third);
      expect(third).toMatchObject({ user: 'ann', identity: { user: 'ann', rights: { administer: true } } });
    });

    test('while the spooler shuts down: RPC_S_CALL_CANCELLED', async () => {
      const { rig } = await stage({ transport, limits: { registrationHeldObjects: 1 } });
      await using _ = rig;
      await using ann = await WirePeer.join(rig);
      await ann.register(1, UNIDIRECTIONAL);
      const { id } = await ann.open(UNIDIRECTIONAL);
      // Something is queued for her, so that the spooler waits.
      await ann.exchange(ann.notify(id, 'held'), ann.notify(id, 'queued'));
      const closing = rig.spooler.close();
      expect(brief(await ann.exchange(call(1, 'say')))).toEqual(['1 RPC_S_CALL_CANCELLED']);
      await rig.advance(2_000);
      await closing;
    });

    test('before hello it ends the session with 4402, as everything does', async () => {
      const { rig, echo } = await stage({ transport });
      await using _ = rig;
      await using stranger = await WirePeer.connect(rig);
      stranger.send(call(1, 'say'));
      expect(await stranger.closed).toMatchObject({ code: 4402 });
      expect(echo.callers).toEqual([]);
      expect(echo.news).toEqual([]);
    });
  });

  describe('what a service is told', () => {
    test('who was greeted and who is gone, once each, and that the spooler has ended', async () => {
      const { rig, echo } = await stage({ transport });
      const ann = await WirePeer.join(rig);
      const bob = await WirePeer.join(rig, 'bob');
      expect(echo.news).toEqual(['ann joined', 'bob joined']);
      ann.link.cut();
      await rig.settle();
      expect(echo.news.slice(2)).toEqual(['ann left']);
      bob.link.cut();
      await rig.close();
      expect(echo.news.slice(3)).toEqual(['bob left']);
      expect(echo.closed).toBe(1);
    });

    test('of a session that leaves, after everything it had is let go', async () => {
      const { rig, echo } = await stage({ transport });
      await using _ = rig;
      const ann = await WirePeer.join(rig);
      await ann.register(1, UNIDIRECTIONAL);
      await ann.open(UNIDIRECTIONAL);
      const left: unknown[] = [];
      echo.trouble = () => void left.push(rig.spooler.stats());
      ann.link.cut();
      await rig.settle();
      expect(left).toMatchObject([{ sessions: 0, registrations: 0, channels: 0, ends: 0 }]);
    });

    test('it throws at each of these: nobody else notices, the operator hears of it', async () => {
      const { rig, echo } = await stage({ transport });
      await using _ = rig;
      echo.trouble = () => {
        throw new Error('paper jam');
      };
      const ann = await WirePeer.join(rig);
      expect(brief(await ann.exchange(call(1, 'say')))).toEqual(['1 S_OK']);
      ann.link.cut();
      await rig.settle();
      await rig.spooler.close();
      expect(takeFaults(rig)).toEqual(Array.from({ length: 3 }, () => new Error('paper jam')));
      expect(rig.events.map(({ kind }) => kind)).toEqual(['sessionOpened', 'sessionEnded']);
    });

    test('one that throws keeps no other from hearing of it', async () => {
      const made: EchoService[] = [];
      const begun: string[] = [];
      const echo = (name: string, jam?: Error) => (host: ServiceHost) => {
        const begin = (): void => {
          begun.push(name);
          if (jam) throw jam;
        };
        const service = Object.assign(new EchoService(host), { name, begin });
        made.push(service);
        service.trouble = begin;
        return service;
      };
      const fault = new Error('paper jam');
      await using rig = await startRig({ transport, services: [echo('broken', fault), echo('sound')] });
      const ann = await WirePeer.join(rig);
      ann.link.cut();
      await rig.settle();
      expect(made.map(({ news }) => news)).toEqual([
        ['ann joined', 'ann left'],
        ['ann joined', 'ann left'],
      ]);
      expect(begun).toEqual(['broken', 'sound', 'broken', 'sound', 'broken', 'sound']);
      expect(takeFaults(rig)).toEqual([fault, fault, fault]);
      await rig.spooler.close();
      expect(takeFaults(rig)).toEqual([fault]);
    });

    test('one that does not close holds the end of the spooler up for one second', async () => {
      const { rig, echo } = await stage({ transport });
      await using _ = rig;
      echo.trouble = () => new Promise(() => {});
      let ended = false;
      const closing = rig.spooler.close().then(() => {
        ended = true;
      });
      await rig.advance(999);
      expect(ended).toBe(false);
      await rig.advance(1);
      await closing;
    });
  });
});

test('two services of one name are refused when the spooler is made', async () => {
  const factory = (host: ConstructorParameters<typeof EchoService>[0]): EchoService => new EchoService(host);
  await expect(startRig({ services: [factory, factory] })).rejects.toMatchObject({ code: 'E_INVALIDARG' });
});
