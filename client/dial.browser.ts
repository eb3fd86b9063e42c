/** One attempt to reach a spooler from a browser, or from anything with the standard WebSocket: URL to Link. */

import { BEARER_PREFIX, CLOSES, type Link, type LinkHandlers, SpoolError, SUBPROTOCOL } from '../shared/index.ts';
import { concat } from '../shared/join.ts';

export interface DialOptions {
  readonly token?: string;
  readonly signal?: AbortSignal;
}

/** The same options, with a user where they say nothing of who one is: a browser does not know. */
export function named<Options extends { readonly token?: string; readonly user?: string }>(options: Options): Options {
  return options.token === undefined ? { user: 'anonymous', ...options } : options;
}

/** Rejects with `CONNECTION_FAILED`; a browser does not tell a wrong token from a spooler that is not there. */
export function dial(url: string | URL, { token, signal }: DialOptions = {}): Promise<Link> {
  return new Promise<Link>((resolve, reject) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(
        url,
        token === undefined ? [SUBPROTOCOL] : [SUBPROTOCOL, BEARER_PREFIX + base64url(token)],
      );
    } catch (reason) {
      return reject(new SpoolError('CONNECTION_FAILED', { input: String(url), cause: reason }));
    }
    socket.binaryType = 'arraybuffer';
    const abort = (): void => {
      socket.close();
      reject(new SpoolError('CONNECTION_ENDED', { input: 'cancelled', cause: signal?.reason }));
    };
    const decided = (): void => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort);
    socket.onclose = decided;
    socket.onopen = () => {
      decided();
      resolve(new BrowserLink(socket));
    };
    socket.onerror = () => reject(new SpoolError('CONNECTION_FAILED', { input: String(url) }));
    if (signal?.aborted) abort();
  });
}

/** No `ping`: browsers have none to offer, so the connection sends `ping` records. */
class BrowserLink implements Link {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  attach(handlers: LinkHandlers): void {
    this.#socket.onmessage = ({ data }) => {
      handlers.onAlive();
      if (data instanceof ArrayBuffer) handlers.onMessage(new Uint8Array(data));
      else this.close(CLOSES.TEXT_MESSAGE.code, CLOSES.TEXT_MESSAGE.reason);
    };
    this.#socket.onclose = ({ code, reason }) => handlers.onClose(code, reason);
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#socket.readyState === 1) this.#socket.send(concat(parts));
  }

  /** A browser cannot stop reading. */
  pause(): void {}
  resume(): void {}

  close(code: number, reason: string): void {
    // Scripts may use 1000 and 3000 to 4999 only.
    this.#socket.close(code === 1000 || code >= 3000 ? code : 1000, reason);
  }

  terminate(): void {
    this.#socket.close();
  }
}

function base64url(text: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
