/** What a peer hears: messages, answered pings, the end; and the parser of `ws` as whoever knows what that should be. */

import type { EventEmitter } from 'node:events';
import * as ws from 'ws';
import type { Goodbye } from '../../shared/websocket/close-frame.ts';
import { OPCODES } from '../safety/raw-socket.ts';
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

/** Notes the pongs and the close frame in what was sent to the peer. */
export function hearAnswers(heard: Heard, sent: readonly Buffer[]): void {
  for (const { opcode, payload } of framesOf(Buffer.concat(sent))) {
    if (opcode === OPCODES.pong) heard.pings.push(hex(payload));
    if (opcode !== OPCODES.close) continue;
    if (heard.answer) throw new Error('a second close frame');
    const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
    heard.answer = { code, reason: payload.subarray(2).toString() };
  }
}

function framesOf(bytes: Buffer): { opcode: number; payload: Buffer }[] {
  const frames: { opcode: number; payload: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const opcode = bytes.readUInt8(at) & 15;
    const masked = (bytes.readUInt8(at + 1) & 128) !== 0;
    const length = bytes.readUInt8(at + 1) & 127;
    const start = at + (masked ? 6 : 2);
    const payload = Buffer.from(bytes.subarray(start, start + length));
    const key = masked ? bytes.subarray(at + 2, start) : Buffer.alloc(4);
    for (const [index, byte] of payload.entries()) payload[index] = byte ^ (key[index & 3] as number);
    frames.push({ opcode, payload });
    at = start + length;
  }
  return frames;
}
