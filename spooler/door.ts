/**
 * What stands between a stranger and a session: the WebSocket upgrade and everything checked before it. The only importer
 * of `ws` here.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { BEARER_PREFIX, CLOSES, SUBPROTOCOL, systemClock } from '../shared/index.ts';
import { FrameLink } from '../shared/websocket/frame-link.ts';
import { type FrameRules, frameRules } from '../shared/websocket/frame-rules.ts';
import { ownReading } from '../shared/websocket/own-reading.ts';
import type { SocketLink } from '../shared/websocket/socket-link.ts';
import { WebSocketLink } from '../shared/websocket/websocket-link.ts';
import type { Accepted, Peer } from './core/session.ts';
import type { Spooler } from './core/spooler.ts';
import { isLoopback } from './loopback.ts';
import { MessageDeadlines } from './message-deadline.ts';
import { MessageMemory } from './message-memory.ts';
import type { TokenTable } from './tokens.ts';
import { Wakefulness } from './wakefulness.ts';

/** Milliseconds for the other side to answer a close, then the socket is dropped. */
const CLOSE_TIME = 2_000;

/** `ws`'s WebSocket up to the end of the handshake; then it lets go of the stream. */
class Handshake extends WebSocket {
  /** What came behind the handshake. Undefined where another version of `ws` has not asked for its socket to be set. */
  head: Buffer | undefined;

  setSocket(_: Duplex, head: Buffer): void {
    this.head = head;
  }
}

export class Door {
  readonly #spooler: Spooler;
  readonly #tokens: TokenTable | undefined;
  readonly #origins: ReadonlySet<string> | undefined;
  /** Every socket that was upgraded; the session, where there is one. */
  readonly #links = new Map<SocketLink, Accepted | undefined>();
  readonly #deadlines: MessageDeadlines<SocketLink>;
  readonly #rules: FrameRules;
  readonly #webSockets: WebSocketServer;
  /** Sockets that are no clients: in the middle of a request or a TLS handshake, silent, or under a client's TLS. */
  readonly #strangers = new Set<Duplex>();
  readonly #left: (this: Duplex) => void;
  #whenGone: (() => void) | undefined;

