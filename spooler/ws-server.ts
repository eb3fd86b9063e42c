/**
 * The spooler on the network: HTTP, TLS, the WebSocket upgrade and everything checked before it. The only importer of
 * `ws` here.
 */

import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, BlockList, isIP, Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { BEARER_PREFIX, CLOSES, SpoolError, SUBPROTOCOL, systemClock } from '../shared/index.ts';
import { FrameLink } from '../shared/websocket/frame-link.ts';
import { type FrameRules, frameRules } from '../shared/websocket/frame-rules.ts';
import { useNativeMaskOf } from '../shared/websocket/mask.ts';
import { ownReading } from '../shared/websocket/own-reading.ts';
import type { SocketLink } from '../shared/websocket/socket-link.ts';
import { WebSocketLink } from '../shared/websocket/websocket-link.ts';
import type { ServiceFactory } from './core/service.ts';
import type { Accepted, Peer } from './core/session.ts';
import { Spooler, type SpoolerOptions } from './core/spooler.ts';
import { createEventSystem } from './embedded-event-system.ts';
import { createJobSystem } from './embedded-job-system.ts';
import { createPersistentRegistrations } from './embedded-persistent-registrations.ts';
import type { EmbeddedSpooler } from './embedded-spooler.ts';
import { MessageDeadlines } from './message-deadline.ts';
import { MessageMemory } from './message-memory.ts';
import type { TokenTable } from './tokens.ts';
import { Wakefulness } from './wakefulness.ts';

export interface ServeOptions extends Omit<SpoolerOptions, 'usesTokens' | 'services'> {
  /** Default `127.0.0.1`. Anything but loopback needs tokens. */
  readonly host?: string;
  /** Default 6310; 0 for any free one. */
  readonly port?: number;
  /** With tokens nothing works without one. Without, everybody on loopback is who he says and may do everything. */
  readonly tokens?: TokenTable;
  /**
   * Origins of pages that may connect, such as `https://print.example`. Default: with tokens none, without tokens those
   * of loopback. Programs that are no browsers send no origin and are not concerned.
   */
  readonly origins?: readonly string[];
  /** Default: those of `createEventSystem()`, `createJobSystem()` and `createPersistentRegistrations()`, in memory. */
  readonly services?: readonly ServiceFactory[];
  /**
   * Milliseconds for which the process looks for more before it sleeps, after a message that came no later than that
   * after another: a conversation is then answered in a fraction of the time. Default 0.1 where there is more than one
   * processor, else 0, which is never.
   */
  readonly stayAwake?: number;
  /** PEM; then it is `wss:` only. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
}

/** A running spooler. */
export interface Server {
  /** Where to connect, such as `ws://127.0.0.1:6310`. */
  readonly url: string;
  readonly port: number;
  readonly spooler: EmbeddedSpooler;
  /** Drains, tells everybody, closes. Resolves when no socket is left; calling it again waits for the same. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Milliseconds from a connection to its whole request; checked every second. */
const REQUEST_TIME = 5_000;
/** Milliseconds for the other side to answer a close, then the socket is dropped. */
const CLOSE_TIME = 2_000;
/** Milliseconds. */
const STAY_AWAKE = 0.1;
/** Connections beyond the sessions: those being upgraded, health checks. */
const SPARE_CONNECTIONS = 128;

function defaultServices(): readonly ServiceFactory[] {
  const events = createEventSystem();
  return [...events.services, ...createJobSystem({ events }).services, ...createPersistentRegistrations().services];
}

/**
 * Starts a spooler. Rejects with `NOT_ALLOWED_UNPROTECTED`, with the system's error where the address cannot be had, or
 * as a service that cannot do its work.
 */
export async function serve(options: ServeOptions = {}): Promise<Server> {
  const { host = '127.0.0.1', port = 6310, tokens, tls } = options;
  if (!tokens && !isLoopback(host)) throw new SpoolError('NOT_ALLOWED_UNPROTECTED', { input: host });
  const { services = defaultServices() } = options;
  const spooler = new Spooler({ ...options, services, usesTokens: tokens !== undefined });
  try {
    await spooler.calls.ready();
  } catch (reason) {
    await spooler.close();
    throw reason;
  }
  useNativeMaskOf({ environment: process.env, load: (name) => import(name) });
  const http = listenOptions(tls);
  const { stayAwake = availableParallelism() > 1 ? STAY_AWAKE : 0 } = options;
  const door = new Door(spooler, tokens, options.origins, stayAwake);
  http.on('request', (request, response) => door.request(request, response));
  http.on('upgrade', (request, socket, head) => door.upgrade(request, socket, head));
  // Garbage instead of HTTP, or a request that takes too long: Node answers 400 or 408 by itself.
  http.maxConnections = spooler.limits.sessions + SPARE_CONNECTIONS;
  http.on('connection', (socket: Socket) => door.knock(socket));
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      // Running out of file descriptors must not end the service: what was accepted goes on, the rest comes later.
      http.on('error', () => {});
      resolve();
    });
  });
  // Whoever waits for this server knows its address by then, and can tell it to what is started.
  setImmediate(() => spooler.begin());
  const address = http.address() as AddressInfo;
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      await spooler.close();
      await door.allGone();
      await closed;
    })();
    return closing;
  };
  return {
    url: `${tls ? 'wss' : 'ws'}://${shownHost}:${address.port}`,
    port: address.port,
    spooler,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listenOptions(tls: ServeOptions['tls']): HttpServer {
  const options = {
    maxHeaderSize: 8 * 1024,
    headersTimeout: REQUEST_TIME,
    requestTimeout: REQUEST_TIME,
    keepAliveTimeout: REQUEST_TIME,
    connectionsCheckingInterval: 1_000,
  };
  return tls ? createTlsServer({ ...options, ...tls, handshakeTimeout: 2 * REQUEST_TIME }) : createServer(options);
}

/** `ws`'s WebSocket up to the end of the handshake; then it lets go of the stream. */
class Handshake extends WebSocket {
  /** What came behind the handshake. Undefined where another version of `ws` has not asked for its socket to be set. */
  head: Buffer | undefined;

  setSocket(_: Duplex, head: Buffer): void {
    this.head = head;
  }
}

/** What stands between a stranger and a session. */
class Door {
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

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  const version = isIP(bare);
  return version === 0 ? bare === 'localhost' : loopback.check(bare, version === 4 ? 'ipv4' : 'ipv6');
}
