/** A spooler that sends its clients anything (docs/security.md): they lose it or go on, and never more than that. */

import { describe, expect, test } from 'vitest';
import { createListener, type Listener, type Loss } from '../../client/listener.ts';
import { createSender } from '../../client/sender.ts';
import {
  decodeRecord,
  eachRecord,
  encodeRecord,
  type Link,
  notificationType,
  type SpoolerRecord,
} from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import { memoryLinks, Recorder } from '../harness/index.ts';
import { numbersFrom, spoilt } from './random.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const uni = { name: '\\\\localhost\\Lab', type, filter: 'kPerUser', style: 'kUniDirectional' } as const;
const bi = { ...uni, style: 'kBiDirectional' } as const;
const limits = {
  payload: 1_000,
  message: 70_000,
  waitingObjects: 2,
  waitingBytes: 1_000,
  keptObjects: 0,
  keptBytes: 0,
};
const WELCOME: SpoolerRecord = { op: 'welcome', user: 'ann', server: 'localhost', limits };

function bytes(...records: readonly SpoolerRecord[]): Uint8Array {
  return concat(records.flatMap((record) => encodeRecord(record)));
}

/** The other end of a link, which greets, and answers every request with success, until it is told to say something else. */
class Impostor {
  readonly near: Link;
  readonly #far: Link;
  #ended: number | undefined;

  constructor() {
    [this.near, this.#far] = memoryLinks();
    this.#far.attach({
      onMessage: (message) =>
        eachRecord(message, (raw) => {
          const record = decodeRecord(raw, 'client');
          if (record.op === 'hello') this.say(bytes(WELCOME));
          if (record.op === 'register' || record.op === 'open' || record.op === 'status')
            this.say(bytes({ op: 'result', id: 1, request: record.request, hresult: 0, json: new Uint8Array() }));
        }),
      onAlive: () => {},
      onDrain: () => {},
      onClose: (code) => {
        this.#ended = code;
      },
    });
  }

  /** WebSocket close code of the client. */
  get ended(): number | undefined {
    return this.#ended;
  }

  say(message: Uint8Array): void {
    this.#far.send([message]);
  }
}

