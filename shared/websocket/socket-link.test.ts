/**
 * What a Link over a socket does, over real sockets: the same for the plain one over `ws`, for the one that frames by
 * itself, and for that one where its sockets are read into memory of ours.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { SpoiltMemory } from '../../test/fuzz/spoilt-memory.ts';
import { frame, OPCODES, RawSocket, upgradeRequest } from '../../test/safety/raw-socket.ts';
import { type LinkHandlers, systemClock } from '../index.ts';
import type { ByteStream } from './byte-stream.ts';
import { FrameLink } from './frame-link.ts';
import { type FrameRules, frameRules } from './frame-rules.ts';
import { ownReading } from './own-reading.ts';
import type { SocketHooks, SocketLink } from './socket-link.ts';
import { WebSocketLink } from './websocket-link.ts';

const MiB = 1024 * 1024;
const MAX_MESSAGE = 10 * MiB;
const CLOSE_TIME = 60;
const { binary, continuation, text, close, ping, pong } = OPCODES;

type Kind = 'ws' | 'frames' | 'rooms';

/** A link, and what it has said. */
interface Heard {
  readonly link: SocketLink;
  readonly stream: Socket;
  readonly messages: Buffer[];
  readonly ends: [code: number, reason: string][];
  /** The socket is closed. */
  gone: boolean;
  alive: number;
  drained: number;
  onMessage: (message: Uint8Array) => void;
  /** Whether what it was told is its link's again as soon as it was told. */
  recycles: boolean;
}

class Handshake extends WebSocket {
  taken: { readonly stream: Duplex; readonly head: Buffer } | undefined;

  setSocket(stream: Duplex, head: Buffer): void {
    this.taken = { stream, head };
    this.emit('open');
  }
}

const reads = ownReading(Socket);

/** As kinds have them: memory of ours is spoilt where it is free. */
function rules(kind: Kind, role: 'client' | 'server', hooks: SocketHooks): FrameRules {
  const common = { maxMessage: MAX_MESSAGE, clock: systemClock, closeTime: CLOSE_TIME, ...hooks };
  if (kind === 'rooms') {
    const { allocate, share, recycle } = new SpoiltMemory();
    return frameRules(role, { ...common, allocate, share, recycle, ownReading: reads });
  }
  return frameRules(role, { ...common, allocate: (length) => Buffer.allocUnsafe(length) });
}

function linkOf(
  kind: Kind,
  webSocket: WebSocket,
  stream: Duplex,
  role: 'client' | 'server',
  hooks: SocketHooks = {},
): SocketLink {
  return webSocket instanceof Handshake && webSocket.taken
    ? new FrameLink(stream, webSocket.taken.head, rules(kind, role, hooks))
    : new WebSocketLink(webSocket, stream, hooks);
}

function heard(link: SocketLink, stream: Duplex, attach = true): Heard {
  const all: Heard = {
    link,
    stream: stream as Socket,
    messages: [],
    ends: [],
    gone: false,
    alive: 0,
    drained: 0,
    onMessage: () => {},
    recycles: true,
  };
  stream.on('close', () => {
    all.gone = true;
  });
  if (attach) link.attach(handlersOf(all));
  return all;
}

function handlersOf(all: Heard): LinkHandlers {
  return {
    onMessage: (message) => {
      expect(all.ends).toEqual([]);
      all.messages.push(Buffer.from(message));
      all.onMessage(message);
      if (all.recycles) all.link.recycle?.(message);
    },
    onAlive: () => {
      expect(all.ends).toEqual([]);
      all.alive++;
    },
    onDrain: () => all.drained++,
    onClose: (code, reason) => all.ends.push([code, reason]),
  };
}

/** A server whose links are of the kind. */
class Place {
  readonly port: number;
  readonly #server;
  readonly #kind: Kind;
  readonly #accepted: Heard[] = [];
  readonly #sockets = new Set<Duplex>();
  #wake: (() => void) | undefined;
  attaches = true;
  hooks: SocketHooks = {};

