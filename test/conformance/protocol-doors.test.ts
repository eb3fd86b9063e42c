/** PROTOCOL.md sections 2, 7.1, 9 and 10, as far as they are about sockets, tokens and what is shown to whom. */

import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { type Interest, outcomeOf, type StatusReport } from '../../shared/index.ts';
import { TokenTable } from '../../spooler/index.ts';
import { type Rig, type RigOptions, startRig, TRANSPORTS } from '../harness/index.ts';
import { BIDIRECTIONAL, brief, LAB, offersIn, TYPE, UNIDIRECTIONAL, WirePeer } from './wire-peer.ts';

const SUBPROTOCOL = 'spoolpipe.v1';

const HELLO = Buffer.from(`0100000c${'00'.repeat(12)}81a475736572a5616c696365`, 'hex');
const PING = Buffer.from('03000000000000000000000000000007', 'hex');

/** A bare WebSocket that is open. */
function open(
  url: string,
  protocols: string | string[] = SUBPROTOCOL,
  options: ClientOptions = {},
): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols, options);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

function closed(socket: WebSocket): Promise<{ readonly code: number; readonly reason: string }> {
  return new Promise((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
}

function message(socket: WebSocket): Promise<Buffer> {
  return new Promise((resolve) => {
    socket.once('message', (data) => resolve(data as Buffer));
  });
}

/** Everything sent before has been read at the other end when this resolves; it may come inside a message. */
function pong(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('pong', () => resolve());
    socket.ping();
  });
}

/** The HTTP status that refuses the upgrade. */
function refused(
  url: string,
  protocols: string | string[] = SUBPROTOCOL,
  options: ClientOptions = {},
): Promise<number | undefined> {
  const socket = new WebSocket(url, protocols, options);
  return new Promise((resolve, reject) => {
    socket.once('unexpected-response', (_, response) => {
      response.resume();
      socket.terminate();
      resolve(response.statusCode);
    });
    socket.once('open', () => reject(new Error('accepted')));
    socket.on('error', () => {});
  });
}

function startServer(options: RigOptions = {}): Promise<Rig> {
  return startRig({ transport: 'websocket', ...options });
}

const NOW = Date.parse('2030-01-01T00:00:00Z');
const secret = (name: string): string => `token-of-${name}-0123456789`;
const tokens = TokenTable.parse(
  JSON.stringify({
    tokens: [
      { token: secret('ann'), user: 'ann', rights: ['listen', 'send'] },
      { token: secret('bob'), user: 'bob', rights: ['listen'] },
      { token: secret('carl'), user: 'carl', rights: ['send'] },
      { token: secret('root'), user: 'root', rights: ['listen', 'send', 'administer'] },
      { token: secret('lab'), user: 'lab', rights: ['listen', 'send', 'administer'], printers: [LAB] },
      { token: secret('old'), user: 'old', rights: ['listen'], expires: '2029-12-31T23:59:59Z' },
    ],
  }),
);
const guarded: RigOptions = { tokens, wallClock: () => NOW };

const bearer = (name: string): ClientOptions => ({ headers: { authorization: `Bearer ${secret(name)}` } });

/** Somebody with a token, greeted. */
async function member(rig: Rig, name: string): Promise<WirePeer> {
  const peer = await WirePeer.connect(rig, { token: secret(name) });
  await peer.exchange({ op: 'hello' });
  return peer;
}

async function statusOf(peer: WirePeer): Promise<StatusReport> {
  const [result] = await peer.exchange({ op: 'status', request: 1 });
  if (result?.op !== 'result') throw new Error('no result');
  return JSON.parse(new TextDecoder().decode(result.json)) as StatusReport;
}

