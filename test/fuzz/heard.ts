/** What a peer hears: messages, answered pings, the end; and the parser of `ws` as whoever knows what that should be. */

import type { EventEmitter } from 'node:events';
import * as ws from 'ws';
import type { Goodbye } from '../../shared/websocket/close-frame.ts';
import { MAX_FRAGMENTS, MAX_MESSAGE } from './frames.ts';

export interface Heard {
  readonly messages: string[];
  /** Those that were answered. */
  readonly pings: string[];
  /** The close frame the peer gets. */
  answer?: Goodbye;
  /** What `onClose` says. */
  told: Goodbye;
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The parser of `ws`, which its declarations leave out. */
interface Receiver extends EventEmitter {
  _write(chunk: Buffer, encoding: 'buffer', done: (reason?: Error) => void): void;
}
type ReceiverOptions = { readonly isServer: boolean; readonly maxPayload: number; readonly maxFragments: number };
const { Receiver } = ws as unknown as { Receiver: new (options: ReceiverOptions) => Receiver };

export const BROKEN: Goodbye = { code: 1006, reason: '' };

/** What WebSocketLink makes of what the parser says. */
export function heardByWs(chunks: readonly Buffer[], isServer: boolean): Heard {
  const heard: Heard = { messages: [], pings: [], told: BROKEN };
  const end = (answer: Goodbye, told = answer): void => {
    if (!heard.answer) Object.assign(heard, { answer, told });
  };
  const receiver = new Receiver({ isServer, maxPayload: MAX_MESSAGE, maxFragments: MAX_FRAGMENTS });
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    if (!isBinary) end({ code: 1003, reason: 'only binary messages' });
    else if (!heard.answer) heard.messages.push(hex(data));
  });
  receiver.on('ping', (data: Buffer) => {
    if (!heard.answer) heard.pings.push(hex(data));
  });
  receiver.on('conclude', (code: number, reason: Buffer) => end({ code, reason: String(reason) }));
  for (const chunk of chunks) {
    if (heard.answer) break;
    // An error is emitted later than it is found: asked for here.
    receiver._write(Buffer.from(chunk), 'buffer', (reason) => {
      if (reason) end({ code: statusOf(reason), reason: '' }, { code: 1002, reason: '' });
    });
  }
  return heard;
}

/** Under a symbol of ws's own. */
function statusOf(reason: Error): number {
  const [symbol] = Object.getOwnPropertySymbols(reason);
  return Number(symbol && Reflect.get(reason, symbol));
}
