/** One attempt to reach a spooler from Node: URL to Link. The only importer of `ws` here. */

import { Socket } from 'node:net';
import { userInfo } from 'node:os';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { DEFAULT_LIMITS, type Link, SpoolError, SUBPROTOCOL, systemClock } from '../shared/index.ts';
import { FrameLink } from '../shared/websocket/frame-link.ts';
import { frameRules } from '../shared/websocket/frame-rules.ts';
import { useNativeMaskOf } from '../shared/websocket/mask.ts';
import { ownReading } from '../shared/websocket/own-reading.ts';
import { WebSocketLink } from '../shared/websocket/websocket-link.ts';

export interface DialOptions {
  readonly token?: string;
  /**
   * Certificate authorities to trust beside none of the system's, in PEM: for a spooler with a certificate of one's
   * own.
   */
  readonly ca?: string | Buffer;
  /** Milliseconds for the handshake; default 10,000. */
  readonly connectTime?: number;
  readonly signal?: AbortSignal;
}

/** The spooler's own limits are announced in its welcome; this one only bounds what a stranger can make us hold. */
const MAX_MESSAGE = 4 * DEFAULT_LIMITS.message;
/** Milliseconds for the spooler to answer a close, and to end the connection after it. */
const CLOSE_TIME = 2_000;
const rules = frameRules('client', {
  maxMessage: MAX_MESSAGE,
  clock: systemClock,
  closeTime: CLOSE_TIME,
  allocate: (length) => Buffer.allocUnsafe(length),
  ownReading: ownReading(Socket),
});

/** `ws`'s WebSocket up to the end of the handshake; then the stream goes to a link, and nothing of it stays behind. */
class Handshake extends WebSocket {
  link: Link | undefined;

  setSocket(stream: Duplex, head: Buffer): void {
    this.link = new FrameLink(stream, head, rules);
    this.emit('open');
  }
}

/** Where a program connects that is told nothing else. */
export function defaultUrl(): string {
  return process.env['SPOOLPIPE_URL'] ?? 'ws://127.0.0.1:6310';
}

/**
 * The same options, with who one is where they do not say: whom SPOOLPIPE_TOKEN names, or SPOOLPIPE_USER, or the
 * operating system's user.
 */
export function named<Options extends { readonly token?: string; readonly user?: string }>(options: Options): Options {
  if (options.token !== undefined || options.user !== undefined) return options;
  const { SPOOLPIPE_TOKEN: token = '', SPOOLPIPE_USER: user = '' } = process.env;
  if (token !== '') return { ...options, token };
  // Asked only where it is wanted: an account without an entry in the system's user table has no answer.
  return { ...options, user: user === '' ? userInfo().username : user };
}

/** Rejects with `CONNECTION_FAILED`, or `UNAUTHORIZED` where the spooler wants another token. */
export function dial(url: string | URL, { token, ca, connectTime = 10_000, signal }: DialOptions = {}): Promise<Link> {
  const address = String(url);
  useNativeMaskOf({ environment: process.env, load: (name) => import(name) });
  return new Promise<Link>((resolve, reject) => {
    const failed = (input: string, cause?: unknown): void =>
      reject(new SpoolError('CONNECTION_FAILED', { input, cause }));
    let socket: Handshake;
    try {
      socket = new Handshake(url, SUBPROTOCOL, {
        perMessageDeflate: false,
        handshakeTimeout: connectTime,
        maxPayload: MAX_MESSAGE,
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
        ...(ca === undefined ? {} : { ca }),
      });
    } catch (reason) {
      return failed(`${address}: ${reason instanceof Error ? reason.message : 'not a WebSocket address'}`, reason);
    }
    const abort = (): void => {
      socket.terminate();
      reject(new SpoolError('CONNECTION_ENDED', { input: 'cancelled', cause: signal?.reason }));
    };
    const decided = (): void => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort);
    let stream: Duplex | undefined;
    socket.on('upgrade', (response) => {
      stream = response.socket;
    });
    socket.on('unexpected-response', (_, response) => {
      response.resume();
      socket.terminate();
      if (response.statusCode === 401) reject(new SpoolError('UNAUTHORIZED', { input: address }));
      else failed(`${address}: HTTP ${response.statusCode}`);
    });
    socket.on('error', (reason) => failed(`${address}: ${messageOf(reason)}`, reason));
    socket.on('close', decided);
    socket.on('open', () => {
      decided();
      // Another version of `ws` may not have asked for its socket to be set.
      const link = socket.link ?? (stream && new WebSocketLink(socket, stream));
      if (link) resolve(link);
    });
    if (signal?.aborted) abort();
  });
}

/** A host with several addresses fails with an error for each and no message of its own. */
function messageOf(reason: Error): string {
  return reason instanceof AggregateError
    ? reason.errors.map((each) => (each as Error).message).join('; ')
    : reason.message;
}