describe('2. Transport', () => {
  test('the subprotocol is spoolpipe.v1, and compression is not negotiated even where it is offered', async () => {
    await using rig = await startServer();
    const socket = await open(rig.url, [SUBPROTOCOL, 'other'], { perMessageDeflate: true });
    expect([socket.protocol, socket.extensions]).toEqual([SUBPROTOCOL, '']);
    socket.close();
    await closed(socket);
  });

  test('a client that does not offer it is accepted and closed with 4406', async () => {
    await using rig = await startServer();
    const socket = new WebSocket(rig.url);
    expect(await closed(socket)).toEqual({ code: 4406, reason: 'offer the subprotocol spoolpipe.v1' });
    expect(rig.events).toEqual([]);
  });

  test('any other path is not found', async () => {
    await using rig = await startServer();
    expect(await refused(`${rig.url}/status`)).toBe(404);
    const socket = await open(`${rig.url}/?from=test`);
    socket.close();
    await closed(socket);
  });

  test('a text message ends the session with 1003, and nothing after it is read', async () => {
    await using rig = await startServer();
    const socket = await open(rig.url);
    const bystander = await open(rig.url);
    const end = closed(socket);
    const answers: unknown[] = [];
    socket.on('message', (data) => answers.push(data));
    socket.send('{"op":"hello"}');
    socket.send(HELLO);
    expect(await end).toEqual({ code: 1003, reason: 'only binary messages' });
    expect(answers).toEqual([]);
    const welcome = message(bystander);
    bystander.send(HELLO);
    expect((await welcome)[0]).toBe(0x02);
    bystander.close();
    await closed(bystander);
  });

  test('how a message is cut into frames carries no meaning', async () => {
    await using rig = await startServer();
    const socket = await open(rig.url);
    const answer = message(socket);
    const both = Buffer.concat([HELLO, PING]);
    for (const [index, byte] of both.entries()) {
      socket.send(Buffer.from([byte]), { binary: true, fin: index === both.length - 1 });
    }
    const bytes = await answer;
    expect(bytes[0]).toBe(0x02);
    expect(bytes.subarray(-16)).toEqual(Buffer.from(PING.toString('hex').replace(/^03/, '04'), 'hex'));
    socket.close();
    await closed(socket);
  });

  test('broken framing is closed with 1002, a frame above limits.message with 1009', async () => {
    await using rig = await startServer({ limits: { message: 1024 } });
    const answered = async (frame: string): Promise<number> => {
      const { port } = new URL(rig.url);
      const socket = connect(Number(port), '127.0.0.1');
      const key = 'dGhlIHNhbXBsZSBub25jZQ==';
      socket.write(
        `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
      );
      const chunks: Buffer[] = [];
      const ended = new Promise<void>((resolve) => {
        socket.on('close', () => resolve());
      });
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (chunks.length === 1) socket.write(Buffer.from(frame, 'hex'));
      });
      await ended;
      const all = Buffer.concat(chunks);
      const close = all.subarray(all.indexOf('\r\n\r\n') + 4);
      return close.readUInt16BE(2);
    };
    // A frame that is not masked; one with a reserved bit; one that declares 2^62 bytes.
    expect(await answered('820100')).toBe(1002);
    expect(await answered('f2810000000000')).toBe(1002);
    expect(await answered('82ff400000000000000000000000')).toBe(1009);
  });
});

describe('7.1 Session', () => {
  test('half a message that is not complete 10 s after its first byte ends the session with 4408', async () => {
    await using rig = await startServer();
    const socket = await open(rig.url);
    const end = closed(socket);
    socket.send(HELLO);
    await message(socket);
    socket.send(PING.subarray(0, 8), { binary: true, fin: false });
    await pong(socket);
    await rig.advance(5_000);
    // More of it is no new beginning.
    socket.send(PING.subarray(8, 9), { binary: true, fin: false });
    await pong(socket);
    await rig.advance(4_999);
    await pong(socket);
    expect(rig.spooler.stats().sessions).toBe(1);
    await rig.advance(1);
    expect(rig.spooler.stats().sessions).toBe(0);
    expect(await end).toEqual({ code: 4408, reason: 'a message was not completed in time' });
    expect(rig.events.at(-1)).toMatchObject({ kind: 'sessionEnded', cause: 'faulty' });
  });

  test('a message that takes its time but is complete within 10 s passes, and the next has 10 s of its own', async () => {
    await using rig = await startServer();
    const socket = await open(rig.url);
    socket.send(HELLO);
    await message(socket);
    for (let i = 0; i < 3; i++) {
      const answer = message(socket);
      socket.send(PING.subarray(0, 8), { binary: true, fin: false });
      await pong(socket);
      await rig.advance(9_000);
      socket.send(PING.subarray(8), { binary: true, fin: true });
      expect((await answer)[0]).toBe(0x04);
    }
    socket.close();
    await closed(socket);
  });
});

describe('9. Identity', () => {
  test('without a token, with an unknown one or an expired one: HTTP 401 (T12)', async () => {
    await using rig = await startServer(guarded);
    expect(await refused(rig.url)).toBe(401);
    expect(await refused(rig.url, SUBPROTOCOL, bearer('nobody'))).toBe(401);
    expect(await refused(rig.url, SUBPROTOCOL, bearer('old'))).toBe(401);
    expect(await refused(rig.url, SUBPROTOCOL, { headers: { authorization: `Basic ${secret('ann')}` } })).toBe(401);
  });

  test.each([
    ['in a header', SUBPROTOCOL, bearer('ann')],
    [
      'as a second subprotocol, for browsers',
      [SUBPROTOCOL, `spoolpipe.bearer.${Buffer.from(secret('ann')).toString('base64url')}`],
      {},
    ],
  ])('a token is taken %s', async (_, protocols, options) => {
    await using rig = await startServer(guarded);
    const socket = await open(rig.url, protocols, options);
    expect(socket.protocol).toBe(SUBPROTOCOL);
    const welcome = message(socket);
    socket.send(Buffer.from(`01000001${'00'.repeat(12)}80`, 'hex'));
    expect(String(await welcome)).toContain('ann');
    socket.close();
    await closed(socket);
  });

  test('with tokens, hello names nobody or the one it is; anybody else is 4403 (T12)', async () => {
    await using rig = await startServer(guarded);
    await using ann = await WirePeer.connect(rig, { token: secret('ann') });
    expect(brief(await ann.exchange({ op: 'hello', user: 'ann' }))).toEqual(['welcome ann']);
    await using bob = await WirePeer.connect(rig, { token: secret('ann') });
    bob.send({ op: 'hello', user: 'bob' });
    expect(await bob.closed).toMatchObject({ code: 4403 });
    expect(rig.events.filter(({ kind }) => kind === 'sessionOpened')).toHaveLength(1);
  });

  const everybody: Interest = { ...UNIDIRECTIONAL, filter: 'kAllUsers' };
  const elsewhere: Interest = { ...everybody, name: '\\\\localhost\\Elsewhere' };
  const server: Interest = { ...everybody, name: null };

  test.each([
    ['ann', 'listens for herself', (peer: WirePeer) => peer.register(1), 'S_OK'],
    ['carl', 'may not listen', (peer: WirePeer) => peer.register(1), 'E_ACCESSDENIED'],
    ['ann', 'may not listen for everybody', (peer: WirePeer) => peer.register(1, everybody), 'E_ACCESSDENIED'],
    ['root', 'listens for everybody', (peer: WirePeer) => peer.register(1, server), 'S_OK'],
    [
      'lab',
      'listens for everybody on its printer',
      (peer: WirePeer) => peer.register(1, { ...everybody, name: LAB.toUpperCase() }),
      'S_OK',
    ],
    ['lab', 'does not on another', (peer: WirePeer) => peer.register(1, elsewhere), 'E_ACCESSDENIED'],
    ['lab', 'does not on the server', (peer: WirePeer) => peer.register(1, server), 'E_ACCESSDENIED'],
    ['ann', 'sends to herself', (peer: WirePeer) => peer.open(), 'S_OK'],
    ['ann', 'sends to herself by name', (peer: WirePeer) => peer.open(UNIDIRECTIONAL, { user: 'ann' }), 'S_OK'],
    ['bob', 'may not send', (peer: WirePeer) => peer.open(), 'E_ACCESSDENIED'],
    [
      'ann',
      'may not send to somebody else',
      (peer: WirePeer) => peer.open(UNIDIRECTIONAL, { user: 'bob' }),
      'E_ACCESSDENIED',
    ],
    ['ann', 'may not send to everybody', (peer: WirePeer) => peer.open(everybody), 'E_ACCESSDENIED'],
    [
      'root',
      'sends to anybody',
      (peer: WirePeer) => peer.open({ ...UNIDIRECTIONAL, name: null }, { user: 'bob' }),
      'S_OK',
    ],
    ['lab', 'sends to anybody on its printer', (peer: WirePeer) => peer.open(UNIDIRECTIONAL, { user: 'bob' }), 'S_OK'],
    ['lab', 'does not on another', (peer: WirePeer) => peer.open(elsewhere), 'E_ACCESSDENIED'],
  ])('%s %s (PAN-74, PAN-76, PAN-77)', async (name, _, ask, code) => {
    await using rig = await startServer(guarded);
    await using peer = await member(rig, name);
    expect(outcomeOf((await ask(peer)).hresult).code).toBe(code);
  });

  test('an origin that is not on the list: HTTP 403; programs send none', async () => {
    await using rig = await startServer({ origins: ['https://print.example'] });
    const from = (origin: string): ClientOptions => ({ headers: { origin } });
    expect(await refused(rig.url, SUBPROTOCOL, from('https://evil.example'))).toBe(403);
    expect(await refused(rig.url, SUBPROTOCOL, from('null'))).toBe(403);
    for (const options of [from('https://print.example'), {}]) {
      const socket = await open(rig.url, SUBPROTOCOL, options);
      socket.close();
      await closed(socket);
    }
  });

  test('above the connection limit: HTTP 503, until somebody leaves', async () => {
    await using rig = await startServer({ limits: { sessions: 1 } });
    const socket = await open(rig.url);
    expect(await refused(rig.url)).toBe(503);
    socket.close();
    await closed(socket);
    await rig.settle();
    const next = await open(rig.url);
    next.close();
    await closed(next);
  });
});

describe.each(TRANSPORTS)('over %s', (transport) => {
  describe('9. Identity', () => {
    /** Who is told of what Ann sends for herself, or for everybody, on a printer or on the server. */
    const registrations: readonly (readonly [who: string, what: string, interest: Interest])[] = [
      ['ann', 'her own on the printer', UNIDIRECTIONAL],
      ['ann', 'her own on the printer in other letters', { ...UNIDIRECTIONAL, name: '\\\\LOCALHOST\\lAB' }],
      ['ann', 'her own everywhere', { ...UNIDIRECTIONAL, name: null }],
      ['ann', "everybody's on the printer", { ...UNIDIRECTIONAL, filter: 'kAllUsers' }],
      ['ann', 'her own on another printer', { ...UNIDIRECTIONAL, name: '\\\\localhost\\Other' }],
      ['ann', 'another type', { ...UNIDIRECTIONAL, type: 'f6853f92-eb31-4e23-b6e7-fd69056153f0' as Interest['type'] }],
      ['ann', 'another style', BIDIRECTIONAL],
      ['bob', 'his own on the printer', UNIDIRECTIONAL],
      ['bob', "everybody's everywhere", { ...UNIDIRECTIONAL, name: null, filter: 'kAllUsers' }],
    ];

    async function reached(channel: Interest, user?: string): Promise<string[]> {
      await using rig = await startRig({ transport });
      const told: string[] = [];
      await using ann = await WirePeer.join(rig, 'ann');
      await using bob = await WirePeer.join(rig, 'bob');
      for (const [index, [who, , interest]] of registrations.entries())
        await { ann, bob }[who as 'ann' | 'bob'].register(index + 1, interest);
      await using sender = await WirePeer.join(rig, 'ann');
      const { id } = await sender.open(channel, user === undefined ? {} : { user });
      await sender.exchange(sender.notify(id, 'x'));
      for (const peer of [ann, bob]) {
        await peer.exchange();
        for (const { registration } of offersIn(peer.records)) {
          const [who = '', what = ''] = registrations[registration - 1] ?? [];
          told.push(`${who}: ${what}`);
        }
      }
      return told.toSorted();
    }

    test('a kPerUser channel reaches the registrations of whom it is for, and those for everybody (PAN-67 to PAN-70, GAP-3, GAP-4)', async () => {
      expect(await reached(UNIDIRECTIONAL)).toEqual([
        "ann: everybody's on the printer",
        'ann: her own everywhere',
        'ann: her own on the printer',
        'ann: her own on the printer in other letters',
        "bob: everybody's everywhere",
      ]);
      expect(await reached(UNIDIRECTIONAL, 'bob')).toEqual([
        "ann: everybody's on the printer",
        "bob: everybody's everywhere",
        'bob: his own on the printer',
      ]);
    });

    test('a kAllUsers channel reaches every registration for its type, style and printer (PAN-65, PAN-66)', async () => {
      expect(await reached({ ...UNIDIRECTIONAL, filter: 'kAllUsers' })).toEqual([
        "ann: everybody's on the printer",
        'ann: her own everywhere',
        'ann: her own on the printer',
        'ann: her own on the printer in other letters',
        "bob: everybody's everywhere",
        'bob: his own on the printer',
      ]);
    });

    test('what is sent on the server reaches those registered for the server only (GAP-4)', async () => {
      expect(await reached({ ...UNIDIRECTIONAL, name: null, filter: 'kAllUsers' })).toEqual([
        'ann: her own everywhere',
        "bob: everybody's everywhere",
      ]);
    });

    test('a name is one name in every Unicode form', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      await ann.register(1, { ...BIDIRECTIONAL, name: '\\\\localhost\\B\u00fcro' });
      await ann.open({ ...BIDIRECTIONAL, name: '\\\\localhost\\Bu\u0308RO' });
      expect(offersIn(ann.records).map(({ interest }) => interest.name)).toEqual(['\\\\localhost\\B\u00fcRO']);
    });
  });

  describe('10. Status', () => {
    test('shows what there is, with the names of the document', async () => {
      await using rig = await startRig({ transport, server: 'print.example', limits: { registrationHeldObjects: 1 } });
      await rig.advance(3_000);
      await using ann = await WirePeer.connect(rig);
      await ann.exchange({ op: 'hello', user: 'ann', agent: 'window' });
      await ann.register(1);
      const { id } = await ann.open();
      await ann.exchange(ann.notify(id, 'held'), ann.notify(id, 'queued'));
      await rig.advance(1_900);
      const interest = { name: LAB, type: TYPE, filter: 'kPerUser', style: 'kUniDirectional', user: 'ann' };
      expect(await statusOf(ann)).toEqual({
        server: 'print.example',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        trouble: null,
        uptime: 5,
        user: 'ann',
        sessions: [
          {
            user: 'ann',
            agent: 'window',
            since: 2,
            registrations: 1,
            channels: 1,
            heldObjects: 1,
            heldBytes: 4,
            queued: 1,
          },
        ],
        registrations: [{ ...interest, queued: 1 }],
        channels: [{ id, ...interest, state: 'open', listeners: 1 }],
        totals: rig.spooler.stats(),
        traffic: { received: 2, receivedBytes: 10, delivered: 1, deliveredBytes: 4, lost: 0 },
      });
      await ann.unregister(1);
    });

    test('counts questions, answers and last words as it counts notifications', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      const bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      const { id } = await ann.open(BIDIRECTIONAL);
      await ann.exchange(ann.notify(id, 'why?'));
      await bob.exchange(bob.notify(id, 'so'));
      await ann.exchange(ann.close(id, 'oh'));
      expect((await statusOf(ann)).traffic).toEqual({
        received: 3,
        receivedBytes: 8,
        delivered: 3,
        deliveredBytes: 8,
        lost: 0,
      });
      bob.link.cut();
      await ann.exchange({ op: 'release', end: id, sequence: 1, only: false });
    });

    test('counts as lost the copies that found no room, and those that still waited when their session ended', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, queueLength: 2 } });
      await using ann = await WirePeer.join(rig);
      const [bob, carl] = [await WirePeer.join(rig), await WirePeer.join(rig)];
      for (const peer of [bob, carl]) await peer.register(1);
      const { id } = await ann.open();
      await ann.exchange(...['held', 'queued', 'queued', 'lost'].map((text) => ann.notify(id, text)));
      const traffic = { received: 4, receivedBytes: 20, delivered: 2, deliveredBytes: 8 };
      expect((await statusOf(ann)).traffic).toEqual({ ...traffic, lost: 2 });
      bob.link.cut();
      await carl.unregister(1);
      await rig.settle();
      // Carl asked for no more of it; Bob's session ended.
      expect((await statusOf(ann)).traffic).toEqual({ ...traffic, lost: 4 });
      carl.link.cut();
      await rig.settle();
      expect(rig.events).toMatchObject([
        { kind: 'sessionOpened' },
        { kind: 'sessionOpened' },
        { kind: 'sessionOpened' },
        { kind: 'sessionEnded', missed: 3 },
        { kind: 'sessionEnded', missed: 1 },
      ]);
    });

    test('cuts each list at 1,000 and tells the full counts', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      const numbers = Array.from({ length: 1_001 }, (_, index) => index + 1);
      await ann.exchange(
        ...numbers.map(
          (registration) => ({ op: 'register', registration, request: 1, interest: UNIDIRECTIONAL }) as const,
        ),
      );
      const { registrations, totals } = await statusOf(ann);
      expect([registrations.length, totals.registrations]).toEqual([1_000, 1_001]);
    });

    test("with tokens, other users' things only to an administrator", async () => {
      await using rig = await startRig({ transport, ...guarded });
      await using ann = await member(rig, 'ann');
      await ann.register(1);
      await ann.open();
      await using bob = await member(rig, 'bob');
      await using root = await member(rig, 'root');
      const shown = async (peer: WirePeer): Promise<number[]> => {
        const { sessions, registrations, channels } = await statusOf(peer);
        return [sessions.length, registrations.length, channels.length];
      };
      expect(await shown(ann)).toEqual([1, 1, 1]);
      expect(await shown(bob)).toEqual([1, 0, 0]);
      expect(await shown(root)).toEqual([3, 1, 1]);
      // The administrator of a printer sees who is there, and nothing of the other printers.
      await ann.register(2, { ...UNIDIRECTIONAL, name: null });
      await ann.open({ ...UNIDIRECTIONAL, name: '\\\\localhost\\Hall' });
      await using lab = await member(rig, 'lab');
      expect(await shown(lab)).toEqual([1, 1, 1]);
      expect(await shown(ann)).toEqual([1, 2, 2]);
    });

    test('without tokens everybody is shown everything', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      await ann.register(1);
      await ann.open();
      await using bob = await WirePeer.join(rig, 'bob');
      const { sessions, registrations, channels } = await statusOf(bob);
      expect([sessions.length, registrations.length, channels.length]).toEqual([2, 1, 1]);
    });
  });
});