  private constructor(kind: Kind, server: ReturnType<typeof createServer>) {
    this.#kind = kind;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    const options = {
      noServer: true,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE,
      maxFragments: 1024,
      closeTimeout: CLOSE_TIME,
      ...(kind === 'ws' ? {} : { WebSocket: Handshake }),
    };
    const webSockets = new WebSocketServer(options);
    server.on('upgrade', (request, stream, head) => {
      this.#sockets.add(stream);
      webSockets.handleUpgrade(request, stream, head, (webSocket) => {
        this.#accepted.push(heard(linkOf(kind, webSocket, stream, 'server', this.hooks), stream, this.attaches));
        this.#wake?.();
      });
    });
  }

  static async open(kind: Kind): Promise<Place> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Place(kind, server);
  }

  /** The next that was accepted. */
  async next(): Promise<Heard> {
    while (this.#accepted.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#accepted.shift() as Heard;
  }

  /** Both ends of a connection. */
  async pair(): Promise<{ server: Heard; client: Heard }> {
    const options = { perMessageDeflate: false, maxPayload: MAX_MESSAGE, closeTimeout: CLOSE_TIME };
    const Class = this.#kind === 'ws' ? WebSocket : Handshake;
    const webSocket = new Class(`ws://127.0.0.1:${this.port}`, options);
    let stream: Duplex | undefined;
    let client: Heard | undefined;
    webSocket.on('upgrade', (response) => {
      stream = response.socket;
      this.#sockets.add(stream);
    });
    webSocket.on('open', () => {
      if (stream) client = heard(linkOf(this.#kind, webSocket, stream, 'client'), stream);
    });
    await once(webSocket, 'open');
    return { server: await this.next(), client: client as Heard };
  }

  /** A peer that writes what it likes. */
  async raw(): Promise<{ server: Heard; raw: RawSocket }> {
    const raw = await RawSocket.upgraded(this.port);
    return { server: await this.next(), raw };
  }

  async shut(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Resolves when it holds; it has five seconds. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${String(condition)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

let place: Place | undefined;
async function opened(kind: Kind): Promise<Place> {
  place = await Place.open(kind);
  return place;
}
afterEach(async () => {
  await place?.shut();
  place = undefined;
});

/** Bytes that show where they come from. */
const pattern = (length: number, seed: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 7 + seed * 13) & 0xff));

describe.each<Kind>(['ws', 'frames', 'rooms'])('%s', (kind) => {
  describe('messages', () => {
    test.each<[what: string, parts: number[]]>([
      ['of nothing', [0]],
      ['of a byte', [1]],
      ['of 125 bytes', [125]],
      ['of 126 bytes', [126]],
      ['of 65,535 bytes', [65_535]],
      ['of 65,536 bytes', [65_536]],
      ['of small parts', [10, 20, 30]],
      ['of large parts', [100, 16_384, 5, 70_000, 3]],
      ['of 10 MiB', [10 * MiB]],
    ])('%s arrive as they are, there and back', async (_, lengths) => {
      const { server, client } = await (await opened(kind)).pair();
      const parts = lengths.map(pattern);
      const whole = Buffer.concat(parts);
      server.recycles = false;
      server.onMessage = (message) => server.link.send([message]);
      client.link.send(parts);
      await until(() => client.messages.length === 1);
      expect(Buffer.compare(server.messages[0] as Buffer, whole)).toBe(0);
      expect(Buffer.compare(client.messages[0] as Buffer, whole)).toBe(0);
      expect(Buffer.compare(Buffer.concat(parts), whole)).toBe(0);
    });

    test('many in one turn arrive in order, both ways', async () => {
      const { server, client } = await (await opened(kind)).pair();
      const sent = Array.from({ length: 3_000 }, (_, index) => pattern(index % 400, index));
      for (const message of sent) {
        client.link.send([message]);
        server.link.send([message.subarray(0, 7), message.subarray(7)]);
      }
      await until(() => server.messages.length === sent.length && client.messages.length === sent.length);
      expect(Buffer.compare(Buffer.concat(server.messages), Buffer.concat(sent))).toBe(0);
      expect(Buffer.compare(Buffer.concat(client.messages), Buffer.concat(sent))).toBe(0);
      expect(server.link.messages).toBe(sent.length);
    });

    test('in fragments, with a ping between, a byte at a time', async () => {
      const { server, raw } = await (await opened(kind)).raw();
      const bytes = Buffer.concat([
        frame({ opcode: binary, fin: false, payload: 'in ' }),
        frame({ opcode: ping, payload: 'there?' }),
        frame({ opcode: continuation, fin: false }),
        frame({ opcode: continuation, payload: 'three' }),
      ]);
      for (const byte of bytes) {
        raw.write(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { frames } = await raw.until((answer) => answer.frames.length === 1);
      expect(frames).toEqual([{ opcode: pong, payload: Buffer.from('there?') }]);
      await until(() => server.messages.length === 1);
      expect(String(server.messages[0])).toBe('in three');
      expect(server.alive).toBeGreaterThan(1);
    });

    test('the same array to many links', async () => {
      const here = await opened(kind);
      const pairs = [await here.pair(), await here.pair(), await here.pair()];
      const small = Object.freeze([pattern(10, 1), pattern(20, 2)]);
      const large = Object.freeze([pattern(10, 1), pattern(50_000, 2)]);
      for (let turn = 0; turn < 50; turn++) {
        for (const { server, client } of pairs) {
          for (const link of [server.link, client.link]) {
            link.send(small);
            link.send([pattern(30, turn)]);
            link.send(large);
          }
        }
      }
      const expected = Buffer.concat(
        Array.from({ length: 50 }, (_, turn) => Buffer.concat([...small, pattern(30, turn), ...large])),
      );
      for (const each of pairs.flatMap(({ server, client }) => [server, client])) {
        await until(() => each.messages.length === 150);
        expect(Buffer.compare(Buffer.concat(each.messages), expected)).toBe(0);
      }
    });

    test('a peer that does not read gets what was sent, whatever else was sent meanwhile', async () => {
      const here = await opened(kind);
      const { server, client } = await here.pair();
      const busy = await here.pair();
      client.link.pause();
      const sent: Buffer[] = [];
      // More than what the sockets of the system hold.
      for (let index = 0; server.link.buffered < MiB; index++) {
        const message = pattern(index % 3_000, index);
        sent.push(message);
        server.link.send([message]);
        busy.server.link.send([pattern(index % 3_000, index + 1)]);
        if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(client.messages.length).toBeLessThan(sent.length);
      client.link.resume();
      await until(() => client.messages.length === sent.length);
      expect(Buffer.compare(Buffer.concat(client.messages), Buffer.concat(sent))).toBe(0);
      await until(() => server.link.buffered === 0);
      expect(server.drained).toBeGreaterThan(0);
    });
  });

  describe('signs of life', () => {
    test('a ping is a ping, and what answers it is a sign of life', async () => {
      const { server, raw } = await (await opened(kind)).raw();
      server.link.ping?.();
      const { frames } = await raw.until((answer) => answer.frames.length === 1);
      expect(frames).toEqual([{ opcode: ping, payload: Buffer.alloc(0) }]);
      raw.write(frame({ opcode: pong }));
      await until(() => server.alive === 1);
    });

    test('pings are answered in order with what they carry', async () => {
      const { raw } = await (await opened(kind)).raw();
      const payloads = Array.from({ length: 20 }, (_, index) => pattern(index * 6, index));
      raw.write(Buffer.concat(payloads.map((payload) => frame({ opcode: ping, payload }))));
      const { frames } = await raw.until((answer) => answer.frames.length === 20);
      expect(frames).toEqual(payloads.map((payload) => ({ opcode: pong, payload })));
    });

    test('a client pings a server, and is answered', async () => {
      const { client, server } = await (await opened(kind)).pair();
      client.link.ping?.();
      await until(() => client.alive > 0);
      expect(server.alive).toBe(1);
    });
  });

  describe('the end', () => {
    test.each<['client' | 'server']>([['client'], ['server']])('said by the %s', async (who) => {
      const { server, client } = await (await opened(kind)).pair();
      const [one, other] = who === 'client' ? [client, server] : [server, client];
      one.link.send([pattern(100_000, 1)]);
      one.link.close(4400, 'nö');
      one.link.close(1000, 'again');
      one.link.send([pattern(10, 2)]);
      await until(() => one.ends.length + other.ends.length === 2 && one.gone && other.gone);
      expect([one.ends, other.ends]).toEqual([[[4400, 'nö']], [[4400, 'nö']]]);
      expect(other.messages).toHaveLength(1);
      one.link.terminate();
      expect(one.ends).toHaveLength(1);
    });

    test('said by both at once', async () => {
      const { server, client } = await (await opened(kind)).pair();
      server.link.close(1001, 'going');
      client.link.close(1000, 'done');
      await until(() => server.gone && client.gone);
      expect([server.ends, client.ends]).toEqual([[[1000, 'done']], [[1001, 'going']]]);
    });

    test.each<[what: string, payload: Buffer, end: [number, string]]>([
      ['without a code', Buffer.alloc(0), [1005, '']],
      ['with a code', Buffer.from([0x0f, 0xa0]), [4000, '']],
      ['with a reason', Buffer.from([0x03, 0xe8, 0xef, 0xbb, 0xbf, 0x41]), [1000, '\ufeffA']],
    ])('said by a stranger %s is said back, and is the end of the connection', async (_, payload, end) => {
      const { server, raw } = await (await opened(kind)).raw();
      raw.write(Buffer.concat([frame({ opcode: close, payload }), frame({ opcode: binary, payload: 'after' })]));
      const { frames } = await raw.until(({ ended }) => ended);
      expect(frames).toEqual([{ opcode: close, payload }]);
      await until(() => server.ends.length === 1);
      expect(server.ends).toEqual([end]);
      expect(server.messages).toEqual([]);
    });

    test('not answered is waited for no longer than the time for it', async () => {
      const { server, raw } = await (await opened(kind)).raw();
      server.link.close(1001, '');
      await raw.until(({ ended }) => ended);
      await until(() => server.gone);
      expect(server.ends).toEqual([[1006, '']]);
    });

    test.each<[what: string, bytes: Buffer, code: number, end: [number, string]]>([
      ['a frame that is none', frame({ opcode: 3 }), 1002, [1002, '']],
      ['a frame without a mask', frame({ opcode: binary, masked: false }), 1002, [1002, '']],
      ['a length of 2^53', frame({ opcode: binary, length: 2n ** 53n }), 1009, [1002, '']],
      ['a message too large', frame({ opcode: binary, length: BigInt(MAX_MESSAGE + 1) }), 1009, [1002, '']],
      ['a code that may not be', frame({ opcode: close, payload: Buffer.from([0x03, 0xed]) }), 1002, [1002, '']],
      [
        'a reason that is no text',
        frame({ opcode: close, payload: Buffer.from([0x03, 0xe8, 0xff]) }),
        1007,
        [1002, ''],
      ],
      ['text that is none', frame({ opcode: text, payload: Buffer.from([0xff]) }), 1007, [1002, '']],
      ['text', frame({ opcode: text, payload: 'x' }), 1003, [1003, 'only binary messages']],
    ])('after %s comes at once, and nothing after it is read', async (_, bytes, code, end) => {
      const { server, raw } = await (await opened(kind)).raw();
      const message = frame({ opcode: binary, payload: 'x' });
      raw.write(Buffer.concat([message, bytes, message]));
      const { closeCode } = await raw.until((answer) => answer.closeCode !== undefined);
      expect(closeCode).toBe(code);
      await until(() => server.ends.length === 1);
      expect(server.gone).toBe(false);
      expect(server.ends).toEqual([end]);
      expect(server.messages).toHaveLength(1);
      await raw.until(({ ended }) => ended);
      await until(() => server.gone);
      expect(server.ends).toHaveLength(1);
    });

    test('of a peer that closes its half without a word', async () => {
      const { server, client } = await (await opened(kind)).pair();
      client.stream.end();
      await until(() => server.gone && client.gone);
      expect(server.ends).toEqual([[1006, '']]);
    });

    test('of a peer that resets', async () => {
      const { server, client } = await (await opened(kind)).pair();
      client.stream.resetAndDestroy();
      await until(() => server.gone);
      expect(server.ends).toEqual([[1006, '']]);
    });

    test('of one that is dropped is 1006 on both sides', async () => {
      const { server, client } = await (await opened(kind)).pair();
      server.link.terminate();
      expect(server.ends).toEqual([]);
      await until(() => server.ends.length + client.ends.length === 2);
      expect([server.ends, client.ends]).toEqual([[[1006, '']], [[1006, '']]]);
    });

    test('before anybody was attached is told to whoever attaches, and not before that returns', async () => {
      const here = await opened(kind);
      here.attaches = false;
      const { server } = await here.raw();
      server.link.terminate();
      await until(() => server.gone);
      server.link.attach(handlersOf(server));
      expect(server.ends).toEqual([]);
      await Promise.resolve();
      expect(server.ends).toEqual([[1006, '']]);
    });

    test('closed without anybody attached: the peer is told, and its answer is understood', async () => {
      const here = await opened(kind);
      here.attaches = false;
      const { server, raw } = await here.raw();
      server.link.close(4406, 'offer it');
      const { closeCode, frames } = await raw.until((answer) => answer.closeCode !== undefined);
      expect(closeCode).toBe(4406);
      raw.write(frame({ opcode: close, payload: frames[0]?.payload ?? '' }));
      await raw.until(({ ended }) => ended);
      server.link.attach(handlersOf(server));
      await until(() => server.ends.length === 1);
    });

    test('the watcher hears when the socket is gone, once, after everybody else', async () => {
      const here = await opened(kind);
      const gone: boolean[] = [];
      here.hooks = { onGone: (link) => gone.push(link === server.link && server.ends.length === 1) };
      const { server, raw } = await here.raw();
      raw.write(frame({ opcode: 3 }));
      await until(() => server.ends.length === 1);
      expect(gone).toEqual([]);
      await until(() => server.gone);
      expect(gone).toEqual([true]);
      raw[Symbol.dispose]();
    });
  });

  describe('pausing', () => {
    test('keeps everything in order, however often', async () => {
      const { server, client } = await (await opened(kind)).pair();
      const sent = Array.from({ length: 500 }, (_, index) => pattern(index % 300, index));
      server.onMessage = () => {
        server.link.pause();
        setImmediate(() => server.link.resume());
      };
      for (const message of sent) client.link.send([message]);
      await until(() => server.messages.length === sent.length);
      expect(Buffer.compare(Buffer.concat(server.messages), Buffer.concat(sent))).toBe(0);
    });

    test('and resuming at once changes nothing', async () => {
      const { server, client } = await (await opened(kind)).pair();
      server.onMessage = () => {
        server.link.pause();
        server.link.resume();
      };
      for (let index = 0; index < 100; index++) client.link.send([pattern(10, index)]);
      await until(() => server.messages.length === 100);
      expect(server.ends).toEqual([]);
    });

    test('holds nothing back that had come with it when the connection breaks', async () => {
      const { server, raw } = await (await opened(kind)).raw();
      server.onMessage = () => server.link.pause();
      const five = [0, 1, 2, 3, 4].map((index) => pattern(10, index));
      raw.write(Buffer.concat(five.map((payload) => frame({ opcode: binary, payload }))));
      await until(() => server.messages.length > 0);
      server.stream.destroy();
      await until(() => server.ends.length === 1);
      expect(server.messages).toEqual(five);
      expect(server.ends).toEqual([[1006, '']]);
    });

    // Where a socket is read into memory of ours, what comes meanwhile stays with the system.
    test.skipIf(kind === 'rooms')('holds nothing back that has come meanwhile when the connection breaks', async () => {
      const { server, client } = await (await opened(kind)).pair();
      server.link.pause();
      for (let index = 0; index < 5; index++) client.link.send([pattern(10, index)]);
      await until(() => server.stream.readableLength > 0);
      server.stream.destroy();
      await until(() => server.ends.length === 1);
      expect(server.messages).toHaveLength(5);
      expect(server.ends).toEqual([[1006, '']]);
    });

    test('holds nothing back that a peer said before it closed its half', async () => {
      const { server, client } = await (await opened(kind)).pair();
      server.link.pause();
      for (let index = 0; index < 5; index++) client.link.send([pattern(100_000, index)]);
      client.stream.end();
      await until(() => client.link.buffered === 0);
      server.link.resume();
      await until(() => server.ends.length === 1);
      expect(server.messages).toHaveLength(5);
      expect(server.ends).toEqual([[1006, '']]);
    });

    // What comes before anybody is attached is kept only where it frames by itself.
    test.each(kind === 'ws' ? [0] : [0, 40])(
      'as soon as somebody is attached, %i messages late, keeps everything in order',
      async (late) => {
        const here = await opened(kind);
        here.attaches = false;
        const { server, raw } = await here.raw();
        const sent = Array.from({ length: 80 }, (_, index) => pattern(1 + index * 997, index));
        for (const [index, payload] of sent.entries()) {
          if (index === late) {
            server.link.attach(handlersOf(server));
            server.link.pause();
          }
          raw.write(frame({ opcode: binary, payload }));
          for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
        }
        expect(server.messages).toEqual([]);
        server.link.resume();
        await until(() => server.messages.length === sent.length);
        expect(Buffer.compare(Buffer.concat(server.messages), Buffer.concat(sent))).toBe(0);
      },
    );

    test('and resuming at any time, whatever comes, keeps everything as it was', async () => {
      const { server, client } = await (await opened(kind)).pair();
      let seed = 7;
      const random = (below: number): number => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
        return (seed >>> 8) % below;
      };
      const largest = [10, 200, 5_000, 70_000, 300_000, MiB];
      const sent = Array.from({ length: 300 }, (_, index) => pattern(random(largest[random(6)] ?? 1), index));
      const later = [
        queueMicrotask,
        setImmediate,
        (then: () => void) => process.nextTick(then),
        (then: () => void) => setTimeout(then, 1),
      ];
      const change = (): void => {
        for (let count = random(4); count > 0; count--) server.link[random(2) === 0 ? 'pause' : 'resume']();
        // Whatever it was left at: it goes on.
        setImmediate(() => setImmediate(() => server.link.resume()));
      };
      server.onMessage = () => {
        if (random(3) === 0) change();
        if (random(3) === 0) later[random(4)]?.(change);
      };
      for (const message of sent) {
        client.link.send([message]);
        if (random(2) === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await until(() => server.messages.length === sent.length);
      expect(server.messages.every((message, index) => message.equals(sent[index] as Buffer))).toBe(true);
    });

    test('leaves what comes meanwhile with the system', async () => {
      const { server, client } = await (await opened(kind)).pair();
      server.onMessage = () => server.link.pause();
      client.link.send([pattern(10, 0)]);
      await until(() => server.messages.length === 1);
      server.onMessage = () => {};
      const message = Buffer.alloc(MiB, 7);
      for (let index = 0; index < 64; index++) client.link.send([message]);
      // Until the peer gets rid of nothing more.
      let quiet = 0;
      for (let before = client.link.buffered; quiet < 100; quiet++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (client.link.buffered !== before) quiet = 0;
        before = client.link.buffered;
      }
      expect(client.link.buffered).toBeGreaterThan(MiB);
      expect(server.stream.readableLength).toBeLessThan(MiB);
      server.link.resume();
      await until(() => server.messages.length === 65);
      expect(server.messages.slice(1).every((each) => each.equals(message))).toBe(true);
    });

    test('does not keep half a message from being seen', async () => {
      const here = await opened(kind);
      const reads: boolean[] = [];
      here.hooks = { onRead: (link) => reads.push(link.isMidMessage) };
      const { server, raw } = await here.raw();
      const message = frame({ opcode: binary, payload: pattern(1_000, 1) });
      raw.write(message.subarray(0, 500));
      await until(() => reads.length === 1);
      raw.write(message.subarray(500));
      await until(() => server.messages.length === 1);
      expect(reads).toEqual([true, false]);
    });
  });
});

describe('only where it frames by itself', () => {
  test('what comes before anybody is attached is kept, also what came with the handshake', async () => {
    const here = await opened('frames');
    here.attaches = false;
    using raw = await RawSocket.connect(here.port);
    raw.write(Buffer.concat([Buffer.from(upgradeRequest()), frame({ opcode: binary, payload: 'one' })]));
    const server = await here.next();
    raw.write(frame({ opcode: binary, payload: 'two' }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    server.link.attach(handlersOf(server));
    await until(() => server.messages.length === 2);
    expect(server.messages.map(String)).toEqual(['one', 'two']);
  });

  test('nothing is handed out after pause, not even what has come already', async () => {
    const { server, client } = await (await opened('frames')).pair();
    server.onMessage = () => server.link.pause();
    for (let index = 0; index < 5; index++) client.link.send([pattern(10, index)]);
    await until(() => server.messages.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.messages).toHaveLength(1);
    for (let index = 2; index <= 5; index++) {
      server.link.resume();
      await until(() => server.messages.length === index);
    }
  });

  test('all messages of one chunk are handed out in one turn', async () => {
    const { server, raw } = await (await opened('frames')).raw();
    const turns: number[] = [];
    let turn = 0;
    server.onMessage = () => {
      turns.push(turn);
      queueMicrotask(() => turn++);
    };
    raw.write(Buffer.concat(Array.from({ length: 100 }, () => frame({ opcode: binary, payload: 'x' }))));
    await until(() => server.messages.length === 100);
    expect(new Set(turns)).toEqual(new Set([0]));
  });

  test.each<[what: string, end: (link: SocketLink) => void]>([
    ['close', (link) => link.close(1000, '')],
    ['terminate', (link) => link.terminate()],
  ])('nothing is handed out after %s', async (_, end) => {
    const { server, raw } = await (await opened('frames')).raw();
    server.onMessage = () => end(server.link);
    const message = frame({ opcode: binary, payload: 'x' });
    raw.write(Buffer.concat([message, message, frame({ opcode: close, payload: Buffer.from([0x0f, 0xa1]) })]));
    await raw.until(({ ended }) => ended);
    await until(() => server.gone);
    expect(server.messages).toHaveLength(1);
    expect(server.ends).toEqual([[end.toString().includes('close') ? 4001 : 1006, '']]);
  });

  test('closing while paused: the answer is heard though it stands behind what nobody reads', async () => {
    const { server, client } = await (await opened('frames')).pair();
    server.onMessage = () => server.link.pause();
    for (let index = 0; index < 5; index++) client.link.send([pattern(10, index)]);
    await until(() => server.messages.length === 1);
    server.link.close(1001, 'going');
    await until(() => server.ends.length === 1 && client.ends.length === 1);
    expect([server.ends, client.ends]).toEqual([[[1001, 'going']], [[1001, 'going']]]);
    expect(server.messages).toHaveLength(1);
  });

  test('a peer that pings and does not read has little kept for it', async () => {
    const { server, client } = await (await opened('frames')).pair();
    client.stream.pause();
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => frame({ opcode: ping, payload: pattern(125, 1) })));
    let written = 0;
    let most = 0;
    while (written < 40 * MiB) {
      if (!client.stream.write(pings)) await once(client.stream, 'drain');
      written += pings.length;
      most = Math.max(most, server.link.buffered);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(512 * 1024);
    // It is answered when it reads again.
    const last = Buffer.from('the last');
    client.stream.write(frame({ opcode: ping, payload: last }));
    const received: Buffer[] = [];
    // Past the link, which has a way of its own to them.
    Reflect.deleteProperty(client.stream, 'push');
    client.stream.removeAllListeners('data').on('data', (chunk: Buffer) => received.push(chunk));
    client.stream.resume();
    await until(() => (received.at(-1) ?? Buffer.alloc(0)).includes(last));
  });

  test('a peer that closes its half and does not read is waited for no longer than the time for it', async () => {
    const { server, client } = await (await opened('frames')).pair();
    client.stream.pause();
    while (server.link.buffered === 0) {
      server.link.send([pattern(MiB, 1)]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.stream.end();
    await until(() => server.gone);
    expect(server.ends).toEqual([[1006, '']]);
    expect(client.gone).toBe(false);
  });

  test('listeners are the same for all sockets, and no timer waits for an idle one', async () => {
    const here = await opened('frames');
    const { server, client } = await here.pair();
    const other = await here.pair();
    for (const event of ['data', 'drain', 'end', 'error'] as const) {
      expect(server.stream.listeners(event).at(-1)).toBe(client.stream.listeners(event).at(-1));
      expect(server.stream.listeners(event).at(-1)).toBe(other.server.stream.listeners(event).at(-1));
    }
    expect(server.stream.timeout).toBe(0);
    const stream: ByteStream = server.stream;
    expect(Reflect.ownKeys(stream).filter((key) => String(key) === 'Symbol(websocket)')).toEqual([]);
  });
});
