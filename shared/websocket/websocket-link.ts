/**
 * A Link over a WebSocket of the `ws` package, for both ends: where `ws` does not let go of its socket after the
 * handshake, and as what FrameLink is compared with. Only the shape of `ws` is named here, so that shared/ imports no
 * sockets.
 */

import { CLOSES } from '../close-codes.ts';
import { joinSmall } from '../join.ts';
import type { LinkHandlers } from '../link.ts';
import type { SocketHooks, SocketLink } from './socket-link.ts';

/** What is used of `ws`'s WebSocket. */
export interface WsSocket {
  readonly bufferedAmount: number;
  binaryType: string;
  on(event: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown;
  on(event: 'close', listener: (code: number, reason: unknown) => void): unknown;
  on(event: 'error', listener: (reason: Error & { readonly code?: string }) => void): unknown;
  send(data: Uint8Array, options: { readonly binary: true; readonly fin: boolean }, done: () => void): void;
  ping(): void;
  pause(): void;
  resume(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  readonly readyState: number;
  /** What it knows of a message under way. Its own fields: a test says so when they change. */
  readonly _receiver?: {
    readonly _bufferedBytes?: number;
    readonly _state?: number;
    readonly _fragmented?: number;
  } | null;
}

/** What is used of the stream under it. */
export interface ByteStream {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'drain', listener: () => void): unknown;
}

const OPEN = 1;
/** WebSocket close code: the peer broke the framing. */
const FRAMING = 1002;

export class WebSocketLink implements SocketLink {
  messages = 0;
  readonly #socket: WsSocket;
  readonly #stream: ByteStream;
  readonly #hooks: SocketHooks;
  #ended: { readonly code: number; readonly reason: string } | undefined;
  #handlers: LinkHandlers | undefined;

  constructor(socket: WsSocket, stream: ByteStream, hooks: SocketHooks = {}) {
    this.#socket = socket;
    this.#stream = stream;
    this.#hooks = hooks;
    socket.binaryType = 'nodebuffer';
    // It may end before anybody is attached.
    socket.on('close', (code, reason) => {
      this.#end(code, String(reason));
      hooks.onGone?.(this);
    });
    // Without a handler an error would end the process. Most are followed by `close`; after broken framing the goodbye
    // is sent and nothing is read any more, so nobody waits for the peer to answer it.
    socket.on('error', ({ code = '' }) => {
      if (code.startsWith('WS_ERR_')) this.#end(FRAMING, '');
    });
  }

  attach(handlers: LinkHandlers): void {
    this.#stream.on('data', (chunk) => {
      if (!this.#ended) handlers.onAlive();
      this.#hooks.onRead?.(this, chunk.length);
    });
    this.#stream.on('drain', () => {
      if (!this.#ended) handlers.onDrain();
    });
    this.#socket.on('message', (data, isBinary) => {
      this.messages++;
      if (this.#ended) return;
      if (isBinary) return handlers.onMessage(data as Uint8Array);
      const { code, reason } = CLOSES.TEXT_MESSAGE;
      this.close(code, reason);
      this.#end(code, reason);
    });
    const { code, reason = '' } = this.#ended ?? {};
    if (code === undefined) this.#handlers = handlers;
    else queueMicrotask(() => handlers.onClose(code, reason));
  }

  #end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = { code, reason };
    this.#handlers?.onClose(code, reason);
  }

  get isMidMessage(): boolean {
    const { _bufferedBytes, _state, _fragmented } = this.#socket._receiver ?? {};
    return Boolean(_bufferedBytes || _state || _fragmented);
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#socket.readyState !== OPEN) return;
    const pieces = joinSmall(parts);
    const last = pieces.length - 1;
    for (const [index, part] of pieces.entries()) {
      // One message in as many frames as it has large parts: nothing is copied to join those.
      this.#socket.send(part, { binary: true, fin: index === last }, ignore);
    }
  }

  ping(): void {
    if (this.#socket.readyState === OPEN) this.#socket.ping();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

/** A send that fails says so as `close`. */
function ignore(): void {}