/** Everything that was on its way has been heard. */
function heard(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function victim(): Promise<{ impostor: Impostor; listener: Listener; seen: Recorder; losses: Loss[] }> {
  const impostor = new Impostor();
  const losses: Loss[] = [];
  const listener = await createListener(async () => impostor.near, {
    user: 'ann',
    reconnect: false,
    onLost: (loss) => losses.push(loss),
  });
  const seen = new Recorder();
  await listener.registerForNotifications({ name: 'Lab', type }, seen);
  await listener.registerForNotifications({ name: 'Lab', type, style: 'kBiDirectional' }, seen);
  return { impostor, listener, seen, losses };
}

const GOOD: readonly SpoolerRecord[] = [
  { op: 'offer', end: 7, registration: 1, interest: uni },
  { op: 'offer', end: 8, registration: 2, interest: bi },
  { op: 'notify', end: 7, sequence: 1, data: Buffer.from('one'), release: false },
  { op: 'notify', end: 8, sequence: 1, data: Buffer.from('two'), release: false },
  { op: 'closed', end: 8, sequence: 2, data: Buffer.from('bye'), release: false, cause: 'closed' },
  { op: 'closed', end: 7, sequence: 0, data: null, release: true, cause: 'left' },
  { op: 'settled', end: 8, sequence: 1, hresult: 0x80040001 },
  { op: 'result', id: 3, request: 99, hresult: 0, json: new Uint8Array() },
  { op: 'ping', sequence: 4 },
  { op: 'pong', sequence: 4 },
];

describe('a client', () => {
  test('takes 2,000 spoilt messages of its spooler: it goes on, or has lost it and is told once', async () => {
    const random = numbersFrom(1_789);
    let lost = 0;
    let { impostor, listener, losses } = await victim();
    for (let round = 0; round < 2_000; round++) {
      const from = random(GOOD.length);
      impostor.say(spoilt(bytes(...GOOD.slice(from, from + 1 + random(4))), random));
      await heard();
      if (listener.state === 'connected') continue;
      lost++;
      await heard();
      expect(losses).toMatchObject([{ cause: 'lost' }]);
      expect(impostor.ended).toBe(4400);
      expect(listener.stats()).toEqual({ ends: 0, requests: 0, sends: 0, liveObjects: 0, registrations: 0 });
      await listener.close();
      ({ impostor, listener, losses } = await victim());
    }
    await listener.close();
    expect(lost).toBeGreaterThan(200);
    expect(lost).toBeLessThan(1_900);
  });

  test('ignores what answers nothing, names what is not there, or comes twice', async () => {
    const { impostor, listener, seen } = await victim();
    const [offer] = GOOD;
    impostor.say(
      bytes(
        { op: 'settled', end: 99, sequence: 5, hresult: 0 },
        { op: 'result', id: 1, request: 77, hresult: 0, json: new Uint8Array() },
        { op: 'pong', sequence: 77 },
        { op: 'notify', end: 99, sequence: 1, data: Buffer.from('to nobody'), release: false },
        { op: 'closed', end: 99, sequence: 0, data: null, release: true, cause: 'left' },
        { op: 'offer', end: 98, registration: 42, interest: uni },
        offer as SpoolerRecord,
        offer as SpoolerRecord,
        { op: 'notify', end: 7, sequence: 1, data: Buffer.from('one'), release: false },
        { op: 'closed', end: 7, sequence: 0, data: null, release: true, cause: 'left' },
        { op: 'closed', end: 7, sequence: 0, data: null, release: true, cause: 'left' },
      ),
    );
    await heard();
    expect(listener.state).toBe('connected');
    expect(seen.texts).toEqual(['one']);
    expect(listener.stats()).toMatchObject({ liveObjects: 0, requests: 0 });
    await listener.close();
  });

  test.each<[what: string, message: Uint8Array]>([
    ['an empty message', new Uint8Array()],
    ['a second welcome', bytes(WELCOME)],
    ['a record of a client', concat(encodeRecord({ op: 'status', request: 1 }))],
    ['an op of no table', Buffer.concat([Buffer.from([0x3f]), Buffer.alloc(15)])],
    ['half a record', bytes({ op: 'ping', sequence: 1 }).subarray(0, 9)],
  ])('at %s leaves with 4400, and what waits fails', async (_, message) => {
    const { impostor, listener, seen, losses } = await victim();
    const waiting = listener.roundTrip();
    impostor.say(message);
    await expect(waiting).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await heard();
    expect(impostor.ended).toBe(4400);
    expect(losses).toHaveLength(1);
    expect(seen.closes).toMatchObject([{ channel: null, cause: 'lost' }]);
    await listener.close();
  });

  test('whose question is answered with no JSON is told of a broken protocol, and goes on', async () => {
    const { listener } = await victim();
    await expect(listener.status()).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATED' });
    expect(listener.state).toBe('connected');
    await listener.close();
  });

  test.each<[what: string, message: Uint8Array, code: string]>([
    ['an empty message', new Uint8Array(), 'PROTOCOL_VIOLATED'],
    ['words', Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), 'PROTOCOL_VIOLATED'],
    ['half a welcome', bytes(WELCOME).subarray(0, 30), 'PROTOCOL_VIOLATED'],
    ['a ping, and then nothing more', bytes({ op: 'ping', sequence: 1 }), 'CONNECTION_FAILED'],
  ])('that is greeted with %s fails to connect', async (_, message, code) => {
    const [near, far] = memoryLinks();
    const connecting = createSender(near, { user: 'ann' });
    far.attach({ onMessage: () => far.send([message]), onAlive: () => {}, onDrain: () => {}, onClose: () => {} });
    setImmediate(() => far.terminate());
    await expect(connecting).rejects.toMatchObject({ code });
  });
});
