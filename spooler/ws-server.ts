/** The spooler on the network: listening, HTTP, TLS, and the end of it all. */

import { createServer, type Server as HttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { SpoolError } from '../shared/index.ts';
import { useNativeMaskOf } from '../shared/websocket/mask.ts';
import type { ServiceFactory } from './core/service.ts';
import { Spooler, type SpoolerOptions } from './core/spooler.ts';
import { Door } from './door.ts';
import { createEventSystem } from './embedded-event-system.ts';
import { createJobSystem } from './embedded-job-system.ts';
import { createPersistentRegistrations } from './embedded-persistent-registrations.ts';
import type { EmbeddedSpooler } from './embedded-spooler.ts';
import { isLoopback } from './loopback.ts';
import type { TokenTable } from './tokens.ts';

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
