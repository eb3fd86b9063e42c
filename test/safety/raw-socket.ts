/** A TCP connection that speaks HTTP and WebSocket frames byte by byte, right or wrong. */

import { createConnection, type Socket } from 'node:net';
import { SUBPROTOCOL } from '../../shared/index.ts';

/** Milliseconds of real time after which waiting is given up; a test that gets here has failed. */
const PATIENCE = 8_000;
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** What the other side said so far. */
export interface Answer {
  /** HTTP status; undefined while the head is not whole. */
  readonly status: number | undefined;
  readonly head: string;
  readonly frames: readonly { readonly opcode: number; readonly payload: Buffer }[];
  /** WebSocket close code. */
  readonly closeCode: number | undefined;
  readonly closeReason: string | undefined;
  /** The other side has ended the connection. */
  readonly ended: boolean;
}

export class RawSocket {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #gone = false;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake?.();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#wake?.();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#gone = true;
      this.#wake?.();
    });
    // A reset is an end as well; what came before it was received.
    socket.on('error', () => {});
  }

  static connect(port: number): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      // It keeps its own half open, so that the other side has to end the connection by itself.
      const socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true }, () => resolve(raw));
      const raw = new RawSocket(socket);
      socket.once('error', reject);
    });
  }

  /** Connected and upgraded. */
  static async upgraded(port: number): Promise<RawSocket> {
    const raw = await RawSocket.connect(port);
    raw.write(upgradeRequest());
    await raw.until(({ status }) => status === 101);
    return raw;
  }

  write(bytes: string | Uint8Array): this {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
    return this;
  }

  /** Writes piece by piece as the other side takes it; stops when it has answered or gone. */
  async pour(pieces: Iterable<string | Uint8Array>): Promise<void> {
    for (const piece of pieces) {
      if (this.answer.closeCode !== undefined || this.#ended || this.#socket.destroyed) return;
      if (!this.#socket.write(piece)) await this.#change();
    }
  }

  get answer(): Answer {
    const split = this.#received.indexOf('\r\n\r\n');
    const head = split < 0 ? '' : this.#received.subarray(0, split).toString('latin1');
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
    const frames = status === '101' ? framesIn(this.#received.subarray(split + 4)) : [];
    const close = frames.find(({ opcode }) => opcode === 8)?.payload;
    return {
      status: status === undefined ? undefined : Number(status),
      head,
      frames,
      closeCode: close && (close.length >= 2 ? close.readUInt16BE(0) : 1005),
      closeReason: close?.subarray(2).toString(),
      ended: this.#ended,
    };
  }

  /** Resolves with what was said once it satisfies the condition; rejects where it does not in eight seconds. */
  async until(condition: (answer: Answer) => boolean): Promise<Answer> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const { answer } = this;
      if (condition(answer)) return answer;
      if (Date.now() > deadline) throw new Error(`what came is not what was waited for: ${JSON.stringify(answer)}`);
      await this.#change();
    }
  }

  /**
   * Resolves when the other side keeps nothing of the connection any more, though this half is open: what is written is
   * answered with a reset then, which the write after it sees.
   */
  async forgotten(): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!this.#gone) {
      if (Date.now() > deadline) throw new Error('the connection is kept, though the other side has ended it');
      this.write('?');
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#socket.once('drain', this.#wake);
    });
  }
}

/** A request for an upgrade that is in order; each header may be replaced, added, or left out with undefined. */
export function upgradeRequest(headers: Readonly<Record<string, string | undefined>> = {}, path = '/'): string {
  const all: Record<string, string | undefined> = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Protocol': SUBPROTOCOL,
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return [`GET ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  readonly fin?: boolean;
  /** The three reserved bits, as a number from 0 to 7. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** The length it claims, where that is not the payload's. */
  readonly length?: bigint;
}

/** One frame as a client writes it. The mask is zero: masked all the same. */
export function frame({ opcode, payload = '', fin = true, reserved = 0, masked = true, length }: Frame): Buffer {
  const body = Buffer.from(payload as Uint8Array);
  const claimed = length ?? BigInt(body.length);
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const mask = masked ? 0x80 : 0;
  let head: Buffer;
  if (claimed < 126n) {
    head = Buffer.from([first, mask | Number(claimed)]);
  } else if (claimed < 0x10000n) {
    head = Buffer.from([first, mask | 126, 0, 0]);
    head.writeUInt16BE(Number(claimed), 2);
  } else {
    head = Buffer.from([first, mask | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeBigUInt64BE(claimed, 2);
  }
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), body]);
}

/** The whole frames of a server, which does not mask. */
function framesIn(bytes: Buffer): { opcode: number; payload: Buffer }[] {
  const frames: { opcode: number; payload: Buffer }[] = [];
  let at = 0;
  while (bytes.length - at >= 2) {
    const opcode = bytes.readUInt8(at) & 0x0f;
    let length = bytes.readUInt8(at + 1) & 0x7f;
    let start = at + 2;
    if (length === 126) {
      if (bytes.length < at + 4) break;
      length = bytes.readUInt16BE(at + 2);
      start = at + 4;
    } else if (length === 127) {
      if (bytes.length < at + 10) break;
      length = Number(bytes.readBigUInt64BE(at + 2));
      start = at + 10;
    }
    if (bytes.length < start + length) break;
    frames.push({ opcode, payload: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return frames;
}
