/** A service for tests: it answers in every way a service can, and remembers who came and went. */

import { hresultOf, SpoolError } from '../../shared/index.ts';
import type { Answer, Caller, Service, ServiceHost } from '../../spooler/index.ts';

const text = new TextDecoder();
const S_OK = hresultOf('S_OK');

export class EchoService implements Service {
  readonly name = 'echo';
  readonly host: ServiceHost;
  /** Everybody who joined, and left, in order. */
  readonly news: string[] = [];
  /** Who called, in order. */
  readonly callers: Caller[] = [];
  /** How often it was closed. */
  closed = 0;
  /** What `joined`, `left` and `close` do beyond that. */
  trouble: () => void | Promise<void> = () => {};
  readonly #waiting: ((answer: Answer) => void)[] = [];

  constructor(host: ServiceHost) {
    this.host = host;
  }

  call(caller: Caller, method: string, payload: Uint8Array): Answer | Promise<Answer> {
    this.callers.push(caller);
    switch (method) {
      case 'say':
        return payload.length === 0 ? { hresult: S_OK } : { hresult: S_OK, json: JSON.parse(text.decode(payload)) };
      case 'later':
        return new Promise((resolve) => this.#waiting.push(resolve));
      case 'lose':
        return { hresult: 0x00040200, json: { lost: 1 } };
      case 'refuse':
        throw refusal();
      case 'refuseLater':
        return Promise.reject(refusal());
      case 'break':
        throw new Error('paper jam');
      case 'breakLater':
        return Promise.reject(new Error('paper jam'));
      case 'lieAboutTheConnection':
        throw new SpoolError('CONNECTION_LOST', { input: 'of somebody else' });
      case 'store':
        throw new SpoolError('STORE_FULL');
      case 'sayWhatJsonCannot':
        return { hresult: S_OK, json: { big: 1n } };
      case 'sayMuch':
        return { hresult: S_OK, json: 'x'.repeat(10_000) };
      default:
        throw new SpoolError('E_NOTIMPL', { input: method });
    }
  }

  /** Answers the call that has waited longest, or the last one. */
  answer(which: 'first' | 'last', json: unknown): void {
    const answer = which === 'first' ? this.#waiting.shift() : this.#waiting.pop();
    answer?.({ hresult: S_OK, json });
  }

  joined({ user }: Caller): void {
    this.news.push(`${user} joined`);
    void this.trouble();
  }

  left({ user }: Caller): void {
    this.news.push(`${user} left`);
    void this.trouble();
  }

  close(): void | Promise<void> {
    this.closed++;
    return this.trouble();
  }
}

function refusal(): SpoolError {
  return new SpoolError('EVENT_E_QUERYSYNTAX', { input: 'a == b ==', details: { position: 7, offending: '==' } });
}