  constructor(
    spooler: Spooler,
    tokens: TokenTable | undefined,
    origins: readonly string[] | undefined,
    stayAwake: number,
  ) {
    this.#spooler = spooler;
    this.#tokens = tokens;
    this.#origins = origins && new Set(origins.map((origin) => origin.toLowerCase()));
    const strangers = this.#strangers;
    this.#left = function left() {
      strangers.delete(this);
    };
    const { clock, limits } = spooler;
    this.#deadlines = new MessageDeadlines(clock, limits.messageTime, (link) => {
      this.#links.get(link)?.end('INCOMPLETE', 'faulty');
    });
    const memory = new MessageMemory();
    const wakefulness = new Wakefulness({ clock: systemClock, time: stayAwake, soon: setImmediate });
    this.#rules = frameRules('server', {
      maxMessage: limits.message,
      clock: systemClock,
      closeTime: CLOSE_TIME,
      allocate: (length) => memory.allocate(length),
      share: (bytes) => memory.share(bytes),
      recycle: (bytes) => memory.recycle(bytes),
      ownReading: ownReading(Socket),
      whenRead: (then) => void setImmediate(then),
      onRead: (link, bytes) => {
        this.#deadlines.read(link);
        wakefulness.read(bytes);
      },
      onGone: (link) => this.#gone(link),
    });
    const options = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      WebSocket: Handshake,
      maxPayload: limits.message,
      maxFragments: this.#rules.maxFragments,
      maxBufferedChunks: 16 * 1024,
      // Not in the declarations yet.
      closeTimeout: CLOSE_TIME,
      handleProtocols: (offered: Set<string>): string | false => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    };
    this.#webSockets = new WebSocketServer(options);
  }

  /** A connection that has said nothing yet. */
  knock(socket: Duplex): void {
    this.#strangers.add(socket.on('close', this.#left));
  }

  /** `GET /healthz`: the process answers. `GET /readyz`: it takes new sessions, and can do for them all it should. */
  request({ method, url }: IncomingMessage, response: ServerResponse): void {
    const answer = (status: number, text = TEXT[status] ?? ''): void => {
      response.writeHead(status, { 'content-type': 'text/plain', 'cache-control': 'no-store', connection: 'close' });
      response.end(method === 'HEAD' ? undefined : `${text}\n`);
    };
    if (url !== '/healthz' && url !== '/readyz') return answer(404);
    if (method !== 'GET' && method !== 'HEAD') return answer(405);
    if (url === '/healthz') return answer(200);
    const trouble = this.#spooler.trouble();
    if (trouble) return answer(503, `${trouble.code}: ${trouble.rawMessage}`);
    return answer(this.#spooler.hasRoom ? 200 : 503);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A peer that resets while being answered must not end the process.
    socket.on('error', destroy);
    const checked = this.#check(request);
    if (typeof checked === 'number') return refuse(socket, checked);
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, socket, checked));
  }

  #accept(webSocket: WebSocket, socket: Duplex, peer: Peer): void {
    const head = webSocket instanceof Handshake ? webSocket.head : undefined;
    const link = head ? new FrameLink(socket, head, this.#rules) : new WebSocketLink(webSocket, socket, this.#rules);
    this.#links.set(link, undefined);
    // The link minds the socket from now on. An idle client keeps nothing of how it came.
    this.#strangers.delete(socket);
    socket.off('close', this.#left).off('error', destroy);
    if (webSocket.protocol === SUBPROTOCOL) {
      this.#links.set(link, this.#spooler.accept(link, peer));
    } else {
      const { code, reason } = CLOSES.UNSUPPORTED_PROTOCOL;
      link.close(code, reason);
    }
  }

  #gone(link: SocketLink): void {
    this.#deadlines.forget(link);
    this.#links.delete(link);
    if (this.#links.size === 0) this.#whenGone?.();
  }

  /** Resolves when every WebSocket is closed; those that do not answer the goodbye are dropped, and all strangers. */
  async allGone(): Promise<void> {
    if (this.#links.size > 0) await this.#linksGone();
    for (const socket of this.#strangers) socket.destroy();
  }

  async #linksGone(): Promise<void> {
    const timer = setTimeout(() => {
      for (const link of this.#links.keys()) link.terminate();
    }, CLOSE_TIME);
    await new Promise<void>((resolve) => {
      this.#whenGone = resolve;
    });
    clearTimeout(timer);
  }

  /** Who is coming, or the HTTP status that refuses. */
  #check(request: IncomingMessage): Peer | number {
    if (request.url === undefined || !/^\/(\?|$)/.test(request.url)) return 404;
    if (!this.#mayComeFrom(request.headers.origin)) return 403;
    if (!this.#tokens) return this.#spooler.hasRoom ? ANYBODY : 503;
    const identity = this.#tokens.identify(tokenOf(request), this.#spooler.wallClock());
    if (!identity) return 401;
    return this.#spooler.hasRoom ? { identity } : 503;
  }

  #mayComeFrom(origin: string | undefined): boolean {
    if (origin === undefined) return true;
    if (this.#origins) return this.#origins.has(origin.toLowerCase());
    if (this.#tokens) return false;
    try {
      return isLoopback(new URL(origin).hostname);
    } catch {
      return false;
    }
  }
}

/** Without tokens. */
const ANYBODY: Peer = {};

const TEXT: Readonly<Record<number, string>> = {
  200: 'ok',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  503: 'Service Unavailable',
};

function destroy(this: Duplex): void {
  this.destroy();
}

function refuse(socket: Duplex, status: number): void {
  const challenge = status === 401 ? 'WWW-Authenticate: Bearer\r\n' : '';
  // Nobody waits for a stranger to close his half: it would cost a descriptor for as long as he likes.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${TEXT[status] ?? ''}\r\n${challenge}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}

function tokenOf({ headers }: IncomingMessage): string | undefined {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return bearer;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const carried = offered.find((name) => name.startsWith(BEARER_PREFIX));
  return carried && Buffer.from(carried.slice(BEARER_PREFIX.length), 'base64url').toString('utf8');
}
